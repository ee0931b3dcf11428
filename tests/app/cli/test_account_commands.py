"""The commands around an account, on a gateway on real sockets: status, cancel, flatten, doctor."""

import json
import socket

import pytest
from by_hand import ByHand
from twin_world import KEY, setup_of

from dryfill.app.session.twin_thread import twin_in_a_thread

HOUR = """
    0       quote 80000x50 80001x70
    0       trade 80000x1 seller
    3600000 quote 80000x50 80001x70
"""


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("DRYFILL_LIVE_USER_NAME", "ada")
    monkeypatch.setenv("DRYFILL_LIVE_API_KEY", KEY)


@pytest.fixture
def twin():
    with twin_in_a_thread(setup_of(HOUR)) as twin:
        yield twin


@pytest.fixture
def by_hand(twin):
    client = ByHand(twin.url)
    yield client
    client.close()


def test_status_says_what_is_held_what_works_and_what_is_bare(dryfill, twin, by_hand):
    by_hand.long_three_with_a_stop_for_one()
    ended = dryfill("status", "--rest", twin.url)
    assert ended.code == 0, ended.err
    assert "holds +3 MNQZ6 at 20000.25; NO STOP COVERS 2 OF IT" in ended.out
    assert "works: sell 1 MNQZ6 stop 19990" in ended.out
    told = json.loads(dryfill("status", "--rest", twin.url, "--json").out)
    assert told["positions"] == [{"symbol": "MNQZ6", "qty": 3, "avg_px": "20000.25", "bare": 2}]
    assert [each["type"] for each in told["orders"]] == ["stop", "limit"]


def test_cancel_takes_every_order_away_and_leaves_the_position(dryfill, twin, by_hand):
    by_hand.long_three_with_a_stop_for_one()
    ended = dryfill("cancel", "--rest", twin.url)
    assert (ended.code, ended.out) == (0, "nothing works any more\n")
    assert by_hand.standing == (0, 3)


def test_flatten_leaves_nothing_whoever_sent_it(dryfill, twin, by_hand):
    by_hand.long_three_with_a_stop_for_one()
    ended = dryfill("flatten", "--rest", twin.url, "--account", "PRACTICE-0")
    assert (ended.code, ended.out) == (0, "MNQZ6: flat\nthe account is flat\n"), ended.err
    assert by_hand.standing == (0, 0)


def test_an_account_that_is_not_there_is_named_with_those_that_are(dryfill, twin):
    ended = dryfill("status", "--rest", twin.url, "--account", "50K")
    assert ended.code == 2
    assert "no active account '50K'; there are PRACTICE-0 (1001)" in ended.err


def test_an_address_where_nobody_listens_is_the_brokers_fault_and_no_traceback(dryfill):
    ended = dryfill("status", "--rest", f"http://127.0.0.1:{closed_port()}")
    assert ended.code == 5
    assert ended.err.startswith("dryfill: Auth/loginKey: ")
    assert len(ended.err.splitlines()) == 1


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
