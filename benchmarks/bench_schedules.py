"""What does a run pay for another order of its ready callbacks?

Unit: callbacks of 30 tasks that give way 2,000 times each and sleep after every fourth, on the
virtual loop alone. First in first out is what every ordinary run has; the ratios say what the
schedules of exploration cost beside it.
"""

import asyncio

from timing import machine, median_s, show

from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.run import run_on
from dryfill.sim.loop.schedule import KINDS, Schedule

TASKS, TURNS = 30, 2_000


async def walk(pause_s: float) -> None:
    for turn in range(TURNS):
        await asyncio.sleep(pause_s if turn % 4 == 0 else 0)


async def walk_all() -> None:
    await asyncio.gather(*(walk(0.001 * (n + 1)) for n in range(TASKS)))


def main() -> None:
    print(f"schedules, {TASKS} tasks of {TURNS:,} turns; {machine()}")
    none = median_s(lambda: run_on(VirtualLoop(0), walk_all()))
    show("no schedule", TASKS * TURNS, "turns", none)
    for kind in KINDS:
        seconds = median_s(
            lambda kind=kind: run_on(VirtualLoop(0, schedule=Schedule(kind)), walk_all())
        )
        show(kind, TASKS * TURNS, "turns", seconds)
        print(f"{kind} costs {seconds / none:.2f} times no schedule")


if __name__ == "__main__":
    main()
