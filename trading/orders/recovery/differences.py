"""Where the broker's truth is not what we knew: typed records, each told as an incident.

The broker's word holds; a difference says what was believed until then, so that somebody can look.
"""

from collections import deque
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

What = Literal[
    "position_differs",
    "order_found",
    "order_lost",
    "order_differs",
    "filled_unheard",
    "fills_missing",
]
"""`position_differs`: another quantity is held. `order_found`: an order under a tag of ours that we
did not know of. `order_lost`: one that we knew of is not there. `order_differs`: it has another
size or price. `filled_unheard`: contracts were filled while nobody listened. `fills_missing`: the
broker's fills do not add up to what it says was filled."""


class Difference(Struct, frozen=True, kw_only=True):
    """One thing of which we knew something else than the broker. `instrument` is its symbol, `tag`
    the client tag of the order it is about ("" for a position); `ours` and `theirs` in words."""

    time_ns: int
    what: What
    instrument: str
    tag: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        about = f"order {self.tag} in {self.instrument}" if self.tag else self.instrument
        return f"{about}: we knew {self.ours}, the broker says {self.theirs}"


class Differences:
    """The differences of one manager, in the order in which they were found, the newest `most`.

    `incident(kind, text, tag)` is called for each, `what` being the kind.
    """

    def __init__(
        self, now_ns: Callable[[], int], incident: Callable[[str, str, str], None], most: int
    ) -> None:
        self.all: deque[Difference] = deque(maxlen=most)
        self._now_ns = now_ns
        self._incident = incident

    def note(
        self, what: What, instrument: str, *, ours: object, theirs: object, tag: str = ""
    ) -> None:
        """Keep one and tell of it."""
        found = Difference(
            time_ns=self._now_ns(),
            what=what,
            instrument=instrument,
            tag=tag,
            ours=str(ours),
            theirs=str(theirs),
        )
        self.all.append(found)
        self._incident(what, str(found), tag)
