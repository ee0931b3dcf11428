"""A flatten that let go of all who protect, and cannot close what it is told of then.

Where nothing is known to be held, a flatten takes all orders away at once and lets their owners go.
Then it is told of a fill that nobody had told, and an order of which nobody knows whether it works
may close that, too: nothing is closed before that is known (INV-08), for as long as an order may be
unknown (INV-09). So long the brackets that hold it guard it again, as they do under a flatten that
waits from its beginning (docs/decisions/0013).
"""

from collections.abc import Iterable

from ...instrument import Instrument
from ..brackets.bracket import Bracket
from ..brackets.core import Mode
from ..owners import Owner, Owners
from .flatten import Book, Flatten


def is_held_up(flatten: Flatten, book: Book) -> bool:
    """Whether something is held, and an order that nobody answers for keeps it from being closed.
    An order on its way is none such: its answer is waited for, which takes no longer than a stop
    would. Nor is one that could only add to what is held."""
    if not book.held(flatten.instrument):
        return False
    works = book.orders_of(flatten.instrument)
    if any(flatten.closes_with(order) for order in works):
        return False
    return any(order.core.uncertain and not flatten.only_adds(order) for order in works)


def guard_again(owners: Owners, instrument: Instrument) -> None:
    """Let the brackets that were let go, and hold something, protect it again. What one closed too
    much the flatten gives back, for as long as there is one: it knows of every order that may have
    done so. After one that gave up the bracket does, as after any over-fill."""
    for bracket in let_go([*owners.trading(instrument), *owners.stirring(instrument)]):
        held = bracket.position * bracket.plan.side.sign
        if held > 0:
            bracket.guard()
        if held:
            owners.settle(bracket)


def let_go(owners: Iterable[Owner]) -> list[Bracket]:
    """The brackets among them that leave what is held to a flatten."""
    brackets = [owner for owner in owners if isinstance(owner, Bracket)]
    return [bracket for bracket in brackets if bracket.mode is Mode.RELEASED]
