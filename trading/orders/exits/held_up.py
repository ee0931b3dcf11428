"""A flatten that let go of all who protect, and cannot close what it is told of then.

Where nothing is known to be held, a flatten takes all orders away at once and lets their owners go.
Then it is told of a fill that nobody had told, and an order of which nobody knows whether it works
may close that, too: nothing is closed before that is known (INV-08), for as long as an order may be
unknown (INV-09). So long the brackets that hold it guard it again, as they do under a flatten that
waits from its beginning (docs/decisions/0013).
"""

from ...instrument import Instrument
from ..brackets.bracket import Bracket
from ..brackets.core import Mode
from ..owners import Owners
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
    """Let the brackets that were let go, and hold something, protect it again."""
    for owner in (*owners.trading(instrument), *owners.stirring(instrument)):
        if not isinstance(owner, Bracket) or owner.mode is not Mode.RELEASED:
            continue
        if owner.position * owner.plan.side.sign > 0:  # what it closed too much the flatten closes
            owner.mode = Mode.GUARDING
            owner.keep()
            owners.settle(owner)
