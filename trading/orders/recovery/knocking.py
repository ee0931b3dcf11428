"""After a silence: one question first, to hear whether anybody is there.

A question that leaves while nobody can be reached may hang for as long as it is waited for, also
when the way is long free again, and the next one gets through. So where nothing else would be
heard it is asked again until it is answered; the first answer counts, and a failure only when
nothing else is under way.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from ..sending.outbox import Outbox
from .round import Round

Came = Callable[[Round, str, "asyncio.Future[Any]"], None]


class Knocking:
    """The first question of a round. `came` is told once how it ended."""

    def __init__(self, this: Round, outbox: Outbox, came: Came) -> None:
        self._this = this
        self._outbox = outbox
        self._told = came
        self._name, self._call = this.unasked.pop(0)
        self._under_way = 0
        self._over = False

    def begin(self, pause_s: float | None, ask_rest: Callable[[Round], None]) -> None:
        """Ask, and after `pause_s` the rest, answered or not; None: the same again every
        `look_down_s`, until the round's timer is taken away."""
        this = self._this
        this.left += 1
        if pause_s is None:
            self._again()
        else:
            this.timer = self._outbox.later(pause_s, lambda: ask_rest(this))
            self._ask()

    def _again(self) -> None:
        self._this.timer = self._outbox.later(self._outbox.settings.look_down_s, self._again)
        self._ask()

    def _ask(self) -> None:
        self._under_way += 1
        self._call().add_done_callback(self._came)

    def _came(self, done: "asyncio.Future[Any]") -> None:
        self._under_way -= 1
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if self._outbox.closed or self._over:
            return
        if error is not None and self._under_way:
            self._outbox.asked(error)
            return
        self._over = True
        self._told(self._this, self._name, done)
