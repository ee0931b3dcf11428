"""Which seed finds each mutant: `dryfill explore --manager` on a package that was broken.

`tests/sim/explorer/mutants.toml` names rows of the order manager's own tables by what they say. A
seed counts that fails on the mutant and not on the package as it is; a search is given no hint.

    python tests/house/explored_mutants.py [PART OF A NAME]    # prints the table
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from mutants import Mutant, copy_of_the_package, read_mutants
from tidy import ROOT

from dryfill.scenarios.plan_text import read_plan

SEEDS = 500
TABLE = ROOT / "tests" / "sim" / "explorer" / "mutants.toml"
ROWS = ROOT / "tests" / "trading" / "orders" / "findings" / "mutants"


@dataclass(frozen=True)
class Found:
    """Which seed, by which rule, and how many faults are left of its plan when it is shrunk."""

    seed: int
    rule: str
    faults: int


def wanted() -> list[Mutant]:
    """The mutants of the table, in its order."""
    by_name = {mutant.says: mutant for mutant in read_mutants(ROWS)}
    return [by_name[says] for says in tomllib.loads(TABLE.read_text(encoding="utf-8"))["says"]]


def find(mutant: Mutant, copy: Path, folder: Path, profile: str = "hostile") -> Found | None:
    """The first seed that finds a mutant; None where none of them does. The copy is whole again
    afterwards."""
    path = copy / mutant.file
    source, first = path.read_text(encoding="utf-8"), 0
    while first < SEEDS:
        path.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
        try:
            seed = _failing(copy, folder, profile, first, SEEDS)
            small = None if seed is None else _shrunk(copy, folder, profile, seed)
        finally:
            path.write_text(source, encoding="utf-8")
        if seed is None or small is None:
            return None
        if _failing(copy, folder, profile, seed, seed + 1) is None:
            return Found(seed, *small)
        first = seed + 1
    return None


def _failing(copy: Path, folder: Path, profile: str, first: int, last: int) -> int | None:
    """The first of some seeds that fails."""
    for plan in folder.glob("*.toml"):
        plan.unlink()
    words = ["explore", "--manager", "--profile", profile, "--seeds", f"{first}:{last}"]
    code = _dryfill(copy, *words, "--jobs", "1", "--out", str(folder))
    assert code in (0, 1), f"dryfill explore ended with {code}"
    seeds = [int(plan.stem.rpartition("-")[2]) for plan in folder.glob("*.toml")]
    return min(seeds, default=None)


def _shrunk(copy: Path, folder: Path, profile: str, seed: int) -> tuple[str, int]:
    small = folder / "small"
    plan_file = str(folder / f"manager-{profile}-{seed}.toml")
    _dryfill(copy, "shrink", plan_file, "-o", f"{small}.toml", "--runs", "150")
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
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "plans"
        folder.mkdir()
        with copy_of_the_package(Path(made)) as copy:
            for mutant in wanted():
                if part in mutant.says:
                    found = find(mutant, copy, folder)
                    cells = (
                        "none | |"
                        if found is None
                        else f"{found.seed} | {found.rule} | {found.faults}"
                    )
                    print(f"| {mutant.says} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
