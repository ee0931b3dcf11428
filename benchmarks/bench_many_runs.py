"""How long does a search through parameters take, on every core?

Crossing averages of minute bars with Python at each bar, a grid of fast and slow ones. Unit: the
wall's time from the first run to the last, 20 runs of 5,000 made bars each, seed 7, zero latency,
one process for each core, which makes its bars once; and what that is for a run of 100,000 bars.
"""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import product
from multiprocessing import get_context
from typing import Any

import made_market
from strategies import BarCross
from timing import machine

BARS = 5_000
GRID = list(product((5, 10, 20, 40), (60, 80, 100, 150, 200)))


@cache
def tape() -> Any:
    return made_market.bars(BARS)


def run(averages: tuple[int, int]) -> str:
    """The digest of one run."""
    params = {"fast": averages[0], "slow": averages[1]}
    backtest = made_market.backtest(BarCross, tape(), latency="zero", params=params)
    return str(backtest.run().digest)


def main() -> None:
    cores = len(os.sched_getaffinity(0))
    print(f"{len(GRID)} runs of {BARS:,} bars, {cores} processes; {machine()}")
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        list(pool.map(run, GRID[:cores]))  # starts them, and is not counted
        begin = time.perf_counter()
        digests = list(pool.map(run, GRID))
        seconds = time.perf_counter() - begin
    bars = len(GRID) * BARS
    print(f"{seconds:.2f} s, {bars / seconds:,.0f} bars/s, {len(set(digests))} different digests")
    print(f"100 runs of 100,000 bars at this rate: {1e7 / bars * seconds:.1f} s")


if __name__ == "__main__":
    main()
