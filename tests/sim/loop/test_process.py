"""Processes: who owns what, and that the dead do not act."""

import asyncio

import pytest

from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process, current_process
from dryfill.sim.loop.run import run_on
from dryfill.trading.errors import UsageError


class World:
    """A loop, a process, and a broker that notes what reaches it, in the world's own list."""

    def __init__(self) -> None:
        self.loop = VirtualLoop(0)
        self.reached: list[str] = []
        self.process = Process("strategy", self.loop)
        self.place = self.process.fence(self._place)

    def _place(self, what: str) -> asyncio.Future[str]:
        self.reached.append(what)
        answer: asyncio.Future[str] = self.loop.create_future()
        self.loop.call_later(1, answer.set_result, f"{what} done")
        return answer

    def run(self, *steps):
        """Run in the world: each step at its second, then to 100 s."""

        async def world():
            for at_s, step in steps:
                await asyncio.sleep(at_s - self.loop.time())
                step()
            await asyncio.sleep(100 - self.loop.time())

        run_on(self.loop, world())


def test_tasks_callbacks_and_timers_belong_to_the_process_that_made_them():
    world = World()
    owners = []

    def note(what):
        owners.append((what, current_process()))

    async def child():
        note("child")

    async def program():
        note("task")
        loop = asyncio.get_running_loop()
        loop.call_soon(note, "callback")
        loop.call_later(1, note, "timer")
        answer = world.place("x")
        answer.add_done_callback(lambda _: note("answer"))
        await asyncio.create_task(child())
        await asyncio.sleep(5)

    world.run(
        (0, lambda: world.process.spawn(program())),
        (1, lambda: world.process.run(note, "run")),
        (2, lambda: note("world")),
    )
    owner_of = dict(owners)
    assert owner_of.pop("world") is None
    assert set(owner_of) == {"task", "child", "callback", "timer", "answer", "run"}
    assert set(owner_of.values()) == {world.process}


def test_a_finally_that_calls_the_broker_after_a_crash_is_fenced_and_counted():
    world = World()
    log = []

    async def program():
        try:
            await world.place("entry")
            await asyncio.sleep(50)
        finally:
            log.append("finally runs, as Python will have it")
            await world.place("cancel all")

    world.run((0, lambda: world.process.spawn(program())), (10, world.process.crash))
    assert world.reached == ["entry"]
    assert log == ["finally runs, as Python will have it"]
    assert (world.process.calls_after_death, world.process.calls_while_dying) == (1, 0)
    assert not world.process.alive


def test_a_crash_drops_ready_callbacks_timers_and_answers_on_their_way():
    world = World()
    acted = []

    async def program():
        loop = asyncio.get_running_loop()
        loop.call_later(20, acted.append, "timer")
        loop.call_at_ns(10_000_000_000, acted.append, "timer at the very moment")
        world.place("x").add_done_callback(lambda _: acted.append("answer"))
        await asyncio.sleep(10)
        acted.append("task")

    def crash_with_work_ready():
        world.process.run(world.loop.call_soon, acted.append, "ready")
        world.process.crash()
        world.process.run(acted.append, "delivery to the dead")

    world.run((0, lambda: world.process.spawn(program())), (0.5, crash_with_work_ready))
    assert acted == []
    assert world.process.calls_after_death == 0


def test_a_callback_that_was_ready_together_with_the_crash_does_not_run():
    world = World()
    acted = []

    def crash_and_callback_in_one_batch():
        world.loop.call_soon(world.process.crash)
        world.process.run(world.loop.call_soon, acted.append, "ready")

    world.run((0, crash_and_callback_in_one_batch))
    assert acted == []


def test_a_process_that_crashes_in_its_own_step_acts_no_more_from_that_line_on():
    world = World()
    after, closed_at_s = [], []

    async def helper():
        try:
            await asyncio.sleep(50)
        finally:
            world.place("helper's finally")

    async def program():
        keep = asyncio.create_task(helper())
        await asyncio.sleep(1)
        try:
            world.process.crash()
            asyncio.get_running_loop().call_soon(after.append, "callback")
            asyncio.get_running_loop().call_later(1, after.append, "timer")
            orphan = asyncio.create_task(helper())
            await world.place("after the crash")
            after.append(("came back", keep, orphan))
        finally:
            world.place("own finally")
            closed_at_s.append(world.loop.time())

    world.run((0, lambda: world.process.spawn(program())))
    assert world.reached == []
    assert after == []
    assert closed_at_s == [1.0]
    assert world.process.calls_after_death == 3
    # To the line after the crash it would not have come; the two `finally` blocks Python runs.
    assert world.process.calls_while_dying == 1


def test_a_dying_task_group_does_not_cancel_futures_of_the_world():
    world = World()
    shared = []

    async def child():
        await shared[0]

    async def program():
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
            group.create_task(child())
            await asyncio.sleep(50)  # a crash here makes the group abort its children

    def start():
        shared.append(world.loop.create_future())
        world.process.spawn(program())

    world.run((0, start), (1, world.process.crash), (2, lambda: shared[0].set_result(None)))
    assert shared[0].result() is None


def test_a_coroutine_that_refuses_to_die_is_closed_all_the_same():
    world = World()
    tries = []

    async def program():
        for _ in range(5):
            try:
                await asyncio.sleep(50)
            except BaseException as error:  # noqa: BLE001  # the misdeed under test
                tries.append(type(error))

    world.run((0, lambda: world.process.spawn(program())), (1, world.process.crash))
    assert tries == [GeneratorExit] * 5


def test_what_the_dead_never_asked_for_is_not_a_lost_error():
    world = World()

    async def failing():
        raise ValueError("nobody will ask")

    async def program():
        tasks = [asyncio.create_task(failing())]
        await asyncio.sleep(50)
        await asyncio.gather(*tasks)

    def refuse_and_crash():
        refused = world.process.own(refused_soon)
        refused.set_exception(ValueError("on its way to a dead waiter"))
        world.process.crash()

    def refused_soon():
        future = world.loop.create_future()
        future.add_done_callback(lambda done: done.exception())
        return future

    world.run((0, lambda: world.process.spawn(program())), (1, refuse_and_crash))


def test_an_async_generator_of_the_dead_does_not_come_back_to_clean_up():
    world = World()
    log = []

    async def ticks():
        try:
            while True:
                yield 1
        finally:
            await asyncio.sleep(1)
            log.append("cleaned up")

    async def program():
        async for _ in ticks():
            await asyncio.sleep(50)

    world.run((0, lambda: world.process.spawn(program())), (1, world.process.crash))
    assert log == []


def test_another_process_lives_on_and_a_restart_is_a_new_process():
    world = World()
    gateway = Process("gateway", world.loop)
    beats = []

    async def beat(name, count):
        for _ in range(count):
            await asyncio.sleep(1)
            beats.append(name)

    reborn = Process("strategy", world.loop)
    world.run(
        (0, lambda: world.process.spawn(beat("old", 10))),
        (0, lambda: gateway.spawn(beat("gateway", 4))),
        (1.5, world.process.crash),
        (2.5, lambda: reborn.spawn(beat("new", 1))),
    )
    assert beats == ["old", "gateway", "gateway", "gateway", "new", "gateway"]
    coroutine = beat("late", 1)
    with pytest.raises(UsageError, match="has crashed"):
        world.process.spawn(coroutine)


def test_crashing_twice_is_crashing_once_and_spawned_tasks_take_a_name():
    world = World()
    names = []

    async def program():
        names.append(asyncio.current_task().get_name())
        await asyncio.sleep(50)

    world.run(
        (0, lambda: world.process.spawn(program(), "guard of bracket 1")),
        (0, lambda: world.process.spawn(program())),
        (1, world.process.crash),
        (2, world.process.crash),
    )
    assert names == ["guard of bracket 1", "task-3"]
