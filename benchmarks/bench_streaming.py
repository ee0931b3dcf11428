"""Does a file ten times larger take more memory? Peak resident memory of whole processes.

Data: quotes, and quotes with trades (a quarter as many), of a random walk by a fixed seed, 1 and 10
million rows of quotes in Parquet (`--rows` for others). Each run is a process of its own: it reads
the files, runs a strategy that keeps one bracket far away (and hears bars where there are trades),
prints the report and writes its page. Unit: the most resident memory that the process has had,
what is mapped of files included; the ratio of the two is to be below 1.1.

Reading is timed beside it, in the processor's time.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from strategies import Guarded, GuardedBars
from timing import machine

from dryfill import Backtest

_START_NS = 1_709_564_400 * 10**9
_HOURS_NS = 6 * 3_600 * 10**9
_GROUP = 262_144


def made(folder: Path, rows: int) -> list[Path]:
    """A file of quotes and one of trades within one daytime session."""
    dice = np.random.default_rng(7)
    ticks = 20_000 + np.clip(np.cumsum(dice.integers(-1, 2, rows)) // 40, -2_000, 2_000)
    time_ns = _START_NS + np.sort(dice.integers(0, _HOURS_NS, rows))
    sizes = dice.integers(1, 50, (2, rows))
    quotes = pl.DataFrame(
        {
            "time": time_ns,
            "bid": ticks * 0.25,
            "ask": ticks * 0.25 + 0.25,
            "bid_size": sizes[0],
            "ask_size": sizes[1],
        }
    )
    some = np.arange(0, rows, 4)
    trades = pl.DataFrame(
        {"time": time_ns[some], "price": ticks[some] * 0.25, "size": sizes[0][some]}
    )
    paths = [folder / f"quotes-{rows}.parquet", folder / f"trades-{rows}.parquet"]
    for frame, path in zip((quotes, trades), paths, strict=True):
        frame.write_parquet(path, row_group_size=_GROUP)
    return paths


def one(engine: str, page: str, paths: list[str]) -> None:
    """The run of a process: its figures in MB and seconds, on one line."""
    begin = time.process_time()
    strategy = Guarded if len(paths) == 1 else GuardedBars
    backtest = Backtest(strategy, paths, instrument="ES", stop_trigger="quote", engine=engine)
    read_s, read_mb = time.process_time() - begin, peak_mb()
    report = backtest.run()
    str(report)
    run_mb = peak_mb()
    report.to_html(page)
    print(f"{read_s} {read_mb} {run_mb} {peak_mb()}")


def peak_mb() -> float:
    """The most resident memory that this process has had."""
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux the figure of `getrusage` is at least that of the process that started this one.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def measured(engine: str, folder: Path, paths: list[Path]) -> list[float]:
    """The figures of a new process."""
    command = [sys.executable, __file__, "--one", engine, str(folder / "page.html")]
    ran = subprocess.run([*command, *map(str, paths)], check=True, capture_output=True, text=True)
    return [float(figure) for figure in ran.stdout.split()]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--one", nargs="+")
    given = parser.parse_args()
    if given.one:
        one(given.one[0], given.one[1], given.one[2:])
        return
    print(machine())
    print(f"{'':<40}{'read, MB':>10}{'run, MB':>10}{'page, MB':>10}{'rows read/s':>14}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {rows: made(folder, rows) for rows in (given.rows, 10 * given.rows)}
        for engine in ("auto", "reference"):
            for kinds, label in ((1, "quotes"), (2, "quotes and trades")):
                found = {r: measured(engine, folder, paths[:kinds]) for r, paths in files.items()}
                for rows, (read_s, *peaks) in found.items():
                    count = rows if kinds == 1 else rows + rows // 4
                    shown = "".join(f"{peak:>10.0f}" for peak in peaks)
                    print(f"{engine + ', ' + label:<28}{rows:>12,}{shown}{count / read_s:>14,.0f}")
                few, many = (found[rows][-1] for rows in files)
                print(f"{'':<40}{'ten times the rows:':>20}{many / few:>10.2f}")


if __name__ == "__main__":
    main()
