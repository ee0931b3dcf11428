"""How long something was held without a working stop in a recorded session, by the broker's
word."""

from collections.abc import Sequence
from typing import NamedTuple

from ...trading.words import OrdStatus
from .lives import STOPS, Life, State
from .recorded import Recorded


class Bare(NamedTuple):
    """Contracts without a stop, `most` of them at once. `to_ns` None: until the recording ends."""

    symbol: str
    from_ns: int
    to_ns: int | None
    most: int

    def lasts_ns(self, end_ns: int) -> int:
        """How long, in a recording that ends then."""
        return (end_ns if self.to_ns is None else self.to_ns) - self.from_ns


def bare_spans(recorded: Recorded, lives: Sequence[Life]) -> list[Bare]:
    """Every span in which the stops that work do not cover what is held, by the broker's times.

    What was held when the recording began is what the broker said of it then, if it did.
    """
    found: list[Bare] = []
    for symbol in dict.fromkeys(life.symbol for life in lives):
        mine = [life for life in lives if life.symbol == symbol]
        found += _spans(symbol, held_before(recorded, symbol, mine), mine)
    return sorted(found, key=lambda span: span.from_ns)


def _spans(symbol: str, held: int, lives: list[Life]) -> list[Bare]:
    changes: list[tuple[int, int, Life | None, int]] = []  # when, which first, whose stop, qty
    for life in lives:
        for fill in life.fills.values():
            changes.append((fill.at_ns, 1, None, life.side.sign * fill.qty))
        if life.ord_type in STOPS:
            changes += [(each.at_ns, 0, life, _cover(each)) for each in life.states]
    found: list[Bare] = []
    covers: dict[int, tuple[Life, int]] = {}
    since, most = None, 0
    for at_ns, _, stop, qty in sorted(changes, key=lambda each: each[:2]):
        if stop is None:
            held += qty
        else:
            covers[id(stop)] = stop, qty
        cover = sum(leaves for life, leaves in covers.values() if life.side.sign * held < 0)
        bare = max(abs(held) - cover, 0)
        if bare and since is None:
            since, most = at_ns, bare
        elif bare:
            most = max(most, bare)
        elif since is not None:
            found.append(Bare(symbol, since, at_ns, most))
            since = None
    if since is not None:
        found.append(Bare(symbol, since, None, most))
    return found


def _cover(state: State) -> int:
    status = state.status
    works = not status.terminal and status not in (OrdStatus.SUSPENDED, OrdStatus.PENDING_NEW)
    return state.leaves_qty if works else 0


def held_before(recorded: Recorded, symbol: str, lives: Sequence[Life]) -> int:
    """What the broker said is held before anything of the session was filled."""
    lives = [life for life in lives if life.symbol == symbol]
    first_ns = min((fill.at_ns for life in lives for fill in life.fills.values()), default=None)
    for heard in recorded.heard:
        if heard.what == "position" and heard.body["instrument"] == symbol:
            sooner = first_ns is None or heard.at_ns < first_ns
            return int(heard.body["qty"]) if sooner else 0
    return 0
