"""docs/exploring.md, from top to bottom: its commands, its strategy and its test are run."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dryfill.scenarios.plan_text import read_plan

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "exploring.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [text.strip() for _, text in BLOCKS if text.startswith("dryfill ")]
SHOWN = [text for kind, text in BLOCKS if not kind and not text.startswith("dryfill ")]
MENDED, TEST = (text for kind, text in BLOCKS if kind == "python" and "import" in text)
CODES = {"explore examples/dip_buyer.py": 1, "replay": 1}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").mkdir()
    source = (ROOT / "examples" / "dip_buyer.py").read_text(encoding="utf-8")
    (tmp_path / "examples" / "dip_buyer.py").write_text(source, encoding="utf-8")
    (tmp_path / "mended.py").write_text(MENDED, encoding="utf-8")
    return tmp_path


def test_the_page_says_what_its_commands_say(folder, dryfill):
    told = []
    for command in COMMANDS:
        words = shlex.split(command)[1:]
        ended = dryfill(*words)
        wanted = next((code for start, code in CODES.items() if command[8:].startswith(start)), 0)
        assert ended.code == wanted, (command, ended)
        told += ended.out.splitlines()
    shown = [line for text in SHOWN for line in text.splitlines()]
    assert [line for line in shown if line not in told] == []
    small = folder / "dryfill-plans" / "dip_buyer-live-28-shrunk.toml"
    fault = next(text for kind, text in BLOCKS if kind == "toml")
    assert small.read_text(encoding="utf-8").endswith(fault)
    found = read_plan(small.with_name("dip_buyer-live-28.toml"))
    words = {3: "Three", 4: "Four", 5: "Five"}
    assert f"{words[len(found.faults)]} faults struck in that run." in PAGE


def test_the_lines_of_the_race_are_those_of_the_example():
    source = (ROOT / "examples" / "dip_buyer.py").read_text(encoding="utf-8").splitlines()
    race = next(text for kind, text in BLOCKS if kind == "python" and "import" not in text)
    lines = [line for line in race.splitlines() if line.strip() != "..."]
    assert [line for line in lines if line not in source] == []


def test_the_pages_test_passes(folder):
    (folder / "test_mended.py").write_text(TEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mended.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout
