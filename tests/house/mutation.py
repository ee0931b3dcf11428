"""Breaks the order manager in small ways, one at a time, and counts what the tests notice.

    python tests/house/mutation.py --count 300 --seed 1 --jobs 2
    python tests/house/mutation.py --count 20 --room trading/orders/brackets trading/orders/groups
    python tests/house/mutation.py --count 600 --minutes 240

Works on copies of the tree, never on the tree. First every test runs once on the code as it is, and
it is written down which lines each test runs. Each mutant then meets tests that run its statement:
those of files that import its module first, then those of quick files, `--seconds` of them. (So the
share is a lower bound: a longer search may notice more.) What stands in no function (a constant, a
default, a flag of a class) meets the tests of its module, and those that import it or run nothing.
A mutant that no test runs survives. Every twentieth meets its tests unbroken, too, and they must
pass. Prints a line for each mutant, a diff of each survivor, and the share noticed in each room;
ends with 1 when fewer than `--least` per cent are noticed.

Seconds are the processor's, those of `--seconds` and those that a test may take at most: a busy
machine finds what an idle one does. On the wall a test has several times as long.

What was found stands in `--record` line by line. A run that was broken off, or that `--minutes`
ended, goes on from there as long as no file of the tree has changed. Mutants are met in a drawn
order, so that those of a run that ended early are a fair sample; the share is then theirs.

Drawn are `--count` of each room, each place as likely as another, and at most one of each place and
sort: a difference can be spoilt in twelve ways. The same seed draws the same from the same source.
Not drawn, because they prove nothing:

- `|` between types;
- anything but `is not` in the place of `is`: what is compared so is an enumeration's or None;
- `strict=False` in the place of `strict=True`, which is an assertion;
- `/` in the place of the `*` after which arguments are named: that is no operator;
- what stands in a `Protocol`: that is a type, and none of it is ever run.
"""

import argparse
import ast
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from difflib import unified_diff
from functools import cache
from math import inf
from pathlib import Path
from random import Random
from time import monotonic
from xml.etree import ElementTree

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec
from coverage import CoverageData
from mutation_record import Record, Runs, digest_of
from mutation_rules import proves_nothing

ROOT = Path(__file__).resolve().parent.parent.parent
TESTS = (
    "tests/trading/orders",
    "tests/conformance",
    "tests/app/test_risk.py",
    "tests/house/test_doctests.py",
    # It compares the source with mutants made by hand, and would notice any change at all.
    "--ignore=tests/trading/orders/findings/test_mutants_are_caught.py",
)
CODE = "trading/orders"
TEST_S = 90  # a mutant that makes one test take more of the processor than this is noticed
WAIT_S = 5 * TEST_S  # and one that makes it wait for so long, on the wall
FIRST = 25  # tests that are met before the others are even read: most notice by then
KEPT_S = 300  # seconds of tests that are remembered for each line
CONTROL = 20  # one mutant in so many meets its tests unbroken first
MEMORY = 6 * 2**30  # bytes: a mutant that loops must not take the machine along
_PASSED, _NOTHING_RAN = 0, 5  # what pytest ends with


def modules(room: Path) -> list[Path]:
    """The modules of a room, or the one module."""
    return [room] if room.is_file() else list(room.rglob("*.py"))


def mutants(room: str) -> list[MutationSpec]:
    """Every mutant of a room's modules, in a fixed order."""
    files = sorted(p.relative_to(ROOT) for p in modules(ROOT / room))
    with tempfile.TemporaryDirectory() as folder, use_db(f"{folder}/work.sqlite") as work:
        before = Path.cwd()
        os.chdir(ROOT)
        try:
            init(files, work, {})
        finally:
            os.chdir(before)
        found = [item.mutations[0] for item in work.work_items]
    kept = [m for m in found if not proves_nothing(m)]
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


def tests_for(mutant: MutationSpec, runs: Runs, most_s: float) -> list[str]:
    """The tests that run what a mutant breaks, in the order in which to try them."""
    module = str(mutant.module_path)
    lines = statement_at(ROOT / module, mutant.start_pos[0])
    places = [(module, line) for line in lines] or [at for at in runs.tests if at[0] == module]
    tests = {test for at in places for test in runs.tests.get(at, ())}
    near = importing(module, frozenset(test.partition("::")[0] for test in runs.seconds))
    if not lines:
        tests |= {test for test in runs.seconds if test.partition("::")[0] in near}
        tests |= runs.running_nothing
    return runs.near_first(tests, near, most_s)


@cache
def importing(module: str, files: frozenset[str]) -> frozenset[str]:
    """Those of some files of tests that import a module by its name."""
    name = ".".join(["dryfill", *Path(module).with_suffix("").parts])
    return frozenset(file for file in files if name in _imported(ROOT / file))


@cache
def _imported(path: Path) -> set[str]:
    """What a file imports: each name after `import`, with and without what it is taken from."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def statement_at(path: Path, line: int) -> list[int]:
    """The lines of the innermost statement at a line, less those of statements in it; none outside
    of functions, where everybody is concerned."""
    inner: ast.stmt | None = None
    in_function = False
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            in_function |= isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
            inner = node  # walk goes outside in
    if inner is None or not in_function:
        return []
    nested = [n for n in ast.walk(inner) if isinstance(n, ast.stmt) and n is not inner]
    hidden = {n for part in nested for n in range(part.lineno, (part.end_lineno or 0) + 1)}
    lines = range(inner.lineno, (inner.end_lineno or 0) + 1)
    return [n for n in lines if n == line or n not in hidden]


def pytest(tree: Path, *arguments: str) -> tuple[int, str]:
    """What pytest ends with and says, run in a copy of the tree on the copy."""
    environment = os.environ | {"PYTHONPATH": f"{tree / 'build/pkg'}:{tree / 'tests/house'}"}
    limit = (MEMORY, MEMORY)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "processor_time", *arguments],
        cwd=tree, env=environment, capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit),
    )  # fmt: skip
    return done.returncode, done.stdout


def run_once(jobs: int) -> Runs:
    """Runs every test on the code as it is."""
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_tree(folder)
        # Measured, a test takes several times as long: nothing is bounded.
        measured = (f"--cov={CODE}", "--cov-context=test", "--cov-report=", "--timeout=0")
        told = ("--junit-xml=told.xml", "-o", "junit_family=xunit1", "-n", str(jobs))
        code, said = pytest(tree, *TESTS, *measured, *told)
        if code != _PASSED:
            end = "\n".join(said.splitlines()[-40:])
            raise SystemExit(f"{end}\na test fails on the code as it is: no mutant proves anything")
        seconds = {
            f"{_file_of(case.attrib['classname'], tree)}::{case.attrib['name']}": 1e-3
            + sum(float(each.attrib["value"]) for each in case.iter("property"))
            for case in ElementTree.parse(tree / "told.xml").iter("testcase")
        }
        data = CoverageData(str(tree / ".coverage"))
        data.read()
        tests: dict[tuple[str, int], tuple[str, ...]] = {}
        for path in data.measured_files():
            module = str(Path(path).resolve().relative_to(tree.resolve()))
            for line, contexts in data.contexts_by_lineno(path).items():
                ran = {context.rpartition("|")[0] for context in contexts}
                kept = Runs(seconds, {}).in_turn(ran & seconds.keys(), KEPT_S)
                tests[module, line] = tuple(kept)
    return Runs(seconds, tests)


def _file_of(classname: str, tree: Path) -> str:
    """The file of tests that a name like `tests.trading.test_x` stands in. (The report's own `file`
    is where a test's function was made, which of races is the file of their decorator.)"""
    name = classname.replace(".", "/") + ".py"
    if not (tree / name).is_file():
        raise SystemExit(f"no file of tests is called {classname}")
    return name


def outcome_of(mutant: MutationSpec, tests: list[str], tree: Path) -> tuple[str, str]:
    """`noticed`, `survived` or `untried`, and the mutant as a diff."""
    operator = get_operator(mutant.operator_name)(**dict(mutant.operator_args))
    with use_mutation(tree / mutant.module_path, operator, mutant.occurrence) as (before, after):
        if after is None or not _compiles(after):
            return "untried", str(mutant)
        name = str(mutant.module_path)
        lines = unified_diff(before.split("\n"), after.split("\n"), name, name, lineterm="")
        return met(tree, tests), "\n".join(lines)


def met(tree: Path, tests: list[str]) -> str:
    """The outcome of the mutant that is in a tree now."""
    plain = ("-p", "no:xdist", "-p", "no:cov", "-p", "no:cacheprovider")
    bounds = ("-x", f"--processor-seconds={TEST_S}", f"--timeout={WAIT_S}")
    ends = set[int]()
    for part in filter(None, (tests[:FIRST], tests[FIRST:])):
        ends.add(pytest(tree, *plain, *bounds, *part)[0])
        if ends - {_PASSED, _NOTHING_RAN}:
            return "noticed"
    return "untried" if ends == {_NOTHING_RAN} else "survived"


def control(tests: list[str], tree: Path) -> None:
    """The same tests on the code as it is: raises `SystemExit` if one fails, or none runs."""
    if tests and met(tree, tests) != "survived":
        raise SystemExit(f"these fail on the code as it is, or none ran: {' '.join(tests)}")


def _compiles(source: str) -> bool:
    """The `*` of a parameter list is none of multiplication."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def try_one(mutant: MutationSpec, tests: list[str], tree: Path, nth: int) -> tuple[str, str]:
    """A mutant's outcome and diff, after a look whether its tests prove anything."""
    if nth % CONTROL == 0:
        control(tests, tree)
    return outcome_of(mutant, tests, tree)


def try_all(
    chosen: list[MutationSpec], record: Record, jobs: int, until: float, most_s: float
) -> None:
    """Meet mutants, several at a time, each job in a copy of the tree; none is begun after
    `until`. `most_s`: seconds of tests that each meets."""
    assert record.runs is not None
    left = [mutant for mutant in chosen if name_of(mutant) not in record.outcomes]
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(jobs) as pool:
        free = [copy_tree(f"{folder}/{nth}") for nth in range(jobs)]
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # a mutant's code must not outlive it
        busy: dict[Future[tuple[str, str]], tuple[MutationSpec, Path]] = {}
        while busy or (left and monotonic() < until):
            while free and left and monotonic() < until:
                mutant, tree = left.pop(0), free.pop()
                tests = tests_for(mutant, record.runs, most_s)
                busy[pool.submit(try_one, mutant, tests, tree, len(left))] = (mutant, tree)
            for done in wait(busy, return_when=FIRST_COMPLETED).done:
                mutant, tree = busy.pop(done)
                free.append(tree)
                outcome, diff = done.result()
                record.add(name_of(mutant), outcome, diff)
                print(f"{outcome:9} {name_of(mutant)}", *[diff] * (outcome == "survived"), sep="\n")
                sys.stdout.flush()


def name_of(mutant: MutationSpec) -> str:
    """Its place and its sort, and which of those."""
    place = f"{mutant.module_path}:{mutant.start_pos[0]}:{mutant.start_pos[1]}"
    return f"{place} {mutant.operator_name} {mutant.occurrence}"


def shares(rooms: list[str], tried: list[tuple[str, str]]) -> Iterator[tuple[str, int, int]]:
    """Of each room, and of all: how many mutants were tried, and how many noticed."""
    for name in [*rooms, "all"]:
        of_room = [outcome for room, outcome in tried if name in (room, "all")]
        yield name, len(of_room), of_room.count("noticed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--room", nargs="+", default=[CODE], help="folders or modules to break")
    parser.add_argument("--count", type=int, default=300, help="mutants to draw of each room")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="copies of the tree to work in")
    parser.add_argument("--least", type=float, default=85.0, help="per cent that must be noticed")
    parser.add_argument("--seconds", type=float, default=90, help="of tests for each mutant")
    parser.add_argument("--minutes", type=float, default=inf, help="begin no mutant after these")
    parser.add_argument("--record", type=Path, default=ROOT / "build/mutants.jsonl")
    asked = parser.parse_args()
    until = monotonic() + 60 * asked.minutes
    with tempfile.TemporaryDirectory() as folder:
        record = Record(asked.record, digest_of(copy_tree(folder)))
    rooms = {room: draw(mutants(room), asked.count, asked.seed) for room in asked.room}
    if record.runs is None:
        record.begin(run_once(asked.jobs))
    every = list({name_of(m): m for chosen in rooms.values() for m in chosen}.values())
    Random(asked.seed).shuffle(every)
    try_all(every, record, asked.jobs, until, asked.seconds)
    record.close()
    told = {mutant: outcome for mutant, (outcome, _) in record.outcomes.items()}
    tried = [
        (room, told[name_of(mutant)])
        for room, chosen in rooms.items()
        for mutant in chosen
        if told.get(name_of(mutant), "untried") != "untried"
    ]
    left = sum(name_of(mutant) not in told for mutant in every)
    print(f"{len(every)} mutants drawn" + (f", {left} left for the next run" if left else ""))
    for name, count, noticed in shares(asked.room, tried):
        print(f"{name:32} {noticed} of {count} noticed, {100 * noticed / max(count, 1):.1f} %")
    return 100 * noticed < asked.least * count or not tried


if __name__ == "__main__":
    sys.exit(main())
