"""One program, several processes with different hash seeds: the same order of everything."""

import os
import subprocess
import sys

import pytest

# More than 256 tasks: smaller sets see address bits that are the same in each process, so that
# a small test would lie (fault-model 4).
PROGRAM = """
import asyncio, hashlib
from dryfill.sim.loop.loop import Tie, VirtualLoop
from dryfill.sim.loop.run import run_on
from dryfill.sim.loop.process import Process

log = []
loop = VirtualLoop(0)
process = Process("strategy", loop)
garbage = [object() for _ in range({garbage})]

async def waiter(kind, number):
    try:
        await asyncio.sleep(1000 + number % 7)
    finally:
        log.append((kind, number, loop.now_ns))

async def failing():
    await asyncio.sleep(1)
    raise ValueError

async def main():
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(300):
                group.create_task(waiter("group", number))
            group.create_task(failing())
    except* ValueError:
        log.append("aborted")
    futures = [loop.create_future() for _ in range(300)]
    for number, future in enumerate(futures):
        loop.call_at_ns(loop.now_ns + number % 5, future.set_result, number, tie=Tie.REPORT)
    done, _ = await asyncio.wait(futures)
    log.append([future.result() for future in done])
    sleeps = [asyncio.ensure_future(asyncio.sleep(1, number)) for number in range(300)]
    done, _ = await asyncio.wait(sleeps)
    log.append([task.result() for task in done])
    for number in range(300):
        process.spawn(waiter("crashed", number))
    left = [asyncio.create_task(waiter("left over", number)) for number in range(300)]
    await asyncio.sleep(1)
    process.crash()
    return len(left)

run_on(loop, main())
print(len(log), hashlib.sha256(repr(log).encode()).hexdigest())
"""


def run_program(python: str, hash_seed: str, garbage: int) -> str:
    environment = dict(os.environ, PYTHONHASHSEED=hash_seed)
    command = [python, "-W", "error", "-c", PROGRAM.replace("{garbage}", str(garbage))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_three_hundred_tasks_end_in_one_order_in_every_process_and_hash_seed():
    outputs = [
        run_program(sys.executable, seed, garbage)
        for seed, garbage in (("0", 0), ("1", 1000), ("2", 77_777), ("random", 5))
    ]
    count = 300 + 1 + 1 + 1 + 300 + 300
    assert outputs[0].startswith(f"{count} ")
    assert outputs == outputs[:1] * len(outputs)


@pytest.mark.parametrize("seed", ["0", "7"])
def test_what_teardown_does_is_in_the_order_of_creation(seed):
    program_with_print = "print([entry[1] for entry in log if entry[0] == 'left over'])"
    environment = dict(os.environ, PYTHONHASHSEED=seed)
    source = PROGRAM.replace("{garbage}", "0") + program_with_print
    done = subprocess.run(
        [sys.executable, "-c", source], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[1] == str(list(range(300)))
