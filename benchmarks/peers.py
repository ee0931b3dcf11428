"""The same jobs on the same data, side by side: Dryfill on either engine, and the peers there are.

    python benchmarks/peers.py                              # ours alone: what `make bench` does
    python benchmarks/peers.py --python ~/peers/bin/python  # and what is installed there

Each job is a process of its own; the subjects take turns, round by round, and a figure is the
median of the rounds: rows (or brackets) for each second of processor time of the run alone, what is
loaded and made ready before left out. J7 is the processor time of a whole process, its modules
compiled before; J6 the wall's. Data is made from a seed (`made_market`); `--data` names a folder
with other files of the same columns. Writes bench.json and bench.md to `--out` (build/bench).
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import made_market
import numpy as np

HERE = Path(__file__).parent
FIRST = "J7"
MEMORY = "J8"
LEGS = 3  # an entry, a stop and a target: ours counts orders


@dataclass(frozen=True)
class Job:
    """What is done, on how many rows, and what is counted."""

    name: str
    rows: int
    what: str
    unit: str = "quotes/s"
    count: str = "rows"


JOBS = (
    Job("J1", 500_000, "a Python handler for each quote that does nothing"),
    Job("J1 async", 500_000, "the same as `async def`"),
    Job("J2", 500_000, "two averages in Python at each quote, an order where they cross"),
    Job("J3", 50_000, "a bracket of 3 ticks whenever flat", "brackets/s", "brackets"),
    Job("J3 native", 50_000, "the same, kept by the broker", "brackets/s", "brackets"),
    Job("J4", 1_000_000, "replay without Python; ours: a bracket resting"),
    Job("J1 bars", 100_000, "a Python handler for each bar that does nothing", "bars/s"),
    Job("J2 bars", 20_000, "two averages at each bar, an order where they cross", "bars/s"),
    Job("J3 bars", 5_000, "a bracket of 12 ticks whenever flat", "brackets/s", "brackets"),
    Job("J6", 2_000, "20 runs of J2 bars on two processes, the wall's time", "bars/s", "runs"),
    Job(FIRST, 1_000, "start of a process to the result of a small J2", "s", "result"),
    Job(MEMORY, 30_000, "memory of 1,000 finished orders", "kB", "orders"),
)


@dataclass
class Subject:
    """Who does the jobs: a runner beside this file, and the Python that runs it."""

    name: str
    runner: str
    python: str
    how: str = ""
    version: str = ""
    legs: int = 1  # orders that it counts for each bracket
    part: int = 1  # it gets this part of the rows, because it is slow
    told: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def do(self, job: Job, data: Path, environ: dict[str, str]) -> dict[str, Any] | None:
        """Do a job once; None for one that the runner has not."""
        rows = job.rows // self.part if job.count == "rows" else job.rows
        command = [self.python, str(HERE / self.runner), job.name, str(data), str(rows)]
        begin = _children_s()
        ran = subprocess.run(
            [*command, f"--how={self.how}"], capture_output=True, text=True, env=environ, cwd=HERE
        )
        if ran.returncode:
            if "is not here" in ran.stderr:
                return None
            raise SystemExit(f"{self.name}, {job.name}: {ran.stderr[-2000:]}")
        told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return {**told, "process_s": _children_s() - begin}


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


PEERS = (
    ("nautilus_trader", "peer_nautilus.py", "nautilus-trader", "2", 1),
    ("hftbacktest", "peer_hftbacktest.py", "hftbacktest", "2", 1),
    ("backtesting.py", "peer_backtesting.py", "backtesting", "", 5),
    ("backtrader", "peer_backtrader.py", "backtrader", "", 20),
)


def subjects(pythons: list[str]) -> Iterator[Subject]:
    """Ours on each engine, and each peer that one of the Pythons has."""
    for engine in ("native", "reference"):
        code = f"from dryfill.matching.engines import chosen; chosen({engine!r})"
        there = subprocess.run([sys.executable, "-c", code], capture_output=True)
        if there.returncode == 0:
            version = _version(sys.executable, "dryfill") or "?"
            yield Subject(f"dryfill, {engine}", "ours.py", sys.executable, engine, version, LEGS)
        else:
            print(f"dryfill, {engine}: left out, that engine is not built here")
    for name, runner, package, major, part in PEERS:
        found = [(python, _version(python, package)) for python in pythons]
        fitting = [(p, v) for p, v in found if v and v.startswith(major)]
        if fitting:
            python, version = fitting[0]
            yield Subject(name, runner, python, version=str(version), part=part)
        else:
            others = {v for _, v in found if v}
            why = f"has {', '.join(sorted(others))}, not {major}" if others else "is not installed"
            print(f"{name}: left out, it {why} (name a Python that has it by --python)")


def _version(python: str, package: str) -> str | None:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    ran = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return ran.stdout.strip() if ran.returncode == 0 else None


def make_data(folder: Path) -> None:
    """The files, in the columns that runners read."""
    q = made_market.quotes(max(job.rows for job in JOBS)).quotes
    np.savez(
        folder / "quotes.npz",
        ts=q.time_ns,
        bid=q.bid,
        ask=q.ask,
        bid_sz=q.bid_size,
        ask_sz=q.ask_size,
    )
    b = made_market.bars(max(job.rows for job in JOBS if "bars" in job.unit)).bars
    np.savez(folder / "bars.npz", ts=b.time_ns, o=b.open, h=b.high, l=b.low, c=b.close, v=b.volume)


def make_few(data: Path, folder: Path, rows: int) -> Path:
    """A folder with the first quotes alone: for a job that is over before more could be read."""
    few = folder / "few"
    few.mkdir()
    with np.load(data / "quotes.npz") as file:
        np.savez(few / "quotes.npz", **{name: file[name][:rows] for name in file.files})
    return few


def figure(job: Job, subject: Subject) -> float | None:
    """The median of a subject's rounds of a job, in its unit; None where it has none."""
    rounds = subject.told.get(job.name)
    if not rounds:
        return None
    return statistics.median(_one(job, subject, told) for told in rounds)


def _one(job: Job, subject: Subject, told: dict[str, Any]) -> float:
    if job.name == FIRST:
        return float(told["process_s"])
    if job.name == MEMORY:
        return float(told["grown_kb"]) * 1000 / float(told["orders"])
    if job.name == "J6":
        return job.rows * float(told["runs"]) / float(told["wall_s"])
    if job.count == "brackets":
        return float(told["orders"]) / subject.legs / float(told["processor_s"])
    return float(told["rows"]) / float(told["processor_s"])


def table(who: list[Subject], notes: list[str]) -> str:
    """The figures as Markdown; the last column is ours over the best peer's."""
    names = [f"{each.name} {each.version}" for each in who]
    lines = [
        f"| job | what | unit | {' | '.join(names)} | ours / best peer |",
        f"|---|---|---|{'---|' * (len(names) + 1)}",
    ]
    for job in JOBS:
        found = [figure(job, each) for each in who]
        ours = [f for f, each in zip(found, who, strict=True) if f and each.runner == "ours.py"]
        theirs = [f for f, each in zip(found, who, strict=True) if f and each.runner != "ours.py"]
        less = job.name in (FIRST, MEMORY)
        best = min if less else max
        ratio = ""
        if ours and theirs:
            ratio = f"{best(ours) / best(theirs):.2f}" + (" (less is better)" if less else "")
        if not ours and not theirs:
            continue
        cells = " | ".join("" if f is None else _shown(f) for f in found)
        lines.append(f"| {job.name} | {job.what} | {job.unit} | {cells} | {ratio} |")
    return "\n".join([*notes, "", *lines, ""])


def _shown(figure: float) -> str:
    return f"{figure:,.3g}" if figure < 100 else f"{figure:,.0f}"


def write(folder: Path, who: list[Subject], notes: list[str]) -> None:
    """The figures as Markdown, and every round as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        each.name: {"version": each.version, "python": each.python, "told": each.told}
        for each in who
    }
    jobs = [vars(job) for job in JOBS]
    whole = json.dumps({"notes": notes, "jobs": jobs, "subjects": found}, indent=1)
    (folder / "bench.json").write_text(whole)
    (folder / "bench.md").write_text(table(who, notes))


def machine(rounds: int) -> list[str]:
    """What the figures depend on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown processor",
    )
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {model}, {os.cpu_count()} cores, load {load}; "
        f"Python {sys.version.split()[0]}; medians of {rounds} rounds, subjects by turns.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", action="append", default=[sys.executable])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=HERE.parent / "build" / "bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", nargs="*", default=[job.name for job in JOBS])
    asked = parser.parse_args()
    who = list(subjects(asked.python))
    notes = machine(asked.rounds)
    with TemporaryDirectory() as made:
        data = asked.data or Path(made)
        if asked.data is None:
            make_data(data)
        few = make_few(data, Path(made), next(job.rows for job in JOBS if job.name == FIRST))
        environ = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(made) / "compiled")}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for job in JOBS:
            if job.name not in asked.jobs:
                continue
            extra = job.name == FIRST  # its first round compiles
            for turn in range(asked.rounds + extra):
                for each in who:
                    told = each.do(job, few if extra else data, environ)
                    if told is not None and turn >= extra:
                        each.told.setdefault(job.name, []).append(told)
            write(asked.out, who, notes)  # what there is so far: all of it takes its time
            print(f"{job.name} done", flush=True)
    print(table(who, notes))


if __name__ == "__main__":
    main()
