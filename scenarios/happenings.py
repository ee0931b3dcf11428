"""What a step may wait for: `when = "protected"`, `when = "entry filled 1"`.

Of what a step began, an order, a bracket, a group, a guard: that it is answered, protected, closed
or done. Of orders by their role, as the strategy was told: that one works, that so much is filled,
that all are over.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from .sentence import Words

Standing = Literal["answered", "protected", "closed", "done"]
Told = Literal["working", "filled", "over"]
ORDER_ROLES = ("entry", "stop", "target", "exit", "close", "first", "oco", "leg", "order")
"""Roles of our own orders; `order` is one that belongs to nothing. One of several is `target2`,
`target` means each of them."""


@dataclass(frozen=True)
class Reached:
    """A step's act stands so. `of`: the step's name; "": the last one that can."""

    standing: Standing
    of: str = ""


@dataclass(frozen=True)
class Heard:
    """The strategy was told so of the orders of a role; of `qty` contracts where it is filled."""

    role: str
    told: Told
    qty: int = 1


When = Reached | Heard


def read_when(text: str) -> When:
    """What a step waits for. Raises an error of pydantic's that says how it is written."""
    words = Words(text, "entry filled 1")
    first = words.take("what is waited for")
    found: When
    if words.next in get_args(Told):
        check_role(words, first)
        told = words.take("what was told")
        qty = words.contracts() if told == "filled" and words.next else 1
        found = Heard(first, told, qty)  # type: ignore[arg-type]  # one of them, as was seen
    elif first in get_args(Standing):
        found = Reached(first, words.rest())  # type: ignore[arg-type]
    else:
        known = ", ".join(get_args(Standing))
        told_words = ", ".join(get_args(Told))
        raise words.wrong(f"it is none of {known}, and no role that is {told_words}")
    words.end()
    return found


def check_role(words: Words, role: str) -> None:
    """Raise where a role is none of our orders'."""
    if role.rstrip("0123456789") not in ORDER_ROLES:
        raise words.wrong(f"{role!r} is no role; known are {', '.join(ORDER_ROLES)}")
