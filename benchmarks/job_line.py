"""What every runner of a job shares, ours and the peers': what is asked, data, a line of JSON.

Nothing of Dryfill is imported here, so that a peer runs in an environment of its own; numpy is all
that is needed. Prices in the files are ticks of 0.25, times ns since the epoch.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

TICK = 0.25
FAST, SLOW = 150, 600  # of quotes; of bars they are these:
BAR_FAST, BAR_SLOW = 20, 100
NEAR, BAR_NEAR = 3, 12  # ticks to a bracket's stop and target
FINISHED = 20_000  # orders of J8
GRID = list(product((5, 10, 20, 40), (60, 80, 100, 150, 200)))  # the averages of J6


@dataclass(frozen=True)
class Asked:
    """A job, its data's folder, how many rows of it, and what else the runner wants to know."""

    job: str
    data: Path
    rows: int
    how: str

    def columns(self, name: str) -> dict[str, Any]:
        """The first rows of a file of the data."""
        with np.load(self.data / f"{name}.npz") as file:
            return {key: file[key][: self.rows] for key in file.files}


def asked() -> Asked:
    """What the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("job")
    parser.add_argument("data", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("--how", default="")
    return Asked(**vars(parser.parse_args()))


def tell(asked: Asked, run: Callable[[], Any], **count: Callable[[Any], float]) -> None:
    """Run the job, once, and print what came out: seconds of the wall and of the processor, the
    most resident memory so far, and what `count` finds in the result."""
    wall, processor = time.perf_counter(), time.process_time()
    result = run()
    told = {
        "job": asked.job,
        "rows": asked.rows,
        "wall_s": time.perf_counter() - wall,
        "processor_s": time.process_time() - processor,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **{name: find(result) for name, find in count.items()},
    }
    print(json.dumps(told))


def resident_kb() -> float:
    """Resident memory of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


def in_two_processes(run: Callable[[tuple[int, int]], object]) -> int:
    """One run for each of `GRID`, on two processes that have the data already; how many."""
    fork = get_context("fork")
    halves = [fork.Process(target=_one_by_one, args=(run, GRID[n::2])) for n in range(2)]
    for half in halves:
        half.start()
    for half in halves:
        half.join()
        assert half.exitcode == 0
    return len(GRID)


def _one_by_one(run: Callable[[tuple[int, int]], object], grid: list[tuple[int, int]]) -> None:
    for each in grid:
        run(each)


def average(span: int) -> float:
    """The weight of the newest value in an exponential average."""
    return 2 / (span + 1)


def not_here(job: str, known: Iterable[str]) -> SystemExit:
    """How a runner says that a job is not one of its own."""
    return SystemExit(f"{job} is not here; known are {', '.join(known)}")
