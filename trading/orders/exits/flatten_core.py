"""Flatten, sans I/O: cancel what works, then close what is held, then look again.

The steps are ordered so that the position never grows and never flips: an order that may still fill
is out before the closing order goes (race-scenarios RS-32, RS-34), and one closing order works at a
time, however often and from wherever flatten is called (RS-33).
"""

from typing import Literal

from msgspec import Struct


class FlattenFacts(Struct, frozen=True):
    """One instrument during a flatten. `others_live`: orders but for the closing one may still
    fill. `stuck`: one of all these cannot be cancelled. `spent`: closing was tried often enough."""

    others_live: bool
    stuck: bool
    exit_live: bool
    position: int
    spent: bool


Step = Literal["cancel", "close", "wait", "flat", "give up"]


def flatten_step(facts: FlattenFacts) -> Step:
    """What to do now. Orders come before the position: each of them may still move it."""
    if facts.stuck:
        return "give up"
    if facts.others_live:
        return "cancel"
    if facts.exit_live:
        return "wait"
    if facts.position == 0:
        return "flat"
    return "give up" if facts.spent else "close"


class FlattenResult(Struct, frozen=True):
    """How a flatten ended. `position`: contracts still held, signed. `ok`: nothing held or working,
    as far as we were told. `confirmed`: the broker answered since it began what was filled, by
    others too, or its stream loses nothing and is up; where it is False nobody could be asked, and
    what others traded may be held."""

    ok: bool
    position: int
    reason: str
    confirmed: bool = True
