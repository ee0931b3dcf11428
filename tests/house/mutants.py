"""Mutants as data: a fault brought back on purpose, and the test that must not let it pass.

A table is TOML, one entry a mutant:

    [[mutant]]
    finding = "1"                                # a finding, or a race: "RS-01"
    says = "the stop is sized from what was meant"
    file = "trading/orders/brackets/core.py"     # in the package, from the repository's root
    old = '''LegWish(net, stop_px)'''            # occurs exactly once in the file
    new = '''LegWish(plan.qty, stop_px)'''
    test = "tests/…/test_finding_01_….py::test_…"  # fails with `new`, passes with `old`

A mutant lives in a copy of the package alone; the tests are the repository's own.
"""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tidy import ROOMS, ROOT

LIBRARY = "scenarios/library"
_PASSED, _FAILED = 0, 1  # what pytest says of tests that ran


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of the product that a test must notice."""

    finding: str
    says: str
    file: str
    old: str
    new: str
    test: str

    @property
    def name(self) -> str:
        which = f"finding-{self.finding}" if self.finding.isdigit() else self.finding
        return f"{which}: {self.says}"

    def faults(self) -> list[str]:
        """What is wrong with the entry itself; the code below it may have moved."""
        path = ROOT / self.file
        if self.file.split("/")[0] not in ROOMS or not path.is_file():
            return [f"{self.file} is no file of the package"]
        source, found = path.read_text(), []
        if source.count(self.old) != 1:
            found.append(f"`old` occurs {source.count(self.old)} times in {self.file}, not once")
        if self.old == self.new:
            found.append("`old` and `new` are the same")
        try:
            ast.parse(source.replace(self.old, self.new))
        except SyntaxError as error:
            found.append(f"with `new`, {self.file} is no Python: {error}")
        return [*found, *missing(self.test)]


def missing(test: str) -> list[str]:
    """What of a test's name is not there: its file, its function, or the race of the library that
    it plays."""
    file, _, name = test.partition("::")
    function, _, about = name.partition("[")
    if not (ROOT / file).is_file():
        return [f"{file} is no file"]
    if f"def {function}(" not in (ROOT / file).read_text():
        return [f"{file} has no {name}"]
    race = about.rpartition("-")[0]
    if file.endswith("/test_library.py") and not (ROOT / LIBRARY / f"{race}.toml").is_file():
        return [f"{LIBRARY} has no {race}.toml"]
    return []


def read_mutants(folder: Path) -> list[Mutant]:
    """The mutants of a folder of tables, by file and then in the table's order."""
    return [
        Mutant(**entry)
        for path in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(path.read_text())["mutant"]
    ]


@contextmanager
def copy_of_the_package(folder: Path) -> Iterator[Path]:
    """A copy of the package that may be spoilt; gone afterwards."""
    copy = folder / "dryfill"
    copy.mkdir()
    try:
        for room in ROOMS:
            if (ROOT / room).is_dir():
                shutil.copytree(
                    ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__", "target")
                )
        for name in ("__init__.py", "py.typed"):
            shutil.copy(ROOT / name, copy / name)
        yield copy
    finally:
        shutil.rmtree(copy)


def outcome(copy: Path, *tests: str) -> tuple[int, str]:
    """What pytest makes of tests when the package is the copy: its exit code and what it said."""
    environment = {name: v for name, v in os.environ.items() if name != "DRYFILL_NIGHTLY"}
    environment["PYTHONPATH"] = str(copy.parent)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    # Without this a test that runs the installed package would pass on any mutant.
    asked = f"import dryfill; assert dryfill.__file__.startswith({str(copy)!r}), dryfill.__file__"
    subprocess.run([sys.executable, "-c", asked], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    return ran.returncode, ran.stdout + ran.stderr


def survives(mutant: Mutant, copy: Path) -> str:
    """Why the test did not catch the mutant, "" when it did. The copy is whole again afterwards."""
    path = copy / mutant.file
    source = path.read_text()
    path.write_text(source.replace(mutant.old, mutant.new))
    try:
        code, said = outcome(copy, mutant.test)
    finally:
        path.write_text(source)
    if code == _FAILED:
        return ""
    ended = "passed" if code == _PASSED else f"did not run (pytest ended with {code})"
    return f"{mutant.name}: {mutant.test} {ended}\n{said}"
