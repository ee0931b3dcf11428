"""Flatten, sans I/O: cancel what works, then close what is held, then look again.

The steps are ordered so that the position never grows and never flips: an order that may still fill
is out before the closing order goes (race-scenarios RS-32, RS-34), and one closing order works at a
time, however often and from wherever flatten is called (RS-33).
"""

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from .settings import OrderSettings


class FlattenFacts(Struct, frozen=True):
    """One instrument during a flatten. `others_live`: orders but for the closing one may still fill.
    `stuck`: one of them cannot be cancelled. `exits`: closing orders sent so far."""

    others_live: bool
    stuck: bool
    exit_live: bool
    position: int
    exits: int


Step = Literal["cancel", "close", "wait", "flat", "give up"]


def flatten_step(facts: FlattenFacts, settings: OrderSettings) -> Step:
    """What to do now."""
    if facts.stuck:
        return "give up"
    if facts.others_live:
        return "cancel"
    if facts.exit_live:
        return "wait"
    if facts.position == 0:
        return "flat"
    return "close" if facts.exits < settings.exit_tries else "give up"


@dataclass(frozen=True, slots=True)
class FlattenResult:
    """How a flatten ended. `position`: contracts still held, signed. `ok`: nothing held or working."""

    ok: bool
    position: int
    reason: str
