"""A part of what a bracket holds, closed at market by the trader."""

from collections.abc import Callable

from .core import Facts, Mode


class Part:
    """`qty` contracts on their way out of a bracket, by its own closing orders. `look` tells how
    the bracket stands."""

    def __init__(self, look: Callable[[], tuple[Facts, Mode]], start: int, qty: int) -> None:
        self.qty = qty
        self._look = look
        self._start = start  # contracts that the bracket's closing orders had to close before

    @property
    def closed(self) -> int:
        """Contracts of it closed so far."""
        facts, _ = self._look()
        return min(max(facts.exit_cum - self._start, 0), self.qty)

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it: it is closed, the legs were faster, or somebody
        else closes it."""
        facts, mode = self._look()
        if facts.exit_live:
            return False
        if mode is Mode.GUARDING:
            return self.closed == self.qty or facts.closing == 0
        return mode is Mode.RELEASED or facts.net == 0
