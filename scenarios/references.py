"""Which step another one means: `move stop 19995 of one`, `when = "closed one"`, `end one < 2 s`.

Without a name, the last step before it that can be meant is.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from .acts import Act, BracketAct, Cancel, ClosePosition, Modify, MoveStop, Oco, Place, Protect
from .check_words import Claim, Compared, Said, read_check
from .happenings import Reached, When


class Step(Protocol):
    """What is asked of a step here."""

    @property
    def name(self) -> str: ...
    @property
    def does(self) -> Act | None: ...
    @property
    def awaits(self) -> When | None: ...


SENDS: Mapping[type, str] = {
    Place: "order",
    BracketAct: "bracket",
    Oco: "group",
    Protect: "guard",
    ClosePosition: "close",
}
"""What an act leaves in the trader's hands."""

CAN: Mapping[str, tuple[str, ...]] = {
    "answered": ("order", "bracket"),
    "protected": ("bracket",),
    "closed": ("bracket",),
    "done": ("order", "group", "guard", "close"),
    "changed": ("order", "bracket"),  # of a bracket it is the entry
    "moved": ("bracket",),
}
"""What can be waited for, or done, with which of them."""


def meant(steps: Sequence[Step], before: int, name: str, what: str) -> int | None:
    """The step that is meant, among those before one, by its place; None where none can be."""
    for n in reversed(range(before)):
        fits = SENDS.get(type(steps[n].does)) in CAN[what]
        if fits and (not name or steps[n].name == name):
            return n
    return None


def misled(steps: Sequence[Step]) -> tuple[int, str, str] | None:
    """The first step that means what is not there: its place, its key and what is wrong."""
    names: list[str] = []
    for n, step in enumerate(steps):
        if step.name and step.name in names:
            return n, "name", "another step has that name"
        names.append(step.name)
        for key, what, name in _asked(step):
            if meant(steps, n, name, what) is None:
                kinds = " or ".join(CAN[what])
                about = f"named {name!r} " if name else ""
                return n, key, f"no {kinds} {about}was sent by a step before it"
    return None


def _asked(step: Step) -> list[tuple[str, str, str]]:
    """What a step asks of others: its key, what is to be done, and the name."""
    act, awaited = step.does, step.awaits
    asked: list[tuple[str, str, str]] = []
    if isinstance(awaited, Reached):
        asked.append(("when", awaited.standing, awaited.of))
    if isinstance(act, Modify | Cancel):
        asked.append(("act", "changed", act.of))
    if isinstance(act, MoveStop):
        asked.append(("act", "moved", act.of))
    return asked


def unnamed(steps: Sequence[Step], text: str) -> str:
    """The name of which a check speaks and that no step has; "" where all are there."""
    check = read_check(text)
    names = [name for claim in (check.claim, *check.given) for name in _spoken(claim)]
    known = {step.name for step in steps}
    return next((name for name in names if name not in known), "")


def _spoken(claim: Claim) -> list[str]:
    if isinstance(claim, Said):
        return [claim.name]
    if isinstance(claim, Compared):
        terms = (*claim.left, *claim.right)
        return [term.about for term in terms if term.subject == "end"]
    return []
