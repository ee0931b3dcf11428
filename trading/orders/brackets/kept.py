"""What a journal keeps of a bracket: its plan, and what its orders cannot tell."""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from ...instrument import Instrument
from ...price import Ticks, price_text
from ...words import Side, TimeInForce
from .core import Mode
from .plan import Level, Plan, Rules, Target


class BracketKept(Struct, frozen=True, kw_only=True):
    """A bracket as a journal has it. A level is `"40t"` for ticks from the entry, else a price;
    distances of the rules are in ticks. `followed`: where the rules brought the stop, `best` the
    price that they count from. `dropped`: roles that the trader took away. `parted`:
    contracts that are closed once all that the trader asked to close is; `taken`: those that other
    hands closed. `handed`: the broker kept the legs, and they are the manager's now. `flat`: a
    flatten was through with it, and nothing was held."""

    symbol: str
    side: Side
    qty: int
    stop: str
    targets: tuple[tuple[int, str], ...]
    tif: TimeInForce
    break_even: int | None = None
    break_even_plus: int | None = None
    trail: int | None = None
    entry_timeout: float | None = None
    mode: Mode = Mode.GUARDING
    reason: str = ""
    dropped: tuple[str, ...] = ()
    late: bool = False
    overfill: bool = False
    parted: int = 0
    taken: int = 0
    followed: Decimal | None = None
    best: Decimal | None = None
    handed: bool = False
    flat: bool = False


def bracket_kept(plan: Plan, tif: TimeInForce, **state: Any) -> BracketKept:
    """A bracket of this plan; `state`: the fields that the plan does not tell."""
    rules, align = plan.rules, plan.instrument
    return BracketKept(
        symbol=align.symbol,
        side=plan.side,
        qty=plan.qty,
        stop=level_text(align, plan.stop),
        targets=tuple((each.qty, level_text(align, each.level)) for each in plan.targets),
        tif=tif,
        break_even=_n(rules.break_even),
        break_even_plus=_n(rules.break_even_plus),
        trail=_n(rules.trail),
        entry_timeout=rules.entry_timeout,
        **state,
    )


def level_text(instrument: Instrument, level: Level) -> str:
    """A level as it is kept."""
    if isinstance(level, Ticks):
        return f"{level.n}t"
    return price_text(instrument.decimal(instrument.units(level)))


def level_of(text: str) -> Level:
    """The level of a text.

    >>> level_of("-3t"), level_of("20000.25")
    (Ticks(n=-3), '20000.25')
    """
    return Ticks(int(text[:-1])) if text.endswith("t") else text


def plan_of(kept: BracketKept, instrument: Instrument) -> Plan:
    """The plan that was kept."""
    return Plan(
        instrument,
        kept.side,
        kept.qty,
        level_of(kept.stop),
        tuple(Target(qty, level_of(text)) for qty, text in kept.targets),
        Rules(
            break_even=_ticks(kept.break_even),
            break_even_plus=_ticks(kept.break_even_plus),
            trail=_ticks(kept.trail),
            entry_timeout=kept.entry_timeout,
        ),
    )


def _n(ticks: Ticks | None) -> int | None:
    return None if ticks is None else ticks.n


def _ticks(n: int | None) -> Ticks | None:
    return None if n is None else Ticks(n)
