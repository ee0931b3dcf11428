"""The native engine, broken on purpose: built apart, and compared with the reference."""

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tidy import ROOT

CRATE = ROOT / "matching" / "native"
TARGET = ROOT / "build" / "cargo-mutants"
STORIES = 3000

# Runs in a process of its own: an extension can be loaded once in a life.
_COMPARE = """
import importlib.util, sys
from engine_stories import draw_rules, draw_story, seeded
from twin_engines import first_difference
from dryfill.matching.reference import ReferenceEngine

spec = importlib.util.spec_from_file_location("dryfill.matching.native.core", sys.argv[1])
core = importlib.util.module_from_spec(spec)
spec.loader.exec_module(core)
for seed in range(int(sys.argv[2])):
    draw = seeded(seed)
    rules, story = draw_rules(draw), draw_story(draw, 50)
    try:
        found = first_difference(ReferenceEngine, core.NativeEngine, rules, story)
    except BaseException as error:  # a panic is a difference too
        found = repr(error)
    if found is not None:
        print(f"seed {seed}: {found}")
        sys.exit(1)
"""

_COMPARE_BOOKS = """
import importlib.util, sys
from book_stories import draw_messages, first_book_difference
from engine_stories import seeded
from dryfill.matching.order_book import SelfMatch
from dryfill.matching.reference.order_book import ReferenceOrderBook

spec = importlib.util.spec_from_file_location("dryfill.matching.native.core", sys.argv[1])
core = importlib.util.module_from_spec(spec)
spec.loader.exec_module(core)
for seed in range(int(sys.argv[2]) // 20):
    messages = draw_messages(seeded(seed), 60)
    try:
        found = first_book_difference(
            ReferenceOrderBook, core.NativeOrderBook, SelfMatch(seed % 3), messages
        )
    except BaseException as error:  # a panic, or a book that its own check finds broken
        found = repr(error)
    if found is not None:
        print(f"seed {seed}: {found}")
        sys.exit(1)
"""
_OF_BOOKS = frozenset({"order_book.rs", "book_words.rs", "slots.rs"})


@dataclass(frozen=True, slots=True)
class NativeMutant:
    """One change of the crate's source: `old`, which stands there once, becomes `new`."""

    says: str
    file: str
    old: str
    new: str

    def faults(self) -> list[str]:
        """What is wrong with the entry itself; the code below it may have moved."""
        found = (CRATE / "src" / self.file).read_text().count(self.old)
        return [] if found == 1 else [f"`old` occurs {found} times in {self.file}, not once"]


def read_native_mutants(table: Path) -> list[NativeMutant]:
    """The mutants of a table, in its order."""
    return [NativeMutant(**entry) for entry in tomllib.loads(table.read_text())["mutant"]]


def build(folder: Path, mutant: NativeMutant | None) -> Path:
    """The extension of a copy of the crate with the change in it; below `folder`.

    Raises AssertionError with cargo's words where it cannot be built.
    """
    crate = folder / "native"
    shutil.rmtree(crate, ignore_errors=True)
    shutil.copytree(CRATE, crate, ignore=shutil.ignore_patterns("target", "*.so", "*.pyd"))
    if mutant is not None:
        path = crate / "src" / mutant.file
        path.write_text(path.read_text().replace(mutant.old, mutant.new))
    # To cargo all copies are one crate, and a source is new by its time alone: without this, a copy
    # without a change is taken for the one before, whose change is in what was built.
    (crate / "src" / "lib.rs").touch()
    environment = os.environ | {
        "CARGO_TARGET_DIR": str(TARGET),
        "PYO3_BUILD_EXTENSION_MODULE": "1",
        "PYO3_PYTHON": sys.executable,
        "RUSTFLAGS": "-Awarnings",
    }
    command = ["cargo", "build", "--manifest-path", str(crate / "Cargo.toml")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    built = next(path for path in TARGET.glob("debug/*core.*") if path.suffix in (".so", ".dylib"))
    extension = folder / "core.so"
    shutil.copy(built, extension)
    return extension


def compared(extension: Path, file: str = "engine.rs") -> str:
    """What the comparison finds between an extension and the reference, "" for nothing: that of the
    engines, or of the order books, as the file of the change asks for."""
    program = _COMPARE_BOOKS if file in _OF_BOOKS else _COMPARE
    command = [sys.executable, "-c", program, str(extension), str(STORIES)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests" / "house")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    assert done.returncode == 0 or done.stdout.startswith("seed"), done.stderr
    return done.stdout
