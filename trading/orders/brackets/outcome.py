"""How a bracket stands, as its caller is told: from its facts, sans I/O."""

from typing import Literal

from msgspec import Struct

from ...words import OrdStatus
from .core import Facts, Mode

State = Literal["protected", "flat", "partial", "refused", "uncertain"]


class Outcome(Struct, frozen=True):
    """How a bracket stands. `ok` only when the whole entry is filled and its stop works.

    `flat`: nothing is held. `partial`: `filled` contracts, fewer than asked, all protected.
    `refused`: the broker said no to the entry. `uncertain`: something is held or may be, and its
    protection is not confirmed.
    """

    state: State
    filled: int
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.state == "protected"

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"{self.state}({self.filled}){why}"


def outcome(asked: int, facts: Facts, entry: OrdStatus, mode: Mode, reason: str) -> Outcome | None:
    """The outcome if it is settled, None while it is not. `asked`: contracts the entry is for."""
    filled = facts.entry.cum_qty
    if facts.entry.live:
        return None
    if filled == 0:
        return Outcome("refused" if entry is OrdStatus.REJECTED else "flat", 0, reason)
    if covered(facts) and mode is Mode.GUARDING:
        return Outcome("protected" if filled == asked else "partial", filled, reason)
    if facts.legs_live or facts.exit_live:
        return None
    if facts.net == 0:
        return Outcome("flat", filled, reason)
    if mode is Mode.RELEASED:
        return Outcome("uncertain", filled, reason or "left to a flatten")
    return None


def outcome_so_far(asked: int, facts: Facts, entry: OrdStatus, mode: Mode, reason: str) -> Outcome:
    """The outcome at a time-out: what is known by then, and `uncertain` where that is not
    enough."""
    settled = outcome(asked, facts, entry, mode, reason)
    if settled is not None:
        return settled
    waiting = reason or "still working at the time-out"
    if facts.entry.cum_qty == 0 and facts.entry.agreed:
        return Outcome("flat", 0, waiting)
    if covered(facts) and mode is Mode.GUARDING:
        return Outcome("partial", facts.entry.cum_qty, waiting)
    return Outcome("uncertain", facts.entry.cum_qty, waiting)


def covered(facts: Facts) -> bool:
    """Whether a confirmed stop covers all that is held."""
    return facts.net > 0 and facts.stop.agreed and facts.stop.open_qty >= facts.net
