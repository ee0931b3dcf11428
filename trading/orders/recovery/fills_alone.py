"""Questions for fills alone, beside the round that may be under way.

Much of what comes to light between two rounds is one fill that was not told, or was taken back. One
question answers that. A round would ask what nobody wants to know, have the fills wait for the rest
of its answers, and break off another.
"""

import asyncio
from collections.abc import Callable
from math import inf
from typing import Protocol

from ..sending.outbox import Outbox


class Asked(Protocol):
    """Who carries it out. `silent`: nobody answers."""

    silent: bool

    def begun(self, *, back: bool) -> int:
        """How many rounds and questions began so far that ask the same."""

    def ask_fills(self, started_ns: int, *, back: bool) -> None:
        """Ask what was filled, since we `started` at least where nothing is known; `back`: of what
        was told as well, and may have been taken back."""


class FillsAlone:
    """Of one manager: the first at once, and two no closer than a fill is waited for that may only
    be late. `back`: of what was told as well. `unheard` is called where there is no answer, or
    would be none: rounds ask then, until one is answered."""

    def __init__(
        self,
        outbox: Outbox,
        inquiry: Asked,
        started_ns: int,
        unheard: Callable[[], None],
        *,
        back: bool = False,
    ) -> None:
        self._outbox = outbox
        self._inquiry = inquiry
        self._started_ns = started_ns
        self._unheard = unheard
        self._back = back
        self._asked_s = -inf
        # By whom, and after how many of the same; none: no question is due.
        self._wanted: list[tuple[Callable[[], bool], int]] = []

    def soon(self, still: Callable[[], bool] = lambda: True) -> None:
        """Ask when all is taken in that came with the reason to, where it is `still` wanted then
        and nothing began that asks the same: once for all who want it."""
        self._wanted.append((still, self._inquiry.begun(back=self._back)))
        if len(self._wanted) == 1:
            rest_s = self._asked_s + self._outbox.settings.position_differs_s - self._outbox.now_s()
            if rest_s > 0:
                self._outbox.later(rest_s, self._ask)
            else:
                asyncio.get_running_loop().call_soon(self._after_rounds)

    def _after_rounds(self) -> None:
        """Let a round begin first that is wanted for the same reason."""
        asyncio.get_running_loop().call_soon(self._ask)

    def _ask(self) -> None:
        inquiry, wanted, self._wanted = self._inquiry, self._wanted, []
        begun = inquiry.begun(back=self._back)
        if self._outbox.closed or not any(still() for still, then in wanted if then == begun):
            return
        if inquiry.silent:
            self._unheard()
        else:
            self._asked_s = self._outbox.now_s()
            inquiry.ask_fills(self._started_ns, back=self._back)
