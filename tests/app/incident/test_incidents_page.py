"""docs/incidents.md, from top to bottom: its strategy trades on real sockets, its commands run."""

import re
import shlex
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from running_program import Program

from dryfill.scenarios.plan_text import plan_from_toml, read_plan
from dryfill.sim.gateway.venue.listing import front_contract
from dryfill.trading import instruments

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "incidents.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
PAPER, INCIDENT, REPLAY = (
    shlex.split(text)[1:] for _, text in BLOCKS if text.startswith("dryfill ")
)
FRONT = front_contract(instruments.find("MNQ"), datetime.now(UTC).date()).symbol
(SHOWN,) = (text for kind, text in BLOCKS if not kind and not text.startswith("dryfill "))
FAULTS, FOUND = (text for kind, text in BLOCKS if kind == "toml")
(STRATEGY,) = (text for kind, text in BLOCKS if kind == "python")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "buyer.py").write_text(STRATEGY, encoding="utf-8")
    (tmp_path / "lost.toml").write_text(FAULTS, encoding="utf-8")
    return tmp_path


def test_the_page_says_what_its_commands_say(here, dryfill):
    running = subprocess.Popen(
        [sys.executable, "-m", "dryfill.app.cli.main", *PAPER],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=here,
    )  # fmt: skip
    program = Program(running)
    program.until("not filled, so nothing was bought")
    time.sleep(1.5)  # at ten times the speed
    program.interrupt()
    code, out, err = program.ends()
    assert code == 0, err
    assert re.search(r"recorded \d+ rows in monday", out)

    code, out, err = dryfill(*INCIDENT)
    assert (code, err) == (1, "")
    shown = SHOWN.replace("MNQZ6", FRONT)
    assert [line for line in shown.splitlines() if line not in out.splitlines()] == []
    plan = read_plan("dryfill-plans/incident-1.toml")
    assert plan.faults == plan_from_toml(FOUND).faults

    code, out, err = dryfill(*REPLAY)
    assert (code, err) == (1, "")
    assert "the digest is the plan's" in out
    assert (here / "incident.html").stat().st_size > 10_000
