"""Carrying incidents to somebody: a function, or a program of the user's, one at a time.

Whoever is called must not delay the manager: an `async` function runs in one task of its own, with
a bounded queue before it and a time for each incident; when the manager closes, what is left gets
five seconds.
"""

import asyncio
import inspect
from collections import deque
from collections.abc import Callable, Sequence
from subprocess import DEVNULL, PIPE
from typing import Any

import msgspec

from ...errors import UsageError
from ..incident import Incident
from ..observing import Observer

WAITING_MOST = 100  # incidents; a flood beyond it is counted, and the newest are what matters
CLOSING_S = 5.0  # fault-model, INV-12: after close() nothing is left within 5 s
FAILED = "hook_failed"


class Alarm(Observer):
    """Gives incidents to `carry`; `incident(kind, text, about)` hears of its failures.

    `dropped`: incidents that were never carried, too many having waited.
    """

    def __init__(
        self,
        carry: Callable[[Incident], Any],
        incident: Callable[[str, str, str], None],
        *,
        timeout_s: float,
    ) -> None:
        if not timeout_s > 0:
            raise UsageError(f"timeout_s is {timeout_s!r}; give seconds above zero")
        self.dropped = 0
        self._carry = carry
        self._incident = incident
        self._timeout_s = timeout_s
        self._waits = _is_async(carry)
        self._queue: deque[Incident] = deque()
        self._task: asyncio.Task[None] | None = None
        self._time: asyncio.Timeout | None = None  # of the one that is being carried
        self._until_s: float | None = None  # once the manager is closed

    @property
    def tasks(self) -> int:
        """How many tasks it has: one while something is carried."""
        return int(self._task is not None and not self._task.done())

    def on_incident(self, incident: Incident) -> None:
        if incident.kind == FAILED:
            return
        if not self._waits:
            try:
                self._carry(incident)
            except Exception as error:  # noqa: BLE001  the user's fault is said, and goes no further
                self._incident(FAILED, f"{_name(self._carry)} raised {error!r}", "")
            return
        if len(self._queue) >= WAITING_MOST:
            self._queue.popleft()
            self.dropped += 1
        self._queue.append(incident)
        if not self.tasks:
            self._task = asyncio.get_running_loop().create_task(
                self._work(), name="incidents to a hook"
            )

    def on_close(self) -> None:
        self._until_s = asyncio.get_running_loop().time() + CLOSING_S
        if self._time is not None and self._time.when() is not None:
            self._time.reschedule(min(self._time.when() or self._until_s, self._until_s))

    async def _work(self) -> None:
        while self._queue:
            incident, until_s = self._queue.popleft(), self._until_s
            now_s = asyncio.get_running_loop().time()
            late_s = now_s + self._timeout_s
            try:
                async with asyncio.timeout_at(
                    late_s if until_s is None else min(late_s, until_s)
                ) as self._time:
                    await self._carry(incident)
            except Exception as error:  # noqa: BLE001  as above; a time-out is one of these
                self._incident(FAILED, f"{_name(self._carry)} raised {error!r}", "")
            finally:
                self._time = None


class Command:
    """A program that is run for each incident, which it gets as one line of JSON on its input.

    `argv` is the program and its arguments; no shell reads them. A program that ends with anything
    but 0 has failed; one that is out of time is killed. Not in a simulation: there are no real
    programs there, and the attempt is an incident.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        if isinstance(argv, str) or not argv or not all(isinstance(each, str) for each in argv):
            raise UsageError(
                f"argv is {argv!r}; give a list, the program first: ['notify-send', 'Dryfill']"
            )
        self.argv = tuple(argv)

    async def __call__(self, incident: Incident) -> None:
        line = msgspec.json.encode(incident) + b"\n"
        program = await asyncio.create_subprocess_exec(
            *self.argv, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL
        )
        try:
            await program.communicate(line)
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        if program.returncode:
            raise UsageError(f"{self.argv[0]} ended with {program.returncode}")

    def __repr__(self) -> str:
        return f"Command({list(self.argv)!r})"


def _is_async(carry: Callable[[Incident], Any]) -> bool:
    return inspect.iscoroutinefunction(carry) or inspect.iscoroutinefunction(type(carry).__call__)


def _name(carry: Callable[[Incident], Any]) -> str:
    return getattr(carry, "__qualname__", repr(carry))
