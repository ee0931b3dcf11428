"""Schedules: a seed chooses between owners, never within one, and the same seed chooses again."""

import asyncio
import itertools
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfill.sim.loop.hold import hold_collector
from dryfill.sim.loop.loop import LivelockError, VirtualLoop
from dryfill.sim.loop.moments import Tie
from dryfill.sim.loop.process import Process
from dryfill.sim.loop.run import run_on
from dryfill.sim.loop.schedule import KINDS, LOOKS_ON, Schedule, asker_of
from dryfill.trading.errors import UsageError

MIXED = [kind for kind in KINDS if kind != "fifo"]


@pytest.fixture(autouse=True, scope="module")
def _many_short_runs():
    with hold_collector():
        yield


class Connection:
    """An owner: its messages arrive as callbacks, now or at one later moment."""

    def __init__(self, name, log):
        self.name, self.log, self.sent = name, log, 0

    def arrive(self, number):
        self.log.append((self.name, number))

    def send(self, loop, later):
        number, self.sent = self.sent, self.sent + 1
        if later:
            loop.call_at_ns(10, self.arrive, number, tie=Tie.REPORT)
        else:
            loop.call_soon(self.arrive, number)


async def walker(name, log, steps):
    for number in range(steps):
        log.append((name, number))
        await asyncio.sleep(0)


def ran(schedule, program):
    """Run `program(loop, log)` and give what it logged."""
    loop, log = VirtualLoop(0, schedule=schedule), []

    async def main():
        await program(loop, log)

    run_on(loop, main())
    return log


async def three_messages(loop, log):
    """Two connections, three messages each, all ready at once."""
    for connection in (Connection("a", log), Connection("b", log)):
        for _ in range(3):
            connection.send(loop, later=False)
    await asyncio.sleep(1)


async def three_tasks(loop, log):
    await asyncio.gather(*(walker(name, log, 1) for name in "abc"))


async def three_timers(loop, log):
    for name in "abc":
        loop.call_at_ns(10, Connection(name, log).arrive, 0)
    await asyncio.sleep(1)


def orders(kind, program, seeds=200, **how):
    return {tuple(ran(Schedule(kind, seed, **how), program)) for seed in range(seeds)}


@given(
    sent=st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12),
    steps=st.lists(st.integers(0, 4), max_size=4),
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 2**32),
)
def test_what_one_owner_asked_for_stays_in_order(sent, steps, kind, seed):
    async def program(loop, log):
        named = {name: Connection(name, log) for name in "abc"}
        for name, later in sorted(sent, key=lambda each: each[1]):  # what is later was sent later
            named[name].send(loop, later)
        tasks = [asyncio.ensure_future(walker(n, log, count)) for n, count in enumerate(steps)]
        await asyncio.sleep(1)
        assert all(task.done() for task in tasks)

    log = ran(Schedule(kind, seed), program)
    assert len(log) == len(sent) + sum(steps)
    for _, mine in itertools.groupby(sorted(log, key=lambda e: str(e[0])), key=lambda e: e[0]):
        numbers = [number for _, number in mine]
        assert numbers == list(range(len(numbers)))


def test_first_in_first_out_is_what_no_schedule_is():
    for program in (three_messages, three_tasks, three_timers):
        assert orders("fifo", program, 20) == {tuple(ran(None, program))}


@pytest.mark.parametrize("kind", ["uniform", "pct"])
@pytest.mark.parametrize("program", [three_tasks, three_timers])
def test_every_order_of_three_ready_owners_is_met(kind, program):
    assert len(orders(kind, program)) == 6


def test_ties_shuffle_what_is_due_at_one_moment_and_nothing_else():
    assert len(orders("ties", three_timers)) == 6
    assert orders("ties", three_tasks) == {tuple(ran(None, three_tasks))}


@pytest.mark.parametrize("kind", MIXED)
def test_ranks_at_one_moment_keep_their_order(kind):
    async def program(loop, log):
        for tie in (Tie.TIMER, Tie.ORDER, Tie.REPORT):
            loop.call_at_ns(10, log.append, tie, tie=tie)
        await asyncio.sleep(1)

    assert orders(kind, program, 50) == {(Tie.ORDER, Tie.REPORT, Tie.TIMER)}


@pytest.mark.parametrize("kind", MIXED)
def test_the_same_seed_chooses_the_same_and_another_seed_another(kind):
    def all_of(seed):
        return [ran(Schedule(kind, seed), p) for p in (three_messages, three_tasks, three_timers)]

    assert all_of(7) == all_of(7)
    assert len({str(all_of(seed)) for seed in range(20)}) > 3


def test_uniform_interleaves_two_connections_in_every_way():
    assert len(orders("uniform", three_messages, 500)) == 20  # 6 over 3


def test_pct_takes_one_decision_for_each_unit_of_depth():
    one_after_the_other = orders("pct", three_messages, depth=1)
    assert len(one_after_the_other) == 2
    # With one fall: after 1 or 2 messages of the one come all of the other.
    assert len(orders("pct", three_messages, depth=2, steps=4)) == 2 + 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(20))
def test_a_task_that_waits_in_a_loop_for_another_lets_it_run(kind, seed):
    async def program(loop, log):
        async def spin():
            while not log:
                await asyncio.sleep(0)

        async def end():
            for _ in range(5):
                await asyncio.sleep(0)
            log.append("done")

        await asyncio.gather(spin(), end(), spin())

    loop = VirtualLoop(0, callbacks_max=1_000, schedule=Schedule(kind, seed))
    run_on(loop, program(loop, []))


@pytest.mark.parametrize("kind", MIXED)
def test_callbacks_of_a_crashed_process_that_wait_their_turn_are_dropped(kind):
    for seed in range(20):
        loop = VirtualLoop(0, schedule=Schedule(kind, seed))
        process, log = Process("strategy", loop), []

        async def main(loop=loop, process=process, log=log):
            for name in "abcd":
                process.spawn(walker(name, log, 3))

            def crash():
                process.crash()
                log.append("crash")

            loop.call_at_ns(0, crash)
            await asyncio.sleep(1)

        run_on(loop, main())
        assert log.index("crash") == len(log) - 1
        assert process.calls_after_death == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_livelock_is_found_and_names_what_is_ready(kind):
    async def busy_poll():
        while True:
            await asyncio.sleep(0)

    async def main():
        await asyncio.gather(busy_poll(), busy_poll())

    loop = VirtualLoop(0, callbacks_max=500, schedule=Schedule(kind, 1))
    with pytest.raises(LivelockError, match="busy_poll"):
        run_on(loop, main())


@pytest.mark.parametrize("kind", MIXED)
def test_a_timer_cancelled_while_it_waits_its_turn_does_not_run(kind):
    async def program(loop, log):
        timers = {}

        def first_of(name):
            log.append(name)
            timers["b" if name == "a" else "a"].cancel()

        for name in "ab":
            timers[name] = loop.call_at_ns(10, first_of, name)
        await asyncio.sleep(1)

    assert orders(kind, program, 30) == {("a",), ("b",)}


def test_an_owner_is_a_task_an_object_a_future_or_a_process():
    loop = VirtualLoop(0)
    process = Process("strategy", loop)
    future, connection = loop.create_future(), Connection("a", [])
    task = loop.create_task(asyncio.sleep(0))
    step = loop._ready[-1]
    assert asker_of(step) is task
    assert asker_of(loop.call_soon(connection.arrive, 0)) is connection
    assert asker_of(loop.call_soon(lambda done: None, future)) is future
    assert asker_of(loop.call_soon(future.set_result, None)) is future
    mine = process.own(loop.call_soon, lambda: None)
    assert asker_of(mine) is process
    builtin, nobodys = loop.call_soon(print, ""), loop.call_soon(lambda: None)
    assert asker_of(builtin) is builtin
    assert asker_of(nobodys) is nobodys
    task.cancel()
    run_on(loop, asyncio.sleep(0))


@pytest.mark.parametrize("how", [{"kind": "lifo"}, {"depth": 0}, {"steps": 0}])
def test_what_is_no_schedule_is_refused(how):
    with pytest.raises(UsageError, match="schedule"):
        Schedule(**how)


# --- whole runs ----------------------------------------------------------------------------------

PROGRAM = """
import sys
from test_determinism import PROGRAM as RUN
space = {"__name__": "program"}
exec(compile(RUN, "program", "exec"), space)
from dryfill.sim.loop.schedule import Schedule
setup = space["Setup"]
for kind, seed in [("fifo", 0), ("ties", 1), ("uniform", 1), ("pct", 1), ("uniform", 2)]:
    space["Setup"] = lambda **of: setup(schedule=Schedule(kind, seed), **of)
    print(kind, seed, space["once"]("zero", 0).split()[0])
space["Setup"] = setup
print("none", 0, space["once"]("zero", 0).split()[0])
"""


def test_a_run_is_what_its_schedule_makes_it_in_every_process_and_hash_seed():
    said = []
    for hash_seed in ("1", "4242"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={
                **os.environ,
                "PYTHONHASHSEED": hash_seed,
                "PYTHONPATH": os.path.dirname(os.path.dirname(__file__)),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert said[0] == said[1]
    digests = {
        (kind, seed): digest
        for kind, seed, digest in (line.split() for line in said[0].splitlines())
    }
    assert digests["fifo", "0"] == digests["none", "0"]
    assert len(set(digests.values())) > 1, "no schedule changed anything"


@pytest.mark.parametrize("kind", KINDS)
def test_who_only_looks_on_hears_of_an_answer_before_the_program_does(kind):
    async def program(loop, log):
        def answered(done):
            log.append("oracle")

        async def client(answer):
            await answer
            log.append("program")

        setattr(answered, LOOKS_ON, True)
        for _ in range(20):
            answer = loop.create_future()
            answer.add_done_callback(answered)
            waiting = asyncio.create_task(client(answer))
            await asyncio.sleep(0)
            answer.set_result(None)
            await waiting

    for seed in range(5):
        assert ran(Schedule(kind, seed), program) == ["oracle", "program"] * 20
