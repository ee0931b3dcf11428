"""The virtual clock: what time it is, what comes first, and which of asyncio works on it."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfill.sim.loop.loop import HORIZON_NS, DeadlockError, Tie, VirtualLoop
from dryfill.sim.loop.run import run_on, run_virtual

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


def test_sources_alone_meet_by_rank_and_then_in_the_order_they_were_added():
    log: list = []
    loop = VirtualLoop(0)
    loop.add_source(Rows(loop, [10], log, Tie.FEED))
    loop.add_source(Rows(loop, [10], log, Tie.MARKET, "first"))
    loop.add_source(Rows(loop, [10], log, Tie.MARKET, "second"))
    run_on(loop, asyncio.sleep(1))
    assert log == [(10, "first"), (10, "second"), (10, "FEED")]


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
