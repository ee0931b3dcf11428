"""The virtual-time event loop: asyncio's own machinery with an integer clock that we move.

Nothing ready means: go to the next moment at which anything can happen, be it a timer or a moment
of a source (the exchange, the feed). The same program gives the same order of steps, always.
"""

import asyncio
import gc
import math
import threading
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from contextvars import Context
from heapq import heapify, heappop, heappush
from typing import Any, TypeVarTuple

from . import errors
from .callbacks import Callback, Called, Timed, failed
from .errors import DeadlockError, LivelockError, RealWorldError
from .handles import callback_name, close_dead, forgive, is_dead, owner_of
from .moments import HORIZON_NS, Source, Tie
from .process import Process, current_process, process_of
from .refusals import without_the_real_world
from .schedule import Schedule, Turns
from .tasks import VirtualFuture, VirtualTask

__all__ = ["HORIZON_NS", "DeadlockError", "LivelockError", "Source", "Tie", "VirtualLoop"]

Ts = TypeVarTuple("Ts")

_AFTER_ALL_TIES = len(Tie)


@without_the_real_world
class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose time is `now_ns`, virtual nanoseconds since the Unix epoch.

    `time()` is seconds since the run's start (never since 1970: a double would lose 200 ns).
    Ready callbacks run first-in-first-out; of what is due, one entry at a time, by
    (time, tie, sequence), and whatever it makes ready runs before the next is chosen.

    `callbacks_max` bounds the callbacks at one moment before it is called a livelock. A `schedule`
    may choose another order, between owners: see `schedule.py`.
    """

    _ready: deque[Called]
    _thread_id: int | None
    _stopping: bool

    def __init__(
        self, origin_ns: int, *, callbacks_max: int = 1_000_000, schedule: Schedule | None = None
    ) -> None:
        super().__init__()
        self.origin_ns = origin_ns
        self.now_ns = origin_ns
        self.clear_ns = -1  # how far a source that goes ahead may move the time: see `go_ahead`
        self.lost: list[str] = []
        self._callbacks_max = callbacks_max
        self._callbacks_now = 0
        self._heap: list[tuple[int, int, int, Timed]] = []
        self._cancelled_timers = 0
        self._sources: tuple[tuple[int, Source], ...] = ()
        self._numbers = 0
        self._tasks_made = 0
        self._any_dead = False
        self._turns = None if schedule is None else schedule.ready()
        self._due = None if schedule is None else schedule.due()
        self._in_turn = self._turns is not None or self._due is not None
        self._generators: weakref.WeakValueDictionary[int, AsyncGenerator[Any, Any]] = (
            weakref.WeakValueDictionary()
        )

    def __del__(self) -> None:
        # asyncio warns of loops that were not closed, for their selector; this one holds nothing.
        pass

    # -- time ---------------------------------------------------------------------------------

    def time(self) -> float:
        """Virtual seconds since the run's start."""
        return (self.now_ns - self.origin_ns) / 1e9

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call after `delay` seconds, rounded once to ns and at least 1 ns; inf is never."""
        if delay == math.inf:
            return Timed(math.inf, callback, args, self, context)
        when_ns = self.now_ns + max(1, round(delay * 1e9))
        return self.call_at_ns(when_ns, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call at `when` on the clock of `time()`; a time that has passed is 1 ns from now."""
        return self.call_later(when - self.time(), callback, *args, context=context)

    def call_at_ns(
        self,
        when_ns: int,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        tie: Tie = Tie.TIMER,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call at `when_ns`, now at the earliest, ranked among what is due then by `tie`.

        Raises ValueError for a time that has passed.
        """
        if when_ns < self.now_ns:
            raise ValueError(f"{when_ns} ns has passed: it is {self.now_ns} ns in this run")
        when = (when_ns - self.origin_ns) / 1e9
        timer = Timed(when, callback, args, self, context)
        self._numbers += 1
        heappush(self._heap, (when_ns, tie, self._numbers, timer))
        self.clear_ns = min(self.clear_ns, when_ns - 1)
        return timer

    def next_number(self) -> int:
        """The next of the loop's sequence numbers: heap entries, tasks, hashed futures."""
        self._numbers += 1
        return self._numbers

    def add_source(self, source: Source) -> None:
        """Let `source` take part in the choice of the next moment, after its equals in rank."""
        # sorted is stable, so equal ranks keep the order in which they were added.
        entries = [*self._sources, (int(source.tie), source)]
        self._sources = tuple(sorted(entries, key=lambda entry: entry[0]))
        self.clear_ns = -1

    def remove_source(self, source: Source) -> None:
        """Undo `add_source`. Raises ValueError when `source` was not added."""
        if all(known is not source for _, known in self._sources):
            raise ValueError(f"{source!r} is not a source of this loop")
        self._sources = tuple(entry for entry in self._sources if entry[1] is not source)
        self.clear_ns = -1

    @property
    def ready(self) -> Collection[asyncio.Handle]:
        """What is to run before time moves on; always the same collection."""
        return self._ready

    def go_ahead(self, source: Source, to_ns: int) -> bool:
        """Move to a moment of `source` from within a step, if the loop would go there next: nothing
        else is ready or comes before or with it. False, and nothing moves, otherwise.

        Whoever got True does what `advance` does, and then may move `now_ns` from one moment of the
        source's to the next while nothing is `ready`, up to `clear_ns`, which any timer lowers.
        """
        if self._ready or self._in_turn or self._stopping:
            return False
        clear_ns = self._heap[0][0] - 1 if self._first_timer() else HORIZON_NS
        for _, other in self._sources:
            if other is not source:
                moment_ns = other.next_moment(clear_ns)
                if moment_ns is not None:
                    clear_ns = moment_ns - 1
        if to_ns > clear_ns:
            return False
        if to_ns > self.now_ns:
            self.now_ns = to_ns
            self._callbacks_now = 0
        self.clear_ns = clear_ns
        return True

    def stop(self) -> None:
        """As asyncio: what is ready now still runs."""
        super().stop()
        self.clear_ns = -1

    # -- steps --------------------------------------------------------------------------------

    def _run_once(self) -> None:
        # BaseEventLoop.run_forever calls this until it is stopped; staying inside saves a call
        # for each step. As there, a stop lets the batch that is ready run to its end.
        if self._turns is not None:
            self._run_in_turn(self._turns)
            return
        ready = self._ready
        while True:
            if not ready:
                self._advance()
            batch = len(ready)
            self._callbacks_now += batch
            if self._callbacks_now > self._callbacks_max:
                raise self._livelock(map(callback_name, ready))
            any_dead = self._any_dead  # a crash within a batch cancels its handles itself
            for _ in range(batch):
                handle = ready.popleft()
                if not handle._cancelled and not (any_dead and is_dead(handle)):
                    try:  # as `handle._run()`, without a call more for each step
                        handle._context.run(handle._callback, *handle._args)
                    except BaseException as error:  # noqa: BLE001  whatever it is, asyncio sorts it
                        failed(handle, error)
            if self._stopping:
                return

    def _run_in_turn(self, turns: Turns) -> None:
        """As `_run_once`, and before each step `turns` choose whose it is."""
        ready = self._ready
        while True:
            if not ready and not turns:
                self._advance()
            while ready:
                turns.add(ready.popleft())
            last = len(turns) if self._stopping else min(len(turns), 1)
            for _ in range(last):
                self._callbacks_now += 1
                if self._callbacks_now > self._callbacks_max:
                    raise self._livelock(map(callback_name, turns))
                handle = turns.next()
                if not handle._cancelled and not (self._any_dead and is_dead(handle)):
                    handle._run()
            if self._stopping and not turns:
                return

    def _advance(self) -> None:
        """Move to the next moment and run the one thing that is first there; with a schedule, make
        ready what is due there."""
        self.clear_ns = -1
        heap, now_ns = self._heap, self.now_ns
        at_ns, tie = heap[0][:2] if self._first_timer() else (HORIZON_NS, _AFTER_ALL_TIES)
        chosen: Source | None = None
        for source_tie, source in self._sources:  # by rank: the first of equals wins
            if source_tie > tie and at_ns <= now_ns:
                break  # what is due now comes before it, and before all behind it
            clear_ns = at_ns
            moment_ns = source.next_moment(at_ns)
            if moment_ns is not None and (
                moment_ns < at_ns or (chosen is None and source_tie <= tie)
            ):
                at_ns, tie, chosen = moment_ns, source_tie, source
        if at_ns > now_ns:
            if chosen is None and not heap:
                raise errors.deadlock(self.time(), self.pending_tasks())
            self.now_ns = at_ns
            self._callbacks_now = 0
        self._callbacks_now += 1
        if self._callbacks_now > self._callbacks_max:
            culprit = repr(chosen) if chosen is not None else callback_name(heap[0][3])
            raise self._livelock([culprit])
        if chosen is not None:
            assert at_ns >= self.now_ns, f"{chosen!r} named {at_ns} ns, before {self.now_ns} ns"
            if chosen is self._sources[-1][1]:
                self.clear_ns = clear_ns - 1  # it alone was asked after all others
            chosen.advance(at_ns)
            self.clear_ns = -1
            return
        if self._in_turn:
            self._make_ready(at_ns, tie)
            return
        timer = heappop(heap)[3]
        if not (self._any_dead and is_dead(timer)):
            try:  # as `_run_once`
                timer._context.run(timer._callback, *timer._args)
            except BaseException as error:  # noqa: BLE001
                failed(timer, error)

    def _first_timer(self) -> bool:
        """Whether a timer is set; the first one of the heap then."""
        heap = self._heap
        while heap and heap[0][3]._cancelled:
            heappop(heap)
            self._cancelled_timers -= 1
        return bool(heap)

    def _make_ready(self, at_ns: int, tie: int) -> None:
        """All that is due at one moment and of one rank, as asyncio does, in the order chosen."""
        heap = self._heap
        due: list[Called] = []
        while heap and heap[0][0] == at_ns and heap[0][1] == tie:
            due.append(heappop(heap)[3])
        if self._due is not None:
            for timer in due:
                self._due.add(timer)
            due = [self._due.next() for _ in due]
        self._ready.extend(due)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        # Nearly all are cancelled: the heap would fill with time-outs of calls that are long over.
        self._cancelled_timers += 1
        if self._cancelled_timers > 1000 and self._cancelled_timers * 2 > len(self._heap):
            self._heap[:] = [entry for entry in self._heap if not entry[3]._cancelled]
            heapify(self._heap)
            self._cancelled_timers = 0

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """As asyncio, without its checks: this is called once or twice for each await."""
        handle = Callback(callback, args, self, context)
        self._ready.append(handle)
        return handle

    # -- tasks and processes ------------------------------------------------------------------

    def create_future(self) -> asyncio.Future[Any]:
        """A future with a reproducible hash."""
        return VirtualFuture(loop=self)

    def create_task(
        self,
        coro: Any,
        *,
        name: object = None,
        context: Context | None = None,
        **_asyncio_options: Any,
    ) -> VirtualTask:
        """A task of the current process, or of the context's, named "task-N" unless told."""
        if self.is_closed():
            raise RuntimeError(f"the loop is closed; {coro!r} cannot start")
        process = current_process() if context is None else process_of(context)
        self._tasks_made += 1
        task = VirtualTask(
            coro,
            loop=self,
            number=self.next_number(),
            process=process,
            name=f"task-{self._tasks_made}" if name is None else str(name),
            context=context,
        )
        if process is not None and not process.alive:
            close_dead(task)  # the last step of a crashed process: it will never run
        return task

    def pending_tasks(self) -> list[VirtualTask]:
        """Every task that is not done and whose process lives, in the order of creation."""
        tasks = [task for task in asyncio.all_tasks(self) if isinstance(task, VirtualTask)]
        alive = [task for task in tasks if task.process is None or task.process.alive]
        return sorted(alive, key=hash)

    def bury(self, process: Process) -> None:
        """Drop callbacks, timers and tasks of a process that has just been fenced."""
        self._any_dead = True
        ready = [*self._ready, *(self._turns or ())]
        for handle in [*ready, *(entry[3] for entry in self._heap)]:
            if not handle._cancelled and owner_of(handle) is process:
                forgive(handle)
                handle.cancel()
        running = asyncio.current_task(self) if self.is_running() else None
        tasks = [task for task in asyncio.all_tasks(self) if isinstance(task, VirtualTask)]
        for task in sorted(tasks, key=hash):
            if task.process is process:
                if task is running:
                    # It is the caller: its coroutine can be closed once it awaits.
                    self.call_soon(process.own, close_dead, task, context=Context())
                else:
                    process.own(close_dead, task)
        gc.collect()

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """As `call_soon`; RealWorldError from any other thread while the loop runs.

        asyncio itself calls it on the loop's own thread, to close dropped async generators.
        """
        if self._thread_id not in (None, threading.get_ident()):
            raise RealWorldError(
                f"call_soon_threadsafe from thread {threading.current_thread().name!r}: when "
                "another thread calls is no part of virtual time; use a task of this loop"
            )
        return self.call_soon(callback, *args, context=context)

    def _asyncgen_firstiter_hook(self, agen: AsyncGenerator[Any, Any]) -> None:
        # asyncio keeps them in a set, and would close them in the order of their addresses.
        self._generators[self.next_number()] = agen

    def _asyncgen_finalizer_hook(self, agen: AsyncGenerator[Any, Any]) -> None:
        process = current_process()
        if (process is None or process.alive) and not self.is_closed():
            self.call_soon_threadsafe(self.create_task, agen.aclose())

    async def shutdown_asyncgens(self) -> None:
        """Close the async generators that are still suspended, in the order of first use."""
        for agen in list(self._generators.values()):
            await agen.aclose()

    # -- what goes wrong ----------------------------------------------------------------------

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep in `lost` what nobody handles; the runner raises it at the end."""
        owner = context.get("task", context.get("future"))
        if isinstance(owner, VirtualTask) and owner.is_dead():
            return  # whoever would have asked is dead too
        self.lost.append(errors.unhandled(self.time(), owner, context))

    def _livelock(self, names: Iterable[str]) -> LivelockError:
        self._callbacks_now = 0  # so that the runner can still cancel what is left
        return errors.livelock(self.time(), self._callbacks_max, names)
