"""The lifecycle of a group, as one table. The diagram in the docs is generated from it.

`NEXT[(phase, what happened)]` is the phase afterwards; a step that is not in the table is a fault
of ours. What is said here of members goes for the order that comes first in an OTO group as well.
"""

from enum import Enum


class Phase(Enum):
    """WAITING: the order that comes first was not filled yet. WORKING: every member has open what
    it should. REDUCING: some have more and are being cancelled or shrunk. UNRESOLVED: that took too
    long, and somebody was told. OVERFILLED: more was filled than the group was for, and is given
    back. RELEASED: somebody else closes what is held; the orders are taken away. DONE: nothing
    works and nothing is to be given back."""

    WAITING = "waiting"
    WORKING = "working"
    REDUCING = "reducing"
    UNRESOLVED = "unresolved"
    OVERFILLED = "overfilled"
    RELEASED = "released"
    DONE = "done"


class Happened(Enum):
    """TRIGGERED: the first order was filled, or a member goes out again. FILLED: a fill, or a
    cancel of the trader's, leaves members with more open than they should have. CONFIRMED: the
    broker said of each that it is as it should be. TIME_UP: it did not for too long. TOO_MUCH: more
    was filled than the group was for. GIVEN_BACK: no longer. LET_GO: somebody else closes. ENDED:
    nothing works any more."""

    TRIGGERED = "triggered"
    FILLED = "filled"
    CONFIRMED = "confirmed"
    TIME_UP = "time up"
    TOO_MUCH = "too much"
    GIVEN_BACK = "given back"
    LET_GO = "let go"
    ENDED = "ended"


_P, _H = Phase, Happened
_LIVE = (_P.WAITING, _P.WORKING, _P.REDUCING, _P.UNRESOLVED, _P.OVERFILLED)

NEXT: dict[tuple[Phase, Happened], Phase] = {
    (_P.WAITING, _H.TRIGGERED): _P.WORKING,
    (_P.WAITING, _H.FILLED): _P.REDUCING,
    (_P.WORKING, _H.FILLED): _P.REDUCING,
    (_P.REDUCING, _H.CONFIRMED): _P.WORKING,
    (_P.REDUCING, _H.TIME_UP): _P.UNRESOLVED,
    (_P.UNRESOLVED, _H.CONFIRMED): _P.WORKING,
    (_P.OVERFILLED, _H.GIVEN_BACK): _P.WORKING,
    **{(p, _H.TOO_MUCH): _P.OVERFILLED for p in _LIVE if p is not _P.OVERFILLED},
    **{(p, _H.ENDED): _P.DONE for p in (*_LIVE, _P.RELEASED)},
    **{(p, _H.LET_GO): _P.RELEASED for p in (*_LIVE, _P.DONE)},
    # What is told late: a fill from before a confirmed cancel, an order that was taken for lost.
    (_P.DONE, _H.TOO_MUCH): _P.OVERFILLED,
    (_P.DONE, _H.TRIGGERED): _P.WORKING,
    (_P.DONE, _H.FILLED): _P.REDUCING,
}


def step(phase: Phase, happened: Happened) -> Phase:
    """The phase after `happened`. Raises `AssertionError` for a step that is not in the table."""
    after = NEXT.get((phase, happened))
    assert after is not None, f"no group that is {phase.value} goes on by {happened.value}"
    return after


def diagram() -> str:
    """The table as a Mermaid state diagram, one arrow for each step, in the table's order."""
    lines = ["stateDiagram-v2", "    [*] --> WAITING: OTO", "    [*] --> WORKING"]
    lines += [f"    {p.name} --> {after.name}: {h.name}" for (p, h), after in NEXT.items()]
    return "\n".join([*lines, "    DONE --> [*]"])


if __name__ == "__main__":
    print(diagram())
