"""Finding 10, annotations: what a user writes is checked by `mypy --strict`, line by line.

That the package itself is clean is `make check`. Here a consumer is read against the package that
runs: what it gets has the types that the docs name, and what is wrong is refused.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dryfill

PACKAGE = Path(dryfill.__file__).resolve().parent
CONSUMER = Path(__file__).with_name("typed_consumer.py")
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """Lines of the consumer that mypy refuses, and all that it said."""
    path, cache = ROOT / "build" / "pkg", ROOT / ".mypy_cache"
    if PACKAGE != ROOT or not (path / "dryfill").exists():
        path = tmp_path_factory.mktemp("types")
        (path / "dryfill").symlink_to(PACKAGE)
        cache = path / "cache"
    # With the cache of `make check`, which knows files by their content, this takes a second.
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    command += ["--config-file", str(ROOT / "pyproject.toml")]
    command += ["--cache-dir", str(cache), str(CONSUMER)]
    environment = {**os.environ, "MYPYPATH": str(path)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    said = ran.stdout + ran.stderr
    assert ran.returncode == 1, said
    lines = re.findall(rf"{CONSUMER.name}:(\d+): error", said)
    assert lines, said
    return {int(line) for line in lines}, said


def wrong_lines():
    lines = CONSUMER.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}


def test_a_consumer_that_is_right_is_taken_and_every_wrong_line_is_refused(refused):
    lines, said = refused
    assert lines == wrong_lines(), said
    assert len(lines) >= 10


def test_nothing_of_the_package_itself_is_complained_of(refused):
    assert not [line for line in refused[1].splitlines() if CONSUMER.name not in line]
