"""One round of questions to the broker, what was answered so far, and who waits for that."""

from collections.abc import Callable
from typing import Any

from ...order import Execution
from ..handle import Order
from .questions import Question

Waiting = tuple[Order | None, Callable[[], None]]


class Round:
    """One round of questions. `failed`: one of them at least had no answer. `epochs`: the orders it
    can tell of, and how new each was when it began; `last_ns`: the newest event by then.
    `outdated`: something was missed since, which it may not show; `followed`: another begins as
    soon as it has ended. `before`: how many rounds had left when it began; `leaving`: it begins in
    this very instant, and shows all that is before; `left`: questions that are not answered yet;
    `unasked`: such as wait for the answer to another, after a round of which nothing was answered;
    `known_ns`: what was known when the fills were answered last before it; 0: they never were.
    `since_ns`: older fills were told, or counted, and are asked for because one may have been taken
    back: `back`. `alone`: it is none but one question, for fills.
    """

    __slots__ = (
        "alone",
        "answers",
        "back",
        "before",
        "began_s",
        "epochs",
        "failed",
        "followed",
        "full",
        "known_ns",
        "last_ns",
        "leaving",
        "left",
        "outdated",
        "since_ns",
        "timer",
        "unasked",
    )

    def __init__(
        self, before: int, full: bool, epochs: dict[str, int], last_ns: int, began_s: float
    ) -> None:
        self.before = before
        self.since_ns = 0
        self.alone = self.back = self.failed = self.outdated = self.followed = False
        self.leaving = True
        self.timer: int | None = None
        self.full = full
        self.epochs = epochs
        self.last_ns = last_ns
        self.known_ns = 0
        self.began_s = began_s
        self.answers: dict[str, Any] = {}
        self.left = 0
        self.unasked: list[Question] = []

    def fills(self, known: Callable[[Execution], bool]) -> list[Execution]:
        """The fills that were answered: new ones, and those that are known and were taken back."""
        found: list[Execution] = self.answers["fills"]
        return [
            fill for fill in found if fill.time_ns >= self.since_ns or (fill.voided and known(fill))
        ]

    def silence(self, now_s: float, patience_s: float) -> bool:
        """Whether nobody answered: all failed, or nothing came for so long."""
        return not self.answers and (not self.left or now_s - self.began_s >= patience_s)


class Waits:
    """Who is called when a round has ended that began no earlier than they asked: with an order,
    its owner acts after that, too; without one, it is called as soon as the fills are known.

    `now`: those of the round under way. `next`: those of the one after it.
    """

    def __init__(self) -> None:
        self.now: list[Waiting] = []
        self.next: list[Waiting] = []

    def add(self, order: Order | None, then: Callable[[], None]) -> None:
        self.next.append((order, then))

    def join(self, order: Order | None, then: Callable[[], None]) -> None:
        """Wait for the round under way, which begins as this is asked."""
        self.now.append((order, then))

    def begun(self) -> None:
        """A round begins; whoever waited for one that was broken off waits for this."""
        self.now, self.next = [*self.now, *self.next], []

    def ended(self) -> list[Waiting]:
        """The round has ended, answered or not: whom to call."""
        ended, self.now = self.now, []
        return ended

    def fills_known(self) -> None:
        """Other answers of the round may take their time."""
        for order, then in list(self.now):
            if order is None:
                then()
