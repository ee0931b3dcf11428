"""Which seed finds each mutant: `dryfill explore --manager` on a package that was broken.

`tests/sim/explorer/mutants.toml` has the thirty of the fault model, made here or named as rows of
the order manager's own tables. A seed counts that fails on the mutant and not on the package as it
is; a search is given no hint.

    python tests/house/explored_mutants.py [PART OF ITS FAULT] [SEEDS]    # prints rows of the table
"""

import os
import shlex
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from mutants import Mutant, copy_of_the_package, read_mutants
from tidy import ROOT

from dryfill.scenarios.plan_text import read_plan

SEEDS, FAULTS = 500, 3
PROFILE = "hostile"  # unless it is searched for with another
TABLE = ROOT / "tests" / "sim" / "explorer" / "mutants.toml"
ROWS = ROOT / "tests" / "trading" / "orders" / "findings" / "mutants"
_TEST = "tests/app/search/test_long_searches.py::test_a_mutant_is_found_with_no_hint"


@dataclass(frozen=True)
class Explored:
    """A mutant, the fault of the fault model that it is, and the options that it is searched for
    with. `open`: no search has found it yet."""

    fault: str
    asked: str
    mutant: Mutant
    open: bool

    @property
    def words(self) -> list[str]:
        """The options, one by one, with a profile always."""
        words = shlex.split(self.asked)
        return words if "--profile" in words else ["--profile", PROFILE, *words]

    @property
    def profile(self) -> str:
        return self.words[self.words.index("--profile") + 1]


@dataclass(frozen=True)
class Found:
    """Which seed, by which rule, and how many faults are left of its plan when it is shrunk.
    `larger`: seeds before it that fail as well, and whose plans stay larger than three faults."""

    seed: int
    rule: str
    faults: int
    larger: tuple[int, ...] = ()


def entries() -> list[dict[str, str]]:
    """The table as it is written, all thirty."""
    table: list[dict[str, str]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["mutant"]
    return table


def wanted() -> list[Explored]:
    """Those of the table that are made, in its order."""
    rows = {mutant.says: mutant for mutant in read_mutants(ROWS)}
    return [
        Explored(
            fault=entry["fault"],
            asked=entry["asked"],
            mutant=_made(entry) if "old" in entry else rows[says],
            open="open" in entry,
        )
        for entry in entries()
        if (says := entry.get("says")) is not None
    ]


def _made(entry: dict[str, str]) -> Mutant:
    here = {key: entry[key] for key in ("says", "file", "old", "new")}
    return Mutant(finding=entry["fault"], test=_TEST, **here)


def find(explored: Explored, copy: Path, folder: Path, seeds: int = SEEDS) -> Found | None:
    """The first seed that finds a mutant with a plan that shrinks to `FAULTS` or fewer; None where
    none of them does. The copy is whole again afterwards."""
    mutant = explored.mutant
    path = copy / mutant.file
    source, first = path.read_text(encoding="utf-8"), 0
    larger: tuple[int, ...] = ()
    while first < seeds:
        path.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
        try:
            seed = _failing(copy, folder, explored, first, seeds)
            small = None if seed is None else _shrunk(copy, folder, explored, seed)
        finally:
            path.write_text(source, encoding="utf-8")
        if seed is None or small is None:
            return None
        if _failing(copy, folder, explored, seed, seed + 1) is None:
            if small[1] <= FAULTS:
                return Found(seed, *small, larger)
            larger = (*larger, seed)
        first = seed + 1
    return None


def _failing(copy: Path, folder: Path, explored: Explored, first: int, last: int) -> int | None:
    """The first of some seeds that fails."""
    for plan in folder.glob("*.toml"):
        plan.unlink()
    words = ["explore", "--manager", *explored.words]
    words += ["--seeds", f"{first}:{last}", "--jobs", "1", "--out", str(folder)]
    code = _dryfill(copy, *words)
    assert code in (0, 1), f"dryfill explore ended with {code}"
    seeds = [int(plan.stem.rpartition("-")[2]) for plan in folder.glob("*.toml")]
    return min(seeds, default=None)


def _shrunk(copy: Path, folder: Path, explored: Explored, seed: int) -> tuple[str, int]:
    small = folder / "small"
    plan_file = str(folder / f"manager-{explored.profile}-{seed}.toml")
    _dryfill(copy, "shrink", plan_file, "-o", f"{small}.toml", "--runs", "1000")
    plan = read_plan(f"{small}.toml")
    assert plan.run is not None
    return plan.run.fails, len(plan.faults)


def _dryfill(copy: Path, *words: str) -> int:
    environment = os.environ | {"PYTHONPATH": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    called = "from dryfill.app.cli.main import main; main()"
    command = [sys.executable, "-c", called, *words]
    return subprocess.run(command, env=environment, cwd=copy.parent, capture_output=True).returncode


def main() -> None:
    """Print a row of the table for each mutant."""
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else SEEDS
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "plans"
        folder.mkdir()
        with copy_of_the_package(Path(made)) as copy:
            for explored in wanted():
                if part in explored.fault:
                    found = find(explored, copy, folder, seeds)
                    cells = f"not within {seeds} | |"
                    if found is not None:
                        before = "".join(f"{seed}, " for seed in found.larger)
                        cells = f"{before}{found.seed} | {found.rule} | {found.faults} |"
                    print(f"| {explored.fault} | {explored.mutant.says} | {cells}", flush=True)


if __name__ == "__main__":
    main()
