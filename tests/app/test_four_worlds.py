"""One strategy file, `examples/breakout.py` byte for byte, in a backtest, in a rehearsal, on paper
and live: the same orders and the same fills. What is left of differences, and is not compared, is
the wire's: ids, tags, and the moments at which things arrive.

On paper and live it trades over real sockets in real time, at a gateway whose market the test moves
from scene to scene: whatever is on its way when a scene ends has time to arrive. What a broker
knows of the orders is compared, not what the strategy thinks of them.
"""

import os
import signal
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from twin_world import KEY, MNQ, MS, T0, tape_of

from dryfill import Backtest, write_market
from dryfill.app.session import live_run, paper_run
from dryfill.app.session.live_run import Wanted
from dryfill.app.session.twin_market import TwinMarket
from dryfill.app.session.twin_thread import twin_in_a_thread
from dryfill.app.strategy_file import load_strategy
from dryfill.live.settings import LiveSettings
from dryfill.sim.backtest import World
from dryfill.sim.gateway.gateway import GatewaySetup
from dryfill.sim.gateway.venue.accounts import AccountSpec, User, people
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading.orders.risk.limits import rule_set
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.trader import trader_of

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "breakout.py"
MINUTE = 60_000
WARMUP = 24  # bars of five minutes before trading begins
START = WARMUP * 5  # minutes from the market's first row
END = START + 17
BASE = 80_000
BREAKS_OUT, TARGET, STOPPED = BASE + 30, BASE + 70, BASE + 45
RISK = "topstep-50k"
TWICE = """
from dryfill import Buy, Strategy, Ticks


class Twice(Strategy):
    async def on_start(self):
        await self.subscribe_quotes()
        await self.subscribe_trades()

    async def on_trade(self, trade):
        flat = not self.position and not self.working_orders
        if flat and str(trade.price) in ("20007.5", "20017.5"):
            await self.bracket(Buy(2), stop=Ticks(20), target=Ticks(30))

    async def on_stop(self):
        await self.flatten(reason="the end")
"""
LONG = (2, 2)  # held, and orders that work: a stop and a target
FLAT = (0, 0)
SCENES = (
    (5, LONG),  # minutes from the start, and what the broker has then; the first bar broke out
    (8, FLAT),  # the target filled
    (10, LONG),  # its bar broke out as well
    (13, FLAT),  # the stop filled
    (16, FLAT),  # its bar did not
)


def price(minute):
    """The last price, in ticks: still for two minutes and more around each bar's end."""
    if minute < START:
        return BASE + minute % 5
    steps = ((12, STOPPED), (7, TARGET), (3, BREAKS_OUT), (0, BASE))
    return next(px for since, px in steps if minute - START >= since)


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    rows = []
    for minute in range(END + 1):
        px, ms = price(minute), minute * MINUTE
        rows += [f"{ms} quote {px - 1}x50 {px}x50", f"{ms + 500} trade {px}x5 buyer"]
    path = tmp_path_factory.mktemp("market") / "breakout.parquet"
    return str(write_market(tape_of("\n".join(rows)), MNQ, path))


@pytest.fixture
def breakout():
    return load_strategy(str(EXAMPLE))


class Worlds:
    """Each world trades the strategy once; what its broker knows afterwards."""

    def __init__(self, strategy, market, folder, monkeypatch):
        self.strategy = strategy
        self.market = market
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.start = datetime.fromtimestamp((T0 + START * MINUTE * MS) / 1e9, UTC).isoformat()
        self.twin_market = TwinMarket(market=(market,), instruments=(MNQ.symbol,), start=self.start)

    def backtest(self):
        return self._simulated(World)

    def rehearsal(self):
        return self._simulated(Rehearsal)

    def _simulated(self, world_of):
        """Both trade what `dryfill backtest` would."""
        backtest = Backtest(
            self.strategy,
            self.market,
            instrument=MNQ.symbol,
            start=self.start,
            venue="projectx-sim",
            stop_trigger="trade",
            unknown_size="all",
            fees="topstepx",
            risk=RISK,
        )
        world = world_of(backtest.setup)
        world.run(trader_of(self.strategy, {}))
        return known(world.desk, world.account)

    def paper(self):
        """As `dryfill paper` does."""
        found = []
        self.monkeypatch.setattr(paper_run, "twin_in_a_thread", self._moving(found))
        ended = paper_run.trade_on_paper(
            self._wanted(), self.twin_market, 1, rule_set(RISK), OrderSettings(), print
        )
        return self._over(ended, found)

    def live(self, scenes=SCENES, record=None):
        """As `dryfill live` does: the address is the twin's, and nothing else is another's."""
        found = []
        account = AccountSpec(name="PRACTICE-1", user="ada")
        setup = GatewaySetup(
            listings=self.twin_market.listings(), people=people([User("ada", KEY)], [account])
        )
        with self._moving(found, interrupted, scenes)(setup, restamp=False) as twin:
            live = LiveSettings.load(
                rest=twin.url, hubs=twin.url, user_name="ada", api_key=SecretStr(KEY), auto_oco=True
            )
            ended = live_run.trade(
                self._wanted(record), live, OrderSettings(), print, lambda: True, now_ns=twin.now_ns
            )
        return self._over(ended, found)

    def _wanted(self, record=None):
        return Wanted(
            strategy=self.strategy,
            account=None,
            instrument=MNQ.symbol,
            risk=RISK,
            journal=str(self.folder / "journal.db"),
            record=record,
        )

    def _moving(self, found, then=lambda: None, scenes=SCENES):
        """A twin in a thread whose market is moved through the scenes."""

        @contextmanager
        def moving(*setup, **given):
            with twin_in_a_thread(*setup, **{**given, "speed": 0}) as twin:
                moved = threading.Thread(target=play, args=(twin, found, then, scenes))
                moved.start()
                yield twin
                moved.join(60)

        return moving

    def _over(self, ended, found):
        assert (ended.error, ended.left) == (None, [])
        assert len(found) == 1, "the market did not come to its end"
        return found[0]


def play(twin, found, then, scenes):
    """Move the market to each scene's moment, and wait until the broker has what belongs there."""
    try:
        until(twin, "who trades asks for the market's trades", subscribed)
        time.sleep(0.5)  # the bars before
        for minute, what in scenes:
            # The quote, then the trade: of what goes out together the twin tells trades first, and
            # a recording has them so.
            for at_s in (0.2, 1):
                twin.do(lambda running, at=minute, s=at_s: go_to(running.pump, START + at, s))
                time.sleep(0.1)
            if what is not None:
                there = f"{what} at {minute}"
                until(twin, there, lambda running, what=what: standing(running) == what)
            time.sleep(0.4)  # so that it is heard of
        account = account_of(twin.running)
        found.append(twin.do(lambda running: known(account.desk, account.desk.account)))
    finally:
        twin.do(lambda running: go_to(running.pump, END))
        then()


def go_to(pump, minute, seconds=1):
    """Into a minute; after a second its first trade has ended the bar before it."""
    pump.step(T0 + int((minute * 60 + seconds) * 1000) * MS - pump.now_ns)


def until(twin, what, holds):
    for _ in range(400):
        if twin.do(holds):
            return
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


def interrupted():
    os.kill(os.getpid(), signal.SIGINT)


def subscribed(running):
    told = [client.link.subscribed for client in running.gateway.hubs.clients()]
    return any("trades" in str(each).lower() for each in told[1:])


def account_of(running):
    return next(iter(running.gateway.venue.accounts.values()))


def standing(running):
    desk = account_of(running).desk
    return desk.account.holding(MNQ).qty, len(desk.open_orders(None))


def known(desk, account):
    """What a broker knows: each order as it ended, each fill, and the cash."""
    orders = [desk.order(str(number), None) for number in desk.orders]
    return {
        "orders": [
            (
                order.side.name,
                order.ord_type.name,
                order.order_qty,
                order.price,
                order.stop_px,
                order.ord_status.name,
                order.cum_qty,
                order.avg_px,
            )
            for order in orders
        ],
        "fills": [(each.side.name, each.qty, each.px) for each in desk.executions_since(0)],
        "cash": account.cash,
    }


@pytest.fixture
def worlds(breakout, market, tmp_path, monkeypatch):
    return Worlds(breakout, market, tmp_path, monkeypatch)


def test_the_example_trades_the_same_in_a_backtest_a_rehearsal_on_paper_and_live(worlds):
    backtest = worlds.backtest()
    assert [how for *_, how, _, _ in backtest["orders"]] == [
        *("FILLED", "CANCELED", "FILLED"),  # entry, stop, target
        *("FILLED", "FILLED", "CANCELED"),
    ]
    assert worlds.rehearsal() == backtest
    assert worlds.paper() == backtest
    assert worlds.live() == backtest


def test_what_was_recorded_of_a_live_session_replays_to_the_same_fills(
    market, tmp_path, monkeypatch
):
    """Real sockets and the hubs' own words on one side, a backtest of them on the other."""
    (tmp_path / "twice.py").write_text(TWICE, encoding="utf-8")
    strategy = load_strategy(str(tmp_path / "twice.py"))
    worlds = Worlds(strategy, market, tmp_path, monkeypatch)
    # Minute by minute: who hears of several at once acts on trades that are over.
    stands = {5: LONG, 10: LONG, 11: LONG, 12: FLAT}
    scenes = [(minute, stands.get(minute)) for minute in range(1, 13)]
    live = worlds.live(scenes, record=str(tmp_path / "kept"))
    assert len(live["fills"]) == 4
    report = Backtest(
        strategy, tmp_path / "kept", instrument=MNQ.symbol, venue="projectx-sim",
        stop_trigger="trade", unknown_size="all", fees="topstepx", risk=RISK,
    ).run()  # fmt: skip
    replayed = report.fills.select("side", "qty", "price").rows()
    assert replayed == [(side.lower(), qty, float(px)) for side, qty, px in live["fills"]]
    assert [side for side, *_ in replayed] == ["buy", "sell"] * 2
