"""Which steps of a client's process count as its own."""

import asyncio

import pytest

from dryfill.sim.faults.steps import Steps
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process
from dryfill.sim.loop.run import run_on
from dryfill.sim.loop.schedule import LOOKS_ON, Schedule


@pytest.mark.parametrize("kind", ["fifo", "pct"])
def test_who_only_looks_on_takes_no_step_and_hears_first_all_the_same(kind):
    loop, counted, heard = VirtualLoop(0, schedule=Schedule(kind, 3)), [], []
    steps = Steps(loop, counted.append)
    process = Process("client", loop)
    steps.follow(process)

    def looks(done):
        heard.append("oracle")

    setattr(looks, LOOKS_ON, True)

    def answered():
        answer = loop.create_future()
        answer.add_done_callback(looks)
        answer.add_done_callback(lambda done: heard.append("client"))
        answer.set_result(None)

    async def main():
        process.run(answered)
        await asyncio.sleep(1)

    run_on(loop, main())
    assert heard == ["oracle", "client"]
    assert counted == [1, 2]  # being called, and being told
