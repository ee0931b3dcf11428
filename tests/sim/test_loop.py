"""The virtual clock: what time it is, what comes first, and which of asyncio works on it."""

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfill.sim.loop import HORIZON_NS, DeadlockError, LivelockError, Tie, VirtualLoop
from dryfill.sim.loop_errors import LostErrors, RealWorldError
from dryfill.sim.loop_run import run_on, run_virtual
from dryfill.trading.errors import UsageError

ORIGIN_NS = 1_700_000_000_123_456_789


def virtual_loop() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


class Rows:
    """A source with given times, which notes each advance in a log shared with the test."""

    def __init__(self, loop: VirtualLoop, times_ns: list[int], log: list, tie=Tie.MARKET, name=""):
        self.loop, self.times_ns, self.log, self.tie, self.name = loop, times_ns, log, tie, name

    def next_moment(self, limit_ns: int) -> int | None:
        return self.times_ns[0] if self.times_ns and self.times_ns[0] <= limit_ns else None

    def advance(self, to_ns: int) -> None:
        assert self.loop.now_ns == to_ns
        self.log.append((to_ns, self.name or self.tie.name))
        del self.times_ns[0]


def test_sleeping_costs_no_real_time_and_moves_virtual_time_by_whole_nanoseconds():
    async def main():
        loop = virtual_loop()
        await asyncio.sleep(86_400)
        await asyncio.sleep(0.1)
        return loop.now_ns, loop.time()

    assert run_virtual(main(), origin_ns=ORIGIN_NS) == (ORIGIN_NS + 86_400_100_000_000, 86_400.1)


def test_a_timer_step_moves_time_by_at_least_one_nanosecond():
    async def main():
        loop = virtual_loop()
        seen = []
        for delay in (1e-12, 0, -5):
            loop.call_later(delay, lambda: seen.append(loop.now_ns - ORIGIN_NS))
        loop.call_at(-1.0, lambda: seen.append(loop.now_ns - ORIGIN_NS))
        await asyncio.sleep(1e-6)
        return seen

    assert run_virtual(main(), origin_ns=ORIGIN_NS) == [1, 1, 1, 1]


def test_call_at_a_time_that_has_passed_raises_and_now_is_allowed():
    async def main():
        loop = virtual_loop()
        done = asyncio.Event()
        loop.call_at_ns(loop.now_ns, done.set)
        with pytest.raises(ValueError, match="has passed"):
            loop.call_at_ns(loop.now_ns - 1, done.set)
        await done.wait()
        return loop.now_ns

    assert run_virtual(main(), origin_ns=ORIGIN_NS) == ORIGIN_NS


def test_an_endless_sleep_waits_for_ever_and_its_timeout_ends_it():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(float("inf"))
        return virtual_loop().time()

    assert run_virtual(main(), origin_ns=0) == 5.0


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(Tie)), max_size=30))
def test_timers_run_by_time_then_tie_then_the_order_they_were_set(entries):
    ran = []

    async def main():
        loop = virtual_loop()
        for number, (at_ns, tie) in enumerate(entries):
            loop.call_at_ns(at_ns, ran.append, (at_ns, tie, number), tie=tie)
        await asyncio.sleep(1)

    run_virtual(main(), origin_ns=0)
    assert ran == sorted(ran)
    assert len(ran) == len(entries)


def test_a_report_scheduled_by_an_order_at_the_same_nanosecond_precedes_the_timer_there():
    log = []

    async def main():
        loop = virtual_loop()

        def order() -> None:
            log.append("order")
            loop.call_at_ns(loop.now_ns, log.append, "report", tie=Tie.REPORT)
            loop.call_soon(log.append, "ready at once")

        loop.call_at_ns(10, log.append, "timer")
        loop.call_at_ns(10, log.append, "feed", tie=Tie.FEED)
        loop.call_at_ns(10, order, tie=Tie.ORDER)
        await asyncio.sleep(1)

    run_virtual(main(), origin_ns=0)
    assert log == ["order", "ready at once", "report", "feed", "timer"]


def test_sources_and_timers_meet_in_the_order_of_ties():
    log: list = []
    loop = VirtualLoop(0)
    loop.add_source(Rows(loop, [5, 10, 20], log, Tie.FEED))
    loop.add_source(Rows(loop, [10, 10], log, Tie.MARKET, "first"))
    loop.add_source(Rows(loop, [10], log, Tie.MARKET, "second"))

    async def main():
        loop.call_at_ns(10, log.append, "order", tie=Tie.ORDER)
        loop.call_at_ns(10, log.append, "market timer", tie=Tie.MARKET)
        loop.call_at_ns(10, log.append, "session", tie=Tie.SESSION)
        loop.call_at_ns(10, log.append, "timer")
        await asyncio.sleep(1)

    run_on(loop, main())
    assert log == [
        (5, "FEED"),
        "session",
        (10, "first"),
        (10, "first"),
        (10, "second"),
        "market timer",
        "order",
        (10, "FEED"),
        "timer",
        (20, "FEED"),
    ]


def test_a_timer_set_by_a_source_comes_before_the_later_row_of_that_source():
    log: list = []
    loop = VirtualLoop(0)

    class Exchange(Rows):
        def advance(self, to_ns: int) -> None:
            super().advance(to_ns)
            loop.call_at_ns(to_ns + 3, log.append, f"report of {to_ns}", tie=Tie.REPORT)

    loop.add_source(Exchange(loop, [1, 2, 9], log, name="row"))
    run_on(loop, asyncio.sleep(1))
    assert log == [
        (1, "row"),
        (2, "row"),
        "report of 1",
        "report of 2",
        (9, "row"),
        "report of 9",
    ]


def test_a_removed_source_is_asked_no_more_and_a_stranger_cannot_be_removed():
    log: list = []
    loop = VirtualLoop(0)
    rows = Rows(loop, [1, 2], log)
    loop.add_source(rows)
    loop.remove_source(rows)
    run_on(loop, asyncio.sleep(1))
    assert log == []
    with pytest.raises(ValueError, match="not a source"):
        loop.remove_source(rows)


def test_a_source_gets_the_horizon_as_its_limit_when_no_timer_is_set():
    limits = []

    class Watcher:
        tie = Tie.FEED

        def next_moment(self, limit_ns: int) -> int | None:
            limits.append(limit_ns)
            return None

        def advance(self, to_ns: int) -> None: ...

    loop = VirtualLoop(0)
    loop.add_source(Watcher())

    async def main():
        await asyncio.sleep(7e-9)
        await loop.create_future()

    with pytest.raises(DeadlockError):
        run_on(loop, main())
    assert limits[:2] == [7, HORIZON_NS]


def test_thousands_of_cancelled_timers_do_not_stay_in_the_heap():
    async def main():
        loop = virtual_loop()
        for _ in range(20_000):
            async with asyncio.timeout(3600):
                pass
        return len(loop._heap)

    assert run_virtual(main(), origin_ns=0) < 3000


def test_asyncio_primitives_work_and_meet_at_their_virtual_times():
    async def worker(queue, out):
        while (item := await queue.get()) is not None:
            await asyncio.sleep(item)
            out.append((item, virtual_loop().time()))

    async def main():
        queue: asyncio.Queue = asyncio.Queue(1)
        out: list = []
        async with asyncio.TaskGroup() as group:
            group.create_task(worker(queue, out))
            for item in (3, 1, None):
                await queue.put(item)
        lock, event = asyncio.Lock(), asyncio.Event()
        async with lock:
            asyncio.get_running_loop().call_later(2, event.set)
            await event.wait()
        results = await asyncio.gather(asyncio.sleep(2, "b"), asyncio.sleep(1, "a"))
        sleeps = [asyncio.ensure_future(asyncio.sleep(n)) for n in (5, 6)]
        done, pending = await asyncio.wait(sleeps, return_when=asyncio.FIRST_COMPLETED)
        return out, results, len(done), len(pending), virtual_loop().time()

    answer = run_virtual(main(), origin_ns=ORIGIN_NS)
    assert answer == ([(3, 3.0), (1, 4.0)], ["b", "a"], 1, 1, 13.0)


def test_a_run_inside_a_thread_beside_a_running_loop_works():
    async def outer():
        return await asyncio.to_thread(run_virtual, asyncio.sleep(5, "done"), origin_ns=0)

    assert asyncio.run(outer()) == "done"


def test_a_run_in_a_thread_whose_loop_is_running_is_refused_with_the_way_out():
    async def outer():
        run_virtual(asyncio.sleep(5), origin_ns=0)

    with pytest.raises(UsageError, match="a thread of its own"):
        asyncio.run(outer())


def test_a_lost_wake_up_names_every_pending_task_with_the_line_that_waits():
    async def inner():
        await asyncio.Event().wait()  # the lost wake-up

    async def main():
        waiting = asyncio.create_task(inner(), name="bracket 7")
        await asyncio.sleep(2)
        await waiting

    with pytest.raises(DeadlockError) as caught:
        run_virtual(main(), origin_ns=0)
    message = str(caught.value)
    assert "at 2.000000000 s" in message
    assert "task-1" in message
    assert "bracket 7" in message
    assert "await asyncio.Event().wait()  # the lost wake-up" in message
    assert f"{__file__}:{inner.__code__.co_firstlineno + 1} in inner" in message


def test_callbacks_that_never_let_time_move_are_called_a_livelock_by_name():
    async def busy_poll():
        while True:
            await asyncio.sleep(0)

    with pytest.raises(LivelockError, match="busy_poll"):
        run_virtual(busy_poll(), origin_ns=0, callbacks_max=5000)


def test_a_source_or_timer_that_stays_at_one_moment_is_a_livelock_too():
    class Stuck:
        tie = Tie.FEED

        def next_moment(self, limit_ns: int) -> int | None:
            return 5 if limit_ns >= 5 else None

        def advance(self, to_ns: int) -> None: ...

    loop = VirtualLoop(0, callbacks_max=1000)
    loop.add_source(Stuck())
    with pytest.raises(LivelockError, match="Stuck"):
        run_on(loop, asyncio.sleep(1))

    def again(loop: VirtualLoop) -> None:
        loop.call_at_ns(loop.now_ns, again, loop)

    second = VirtualLoop(0, callbacks_max=1000)
    second.call_soon(again, second)
    with pytest.raises(LivelockError, match="again"):
        run_on(second, asyncio.sleep(1))


def test_errors_that_reach_nobody_fail_the_run_at_its_end_all_at_once():
    async def failing():
        raise ValueError("first")

    async def main():
        loop = virtual_loop()
        asyncio.create_task(failing(), name="forgotten")  # noqa: RUF006  # the fault under test
        failing()
        loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(1)
        return "never seen"

    with pytest.raises(LostErrors) as caught:
        run_virtual(main(), origin_ns=0)
    assert len(caught.value.lost) == 3
    for part in ("ValueError: first", "forgotten", "never awaited", "ZeroDivisionError"):
        assert part in str(caught.value)


def test_an_error_of_the_program_carries_the_lost_ones_as_notes():
    async def main():
        virtual_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(1)
        raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        run_virtual(main(), origin_ns=0)
    assert "ZeroDivisionError" in caught.value.__notes__[0]


def test_a_task_destroyed_while_pending_fails_the_run():
    async def waiting():
        await asyncio.get_running_loop().create_future()

    async def main():
        coroutine = waiting()
        task = asyncio.create_task(coroutine)
        await asyncio.sleep(1)
        del task, coroutine  # a cycle of task and future that only the collector finds
        import_time_garbage = __import__("gc").collect()
        assert import_time_garbage >= 0
        await asyncio.sleep(1)

    with pytest.raises(LostErrors, match="destroyed but it is pending"):
        run_virtual(main(), origin_ns=0)


def test_leftovers_are_cancelled_in_the_order_of_creation_and_may_finish():
    log = []

    async def leftover(number):
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(1)
            log.append((number, virtual_loop().time()))

    async def main():
        tasks = [asyncio.create_task(leftover(number)) for number in range(300)]
        await asyncio.sleep(1)
        return len(tasks)

    run_virtual(main(), origin_ns=0)
    assert log == [(number, 2.0) for number in range(300)]


def test_a_leftover_that_ignores_cancellation_is_named_and_does_not_hang_the_run():
    async def stubborn():
        while True:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                continue

    async def main():
        task = asyncio.create_task(stubborn(), name="stubborn one")
        await asyncio.sleep(1)
        return task.get_name()

    with pytest.raises(LostErrors, match="still running 60 s after"):
        run_virtual(main(), origin_ns=0)


def test_async_generators_dropped_or_left_over_run_their_finally_in_order():
    log = []

    async def ticks(number):
        try:
            while True:
                yield number
        finally:
            await asyncio.sleep(1)
            log.append(number)

    kept = []

    async def main():
        async for _ in ticks(99):
            break  # dropped at once: the finaliser hook closes it
        await asyncio.sleep(5)
        for number in range(300):
            kept.append(ticks(number))
            await anext(kept[-1])

    run_virtual(main(), origin_ns=0)
    assert log == [99, *range(300)]


def test_tasks_are_named_by_the_loop_and_hash_by_their_number():
    async def main():
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(2)]
        named = asyncio.create_task(asyncio.sleep(0), name="mine")
        await asyncio.gather(*tasks, named)
        assert hash(tasks[0]) < hash(tasks[1]) < hash(named)
        first, second = (asyncio.get_running_loop().create_future() for _ in range(2))
        assert hash(first) + 1 == hash(second)
        assert hash(first) == hash(first)
        return [task.get_name() for task in (*tasks, named)]

    for _ in range(2):
        assert run_virtual(main(), origin_ns=0) == ["task-2", "task-3", "mine"]


@pytest.mark.parametrize(
    "call",
    [
        lambda loop: loop.run_in_executor(None, print),
        lambda loop: loop.add_reader(0, print),
        lambda loop: loop.sock_recv(None, 1),
        lambda loop: loop.create_connection(asyncio.Protocol, "example.org", 80),
        lambda loop: loop.getaddrinfo("example.org", 80),
        lambda loop: loop.subprocess_exec(asyncio.SubprocessProtocol, "true"),
        lambda loop: loop.add_signal_handler(2, print),
        lambda loop: loop.set_task_factory(None),
    ],
)
def test_the_doors_of_a_loop_to_the_real_world_are_shut_and_name_the_line(call):
    async def main():
        with pytest.raises(RealWorldError, match=r"test_loop\.py:\d+ leaves virtual time"):
            call(asyncio.get_running_loop())

    run_virtual(main(), origin_ns=0)


def test_another_thread_cannot_call_in():
    errors = []

    def foreign(loop):
        try:
            loop.call_soon_threadsafe(print)
        except RealWorldError as error:
            errors.append(str(error))

    async def main():
        thread = threading.Thread(target=foreign, args=(virtual_loop(),), name="reader")
        thread.start()
        thread.join()

    run_virtual(main(), origin_ns=0)
    assert "thread 'reader'" in errors[0]


def test_the_collector_is_off_during_a_run_and_as_before_after_it():
    import gc

    async def main():
        return gc.isenabled()

    assert gc.isenabled()
    assert run_virtual(main(), origin_ns=0) is False
    assert gc.isenabled()
