"""`dryfill live` as a program of its own, on a gateway on real sockets, with real signals."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from by_hand import ByHand
from running_program import Program, any_hour
from twin_world import KEY, setup_of

from dryfill.app.session.twin_thread import twin_in_a_thread
from dryfill.sim.gateway.rest.rest import Rest
from dryfill.trading.recording_file import read_part

LONG_AND_STAYS = '''
from dryfill import Buy, Strategy, Ticks


class Stays(Strategy):
    """Buys two in a bracket, unless it did so in another life, and waits."""

    again, hangs = 0, 0

    async def on_start(self):
        await self.subscribe_trades()
        if self.again:
            return
        bracket = await self.bracket(Buy(2), stop=Ticks(40), target=Ticks(400))
        outcome = await bracket.protected(timeout=5)
        print("protected" if outcome.ok else outcome, flush=True)
        if self.hangs:
            print("hangs", flush=True)
        while self.hangs:
            pass
'''
BUSY = """
from dryfill import Strategy


class Stays(Strategy):
    async def on_start(self):
        print("busy", flush=True)
        while True:
            pass
"""
TRIES_EVERYTHING = """
import asyncio
from dryfill import Buy, DryfillError, Sell, Strategy, Ticks


class Stays(Strategy):
    async def on_start(self):
        await self.subscribe_trades()
        for act in (
            lambda: self.place(Buy(2)),
            lambda: self.bracket(Buy(2), stop=Ticks(40), target=Ticks(400)),
            lambda: self.protect(stop=Ticks(40)),
            lambda: self.close_position(1).done(),
            lambda: self.cancel_all(),
            lambda: self.flatten(reason="dry"),
            lambda: self.flatten_all(reason="dry"),
        ):
            try:
                async with asyncio.timeout(0.5):
                    await act()
            except (DryfillError, TimeoutError) as error:
                print("came to", type(error).__name__, flush=True)
        print("tried everything", flush=True)
        await asyncio.Event().wait()
"""
QUESTIONS = {
    *("account/search", "contract/search", "contract/available", "contract/searchbyid"),
    *("history/retrievebars", "order/search", "order/searchopen", "order/searchbyid"),
    *("order/v2/query", "position/searchopen", "trade/search"),
}
HOUR = """
    0       quote 80000x50 80001x70
    0       trade 80000x1 seller
    3600000 quote 80000x50 80001x70
"""


@pytest.fixture
def twin():
    with twin_in_a_thread(setup_of(HOUR)) as twin:
        yield twin


@pytest.fixture
def by_hand(twin):
    client = ByHand(twin.url)
    yield client
    client.close()


@pytest.fixture
def program(twin, tmp_path):
    """Start `dryfill live` on the twin; `program("--dry")`."""
    file = tmp_path / "stays.py"
    file.write_text(LONG_AND_STAYS, encoding="utf-8")
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(tmp_path),
        "DRYFILL_LIVE_USER_NAME": "ada",
        "DRYFILL_LIVE_API_KEY": KEY,
    }
    words = ["live", str(file), "--rest", twin.url, "--instrument", "MNQ", *any_hour(tmp_path)]

    @contextmanager
    def start(*more, answer=None):
        running = subprocess.Popen(
            [sys.executable, "-m", "dryfill.app.cli.main", *words, *more],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            if answer is not None:
                running.stdin.write(answer)
            running.stdin.close()
            running.stdin = None
            yield Program(running)
        finally:
            running.kill()
            running.communicate()

    return start


def test_terms_are_said_and_asked_about_before_anything_is_sent(program, by_hand, twin):
    with program("--risk", "topstep-50k", answer="n\n") as running:
        code, out, err = running.ends()
    assert code == 0, err
    assert "account   PRACTICE-0 (1001), simulated, balance 50,000.00" in out
    assert "contract  MNQZ6, tick 0.25 = 0.50 USD a contract" in out
    assert "limits    topstep-50k as of 2026-11-22: gross_position 5, trailing_loss 2000" in out
    assert out.endswith("not agreed to; nothing was sent\n")
    assert twin.do(orders_placed) == 0


def test_two_interrupts_close_what_the_strategy_bought_and_the_recording_has_all_of_it(
    program, by_hand, tmp_path
):
    kept = tmp_path / "kept"
    with program("--yes", "--record", str(kept)) as running:
        running.until("protected")
        assert by_hand.standing == (2, 2)
        running.interrupt()
        running.until("+2 MNQZ6 stays guarded here until it is flat")
        running.interrupt()
        code, out, err = running.ends()
    assert code == 0, err
    assert "MNQZ6: flat" in out
    assert by_hand.standing == (0, 0)
    assert f"rows in {kept}: " in out
    (orders,), (market,) = kept.glob("orders.*.parquet"), kept.glob("market.MNQZ6.*.parquet")
    said = read_part(orders)[1]["what"].to_list()
    assert said.count("place") == 4
    assert said.count("done") == sum(map(said.count, ("place", "cancel", "ask")))
    assert read_part(market)[1].height
    assert KEY.encode() not in orders.read_bytes() + market.read_bytes()


def test_where_nothing_can_be_recorded_nothing_is_traded(program, twin, tmp_path):
    with program("--yes", "--record", str(tmp_path / "stays.py")) as running:
        code, _, err = running.ends()
    assert code == 2
    assert "stays.py" in err
    assert twin.do(orders_placed) == 0


def test_sigterm_is_an_interrupt_too_and_a_target_that_fills_ends_the_program(
    program, by_hand, twin
):
    with program("--yes") as running:
        running.until("protected")
        running.terminate()
        running.until("stays guarded here")
        by_hand.flatten()  # other hands
        code, _, err = running.ends()
    assert code == 0, err
    assert by_hand.standing == (0, 0)


def test_a_strategy_that_keeps_the_loop_busy_is_ended_by_the_fourth_interrupt(program, tmp_path):
    (tmp_path / "stays.py").write_text(BUSY, encoding="utf-8")
    with program("--yes") as running:
        running.until("busy")
        for _ in range(4):
            running.interrupt()
            time.sleep(0.1)  # signals of a kind that wait are one
        code, _, err = running.ends()
    assert code == 130
    assert "interrupted while trading; some of it may be done: `dryfill status` says" in err


def test_a_dry_run_sends_nothing_that_places_changes_or_closes(
    program, by_hand, twin, tmp_path, monkeypatch
):
    by_hand.long_three_with_a_stop_for_one()
    (tmp_path / "stays.py").write_text(TRIES_EVERYTHING, encoding="utf-8")
    (tmp_path / "impatient.toml").write_text("[orders]\nexit_tries = 1\n", encoding="utf-8")
    posted, act = [], Rest._act

    def heard(rest, path, user, raw):
        posted.append(path)
        return act(rest, path, user, raw)

    monkeypatch.setattr(Rest, "_act", heard)
    kept_back = ("buy 2 MNQZ6 market (1#1)", "sell 3 MNQZ6 stop", "sell 1 MNQZ6 market")
    with program("--dry", "--yes", "--config", str(tmp_path / "impatient.toml")) as running:
        running.until("tried everything")
        running.interrupt()
        running.until("interrupt again")
        running.interrupt()
        code, out, err = running.ends()
    assert code == 6, err  # what others hold is left, and named
    assert "journal   none: a dry run keeps nothing" in out
    assert [each for each in kept_back if f"dry run, not sent: place {each}" not in out] == []
    assert set(posted) - QUESTIONS == set()
    assert {"order/searchopen", "position/searchopen"} <= set(posted)
    assert by_hand.standing == (2, 3)


def test_what_asks_the_broker_works_beside_a_strategy_that_hangs_and_holds_the_journal(
    program, by_hand, twin, dryfill, monkeypatch
):
    """The three commands need nothing of the program that hangs, nor of one that is dead."""
    for name, value in (("USER_NAME", "ada"), ("API_KEY", KEY), ("REST", twin.url)):
        monkeypatch.setenv(f"DRYFILL_LIVE_{name}", value)
    with program("--yes", "--param", "hangs=1") as running:
        running.until("protected")
        running.until("hangs")
        assert "holds +2 MNQZ6 at 20000.25\n" in dryfill("status").out
        assert by_hand.standing == (2, 2)
        assert dryfill("cancel", "--account", "PRACTICE-0").code == 0
        assert by_hand.standing == (0, 2)
        running.kill()
        running.ends()
    assert "NO STOP COVERS 2 OF IT" in dryfill("status").out
    assert dryfill("flatten").out == "MNQZ6: flat\nthe account is flat\n"
    assert by_hand.standing == (0, 0)


def test_killed_in_mid_bracket_and_started_again_it_guards_what_it_held(program, by_hand):
    with program("--yes") as running:
        running.until("protected")
        running.kill()
        running.ends()
    assert by_hand.standing == (2, 2)
    by_hand.cancel_everything()  # somebody took the protection away meanwhile
    with program("--yes", "--param", "again=1") as running:
        running.until("at the start: +2 MNQZ6 held")
        deadline = time.monotonic() + 10
        while by_hand.standing != (2, 2) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert by_hand.standing == (2, 2)
        running.interrupt()
        running.until("stays guarded here")
        running.interrupt()
        code, _, err = running.ends()
    assert code == 0, err
    assert by_hand.standing == (0, 0)


def orders_placed(running):
    return sum(len(account.desk.orders) for account in running.gateway.venue.accounts.values())
