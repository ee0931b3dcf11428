"""The crate of the native engine by the tools of its language, where they are installed."""

import os
import subprocess

import pytest
from tidy import FILE_LINES_MAX, ROOT

CRATE = ROOT / "matching" / "native"


def cargo(*words):
    """Runs cargo in the crate, what it makes going where tests/house/setup.sh has it."""
    environment = os.environ | {"CARGO_TARGET_DIR": str(ROOT / "build" / "cargo")}
    return subprocess.run(
        ["cargo", *words], cwd=CRATE, env=environment, capture_output=True, text=True
    )


def needs(tool):
    """Skips where there is no cargo, or not this tool of it."""
    try:
        there = cargo(tool, "--help").returncode == 0
    except FileNotFoundError:
        there = False
    return pytest.mark.skipif(not there, reason=f"no cargo {tool} here")


def test_the_modules_are_short_and_those_named_as_the_reference_are_all_there():
    sources = sorted(CRATE.glob("src/**/*.rs"))
    long = {path.name for path in sources if path.read_text().count("\n") > FILE_LINES_MAX}
    assert not long
    reference = {path.stem for path in (ROOT / "matching" / "reference").glob("[a-z]*.py")}
    assert reference <= {path.stem for path in sources}


@needs("fmt")
def test_the_crate_is_formatted():
    done = cargo("fmt", "--check")
    assert done.returncode == 0, done.stdout


@pytest.mark.nightly
@needs("clippy")
def test_clippy_has_nothing_to_say():
    done = cargo("clippy", "--all-targets", "--", "-D", "warnings")
    assert done.returncode == 0, done.stderr


@pytest.mark.nightly
@needs("test")
def test_the_tests_of_the_crate_pass_without_a_python():
    done = cargo("test", "--no-default-features")
    assert done.returncode == 0, done.stdout + done.stderr
