"""The steps of the manager's workload: what a trader does next, drawn by a seed."""

from collections.abc import Iterator
from itertools import count
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ...scenarios.plan_run import Work
from ..streams import named_stream

Does = Literal["bracket", "exits", "orders", "guard", "stay"]
"""A bracket; an entry and then a pair of exits that are linked; several orders that rest; an entry
whose position is guarded; a bracket far from the market, which is left alone."""

Levels = Literal["plain", "close", "split"]
"""A bracket's: eight ticks on both sides; none at all; two targets, and a stop that follows.
"""

_DOES: tuple[Does, ...] = ("bracket",) * 9 + ("exits",) * 3 + ("orders",) * 2 + ("guard",) * 2
_LEVELS: tuple[Levels, ...] = ("plain",) * 5 + ("close", "split", "split")
_NONE_S = 0.04  # less than it takes to be answered


class Step(Struct, frozen=True):
    """What the trader does, long or short and with how many; whether its entry waits at the best
    price, how long it may take, and whether something is changed then. `drops`: of two orders it
    takes one away, by and by."""

    number: int
    long: bool
    qty: int
    rests: bool
    patience_s: float
    moves: bool
    does: Does = "bracket"
    levels: Levels = "plain"
    drops: bool = False


LEAVING = 0
"""The number by which the end of the work is told, which is no step."""

STAYING = 999
"""The number of the last step, which waits until all is at rest while something is held; not every
seed has it."""


def steps_of(seed: int, work: Work) -> Iterator[Step]:
    """The steps of a seed, without end."""
    return (step_of(seed, number, work) for number in count(1))


def stays(seed: int, work: Work) -> bool:
    """Whether a seed has the last step, after as many others as there is time for."""
    return work == "all" and not named_stream(seed, "work.stays").below(2)


def step_of(seed: int, number: int, work: Work) -> Step:
    """One step of a seed; each has dice of its own, so that others may be left out."""
    dice = named_stream(seed, f"work.{number}")
    bracket = Step(
        number=number,
        long=bool(dice.below(2)),
        qty=1 + dice.below(4),
        rests=not dice.below(3),
        patience_s=(2.0, 20.0)[dice.below(2)],
        moves=bool(dice.below(2)),
    )
    if work == "brackets":
        return bracket
    return replace(
        bracket,
        does="stay" if number == STAYING else _DOES[dice.below(len(_DOES))],
        patience_s=bracket.patience_s if dice.below(5) else _NONE_S,
        levels=_LEVELS[dice.below(len(_LEVELS))],
        drops=not dice.below(3),
    )
