"""A strategy that awaits order calls from every handler never deadlocks, whatever runs first.

2,000 short sessions, each with its own random order of the ready callbacks: `make test` runs a
slice of them, `make nightly` all. A failure names its session and the command that runs it alone.
"""

import os
from collections import Counter
from dataclasses import dataclass, field

import pytest

from dryfill.sim.loop.hold import hold_collector
from dryfill.sim.loop.schedule import Schedule
from dryfill.trading.calendar import calendar
from dryfill.trading.errors import Refused
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks
from dryfill.trading.strategy import HANDLERS, Strategy
from dryfill.trading.words import TradingStatus

SESSIONS = 2_000
CHUNK = 80
SLICE = 240  # of these, in `make test`
CALLS = ("place", "modify", "cancel", "flatten", "bracket", "cancel_all")
LATENCIES = ("zero", "5ms", "live")
AT_MOST_S = 3  # virtual, for one call while there is a market: through a halt, on a thin book
# Handlers that are called often act once in so many times; else one call would follow from another
# for ever.
OFTEN = {"on_quote": 2, "on_trade": 2, "on_order": 4, "on_fill": 3, "on_position": 3}
MS = 1_000_000


class Halting:
    """Always open, but for 60 ms in the middle of a session."""

    name = "halting"

    def __init__(self, start_ns):
        self._always = calendar("always")
        self._halt_ns, self._open_ns = start_ns + 300 * MS, start_ns + 360 * MS

    def __getattr__(self, name):
        return getattr(self._always, name)

    def status_at(self, ns):
        halted = self._halt_ns <= ns < self._open_ns
        return TradingStatus.HALT if halted else TradingStatus.OPEN

    def changes(self, from_ns, to_ns):
        all_of = ((self._halt_ns, TradingStatus.HALT), (self._open_ns, TradingStatus.OPEN))
        return [(ns, status) for ns, status in all_of if from_ns <= ns < to_ns]


@dataclass
class Seen:
    """What came of sessions."""

    ended: Counter = field(default_factory=Counter)  # (kind of handler, handler, call): done
    refused: Counter = field(default_factory=Counter)
    begun: int = 0
    told: int = 0  # order events
    told_while_waiting: int = 0
    slowest_s: float = 0.0


class Restless(Strategy):
    """From every handler, in turn: a call with orders, awaited to its end.

    `round` is where it begins among the calls, `most` how often each handler acts.
    """

    kind, seen, round, most, over_ns = "", Seen(), 0, 3, 0

    async def begin(self):
        self.turns = Counter()
        self.hear_what_is_told()
        await self.subscribe_quotes()
        await self.subscribe_trades()
        await self.subscribe_bars("1s")
        await self.desk.subscribe_status()
        for n in range(min(self.most, 3)):  # each is told once
            near = self.near(-n)
            await self.subscribe_crossing(above=near)
            await self.subscribe_crossing(below=near)
        self.every("1s", "tick")
        self.desk.manager.incident("rehearsed", "so that this handler has its turn too")

    def hear_what_is_told(self):
        """Count order events as the manager tells them, and those that come while one waits."""
        desk, tell = self.desk, self.desk.on_report

        def on_report(order, report):
            self.seen.told += 1
            self.seen.told_while_waiting += desk.inbox._reader is None
            tell(order, report)

        desk.on_report = on_report

    async def act(self, where):
        if where == "on_start":
            await self.begin()
        elif self.turns[where] == self.most or self.random.randrange(OFTEN.get(where, 1)):
            return
        call = CALLS[(self.round + self.turns[where]) % len(CALLS)]
        self.turns[where] += 1
        self.seen.begun += 1
        began_ns = self.now_ns
        try:
            await getattr(self, f"try_{call}")()
            self.seen.ended[self.kind, where, call] += 1
        except Refused:
            self.seen.refused[self.kind, where, call] += 1
        if self.now_ns <= self.over_ns:
            self.seen.slowest_s = max(self.seen.slowest_s, (self.now_ns - began_ns) / 1e9)
        if where == "on_stop":
            await self.flatten(reason="the end")

    def near(self, off):
        quote = self.quote
        return quote.bid - off * self.instrument.tick if quote else "20000"

    async def resting(self):
        """A limit order that works, or a new one."""
        working = [o for o in self.working_orders if o.core.wish.working and o.core.price]
        return working[0] if working else await self.place(Buy(1, limit=self.near(4)))

    async def try_place(self):
        side = self.random.choice((Buy, Sell))
        await self.place(side(1) if self.random.randrange(2) else side(2, limit=self.near(0)))

    async def try_modify(self):
        order = await self.resting()
        await self.modify(order, limit=order.core.price - self.instrument.tick)

    async def try_cancel(self):
        assert (await self.cancel(await self.resting())).ok

    async def try_flatten(self):
        result = await self.flatten(reason="in turn")
        assert result.ok or self.now_ns > self.over_ns, result

    async def try_bracket(self):
        bracket = await self.bracket(Buy(1), stop=Ticks(12), target=Ticks(12))
        await bracket.protected(timeout=2)

    async def try_cancel_all(self):
        assert (await self.desk.cancel_all()).ok


def restless(kind, **about):
    """The class with all handlers of one kind: `async`, or plain ones that hand an awaitable
    over."""

    def handler(name):
        async def waits(self, *event):
            await self.act(name)

        def hands_over(self, *event):
            return self.act(name)

        return waits if kind == "async" else hands_over

    handlers = {name: handler(name) for name in HANDLERS}
    return type("RestlessOne", (Restless,), handlers | {"kind": kind} | about)


@pytest.fixture(scope="module")
def markets():
    return {}


@pytest.fixture
def session(run, restless_market, markets):
    """Play the session of a number: its market, latency, kind of handlers and order of callbacks
    follow from it."""

    def play(number, seen):
        kind, nth = ("async", "plain")[number % 2], number // 2
        if nth % 8 not in markets:
            markets[nth % 8] = restless_market(24, nth % 8)
        market = markets[nth % 8]
        begun, told = seen.begun, seen.told
        try:
            run(
                market,
                restless(kind, seen=seen, round=nth, over_ns=market.end_ns),
                latency=("zero", "5ms", "live")[nth // 18 % 3],
                seed=number,
                schedule=Schedule(("ties", "uniform", "pct")[nth // 6 % 3], number),
                calendar=Halting(market.start_ns) if nth // 2 % 2 else calendar("always"),
            )
            assert seen.begun >= begun + 2, "the first and the last call were made"
            assert seen.told > told, "reports flowed"
            assert seen.slowest_s <= AT_MOST_S, "each call came to its end"
        except BaseException as error:
            error.add_note(f"session {number}: DRYFILL_SESSION={number} python -m pytest {FILE}")
            raise

    with hold_collector():
        yield play


FILE = "tests/trading/orders/world/test_no_deadlock.py"
CHUNKS = [
    pytest.param(range(first, first + CHUNK), marks=[pytest.mark.nightly] * (first >= SLICE))
    for first in range(0, SESSIONS, CHUNK)
]


@pytest.mark.parametrize("numbers", CHUNKS, ids=lambda numbers: str(numbers.start))
def test_awaiting_orders_from_every_handler_never_deadlocks(numbers, session):
    seen = Seen()
    for number in numbers:
        session(number, seen)
    assert seen.begun == seen.ended.total() + seen.refused.total(), "each call came to its end"
    assert seen.told_while_waiting > 10 * len(numbers), "events flow while handlers wait"
    each = [(k, h, c) for k in ("async", "plain") for h in HANDLERS for c in CALLS]
    never = [turn for turn in each if not seen.ended[turn]]
    assert not never, f"never had its turn: {never}"


@pytest.mark.skipif("DRYFILL_SESSION" not in os.environ, reason="DRYFILL_SESSION names one")
def test_the_session_that_failed(session):
    session(int(os.environ["DRYFILL_SESSION"]), Seen())


@pytest.mark.parametrize("kind", ["async", "plain"])
@pytest.mark.parametrize(("latency", "steps"), [("zero", 150), ("live", 600)])
def test_a_long_session_in_which_every_event_leads_to_others_goes_on(
    kind, latency, steps, run, restless_market
):
    market, seen = restless_market(steps, 9), Seen()
    trader = restless(kind, seen=seen, most=1_000_000, over_ns=market.end_ns)
    run(market, trader, latency=latency, schedule=Schedule("ties", 9))
    assert seen.begun == seen.ended.total() + seen.refused.total() >= 100, "a hundred calls"
    assert seen.told_while_waiting > 200
    assert seen.slowest_s <= AT_MOST_S
