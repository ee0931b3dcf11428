"""What the benchmarks share: medians and percentiles, the machine, one line a figure."""

import platform
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

RUNS = 5


def median_s(
    run: Callable[[], object], runs: int = RUNS, clock: Callable[[], float] = time.perf_counter
) -> float:
    """The median time of a call in seconds, after one call that is not counted; on a busy machine
    the processor's own, `clock=time.process_time`, says more than the wall's."""
    run()
    times = []
    for _ in range(runs):
        begin = clock()
        run()
        times.append(clock() - begin)
    return statistics.median(times)


def show(name: str, count: int, unit: str, seconds: float) -> None:
    """Print one figure: how many of what in a second."""
    print(f"{name:<44} {count / seconds:>12,.0f} {unit}/s   ({seconds:.3f} s)")


def milliseconds(seconds: Sequence[float]) -> str:
    """The 50th and the 99th percentile of times in seconds, as text in milliseconds."""
    p50, p99 = (1e3 * float(np.percentile(seconds, nth)) for nth in (50, 99))
    return f"p50 {p50:6.2f} ms, p99 {p99:6.2f} ms"


def machine() -> str:
    """The interpreter and the processor, for the head of a table."""
    return f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}"
