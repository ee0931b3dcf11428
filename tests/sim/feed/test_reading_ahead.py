"""A reader that takes its events ahead of the loop sees and does what it would have, awakened."""

import asyncio
from contextlib import suppress
from random import Random

import pytest

from dryfill.sim.backtest import World
from dryfill.sim.loop.schedule import Schedule
from dryfill.trading import instruments
from dryfill.trading.errors import RefusedByUs
from dryfill.trading.inbox import Inbox
from dryfill.trading.market import Channel
from dryfill.trading.order import Buy, Sell
from dryfill.trading.orders.risk.limits import RiskLimits
from dryfill.trading.price import Ticks
from dryfill.trading.strategy import Strategy, make_strategy, run_strategy

ES = instruments.find("ES")
WAYS = {
    "nothing": lambda s: None,
    "an order": lambda s: s.place(Buy(1) if s.position.qty <= 0 else Sell(2)),
    "a bracket": lambda s: s.bracket(Buy(1), stop=Ticks(3), target=Ticks(2)),
    "a close": lambda s: s.close_position() if s.position else None,
    "a wait": lambda s: asyncio.sleep(s.random.randrange(4) / 1000),
    "a yield": lambda s: asyncio.sleep(0),
    "a timer": lambda s: s.ring_in(s.random.randrange(6)),
    "a task": lambda s: s.spawn(),
    "bars": lambda s: s.once(Channel.BARS, s.subscribe_bars, "1s", warmup=1),
    "an incident": lambda s: s.desk.manager.incident("rehearsed", "told at once"),
    "history": lambda s: s.look_back(),
    "trades": lambda s: s.once(Channel.TRADES, s.subscribe_trades),
    "a crossing": lambda s: s.wait_for_a_price(),
    "no quotes": lambda s: s.pause_quotes(),
    "state": lambda s: s.state.update(count=s.state.get("count", 0) + 1),
}
PARAMS = ("ways", "asynchronous", "overheard", "bars_alone")


class Fidget(Strategy):
    """Now and then does one of the things of its run; says what it sees, and when."""

    ways: tuple[str, ...] = ()
    often = 8
    asynchronous = True
    overheard = False
    bars_alone = False

    def __init__(self):
        self.seen = []
        self.tasks = []

    async def on_start(self):
        if self.overheard:
            market = self.desk.market
            await market.subscribe(self.instrument, Channel.QUOTES, self.hear_another)
        if self.bars_alone:
            self.bars = await self.subscribe_bars("1s", warmup=3)
        else:
            await self.subscribe_quotes()

    def note(self, what, value):
        quote, trade = self.quote, self.desk.last_trade
        newest = (quote and quote.time_ns, trade and trade.time_ns)
        self.seen.append((what, value, self.now_ns, asyncio.get_running_loop().time(), newest))

    def act(self):
        if not self.random.randrange(self.often):
            way = self.ways[self.random.randrange(len(self.ways))]
            self.note(way, None)
            return WAYS[way](self)
        return None

    async def act_and_wait(self):
        with suppress(RefusedByUs):  # where there are limits
            result = self.act()
            if hasattr(result, "__await__"):
                await result
                self.note("waited", None)

    def on_quote(self, quote):
        self.note("quote", (quote.time_ns, quote.bid, quote.ask_size))
        if self.asynchronous:
            return self.act_and_wait()
        result = self.act()
        if hasattr(result, "__await__"):
            self.tasks.append(asyncio.ensure_future(result))
        return None

    async def on_trade(self, trade):
        self.note("trade", (trade.time_ns, trade.price, trade.aggressor))
        await self.act_and_wait()

    async def on_bar(self, bar):
        self.note("bar", (bar.time_ns, bar.close))
        if self.bars_alone:
            self.note("bars", (len(self.bars), self.bars.close[-2:].tolist(), self.bars.volume[-1]))
            await self.act_and_wait()

    def on_order(self, report):
        self.note("order", (report.order.ord_status, report.order.cum_qty))

    def on_fill(self, fill):
        self.note("fill", fill.px)

    async def on_crossing(self, crossing):
        self.note("crossing", (crossing.time_ns, crossing.price, crossing.rising, crossing.name))
        await self.act_and_wait()

    async def wait_for_a_price(self):
        bid = self.quote and self.quote.bid_ticks
        if bid is not None:
            near = [self.instrument.decimal(bid + n) for n in (self.random.randrange(4), -1)]
            await self.subscribe_crossing(above=near[0], below=near[1], name=str(bid))

    def on_incident(self, incident):
        self.note("incident", incident.kind)

    def once(self, channel, subscribe, *args, **given):
        return None if channel in self.desk.subscribed else subscribe(*args, **given)

    def ring_in(self, ms):
        asyncio.get_running_loop().call_later(ms / 1000, self.note, "ring", ms)

    def spawn(self):
        async def run():
            self.note("task", 1)
            await asyncio.sleep(0.002)
            self.note("task", 2)

        self.tasks.append(asyncio.ensure_future(run()))

    async def look_back(self):
        bars = await self.desk.market.history(self.instrument, 10**9, 2)
        self.note("history", [bar.close for bar in bars])

    async def pause_quotes(self):
        market, desk = self.desk.market, self.desk
        other = await market.subscribe(self.instrument, Channel.QUOTES, self.hear_another)
        await asyncio.sleep(0.005)
        await market.unsubscribe(other)
        self.note("paused", desk.quote and desk.quote.time_ns)

    def hear_another(self, event):
        self.note("another", event.time_ns)
        if event.time_ns // 1_000_000 % 3 == 0:
            self.ring_in(0)
            self.spawn()


def market(seed, slower):
    """Rows that come singly, together and in bursts; a trade among every four."""
    rng, ms, px, rows = Random(seed), 0, 100, []
    for _ in range(400):
        ms += rng.choice((0, 0, 1, 1, 2, 3, 10, 40)) * slower
        px += rng.choice((-1, 0, 0, 1))
        kind = f"trade {px}x1 buyer" if rng.random() < 0.25 else f"quote {px}x5 {px + 1}x5"
        rows.append(f"{ms} {kind}")
    return "\n".join(rows)


@pytest.fixture
def play(setup_of, tape_of):
    """What a Fidget saw of a market, what became of it, and how often it read ahead."""

    def go(seed, slower=1, **given):
        params = {name: given.pop(name) for name in PARAMS if name in given}
        strategies = []

        async def trade(desk):
            strategies.append(make_strategy(Fidget, params, desk))
            return await run_strategy(strategies[0])

        record = World(setup_of(tape_of(market(seed, slower)), seed=seed, **given)).run(trade)
        return strategies[0].seen, record.digest, record.end_ns, record.conflated, record.notes

    return go


@pytest.fixture
def both(play, monkeypatch):
    """The same run twice: read ahead, and with every reader awakened by the loop."""

    def go(seed, **given):
        ahead = play(seed, **given)
        with monkeypatch.context() as patch:
            patch.setattr(Inbox, "read_ahead", lambda *_: None)
            return ahead, play(seed, **given)

    return go


@pytest.mark.parametrize("latency", ["zero", "2ms", "live"])
@pytest.mark.parametrize("way", WAYS)
def test_each_thing_a_handler_may_do_is_seen_in_its_place(both, way, latency):
    for seed in range(2):
        ahead, waited = both(seed, ways=(way,), latency=latency)
        assert ahead == waited


@pytest.mark.parametrize("latency", ["zero", "1ms", "live", {"from": "zero", "feed": [0, 10**6]}])
def test_all_of_it_together_is_seen_in_its_place(both, latency):
    for seed in range(6):
        ahead, waited = both(seed, ways=tuple(WAYS), latency=latency, asynchronous=seed % 3 > 0)
        assert ahead == waited


@pytest.mark.parametrize("latency", ["zero", "live"])
def test_bars_alone_are_seen_in_their_place(both, latency):
    for seed in range(3):
        given = {"ways": tuple(WAYS), "bars_alone": True, "slower": 100}
        ahead, waited = both(seed, **given, latency=latency)
        assert ahead == waited
        assert sum(what == "bar" for what, *_ in ahead[0]) > 30


@pytest.mark.parametrize("latency", ["zero", "live"])
def test_who_else_hears_of_a_quote_first_acts_first(both, latency):
    ahead, waited = both(1, ways=("a yield", "an order"), overheard=True, latency=latency)
    assert ahead == waited


@pytest.mark.parametrize("kind", ["ties", "uniform", "pct"])
def test_an_order_that_a_seed_chooses_stays_the_one_it_chose(both, kind):
    for seed in range(3):
        ahead, waited = both(seed, ways=tuple(WAYS), schedule=Schedule(kind, seed=seed))
        assert ahead == waited


def test_with_limits_that_follow_the_market_too(both):
    limits = RiskLimits(daily_loss=100)
    for seed in range(3):
        ahead, waited = both(seed, ways=("an order", "a bracket"), risk=limits, latency="1ms")
        assert ahead == waited
