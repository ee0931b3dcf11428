"""The keeper: every instrument that is traded is kept within the gate's limits, and one switch."""

import asyncio
import dataclasses
from datetime import time
from decimal import Decimal

import pytest
from msgspec import structs
from scripted_broker import MNQ, ScriptedBroker

from dryfill.sim.loop.run import run_virtual
from dryfill.trading import instruments
from dryfill.trading.broker import AccountState
from dryfill.trading.calendar import calendar
from dryfill.trading.errors import Refused, RefusedByUs
from dryfill.trading.events import Quote, Trade
from dryfill.trading.market import Channel, MarketOffers, Subscription
from dryfill.trading.order import Buy, ExecutionReport, PositionState, Sell
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.orders.risk.gate import RiskGate
from dryfill.trading.orders.risk.keeper import RiskKeeper
from dryfill.trading.orders.risk.limits import RiskLimits
from dryfill.trading.price import Ticks
from dryfill.trading.words import ExecType, OrdStatus

ES = instruments.find("ES")
FLAT_BY_NOON = RiskLimits(flat_by=time(12), reopens=time(13), zone="UTC")
HOUR_NS = 3600 * 10**9


def done(value):
    future = asyncio.get_running_loop().create_future()
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)
    return future


class Broker(ScriptedBroker):
    """A scripted broker with money, and what is held at the start."""

    held = ()

    def listen(self, sink):
        sinks = [*getattr(self, "sinks", ()), sink]
        self.sinks = sinks
        self.sink = lambda event: [each(event) for each in sinks]

    def account(self, *, urgency=0, deadline_s=None):
        return done(money(50_000))

    def positions(self, *, urgency=0, deadline_s=None):
        return done(list(self.held))


class Feed:
    """A market of two instruments; `refuses` are symbols that it does not know."""

    offers = MarketOffers(channels=frozenset({Channel.QUOTES, Channel.TRADES}), quote_sizes=True)

    def __init__(self, refuses=()):
        self.sinks = {}
        self.refuses = refuses

    def subscribe(self, instrument, channel, sink, *, span_ns=0):
        if instrument.symbol in self.refuses:
            return done(Refused(f"no {instrument.symbol} here"))
        self.sinks.setdefault(instrument.symbol, {})[channel] = sink
        return done(Subscription(instrument, channel, span_ns, 1))

    def tell(self, event):
        channel = Channel.QUOTES if isinstance(event, Quote) else Channel.TRADES
        self.sinks[event.instrument.symbol][channel](event)


class Deaf:
    def __getattr__(self, name):
        return lambda *told: None


def money(cash, open_profit=0):
    zero = Decimal(0)
    return AccountState(
        name="SCRIPT",
        currency="USD",
        cash=Decimal(cash),
        realised=zero,
        open_profit=Decimal(open_profit),
        fees=zero,
        time_ns=0,
    )


def kept(limits, script, *, refuses=(), held=(), now_ns=lambda: 0):
    """Play a script on a manager with a keeper: script(manager, gate, broker, feed)."""

    async def main():
        broker, feed = Broker(), Feed(refuses)
        broker.held = held
        manager = OrderManager(broker, Deaf(), now_ns=now_ns)
        gate = RiskGate(limits, calendar=calendar("always"))
        await RiskKeeper(gate, manager, feed, MNQ, now_ns).open()
        await script(manager, gate, broker, feed)

    run_virtual(main(), origin_ns=0)


def fill(broker, tag):
    """A market order is filled at once; the report of it."""
    state = broker.truth[tag]
    broker.answer("ack", tag)
    px = Decimal(20_000) if state.instrument is MNQ else Decimal(5_000)
    filled = structs.replace(
        state, cum_qty=state.order_qty, leaves_qty=0, ord_status=OrdStatus.FILLED, avg_px=px
    )
    broker.truth[tag] = filled
    broker.fills += 1
    report = ExecutionReport(
        exec_type=ExecType.TRADE,
        order=filled,
        last_qty=state.order_qty,
        last_px=px,
        exec_id=f"x{broker.fills}",
    )
    broker.sink(report)
    return report


async def settle():
    for _ in range(8):
        await asyncio.sleep(0)


def test_fault_12_of_a_burst_of_200_orders_at_120_a_minute_120_are_sent():
    async def script(manager, gate, broker, feed):
        refused = 0
        for _ in range(200):
            try:
                manager.place(MNQ, Buy(1))
            except RefusedByUs:
                refused += 1
        await settle()
        assert (len(broker.sent), refused) == (120, 80)

    kept(RiskLimits(orders_per_minute=120), script)


def test_positions_of_every_instrument_count():
    async def script(manager, gate, broker, feed):
        manager.place(MNQ, Buy(2))
        await settle()
        fill(broker, "1#1")
        manager.place(ES, Sell(1))
        await settle()
        with pytest.raises(RefusedByUs, match="gross position: 4 if everything fills"):
            manager.place(ES, Sell(1))

    kept(RiskLimits(gross_position=3), script)


def test_an_instrument_is_followed_from_its_first_order_on():
    async def script(manager, gate, broker, feed):
        feed.tell(Quote(MNQ, 1, 80_000, 1, 80_001, 1))
        with pytest.raises(RefusedByUs, match="no market known for ES"):
            manager.place(ES, Buy(1, limit="5000"))
        feed.tell(Quote(ES, 1, 19_999, 1, 20_000, 1))
        manager.place(ES, Buy(1, limit="5001"))
        with pytest.raises(RefusedByUs, match="price collar"):
            manager.place(ES, Buy(1, limit="5001.25"))
        with pytest.raises(RefusedByUs, match="price collar"):
            manager.place(MNQ, Buy(1, limit="20001.50"))  # each by its own market

    kept(RiskLimits(collar=Ticks(4)), script)


def test_an_instrument_whose_prices_nobody_tells_is_an_incident():
    async def script(manager, gate, broker, feed):
        manager.place(ES, Buy(1))
        manager.place(ES, Buy(1))
        await settle()
        assert [i.kind for i in manager.view.incidents] == ["risk_blind", "risk_blind"]
        assert "ES" in manager.view.incidents[0].text

    kept(RiskLimits(), script, refuses=("ES",))


def test_a_loss_in_one_instrument_flattens_all():
    async def script(manager, gate, broker, feed):
        manager.place(MNQ, Buy(1))
        manager.place(ES, Buy(1))
        await settle()
        fill(broker, "1#1")
        fill(broker, "2#1")
        broker.sent.clear()
        feed.tell(Trade(ES, 1, 20_000 - 79, 1, None))  # 987.50 lost
        await settle()
        assert not broker.sent
        feed.tell(Trade(ES, 1, 20_000 - 80, 1, None))
        await settle()
        assert list(broker.sent) == ["place 3.exit#1 sell 1 market", "place 4.exit#1 sell 1 market"]
        assert [i.kind for i in manager.view.incidents] == ["risk_flatten"]

    kept(RiskLimits(daily_loss=1_000), script)


def test_the_managers_kill_switch_is_the_gates_too_and_flattens_once():
    async def script(manager, gate, broker, feed):
        manager.place(MNQ, Buy(1))
        await settle()
        fill(broker, "1#1")
        broker.sent.clear()
        manager.kill("enough")
        feed.tell(Trade(MNQ, 1, 80_000, 1, None))
        await settle()
        assert gate.tripped == "kill switch: enough"
        assert list(broker.sent) == ["place 2.exit#1 sell 1 market"]
        assert not manager.view.incidents
        manager.release()
        assert gate.tripped is None

    kept(RiskLimits(daily_loss=1_000), script)


def test_a_kill_of_the_gates_flattens_with_the_next_event():
    async def script(manager, gate, broker, feed):
        manager.place(MNQ, Buy(1))
        await settle()
        fill(broker, "1#1")
        broker.sent.clear()
        gate.kill("stop it")
        feed.tell(Trade(MNQ, 1, 80_000, 1, None))
        await settle()
        assert list(broker.sent) == ["place 2.exit#1 sell 1 market"]
        with pytest.raises(RefusedByUs, match="being flattened"):
            manager.place(MNQ, Buy(1))

    kept(RiskLimits(daily_loss=1_000), script)


def test_what_is_held_at_the_start_is_followed():
    async def script(manager, gate, broker, feed):
        assert set(feed.sinks) == {"MNQ", "ES"}
        feed.tell(Trade(ES, 1, 20_000, 1, None))

    held = PositionState(instrument=ES, qty=1, avg_px=Decimal(5_000), time_ns=0)
    kept(RiskLimits(daily_loss=1_000), script, held=(held,))


def trade(price_ticks):
    return Trade(MNQ, 1, price_ticks, 1, None)


def quote(bid_ticks, ask_ticks):
    return Quote(MNQ, 1, bid_ticks, 1, ask_ticks, 1)


@pytest.mark.parametrize(
    ("order", "bearable", "too_much", "closing"),
    [
        (Buy(1), trade(78_001), trade(78_000), "sell"),
        (Sell(1), trade(81_999), trade(82_000), "buy"),
        # While nothing was traded, by the side at which it would be closed.
        (Buy(1), quote(78_001, 78_009), quote(78_000, 78_009), "sell"),
        (Sell(1), quote(81_991, 81_999), quote(81_991, 82_000), "buy"),
    ],
)
def test_a_loss_is_met_to_the_tick_whichever_side_and_whatever_is_told(
    order, bearable, too_much, closing
):
    async def script(manager, gate, broker, feed):
        manager.place(MNQ, order)
        await settle()
        fill(broker, "1#1")
        broker.sent.clear()
        feed.tell(bearable)
        await settle()
        assert not broker.sent
        feed.tell(too_much)
        feed.tell(too_much)
        await settle()
        assert list(broker.sent) == [f"place 2.exit#1 {closing} 1 market"]

    kept(RiskLimits(daily_loss=1_000), script)


def test_a_quote_far_from_the_trades_is_no_loss():
    async def script(manager, gate, broker, feed):
        manager.place(MNQ, Buy(1))
        await settle()
        fill(broker, "1#1")
        feed.tell(trade(80_000))
        feed.tell(quote(70_000, 80_001))
        assert gate.tripped is None
        assert gate.day_result == 0

    kept(RiskLimits(daily_loss=1_000), script)


def test_what_was_held_at_the_start_loses_too():
    async def script(manager, gate, broker, feed):
        manager.place(MNQ, Sell(1))
        await settle()
        fill(broker, "1#1")
        feed.tell(trade(81_999))
        assert gate.tripped is None
        feed.tell(trade(82_000))
        assert gate.tripped.startswith("daily loss: 3000.00 ")

    held = PositionState(instrument=MNQ, qty=-2, avg_px=Decimal(20_000), time_ns=0)
    kept(RiskLimits(daily_loss=3_000), script, held=(held,))


def test_a_fill_that_is_told_twice_costs_once():
    async def script(manager, gate, broker, feed):
        manager.place(MNQ, Buy(1))
        await settle()
        broker.sink(fill(broker, "1#1"))
        feed.tell(trade(79_000))
        assert gate.day_result == -500

    kept(RiskLimits(daily_loss=1_000), script)


def test_the_brokers_word_on_the_account_trips_at_once():
    async def script(manager, gate, broker, feed):
        broker.sink(money(49_000, 1))
        assert not manager.view.incidents
        broker.sink(money(49_000))
        assert [i.kind for i in manager.view.incidents] == ["risk_flatten"]

    kept(RiskLimits(daily_loss=1_000), script)


def test_what_trips_after_a_release_flattens_again():
    async def script(manager, gate, broker, feed):
        gate.kill("stop it")
        feed.tell(trade(80_000))
        await asyncio.sleep(5)
        manager.release()
        manager.place(MNQ, Buy(1))
        await settle()
        fill(broker, "1#1")
        broker.sent.clear()
        feed.tell(trade(78_000))
        await settle()
        assert list(broker.sent) == ["place 2.exit#1 sell 1 market"]

    kept(RiskLimits(daily_loss=1_000), script)


def test_the_time_of_day_is_looked_at_once_a_second_though_nothing_is_held():
    clock = [11 * HOUR_NS]

    async def script(manager, gate, broker, feed):
        manager.place(MNQ, Buy(1, limit="19000"))
        await settle()
        broker.answer("ack", "1#1")
        for wait_s, hour, told in ((2.0, 11, False), (0.999, 12, False), (0.001, 12, True)):
            clock[0] = hour * HOUR_NS  # at noon it was looked at less than a second ago
            await asyncio.sleep(wait_s)
            feed.tell(trade(80_000))
            assert bool(manager.view.incidents) is told
        await settle()
        assert broker.sent[-1] == "cancel 1#1"

    kept(FLAT_BY_NOON, script, now_ns=lambda: clock[0])


def test_a_wall_clock_that_steps_back_changes_neither_the_rate_nor_how_often_is_looked():
    clock = [14 * HOUR_NS]

    async def script(manager, gate, broker, feed):
        manager.place(MNQ, Buy(1, limit="19000"))
        clock[0] = 13 * HOUR_NS
        feed.tell(trade(80_000))
        with pytest.raises(RefusedByUs, match="the next may go in 60000 ms"):
            manager.place(MNQ, Buy(1, limit="19000"))
        clock[0] = 12 * HOUR_NS
        await asyncio.sleep(1)
        feed.tell(trade(80_000))
        assert manager.view.incidents[-1].kind == "risk_flatten"

    limits = dataclasses.replace(FLAT_BY_NOON, orders_per_minute=1)
    kept(limits, script, now_ns=lambda: clock[0])


def test_what_is_due_each_day_flattens_each_day():
    clock = [0]

    async def script(manager, gate, broker, feed):
        for day in (1, 2):
            for hours in (11, 12, 12.5, 13):
                clock[0] = int((24 * day + hours) * HOUR_NS)
                feed.tell(trade(80_000))
                await asyncio.sleep(5)
            assert [i.kind for i in manager.view.incidents] == ["risk_flatten"] * day

    kept(FLAT_BY_NOON, script, now_ns=lambda: clock[0])
