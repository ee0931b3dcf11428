"""Client tags: `intent#attempt`, for example `7#1` or `7.stop#2`.

An intent is one thing the trader wants; each time it is sent it gets a new attempt. A bracket's
legs are intents of their own, named after the bracket: `7.entry`, `7.stop`, `7.target`, `7.exit`.
Several targets are `7.target1`, `7.target2` …; their `duty` is `target` all the same. A guard of a
position has a stop and a target and no entry; a close at a limit is `7.close`.

The orders of a group are `7.oco1`, `7.oco2` … or, where they only ever close what is held,
`7.leg1`, `7.leg2` …; the order that comes first in an OTO group is `7.first`, and what gives back
an over-fill is `7.exit`. Orders that were sent alone and linked later keep the tags they have.

Whoever reads the exchange's books can tell from the tag alone which positions were meant to be
protected.
"""

from functools import lru_cache
from typing import NamedTuple

OCO = "oco"
"""The duty of a group's member that may open something."""

LEG = "leg"
"""The duty of a group's member that only closes what is held."""

FIRST = "first"
"""The duty of the order that comes first in an OTO group."""

_OPENING = ("", "entry", FIRST, OCO)


class Tag(NamedTuple):
    """A parsed tag. `role` is "" for an order that belongs to no bracket and was sent in no
    group."""

    intent: str
    role: str
    attempt: int

    @property
    def duty(self) -> str:
        """What the role is for, whichever of several it is."""
        return self.role.rstrip("0123456789")

    @property
    def opens(self) -> bool:
        """Whether such an order may open something; else it only reduces what is held."""
        return self.duty in _OPENING

    def __str__(self) -> str:
        dot = "." if self.role else ""
        return f"{self.intent}{dot}{self.role}#{self.attempt}"


@lru_cache(maxsize=1_024)
def parse(text: str) -> Tag | None:
    """The parts of one of our tags; None for anybody else's.

    >>> parse("7.stop#2")
    Tag(intent='7', role='stop', attempt=2)
    >>> parse("manual-1") is None
    True
    """
    name, hash_, attempt = text.rpartition("#")
    if not hash_ or not name or not (attempt.isascii() and attempt.isdigit()):
        return None
    intent, _, role = name.partition(".")
    return Tag(intent, role, int(attempt)) if intent else None


def opens(text: str) -> bool:
    """Whether the order of a tag may open something; one that is not ours may.

    >>> opens("7#1"), opens("7.entry#1"), opens("7.stop#2")
    (True, True, False)
    """
    tag = parse(text)
    return tag is None or tag.opens


def next_attempt(text: str) -> str:
    """The tag of the same intent's next attempt.

    >>> next_attempt("7.entry#1")
    '7.entry#2'
    """
    name, _, attempt = text.rpartition("#")
    return f"{name}#{int(attempt) + 1}"
