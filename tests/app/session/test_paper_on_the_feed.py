"""`dryfill paper --market live`: a gateway's feed over real sockets, and no order goes there."""

import os
import queue
import signal
import threading
import time

import pytest
from pydantic import SecretStr
from twin_world import KEY, T0, setup_of

from dryfill import Buy, Strategy, Ticks
from dryfill.app.session.feed_run import trade_on_feed
from dryfill.app.session.live_run import Wanted
from dryfill.app.session.twin_market import TwinMarket
from dryfill.app.session.twin_thread import twin_in_a_thread
from dryfill.live.settings import LiveSettings
from dryfill.trading.orders.risk.limits import rule_set
from dryfill.trading.orders.settings import OrderSettings

MARKET = "\n".join(
    f"{ms} quote {80_000 + ms // 500 % 2}x50 80002x70\n{ms} trade 80001x1 seller"
    for ms in range(0, 600_000, 500)
)


STATES = queue.Queue()


class Once(Strategy):
    """Buys three at the first quote."""

    async def on_start(self):
        await self.subscribe_quotes()
        self.sent = False

    async def on_quote(self, quote):
        if not self.sent:
            self.sent = True
            bracket = await self.bracket(Buy(3), stop=Ticks(40), target=Ticks(400))
            outcome = await bracket.protected(timeout=5)
            STATES.put(outcome.state)


@pytest.fixture
def twin():
    with twin_in_a_thread(setup_of(MARKET), restamp=False) as twin:
        yield twin


class Session:
    """A session on the feed in this thread, while `beside` acts in another one."""

    def __init__(self, twin):
        self.twin = twin
        self.said = []

    def run(self, beside):
        errors = []

        def work():
            try:
                beside(self)
            except BaseException as error:  # noqa: BLE001  raised again below
                errors.append(error)
                for _ in range(3):  # an end there has to be
                    os.kill(os.getpid(), signal.SIGINT)
                    time.sleep(0.3)

        other = threading.Thread(target=work)
        other.start()
        live = LiveSettings.load(
            rest=self.twin.url, hubs=self.twin.url, user_name="ada", api_key=SecretStr(KEY)
        )
        began_ns = time.monotonic_ns()  # a day on which the market is open
        wanted = Wanted(strategy=Once, account=None, instrument="MNQZ6", risk="topstep-50k")
        try:
            return trade_on_feed(
                wanted,
                live,
                TwinMarket(market=("live",), engine="reference"),
                rule_set("topstep-50k"),
                OrderSettings(),
                self.said.append,
                now_ns=lambda: T0 + time.monotonic_ns() - began_ns,
            )
        finally:
            other.join(30)
            if errors:
                raise errors[0]

    def until(self, words):
        for _ in range(500):
            if any(words in line for line in self.said):
                return
            time.sleep(0.02)
        raise AssertionError(f"never said: {words}; {self.said}")

    def close_all(self):
        """Interrupt twice: the strategy stops, and what is held is closed."""
        for told in ("+3 MNQZ6 stays guarded here", "balance"):
            os.kill(os.getpid(), signal.SIGINT)
            self.until(told)


def test_it_trades_on_the_feed_and_sends_no_order_there(twin):
    def beside(session):
        assert STATES.get(timeout=10) == "protected"
        session.close_all()

    session = Session(twin)
    ended = session.run(beside)
    assert (ended.error, ended.left) == (None, [])
    assert (
        f"SimBroker in this program (engine reference), on the feed of {twin.url}"
        in session.said[0]
    )
    balance = next(line for line in session.said if line.startswith("balance"))
    # three contracts, a tick or two of 0.50 each lost to the spread, and 0.37 a side
    assert balance in {
        "balance 49,996.28, -3.72 in this session",
        "balance 49,994.78, -5.22 in this session",
    }
    assert not any(KEY in line for line in session.said)
    assert twin.do(orders_placed) == 0
    assert not [line for line in session.said if "feed is down" in line], "the end is no outage"


def test_while_the_feed_is_down_it_says_so_and_the_paper_market_is_halted(twin):
    def beside(session):
        assert STATES.get(timeout=10) == "protected"
        twin.do(cut_the_market_hub)
        session.until("the feed is down: the paper market is halted")
        session.until("the feed is back")
        session.close_all()

    Session(twin).run(beside)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--speed", "10x"], "the live market goes at its own speed"),
        (["--start", "2026-11-20"], "the live market starts now"),
        (["--timezone", "America/Chicago"], "the live market starts now"),
        (["--engine", "fast"], "fast"),
        (["--faults", "lost.toml"], "--faults go wrong at our own gateway"),
        ([], "there is no user name"),
    ],
)
def test_what_does_not_go_with_a_live_market_is_refused(
    dryfill, tmp_path, monkeypatch, options, why
):
    monkeypatch.delenv("DRYFILL_LIVE_USER_NAME", raising=False)
    words = ["examples/breakout.py", "--instrument", "MNQ", "--market", "live"]
    code, _, err = dryfill("paper", *words, "--rest", "http://127.0.0.1:9", *options)
    assert code == 2
    assert why in err


def test_a_feed_that_is_named_and_not_taken_is_refused(dryfill):
    words = ["examples/breakout.py", "--instrument", "MNQ", "--rest", "http://127.0.0.1:9"]
    code, _, err = dryfill("paper", *words)
    assert code == 2
    assert "--rest: a feed's; add --market live" in err


def orders_placed(running):
    return sum(len(account.desk.orders) for account in running.gateway.venue.accounts.values())


def cut_the_market_hub(running):
    for client in running.gateway.hubs.clients():
        if client.kind.value == "market":
            client.give_up("cut by the test")
