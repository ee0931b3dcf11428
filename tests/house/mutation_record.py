"""What a run of mutants has found so far, in a file: a run that is broken off goes on from there.

The first line says of which tree it is and which tests run which line; each other line is a mutant
and its outcome. Of another tree it says nothing, and is begun anew.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self


@dataclass(frozen=True, slots=True)
class Runs:
    """Which tests run which line, and how many seconds of the processor each takes."""

    seconds: dict[str, float]
    tests: dict[tuple[str, int], tuple[str, ...]]  # by module and line

    @property
    def running_nothing(self) -> set[str]:
        """The tests that run no line, of those that are remembered: they look at the code."""
        return self.seconds.keys() - {test for ran in self.tests.values() for test in ran}

    def near_first(self, tests: Iterable[str], near: Set[str], most_s: float) -> list[str]:
        """As `in_turn`, but first what `near` files have of them, for up to a third of the time."""
        every = set(tests)
        ours = [test for test in every if test.partition("::")[0] in near]
        first = self.in_turn(ours, most_s / 3)
        left_s = most_s - sum(self.seconds[test] for test in first)
        return first + self.in_turn(every.difference(first), left_s)

    def in_turn(self, tests: Iterable[str], most_s: float) -> list[str]:
        """The order in which to try tests, as many as fit into so many seconds: each file from its
        quickest test on, and first what ends soonest if all files began together. So a quick file
        is through before a slow one has shown anything."""
        spent: dict[str, float] = {}
        turns = []
        for test in sorted(set(tests), key=lambda test: (self.seconds[test], test)):
            file = test.partition("::")[0]
            spent[file] = spent.get(file, 0.0) + self.seconds[test]
            turns.append((spent[file], test))
        found: list[str] = []
        for _, test in sorted(turns):
            most_s -= self.seconds[test]
            if most_s < 0 and found:
                break
            found.append(test)
        return found

    def to_json(self) -> str:
        """One line; a test is its place among `seconds`."""
        place = {test: nth for nth, test in enumerate(self.seconds)}
        tests = [
            [module, line, [place[test] for test in ran]]
            for (module, line), ran in self.tests.items()
            if ran
        ]
        return json.dumps({"seconds": self.seconds, "tests": tests}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        values = json.loads(text)
        names = list(values["seconds"])
        tests = {
            (module, line): tuple(names[nth] for nth in ran)
            for module, line, ran in values["tests"]
        }
        return cls(values["seconds"], tests)


def digest_of(tree: Path) -> str:
    """Of every file of a tree, by name and content; of links, where they lead."""
    digest = hashlib.sha256()
    for path in sorted(p for p in tree.rglob("*") if p.is_symlink() or p.is_file()):
        told = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
        digest.update(f"{path.relative_to(tree)} {len(told)}\n".encode() + told)
    return digest.hexdigest()


class Record:
    """The file, read and added to. `outcomes`: by mutant, its outcome and its diff."""

    def __init__(self, path: Path, tree: str) -> None:
        self.outcomes: dict[str, tuple[str, str]] = {}
        self.runs: Runs | None = None
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        whole = [line for line in lines if line.endswith("\n")]  # the last may have broken off
        if len(whole) > 1 and json.loads(whole[0]) == tree:
            self.runs = Runs.from_json(whole[1])
            for mutant, outcome, diff in map(json.loads, whole[2:]):
                self.outcomes[mutant] = (outcome, diff)
        else:
            whole = [json.dumps(tree) + "\n"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(whole))
        self._file: IO[str] = path.open("a")

    def begin(self, runs: Runs) -> None:
        """Write down how the tests ran on the code as it is."""
        self.runs = runs
        self._add(runs.to_json())

    def add(self, mutant: str, outcome: str, diff: str) -> None:
        """Write down what became of a mutant."""
        self.outcomes[mutant] = (outcome, diff)
        self._add(json.dumps([mutant, outcome, diff]))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _add(self, line: str) -> None:
        self._file.write(line + "\n")
        self._file.flush()
