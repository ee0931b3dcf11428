"""A live session at a gateway on real sockets, full of canaries; none is in what is cut of it."""

import os
import re
import subprocess
import sys
import time

import pytest
from recorded_world import BUYER
from running_program import Program, any_hour
from twin_world import KEY, setup_of

from dryfill.app.session.twin_thread import twin_in_a_thread
from dryfill.scenarios.plan_text import make_plan, read_plan
from dryfill.trading.recording_file import read_part

PROGRAM = "dryfill.app.cli.main"
ACCOUNT, NUMBER = "CANARY-50K-77", 918_273_645
PERSON = "ada-of-the-canaries"  # three letters stand in some compressed columns by chance
HOUR = "\n".join(
    f"{ms} quote 80000x50 80001x70\n{ms} trade 80000x1 seller" for ms in range(0, 60_000, 200)
)
FAULTS = make_plan(
    {"kind": "drop", "event": "fill"},
    {"kind": "refused", "call": "place", "nth": 2, "text": "canary-text for CANARY-50K-77"},
)


@pytest.fixture
def twin(tmp_path):
    accounts = [{"name": ACCOUNT, "id": NUMBER}]
    with twin_in_a_thread(setup_of(HOUR, accounts=accounts, user=PERSON)) as twin:
        twin.do(lambda running: running.arming.arm(FAULTS))
        yield twin


def test_no_canary_is_in_the_plan_or_its_market(twin, tmp_path, dryfill, monkeypatch):
    tokens = []
    issue = twin.running.gateway.sessions.tokens.issue
    twin.running.gateway.sessions.tokens.issue = lambda *given: (
        tokens.append(issue(*given)) or tokens[-1]
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "buyer.py").write_text(
        BUYER.replace("return  # not", "return print('gave up', flush=True)  # not"),
        encoding="utf-8",
    )
    words = ["--rest", twin.url, "--instrument", "MNQ", *any_hour(tmp_path), "--yes"]
    running = subprocess.Popen(
        [sys.executable, "-m", PROGRAM, "live", "buyer.py", *words, "--record", "kept"],
        env={
            **os.environ,
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "DRYFILL_LIVE_USER_NAME": PERSON,
            "DRYFILL_LIVE_API_KEY": KEY,
        },
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    program = Program(running)
    program.until("gave up")
    time.sleep(1.5)
    program.interrupt()
    program.interrupt()
    _, _, err = program.ends()

    (orders,) = (tmp_path / "kept").glob("orders.*")
    rows = read_part(orders)[1]
    placed = rows.filter(what="place")["cl_ord_id"][0]
    numbers = set(rows.drop_nulls("order_id")["order_id"])
    assert ACCOUNT in str(rows.rows())  # the recording is the user's own
    code, out, err = dryfill("incident", "kept", "--around", "1", "--bare", "500 ms")
    assert (code, err) == (1, ""), out
    written = sorted((tmp_path / "dryfill-plans").iterdir())
    assert len(written) == 2
    (plan,) = (path for path in written if path.suffix == ".toml")
    assert len(read_plan(plan).faults) <= 3
    (market,) = (path for path in written if path.suffix == ".parquet")
    head, kept = read_part(market)
    whole = f"{plan.name}{plan.read_text(encoding='utf-8')}{market.name}{head}{kept.rows()}"
    whole += market.read_bytes().decode("latin-1")
    prefix = placed.rpartition("-")[0]  # the journal's, before every tag
    assert prefix
    assert len(tokens) >= 1
    canaries = [
        ACCOUNT,
        "canary",
        str(NUMBER),
        KEY,
        *tokens,
        PERSON,
        twin.url,
        str(tmp_path),
        prefix,
    ]
    assert [each for each in canaries if each in whole] == []
    assert not numbers & set(re.findall(r"\d+", plan.read_text(encoding="utf-8")))
