"""How long from the start of Python to the result of a small backtest through the Python API?

Unit: seconds of a new process, wall and processor, that imports Dryfill, makes 1,000 quotes in
memory and runs crossing averages on them, before any frame is asked for. Median of 5 processes;
beside it the interpreter alone, and with numpy.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from timing import RUNS, machine

HERE = Path(__file__).parent
PROGRAMS = {
    "Python alone": "pass",
    "Python and numpy": "import numpy",
    "import dryfill's Backtest": "from dryfill import Backtest",
    "first result": (
        "import made_market; from strategies import Cross; "
        "made_market.backtest(Cross, made_market.quotes(1_000), latency='zero').run()"
    ),
}


def spent(program: str) -> tuple[float, float]:
    """Wall and processor seconds of one process."""
    before, begin = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=HERE, check=True)
    wall, after = time.perf_counter() - begin, os.times()
    processor = after.children_user + after.children_system
    return wall, processor - before.children_user - before.children_system


def main() -> None:
    print(f"first result; {machine()}")
    for name, program in PROGRAMS.items():
        spent(program)
        wall, processor = zip(*(spent(program) for _ in range(RUNS)), strict=True)
        figures = f"{statistics.median(wall):.2f} s, processor {statistics.median(processor):.2f} s"
        print(f"{name:<44} {figures}")


if __name__ == "__main__":
    main()
