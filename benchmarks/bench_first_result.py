"""How long from the start of Python to the result of a small backtest through the Python API?

Unit: seconds of a new process, wall and processor, that imports Dryfill, makes 1,000 quotes in
memory and runs crossing averages on them, before any frame is asked for. Median of 9 processes, by
turns; beside it the interpreter alone, with numpy, and the command line. Modules are compiled
before, as an installation leaves them; the first line says what the very first start costs where
they are not.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from timing import machine

HERE = Path(__file__).parent
ROUNDS = 9
FIRST = "first result"
PROGRAMS = {
    "Python alone": "pass",
    "Python and numpy": "import numpy",
    "Python, numpy, asyncio, msgspec": "import numpy, asyncio, msgspec",
    "import dryfill's Backtest": "from dryfill import Backtest",
    "dryfill --help": "from dryfill.app.cli.main import main; main(['--help'])",
    FIRST: (
        "import made_market; from strategies import Cross; "
        "made_market.backtest(Cross, made_market.quotes(1_000), latency='zero').run()"
    ),
}


def spent(program: str, environ: Mapping[str, str]) -> tuple[float, float]:
    """Wall and processor seconds of one process."""
    before, begin = _children_s(), time.perf_counter()
    command = [sys.executable, "-c", program]
    subprocess.run(command, cwd=HERE, check=True, env=environ, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin, _children_s() - before


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    print(f"first result; {machine()}")
    with TemporaryDirectory() as compiled:
        environ = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        show("the very first start", [spent(PROGRAMS[FIRST], environ)])
        for program in PROGRAMS.values():
            spent(program, environ)
        rounds = [[spent(each, environ) for each in PROGRAMS.values()] for _ in range(ROUNDS)]
    for name, times in zip(PROGRAMS, zip(*rounds, strict=True), strict=True):
        show(name, list(times))


def show(name: str, times: list[tuple[float, float]]) -> None:
    wall, processor = (statistics.median(each) for each in zip(*times, strict=True))
    print(f"{name:<44} {wall:.3f} s, processor {processor:.3f} s")


if __name__ == "__main__":
    main()
