"""The demo: partial fills really happen, its story is the truth, and it repeats everywhere."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dryfill.app.demo import SEED, SIZE, Story, run_demo, tell
from dryfill.app.report.report import Report
from dryfill.trading.orders import tags
from dryfill.trading.words import ExecType

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = "numpy, polars, sortedcontainers, pydantic, msgspec, rich, typer, narwhals, plotly"


@pytest.fixture(scope="module")
def demo() -> tuple[Report, Story]:
    return run_demo()


def test_entries_are_filled_in_parts_and_each_part_is_protected(
    demo: tuple[Report, Story],
) -> None:
    report, _ = demo
    filled, in_parts = report.entries
    assert in_parts >= 3
    assert filled > in_parts / 2
    assert report.record.open_position == 0
    assert report.incidents == ()
    assert report.unprotected.others.contract_seconds == 0
    assert report.unprotected.longest > 0
    assert not report.unprotected.spans["at_end"].any()


def test_the_story_is_one_bracket_whose_fills_and_stops_add_up(demo: tuple[Report, Story]) -> None:
    lines = tell(demo[1])
    fills = [int(m[1]) for line in lines if (m := re.search(r"entry +filled (\d+) at", line))]
    assert len(fills) >= 3
    assert sum(fills) == SIZE
    protected = [line for line in lines if re.search(r"stop +(buy|sell|now)", line)]
    assert protected
    assert f"{SIZE} held, all protected" in "\n".join(lines)
    assert lines[-1].endswith("flat")
    assert [line[:12] for line in lines] == sorted(line[:12] for line in lines)


def test_the_story_hears_every_fill_that_the_exchange_made(demo: tuple[Report, Story]) -> None:
    report, story = demo
    told = sum(r.last_qty for r in story if r.exec_type is ExecType.TRADE)
    assert told == report.fills["qty"].sum()
    assert all(tags.parse(r.order.cl_ord_id) for r in story)


def test_the_story_is_in_the_order_of_the_exchange_not_of_the_telling(
    demo: tuple[Report, Story],
) -> None:
    story = demo[1]
    intents = [tags.parse(r.order.cl_ord_id) for r in story if r.exec_type is ExecType.REPLACED]
    assert intents[0] is not None
    own = [r for r in story if r.order.cl_ord_id.startswith(f"{intents[0].intent}.")]
    backwards = sorted(own, key=lambda report: -report.order.time_ns)
    assert len(tell(own)) > 5
    assert tell(backwards) == tell(own)


def test_a_story_without_any_fill_is_told_without_failing() -> None:
    assert tell([]) == []


def test_the_command_tells_the_story_and_writes_the_page(
    demo: tuple[Report, Story],
    dryfill: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
) -> None:
    report, story = demo
    code, out, err = dryfill("demo", "--out", tmp_path / "shown")
    assert (code, err) == (0, "")
    for line in tell(story):
        assert f"  {line}\n" in out
    filled, in_parts = report.entries
    assert f"{in_parts} of {filled} entries were filled in parts." in out
    assert f"digest {report.digest}\n" in out
    page = tmp_path / "shown" / "report.html"
    assert f"{page}\n" in out
    assert f"dryfill demo --seed {SEED} --size {SIZE}" in page.read_text(encoding="utf-8")


def digest_elsewhere(python: str, hash_seed: str, place: Path) -> str:
    """The demo's digest in another process."""
    code = "from dryfill.app.demo import run_demo; print(run_demo()[0].digest)"
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(place)}
    command = [python, "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env=env, cwd=place
    ).stdout.strip()


def test_the_digest_is_the_same_in_other_processes_with_other_hash_seeds(
    demo: tuple[Report, Story], tmp_path: Path
) -> None:
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda seed: digest_elsewhere(sys.executable, seed, tmp_path), "01")
    assert list(found) == [demo[0].digest] * 2


def other_python(version: str) -> str:
    """An interpreter of a version with our libraries; skips where none is at hand.

    DRYFILL_PYTHONS may name interpreters, separated as paths are.
    """
    named = os.environ.get("DRYFILL_PYTHONS", "").split(os.pathsep)
    names = [name for name in (*named, shutil.which(f"python{version}")) if name]
    check = (
        f"import sys, {LIBRARIES}; "
        f"sys.exit('.'.join(map(str, sys.version_info[:2])) != '{version}')"
    )
    for name in names:
        if subprocess.run([name, "-c", check], capture_output=True).returncode == 0:
            return name
    pytest.skip(f"no Python {version} with our libraries is at hand (DRYFILL_PYTHONS names one)")


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_the_digest_is_the_same_on_other_pythons(
    version: str, demo: tuple[Report, Story], tmp_path: Path
) -> None:
    python = other_python(version)
    try:
        (tmp_path / "dryfill").symlink_to(ROOT, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no symbolic links, and dryfill is not installed there")
    assert digest_elsewhere(python, "7", tmp_path) == demo[0].digest
