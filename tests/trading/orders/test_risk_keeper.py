"""The keeper: every instrument that is traded is kept within the gate's limits, and one switch."""

import asyncio
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


def kept(limits, script, *, refuses=(), held=()):
    """Play a script on a manager with a keeper: script(manager, gate, broker, feed)."""

    async def main():
        broker, feed = Broker(), Feed(refuses)
        broker.held = held
        manager = OrderManager(broker, Deaf(), now_ns=lambda: 0)
        gate = RiskGate(limits, calendar=calendar("always"))
        await RiskKeeper(gate, manager, feed, MNQ, lambda: 0).open()
        await script(manager, gate, broker, feed)

    run_virtual(main(), origin_ns=0)


def fill(broker, tag):
    """A market order is filled at once."""
    state = broker.truth[tag]
    broker.answer("ack", tag)
    px = Decimal(20_000) if state.instrument is MNQ else Decimal(5_000)
    filled = structs.replace(
        state, cum_qty=state.order_qty, leaves_qty=0, ord_status=OrdStatus.FILLED, avg_px=px
    )
    broker.truth[tag] = filled
    broker.fills += 1
    broker.sink(
        ExecutionReport(
            exec_type=ExecType.TRADE,
            order=filled,
            last_qty=state.order_qty,
            last_px=px,
            exec_id=f"x{broker.fills}",
        )
    )


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
