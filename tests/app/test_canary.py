"""A key and every token that was issued, looked for in all that a live session leaves behind: what
it says, its log, its journal, its recording, the twin's state, and what failures say."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from running_program import any_hour
from twin_world import KEY, setup_of

from dryfill.app.session.twin_thread import twin_in_a_thread
from dryfill.scenarios.plan_text import make_plan
from dryfill.trading.recording_file import read_part

STRATEGY = """
from dryfill import Buy, Strategy, Ticks


class Twice(Strategy):
    async def on_start(self):
        await self.subscribe_trades()
        for _ in range(2):
            bracket = await self.bracket(Buy(1), stop=Ticks(40), target=Ticks(400))
            print(await bracket.protected(timeout=10), flush=True)
            print(await self.flatten(reason="again"), flush=True)
        raise RuntimeError(f"the strategy fails, {self}")
"""
HOUR = "\n".join(
    f"{ms} quote 80000x50 80001x70\n{ms} trade 80000x1 seller" for ms in range(0, 600_000, 200)
)
FAULTS = make_plan(
    {"kind": "ack-lost", "call": "place", "nth": 2, "form": "reset"},
    {"kind": "token-ended", "event": "fill", "nth": 2, "form": "logout"},
    {"kind": "garbled", "event": "order", "nth": 9, "form": "truncated"},
    {"kind": "server-error", "call": "positions", "nth": 2},
    {"kind": "refused", "call": "place", "nth": 6, "text": "no room"},
)


@pytest.fixture
def twin(tmp_path):
    with twin_in_a_thread(setup_of(HOUR), keep=tmp_path / "twin.db") as twin:
        yield twin


@pytest.fixture
def issued(twin):
    """The tokens that the gateway has issued so far."""
    tokens = []

    def listen(running):
        issue = running.gateway.sessions.tokens.issue

        def heard(*given):
            tokens.append(issue(*given))
            return tokens[-1]

        running.gateway.sessions.tokens.issue = heard
        running.arming.arm(FAULTS)

    twin.do(listen)
    return tokens


def texts(folder):
    """All that any file under a folder says, by its name; tables are read."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if path.suffix == ".parquet":
            head, rows = read_part(path)
            yield path.name, f"{head} {rows.rows()}"
        elif path.read_bytes().startswith(b"SQLite format 3"):
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.1)) as db:
                try:
                    tables = [name for (name,) in db.execute("select name from sqlite_master")]
                    rows = [db.execute(f"select * from {name}").fetchall() for name in tables]
                except sqlite3.OperationalError:  # the twin's, which it holds open
                    rows = []
            yield path.name, f"{rows}{path.read_bytes().decode('latin-1')}"
        else:
            yield path.name, path.read_bytes().decode("latin-1")


def test_nothing_that_a_live_session_leaves_has_the_key_or_a_token_in_it(twin, issued, tmp_path):
    (tmp_path / "twice.py").write_text(STRATEGY, encoding="utf-8")
    words = ["--rest", twin.url, "--instrument", "MNQ", *any_hour(tmp_path), "--yes"]
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "DRYFILL_LIVE_USER_NAME": "ada",
        "DRYFILL_LIVE_API_KEY": KEY,
    }

    def said(*words):
        ended = subprocess.run(
            [sys.executable, "-X", "dev", "-m", "dryfill.app.cli.main", *words],
            env=environment, capture_output=True, text=True, timeout=90,
        )  # fmt: skip
        return ended.stdout + ended.stderr

    live = ["live", str(tmp_path / "twice.py"), *words, "--debug"]
    found = {
        "live": said(*live, "--record", str(tmp_path / "kept")),
        "live, refused": said(*live, "--account", KEY[:4]),
        "record": said(
            "record", "MNQ", "--rest", twin.url, "--out", str(tmp_path / "heard"),
            "--account", "PRACTICE-0", "--for", "2s",
        ),
        "doctor": said("doctor", "--rest", twin.url, "--instrument", "MNQ", "--debug"),
        "status": said("status", "--rest", twin.url, "--json"),
    }  # fmt: skip
    assert "protected(1)" in found["live"]  # it traded
    assert "Traceback" in found["live"]  # and failed, one way or another
    assert len(issued) > 5
    found |= dict(texts(tmp_path))
    assert {name.split(".")[0] for name in found} >= {"orders", "market", "frames", "twin"}
    secrets = [KEY, *issued, *(token.split(".")[2] for token in issued)]
    leaks = [name for name, text in found.items() if any(each in text for each in secrets)]
    assert leaks == []
