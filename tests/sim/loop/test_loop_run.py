"""A run to its end: what it raises when nothing can happen, what it cleans up, what it refuses."""

import asyncio
import gc
import subprocess
import sys
import threading
import weakref

import pytest

from dryfill.sim.loop.errors import LostErrors, RealWorldError
from dryfill.sim.loop.hold import hold_collector
from dryfill.sim.loop.loop import DeadlockError, LivelockError, Tie, VirtualLoop
from dryfill.sim.loop.run import run_on, run_virtual
from dryfill.trading.errors import UsageError


def virtual_loop() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


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

    async def guard():
        await inner()

    async def main():
        waiting = asyncio.create_task(guard(), name="bracket 7")
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
        gc.collect()
        await asyncio.sleep(1)

    with pytest.raises(LostErrors, match="destroyed but it is pending"):
        run_virtual(main(), origin_ns=0)


def test_an_error_that_only_the_collector_finds_fails_the_run_too():
    async def main():
        refused = asyncio.get_running_loop().create_future()
        refused.itself = refused
        refused.set_exception(ValueError("in a cycle"))

    with pytest.raises(LostErrors, match="in a cycle"):
        run_virtual(main(), origin_ns=0)


@pytest.mark.parametrize("generation", [0, 1, 2])
def test_what_the_program_collected_itself_is_looked_through_again(generation):
    async def main():
        refused = asyncio.get_running_loop().create_future()
        refused.itself = refused
        gc.collect(generation)  # it lives, and is of an older generation now
        refused.set_exception(ValueError("grew old"))

    with pytest.raises(LostErrors, match="grew old"):
        run_virtual(main(), origin_ns=0)


def test_what_earlier_runs_left_is_collected_while_one_hold_lasts():
    class Left:
        def __init__(self):
            self.itself = self

    async def main():
        return Left()

    with hold_collector():
        seen = [weakref.ref(run_virtual(main(), origin_ns=0)) for _ in range(40)]
        alive = sum(each() is not None for each in seen)
    assert seen[0]() is None
    assert alive <= 17


FROZEN = """
import gc
import sys
from dryfill.sim.loop.run import run_virtual

def frozen():
    return not any(each is sys.modules for each in gc.get_objects())

async def main():
    return frozen()

for others in (False, True):
    if others:
        gc.freeze()
    before = frozen()
    print(before, run_virtual(main(), origin_ns=0), frozen())
"""


def test_what_was_frozen_before_a_run_stays_frozen_after_it():
    told = subprocess.run(
        [sys.executable, "-c", FROZEN], capture_output=True, text=True, check=True
    ).stdout
    assert told.splitlines() == ["False True False", "True True True"]


def test_what_the_interpreter_froze_itself_nobody_else_did():
    """As Python 3.12 does with what is immortal."""
    freezes = "gc.get_freeze_count = lambda: 375\nfor others in (False,):"
    program = FROZEN.replace("for others in (False, True):", freezes)
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert told.splitlines() == ["False True False"]


COUNTED = """
import gc
from dryfill.sim.loop.run import run_virtual

async def main():
    counted.append(gc.isenabled())

counted = []
count = gc.get_freeze_count
gc.get_freeze_count = lambda: counted.append("asked") or count()
gc.freeze()
for _ in range(3):
    run_virtual(main(), origin_ns=0)
print(counted)
"""


def test_what_others_froze_is_counted_once_for_that_takes_longer_than_a_run():
    told = subprocess.run(
        [sys.executable, "-c", COUNTED], capture_output=True, text=True, check=True
    ).stdout
    assert told == "['asked', False, False, False]\n"


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
        with pytest.raises(RealWorldError, match=r"test_loop_run\.py:\d+ leaves virtual time"):
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
    async def main():
        return gc.isenabled()

    assert gc.isenabled()
    assert run_virtual(main(), origin_ns=0) is False
    assert gc.isenabled()
