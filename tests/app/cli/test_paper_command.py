"""`dryfill paper` as a program of its own: the twin in a thread, the adapter on real sockets."""

import re
import signal
import subprocess
import sys

import pytest
from buys_once import BUYS_ONCE
from twin_world import MNQ, tape_of

from dryfill import write_market

MARKET = "\n".join(
    f"{ms} quote 80000x50 80001x70\n{ms} trade 80000x1 seller" for ms in range(0, 120_000, 500)
)


@pytest.fixture
def words(tmp_path):
    """The command on a recorded market of two minutes."""
    file = tmp_path / "once.py"
    file.write_text(BUYS_ONCE, encoding="utf-8")
    market = write_market(tape_of(MARKET), MNQ, tmp_path / "market.parquet")
    return [
        *(sys.executable, "-m", "dryfill.app.cli.main", "paper", str(file)),
        *("--instrument", "MNQZ6", "--market", str(market)),
    ]


def test_a_session_on_paper_ends_with_the_market_and_says_what_stands_behind_it(words):
    ended = subprocess.run([*words, "--speed", "20x"], capture_output=True, text=True, timeout=90)
    assert ended.returncode == 0, ended.stderr
    told = ended.stdout
    assert "paper     Dryfill's own gateway at http://127.0.0.1:" in told
    assert "venue     projectx-sim" in told
    assert "protected\n" in told
    assert "the market has ended" in told
    assert "orders 4, of which 2 were filled; incidents: none" in told  # with the stop and target
    # two contracts, a tick of 0.50 each lost to the spread, and 0.37 a side
    assert "balance 49,997.52, -2.48 in this session" in told
    assert "left when the session ended" not in told


def test_what_a_session_on_paper_recorded_is_replayed_to_the_same_fills(words, tmp_path, dryfill):
    record = ["--record", str(tmp_path / "kept")]
    ended = subprocess.run(
        [*words, *record, "--speed", "20x"], capture_output=True, text=True, timeout=90
    )
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"recorded \d+ rows in .*kept: \d+ market, \d+ orders", ended.stdout)
    assert "orders 4, of which 2 were filled; incidents: none" in ended.stdout
    replay = ["--instrument", "MNQZ6", "--unknown-size", "all"]
    code, out, err = dryfill("backtest", words[4], record[1], *replay)
    assert code == 0, err
    assert "4 orders, 2 fills" in out
    assert re.search(r"buy +2 .* 20000\.25 .* 20000\.00 +exit", out)


def test_ctrl_c_ends_a_session_on_paper(words):
    running = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while "protected" not in (line := running.stdout.readline()):
            assert line, running.stderr.read()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
        running.communicate()
    assert running.returncode == 0, err
    assert "the strategy is told to stop" in out


def test_a_speed_that_is_none_is_refused(dryfill, words):
    code, _, err = dryfill(*words[3:], "--speed", "max")  # what follows the program's name
    assert code == 2
    assert "on paper the market goes at a whole number of times real time" in err


def test_a_plan_that_a_gateway_cannot_do_to_its_clients_is_refused(words, tmp_path, dryfill):
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nkind = "crash"\nat = "1 s"\n', encoding="utf-8")
    code, _, err = dryfill("paper", *words[4:], "--faults", plan)
    assert code == 2
    assert "fault 1 (crash): the client's process is none of the twin's" in err
