"""A strategy in real time's place: how it starts, stops, flattens and leaves, on virtual time."""

import asyncio
from random import Random

import pytest
from small_world import MNQ, small_world

from dryfill import Buy, Sell, Ticks
from dryfill.app.session.trading_session import Terms, TradingSession
from dryfill.sim.determinism.guards import guarded
from dryfill.sim.loop.run import run_on
from dryfill.trading.errors import OutcomeUnknown, RefusedByUs
from dryfill.trading.order import OrderRequest
from dryfill.trading.orders.journal.memory import MemoryJournal
from dryfill.trading.orders.risk.limits import RiskLimits
from dryfill.trading.words import OrdType, Side

ROUND_TRIP_S = 0.05
LONG = RiskLimits(net_position=10)
FLAT_MARKET = "\n".join(
    f"{ms} quote 80000x9 80001x9\n{ms + 1} trade 80001x1" for ms in range(0, 600_000, 1_000)
)
FALLING = FLAT_MARKET + "".join(
    f"\n{600_000 + n * 100} quote {80_000 - n}x9 {80_001 - n}x9\n"
    f"{600_050 + n * 100} trade {80_000 - n}x9"
    for n in range(60)
)


class Stage:
    """A session in a small world. `at`: what is done at which second, by name."""

    def __init__(self, trader, market=FLAT_MARKET, terms=None):
        self.lines = []
        self.world = small_world(market)
        self.session = self.session_in(trader, terms or Terms(limits=LONG))

    def session_in(self, trader, terms):
        world = self.world
        return TradingSession(
            world.market,
            world.broker,
            MNQ,
            trader,
            terms,
            now_ns=lambda: world.loop.now_ns,
            random=Random(1),
            say=self.lines.append,
        )

    def run(self, *interrupts_s, first=None):
        """`first` is done at the broker, a second before the session begins."""
        loop, took = self.world.loop, []

        async def main():
            if first is not None:
                first()
                await asyncio.sleep(1)
            for at_s in interrupts_s:
                loop.call_later(at_s, self.session.interrupt)
            ended = await self.world.process.spawn(self.session.run(), "session")
            took.append(loop.time())
            return ended

        with guarded(loop):
            ended = run_on(loop, main())
        self.took_s = took[0]
        return ended

    @property
    def held(self):
        return self.world.account.holding(MNQ).qty

    @property
    def working(self):
        return [order.cl_ord_id for order in self.world.desk.open_orders(None)]

    def told(self, words):
        return [line for line in self.lines if words in line]


async def wait_for_the_end(desk):
    async for _ in desk.events():
        pass
    return []


async def bracketed(desk):
    await desk.subscribe_trades()
    await (await desk.bracket(Buy(2), stop=Ticks(8), target=Ticks(40))).protected()
    await desk.place(Buy(1, limit="19990"))
    return await wait_for_the_end(desk)


def test_a_strategy_that_ends_by_itself_while_flat_ends_the_session():
    async def nothing(desk):
        return ["a note"]

    ended = Stage(nothing).run()
    assert (ended.error, ended.notes, ended.left) == (None, ["a note"], [])


def test_the_first_interrupt_takes_entries_away_and_stays_until_the_stop_was_filled():
    stage = Stage(bracketed, FALLING)
    ended = stage.run(10)
    assert ended.left == []
    assert (stage.held, stage.working) == (0, [])
    assert stage.told("+2 MNQ stays guarded here until it is flat")
    assert stage.took_s > 600  # the market falls then
    assert stage.world.desk.order(None, "2#1").ord_status.name == "CANCELED"


def test_the_second_interrupt_closes_what_is_held():
    stage = Stage(bracketed)
    ended = stage.run(10, 20)
    assert ended.left == []
    assert (stage.held, stage.working) == (0, [])
    assert 20 < stage.took_s < 22


def test_the_third_interrupt_leaves_at_once_and_says_what_stays():
    stage = Stage(bracketed)
    ended = stage.run(10, 10.001, 10.002)
    assert stage.took_s < 10.1
    assert "+2 MNQ held" in ended.left
    assert stage.held == 2
    assert [each for each in stage.working if "stop" in each]


def test_the_third_interrupt_does_not_wait_for_a_broker_that_does_not_say_what_is_left():
    async def nothing(desk):
        stage.world.broker.positions = lambda **given: asyncio.get_running_loop().create_future()
        return []

    stage = Stage(nothing)
    ended = stage.run(2, 2.1, 2.2)
    assert stage.took_s < 2.3
    assert ended.left == ["the broker was not asked: `dryfill status` says what is left"]


def test_a_stop_that_the_strategy_placed_itself_is_kept_and_named():
    async def by_hand(desk):
        await desk.subscribe_trades()
        await (await desk.place(Buy(1))).done()
        await desk.place(Sell(1, stop="19990"))
        await desk.place(Sell(1, limit="20100"))
        await desk.place(Buy(1, limit="19980"))
        return await wait_for_the_end(desk)

    stage = Stage(by_hand)
    ended = stage.run(10)
    assert stage.working == ["2#1", "3#1"]
    assert ended.left[0] == "+1 MNQ held"
    assert len(ended.left) == 3
    assert stage.took_s < 11  # nobody guards it here


def test_what_the_strategy_raises_ends_it_and_what_it_held_is_guarded_on():
    async def fails(desk):
        await desk.subscribe_trades()
        await (await desk.bracket(Buy(2), stop=Ticks(8))).protected()
        raise RuntimeError("a mistake")

    stage = Stage(fails, FALLING)
    ended = stage.run()
    assert str(ended.error) == "a mistake"
    assert stage.told("the strategy failed: RuntimeError: a mistake")
    assert (stage.held, ended.left) == (0, [])
    assert stage.took_s > 600


@pytest.mark.parametrize("stop_s", [3, 7])
def test_a_strategy_that_does_not_stop_is_cancelled(stop_s):
    async def deaf(desk):
        await asyncio.sleep(10_000)
        return []

    stage = Stage(deaf, terms=Terms(limits=LONG, stop_s=stop_s))
    ended = stage.run(10)
    assert round(stage.took_s, 6) == 10 + stop_s + ROUND_TRIP_S  # it asks what is left
    assert ended.notes == ["the strategy did not stop by itself and was cancelled"]


def test_the_gate_refuses_what_is_beyond_a_limit():
    async def greedy(desk):
        await desk.subscribe_trades()
        try:
            await desk.place(Buy(11))
        except RefusedByUs as refusal:
            return [str(refusal)]
        return []

    stage = Stage(greedy)
    assert "net position: 11 if everything fills" in stage.run().notes[0]
    assert stage.world.desk.orders == {}


def test_what_the_account_holds_at_the_start_is_said():
    stage = Stage(wait_for_the_end, terms=Terms(limits=LONG, journal=MemoryJournal()))
    by_hand = OrderRequest(
        cl_ord_id="by-hand", instrument=MNQ, side=Side.BUY, ord_type=OrdType.MARKET, order_qty=1
    )
    stage.run(10, first=lambda: stage.world.desk.place(by_hand))
    assert stage.told("at the start: +1 MNQ held")
    assert stage.held == 1  # nobody else's position is touched


def by_hand(tag, side, qty, stop=None):
    return OrderRequest(
        cl_ord_id=tag,
        instrument=MNQ,
        side=side,
        ord_type=OrdType.MARKET if stop is None else OrdType.STOP,
        order_qty=qty,
        stop_px=None if stop is None else MNQ.decimal(stop),
    )


def test_after_the_strategy_has_failed_the_first_interrupt_closes():
    async def fails(desk):
        await desk.subscribe_trades()
        await (await desk.bracket(Buy(2), stop=Ticks(8))).protected()
        raise RuntimeError("a mistake")

    stage = Stage(fails)
    ended = stage.run(10)
    assert (str(ended.error), stage.held, ended.left) == ("a mistake", 0, [])
    assert stage.took_s < 12


def test_a_strategy_that_ends_the_program_has_failed_and_its_position_stays_guarded():
    async def leaves(desk):
        await desk.subscribe_trades()
        await (await desk.bracket(Buy(2), stop=Ticks(8))).protected()
        raise SystemExit(3)

    stage = Stage(leaves, FALLING)
    ended = stage.run()
    assert str(ended.error).startswith("the strategy called sys.exit(3)")
    assert (stage.held, ended.left) == (0, [])
    assert stage.took_s > 600  # its stop was filled then


async def swallows(desk):
    await desk.subscribe_trades()
    await (await desk.bracket(Buy(2), stop=Ticks(8))).protected()
    while True:
        try:
            await asyncio.sleep(10_000)
        except asyncio.CancelledError:
            try:
                await desk.bracket(Buy(1), stop=Ticks(8))
            except RefusedByUs:
                return []


def test_a_strategy_that_cannot_be_cancelled_stops_no_interrupt():
    stage = Stage(swallows, terms=Terms(limits=LONG, stop_s=3))
    ended = stage.run(10, 20)
    assert (stage.held, stage.working, ended.left) == (0, [], [])
    assert 20 < stage.took_s < 22


def test_what_others_left_in_what_was_traded_is_named_when_it_was_closed():
    stage = Stage(bracketed)
    hands = [by_hand("hand-1", Side.BUY, 1), by_hand("hand-2", Side.SELL, 1, stop=79_960)]
    for request in hands:
        stage.world.loop.call_later(5, stage.world.desk.place, request)
    ended = stage.run(10, 20)
    assert stage.held == 0
    assert len(ended.left) == 1
    assert "hand-2) works" in ended.left[0]


class NoMoney:
    """A broker whose question for money is never answered."""

    def __init__(self, broker):
        self._broker = broker

    def __getattr__(self, name):
        return getattr(self._broker, name)

    def account(self, **given):
        lost = asyncio.get_running_loop().create_future()
        lost.set_exception(OutcomeUnknown("no answer"))
        return lost


def test_a_start_that_fails_says_so_and_what_it_found():
    stage = Stage(wait_for_the_end)
    stage.world.broker = NoMoney(stage.world.broker)
    stage.session = stage.session_in(wait_for_the_end, Terms(limits=LONG, journal=MemoryJournal()))
    ended = stage.run(first=lambda: stage.world.desk.place(by_hand("hand-1", Side.BUY, 1)))
    assert isinstance(ended.error, OutcomeUnknown)
    assert stage.told("OutcomeUnknown: no answer")
    assert ended.left[0] == "+1 MNQ held"
    assert ended.left[-1] == "the broker did not say what is left: no answer"


def test_interrupted_before_it_has_begun_it_asks_what_is_there():
    stage = Stage(wait_for_the_end, terms=Terms(limits=LONG, journal=MemoryJournal()))
    stage.world.desk.place(by_hand("hand-1", Side.BUY, 1))
    ended = stage.run(0.001, 0.002)
    assert ended.left == ["+1 MNQ held"]
    assert stage.held == 1  # nothing was known of it, and it is left alone
