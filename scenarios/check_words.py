"""What is to be true at the end of a scenario, as sentences.

    held = 2
    filled stop + filled exit = filled entry
    if filled stop + filled target > 1: incidents overfill = 1
    first sent stop < 61950 ms
    stop moved to 19960, 19970
    out gives already_filled(1)

Numbers are the page's: contracts for the size that is written, prices as they are written, whatever
a seed makes of them. Times are from the start.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from .happenings import ORDER_ROLES
from .plan_time import read_time
from .sentence import Words, number

Relation = Literal["=", "!=", "<", "<=", ">", ">="]
RELATIONS = ("=", "!=", "<", "<=", ">", ">=")
SAYINGS = ("gives", "has", "lacks")

SUBJECTS: Mapping[str, str] = {
    "held": "contracts held at the broker, signed",
    "working": "contracts that work at the broker, of a role or of all",
    "filled": "contracts that orders of a role filled",
    "sent": "orders of a role that left for the broker, each attempt",
    "cancels": "cancels that left, of a role or of all",
    "changes": "changes that left, of a role or of all",
    "incidents": "incidents of a kind",
    "price": "where the one order of a role works: its trigger, or its limit",
    "first sent": "when the first order of a role left",
    "last sent": "when the last one did",
    "first cancel": "when the first cancel of a role left",
    "last cancel": "when the last one did",
    "end": "when a step was done",
}
"""What a sentence may speak of; where a role is left out, all of ours are meant."""

_ALONE = ("held",)
_NEED = ("filled", "incidents", "price", "end")


@dataclass(frozen=True)
class Term:
    """A number, a time in ns, or something that is looked up. `sign`: +1 or -1."""

    sign: int
    subject: str = ""
    about: str = ""
    value: Decimal = Decimal(0)


@dataclass(frozen=True)
class Compared:
    """Two sums and how they stand to each other."""

    left: tuple[Term, ...]
    relation: Relation
    right: tuple[Term, ...]


@dataclass(frozen=True)
class Said:
    """What a step's result reads like: it begins with a text, has it somewhere, or lacks it."""

    name: str
    how: Literal["gives", "has", "lacks"]
    text: str


@dataclass(frozen=True)
class MovedTo:
    """The prices to which orders of a role were moved, in order."""

    role: str
    prices: tuple[Decimal, ...]


Claim = Compared | Said | MovedTo


@dataclass(frozen=True)
class Check:
    """A claim, and the claims under which it is made."""

    text: str
    claim: Claim
    given: tuple[Claim, ...] = ()


def read_check(text: str) -> Check:
    """A sentence's meaning. Raises an error of pydantic's that says how one is written."""
    body, given = text.strip(), tuple[Claim, ...]()
    if body.startswith("if "):
        condition, colon, body = body.removeprefix("if ").partition(": ")
        if not colon:
            raise Words(text, "if filled stop > 0: held = 0").wrong("its 'if' has no colon")
        given = tuple(_claim(part) for part in condition.split(" and "))
    return Check(text, _claim(body), given)


def _claim(text: str) -> Claim:
    words = Words(text, "filled stop + filled exit = 2")
    parts = text.split()
    if len(parts) > 2 and parts[1] in SAYINGS:
        return Said(parts[0], parts[1], " ".join(parts[2:]))  # type: ignore[arg-type]
    if parts[1:3] == ["moved", "to"]:
        _known_role(words, parts[0])
        prices = [number(part.strip()) for part in " ".join(parts[3:]).split(",")]
        if None in prices:
            raise words.wrong("what it was moved to are no prices")
        return MovedTo(parts[0], tuple(price for price in prices if price is not None))
    left = _sum(words)
    relation = words.take("a comparison")
    if relation not in RELATIONS:
        raise words.wrong(f"{relation!r} is none of {', '.join(RELATIONS)}")
    right = _sum(words)
    words.end()
    return Compared(left, relation, right)  # type: ignore[arg-type]  # one of them, as was seen


def _sum(words: Words) -> tuple[Term, ...]:
    terms = [_term(words, 1)]
    while words.next in ("+", "-"):
        sign = 1 if words.take("a sign") == "+" else -1
        terms.append(_term(words, sign))
    return tuple(terms)


def _term(words: Words, sign: int) -> Term:
    value = number(words.next) if words.next else None
    if value is not None:
        text = words.take("a number")
        if words.next in ("ns", "us", "ms", "s", "min"):
            return Term(sign, value=Decimal(read_time(f"{text} {words.take('a unit')}")))
        return Term(sign, value=value)
    first = words.take("what it speaks of")
    subject = f"{first} {words.next}" if first in ("first", "last") else first
    if subject not in SUBJECTS:
        raise words.wrong(f"nobody knows {subject!r}; known are {', '.join(SUBJECTS)}")
    if subject != first:
        words.take("what left")
    about = ""
    if subject not in _ALONE and words.next not in ("", "+", "-", *RELATIONS):
        about = words.take("what it is about")
    if not about and subject in _NEED:
        raise words.wrong(f"say of what {subject!r} is")
    if about and subject not in ("incidents", "end"):
        _known_role(words, about)
    return Term(sign, subject, about)


def _known_role(words: Words, role: str) -> None:
    if role.rstrip("0123456789") not in (*ORDER_ROLES, "foreign"):
        raise words.wrong(f"{role!r} is no role; known are {', '.join(ORDER_ROLES)}, foreign")
