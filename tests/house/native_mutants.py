"""The native engine, broken on purpose: built apart, and compared with the reference."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from book_stories import draw_messages, first_book_difference
from engine_stories import draw_rules, draw_story, seeded
from tidy import ROOT
from twin_engines import first_difference

from dryfill.matching.order_book import SelfMatch
from dryfill.matching.reference import ReferenceEngine
from dryfill.matching.reference.order_book import ReferenceOrderBook

CRATE = ROOT / "matching" / "native"
TARGET = ROOT / "build" / "cargo-mutants"
STORIES = 3000

# Runs in a process of its own: an extension can be loaded once in a life.
_COMPARE = """
import sys
from native_mutants import differences, loaded

for found in differences(loaded(sys.argv[1]), sys.argv[2], int(sys.argv[3])):
    print(found)
    sys.exit(1)
"""
_OF_BOOKS = frozenset({"order_book.rs", "book_words.rs", "slots.rs"})


@dataclass(frozen=True, slots=True)
class NativeMutant:
    """One change of the crate's source: `old`, which stands there once, becomes `new`. `whole`: it
    is an expression, all of it. `rare`: one story in a thousand shows it."""

    says: str
    file: str
    old: str
    new: str
    whole: bool = False
    rare: bool = False

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
    crate = copy_of_the_crate(folder)
    if mutant is not None:
        path = crate / "src" / mutant.file
        path.write_text(path.read_text().replace(mutant.old, mutant.new))
    return built(crate, TARGET)


def copy_of_the_crate(folder: Path) -> Path:
    """What may be changed, below `folder`."""
    crate = folder / "native"
    shutil.rmtree(crate, ignore_errors=True)
    shutil.copytree(CRATE, crate, ignore=shutil.ignore_patterns("target", "*.so", "*.pyd"))
    return crate


def built(crate: Path, target: Path) -> Path:
    """The extension of a copy, beside it; `target` is cargo's folder. Raises as `build`."""
    # To cargo all copies are one crate, and a source is new by its time alone: without this, a copy
    # without a change is taken for the one before, whose change is in what was built.
    (crate / "src" / "lib.rs").touch()
    environment = os.environ | {
        "CARGO_PROFILE_DEV_DEBUG": "0",  # half the time of a build
        "CARGO_TARGET_DIR": str(target),
        "PYO3_BUILD_EXTENSION_MODULE": "1",
        "PYO3_PYTHON": sys.executable,
        "RUSTFLAGS": "-Awarnings",
    }
    command = ["cargo", "build", "--manifest-path", str(crate / "Cargo.toml")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = next(path for path in target.glob("debug/*core.*") if path.suffix in (".so", ".dylib"))
    extension = crate.parent / "core.so"
    shutil.copy(made, extension)
    return extension


def compared(extension: Path, file: str = "engine.rs") -> str:
    """What the comparison finds between an extension and the reference, "" for nothing: that of the
    engines, or of the order books, as the file of the change asks for."""
    done = by_itself(_COMPARE, str(extension), file, str(STORIES))
    assert done.returncode in (0, 1), done.stderr
    assert done.returncode == 0 or done.stdout.startswith("seed"), done.stderr
    return done.stdout


def by_itself(program: str, *words: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    """A program of these helpers' in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests" / "house")}
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, input=given)


def loaded(extension: str) -> Any:
    """An extension as the native engine of this process."""
    spec = importlib.util.spec_from_file_location("dryfill.matching.native.core", extension)
    assert spec is not None
    assert spec.loader is not None
    core = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(core)
    return core


def differences(core: Any, file: str, stories: int) -> Iterator[str]:
    """Where an extension is not as the reference, seed by seed."""
    found: object
    for seed in range(stories // 20 if file in _OF_BOOKS else stories):
        draw = seeded(seed)
        try:
            if file in _OF_BOOKS:
                messages, rule = draw_messages(draw, 60), SelfMatch(seed % 3)
                books = ReferenceOrderBook, core.NativeOrderBook
                found = first_book_difference(*books, rule, messages)
            else:
                rules, story = draw_rules(draw), draw_story(draw, 50)
                found = first_difference(ReferenceEngine, core.NativeEngine, rules, story)
        except BaseException as error:  # noqa: BLE001  a panic, or a book that its own check finds broken
            found = repr(error)
        if found is not None:
            yield f"seed {seed}: {found}"
