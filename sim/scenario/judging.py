"""Whether what a scenario's sentences say is true of a run."""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ...scenarios.check_words import Check, Claim, Compared, MovedTo, Said, Term
from ...trading.price import price_text
from .eyes import Eyes
from .player import Begun

_RELATIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class NothingToSay(Exception):
    """There is no such thing in this run: no order that works, none that left."""


def complaint(check: Check, eyes: Eyes, steps: list[Begun]) -> str:
    """What is wrong with a run by a sentence; "" where nothing is."""
    try:
        if all(not _wrong(claim, eyes, steps) for claim in check.given):
            problem = _wrong(check.claim, eyes, steps)
            return f"not so: {check.text} ({problem})" if problem else ""
    except NothingToSay as nothing:
        return f"not so: {check.text} ({nothing})"
    return ""


def _wrong(claim: Claim, eyes: Eyes, steps: list[Begun]) -> str:
    """What is, where a claim is not true; "" where it is."""
    if isinstance(claim, Said):
        return _misread(claim, steps)
    if isinstance(claim, MovedTo):
        moved = eyes.moved_to(claim.role)
        shown = ", ".join(price_text(price) for price in moved) or "nowhere"
        return "" if moved == list(claim.prices) else f"it was moved to {shown}"
    left, right = (_sum(side, eyes, steps) for side in (claim.left, claim.right))
    if _RELATIONS[claim.relation](left, right):
        return ""
    return f"{_shown(claim, left)} {claim.relation} {_shown(claim, right)}"


def _misread(claim: Said, steps: list[Begun]) -> str:
    begun = [step for step in steps if step.step.name == claim.name]
    if not begun:
        return f"no step {claim.name!r} has begun"
    reads = begun[-1].reads
    true = {
        "gives": reads.startswith(claim.text),
        "has": claim.text in reads,
        "lacks": claim.text not in reads,
    }
    return "" if true[claim.how] else f"it gives {reads}"


def _sum(terms: tuple[Term, ...], eyes: Eyes, steps: list[Begun]) -> Fraction:
    return sum((term.sign * _value(term, eyes, steps) for term in terms), Fraction(0))


def _value(term: Term, eyes: Eyes, steps: list[Begun]) -> Fraction:
    about = term.about
    match term.subject:
        case "":
            return Fraction(term.value)
        case "held":
            return eyes.held
        case "working":
            return eyes.working(about)
        case "filled":
            return eyes.filled(about)
        case "sent":
            return Fraction(len(eyes.placed(about)))
        case "cancels":
            return Fraction(len(eyes.asked("cancel", about)))
        case "changes":
            return Fraction(len(eyes.asked("modify", about)))
        case "incidents":
            return Fraction(eyes.incidents(about))
        case "price":
            return _price(about, eyes)
        case "end":
            return _end(about, steps)
        case _:
            return _left(term, eyes)


def _price(role: str, eyes: Eyes) -> Fraction:
    prices = eyes.prices(role)
    if len(prices) != 1:
        raise NothingToSay(f"{len(prices)} orders of {role} work")
    return Fraction(prices[0])


def _end(name: str, steps: list[Begun]) -> Fraction:
    ends = [step.end_ns for step in steps if step.step.name == name and step.end_ns is not None]
    if not ends:
        raise NothingToSay(f"{name} was never done")
    return Fraction(ends[-1])


def _left(term: Term, eyes: Eyes) -> Fraction:
    """When the first or the last order, or cancel, of a role left."""
    which, what = term.subject.split()
    found = eyes.placed(term.about) if what == "sent" else eyes.asked("cancel", term.about)
    if not found:
        raise NothingToSay(f"no {what} of {term.about or 'any role'} left")
    return Fraction(eyes.since_start(found[0 if which == "first" else -1].time_ns))


def _shown(claim: Compared, value: Fraction) -> str:
    terms = (*claim.left, *claim.right)
    timed = any(term.subject.split()[:1] in (["first"], ["last"], ["end"]) for term in terms)
    if timed:
        return f"{price_text(Decimal(int(value)) / 10**6)} ms"
    return str(value) if value.denominator > 9 else f"{float(value):g}"
