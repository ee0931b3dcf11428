"""Breaks the order manager in small ways, one at a time, and counts what the tests notice.

    python tests/house/mutation.py --count 300 --seed 1 --jobs 2

Works on copies of the tree, never on the tree. Prints each survivor as a diff; ends with 1 when
fewer than `--least` per cent of the mutants are noticed. The same seed draws the same mutants from
the same source.

Not drawn, because they prove nothing: `|` between types, and `is` for `==` between enumerations.
Of the mutants of one place only one is drawn: a difference can be spoilt in twelve ways.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec, WorkerOutcome

ROOT = Path(__file__).resolve().parent.parent.parent
TESTS = ("tests/trading/orders", "tests/conformance", "tests/app/test_risk.py")
TIMEOUT_S = 180.0
_COMPARE = "core/ReplaceComparisonOperator_"
_SKIPPED = {f"{_COMPARE}{pair}" for pair in ("Is_Eq", "Eq_Is", "IsNot_NotEq", "NotEq_IsNot")}


def mutants(room: str) -> list[MutationSpec]:
    """Every mutant of a room's modules, in a fixed order."""
    files = sorted(p.relative_to(ROOT) for p in (ROOT / room).rglob("*.py"))
    with tempfile.TemporaryDirectory() as folder, use_db(f"{folder}/work.sqlite") as work:
        before = Path.cwd()
        os.chdir(ROOT)
        try:
            init(files, work, {})
        finally:
            os.chdir(before)
        found = [item.mutations[0] for item in work.work_items]
    kept = [m for m in found if m.operator_name not in _SKIPPED and not _of_types(m)]
    return sorted(kept, key=lambda m: (str(m.module_path), m.operator_name, m.occurrence))


def draw(every: list[MutationSpec], count: int, seed: int) -> list[MutationSpec]:
    """Some of them, at most one of each place and sort."""
    random = Random(seed)
    places: dict[tuple[str, tuple[int, int], str], list[MutationSpec]] = {}
    for mutant in every:
        sort = mutant.operator_name.partition("_")[0]
        places.setdefault((str(mutant.module_path), mutant.start_pos, sort), []).append(mutant)
    one_each = [random.choice(same) for same in places.values()]
    chosen = random.sample(one_each, min(count, len(one_each)))
    return sorted(chosen, key=lambda m: (str(m.module_path), m.start_pos))


def _of_types(mutant: MutationSpec) -> bool:
    return mutant.operator_name.startswith("core/ReplaceBinaryOperator_BitOr_")


def copy_tree(folder: str) -> Path:
    """A copy of what git knows, importable as `dryfill`."""
    tree = Path(folder) / "tree"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    (tree / "build/pkg").mkdir(parents=True)
    (tree / "build/pkg/dryfill").symlink_to("../..")
    return tree


def try_all(chosen: list[MutationSpec]) -> list[tuple[str, str]]:
    """Outcome and diff of each mutant, tried in a copy of its own. Tests that failed before go
    first."""
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_tree(folder)
        os.chdir(tree)
        os.environ["PYTHONPATH"] = str(tree / "build/pkg")
        command = f"{sys.executable} -m pytest -x -q --ff -p no:xdist -p no:cov {' '.join(TESTS)}"
        for mutant in chosen:
            result = mutate_and_test([mutant], command, TIMEOUT_S)
            if result.worker_outcome is WorkerOutcome.NORMAL and result.test_outcome is not None:
                outcome = result.test_outcome.value
            else:
                outcome = "untried"
            outcomes.append((outcome, result.diff or str(mutant)))
            print(f"{outcome:9} {mutant.module_path}:{mutant.start_pos[0]} {mutant.operator_name}")
            sys.stdout.flush()
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--room", default="trading/orders", help="folder whose code is broken")
    parser.add_argument("--count", type=int, default=300, help="mutants to draw")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="copies of the tree to work in")
    parser.add_argument("--least", type=float, default=85.0, help="per cent that must be noticed")
    asked = parser.parse_args()
    every = mutants(asked.room)
    chosen = draw(every, asked.count, asked.seed)
    shares = [chosen[nth :: asked.jobs] for nth in range(asked.jobs)]
    with ProcessPoolExecutor(asked.jobs) as pool:
        outcomes = [outcome for share in pool.map(try_all, shares) for outcome in share]
    tried = [outcome for outcome in outcomes if outcome[0] != "untried"]
    survivors = [diff for outcome, diff in tried if outcome == "survived"]
    print("\n\n".join(["", *survivors, ""]))
    noticed = 100 * (len(tried) - len(survivors)) / max(len(tried), 1)
    counts = f"{len(every)} mutants, {len(tried)} tried, {len(survivors)} survived"
    print(f"{counts}: {noticed:.1f} % noticed")
    return noticed < asked.least or not tried


if __name__ == "__main__":
    sys.exit(main())
