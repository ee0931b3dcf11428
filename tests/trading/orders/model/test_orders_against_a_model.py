"""The manager against a tiny truthful exchange, with every interleaving of the wire.

Requests overtake each other; answers and order events are each in order on their own leg and free
against each other. What is judged is the exchange's truth, never the manager's own view of it
(fault-model 2), and at rest that view must equal the truth.
"""

import asyncio
import os
from decimal import Decimal
from random import Random

import pytest
from books_judged import MNQ, SEEN, TRAIL, Judged
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from strolls import all_end_well, live, search

from dryfill.sim.loop.loop import VirtualLoop
from dryfill.trading.order import Buy, Sell
from dryfill.trading.orders.brackets.plan import NO_RULES, Rules
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdStatus, OrdType

LONGER = 20 if os.environ.get("DRYFILL_NIGHTLY") == "1" else 1
EXAMPLES, STROLLS = 120 * LONGER, 300 * LONGER

RULES = (
    NO_RULES,
    Rules(trail=Ticks(TRAIL)),
    Rules(break_even=Ticks(6), break_even_plus=Ticks(1), entry_timeout=2.0),
)


class Trading(Judged, RuleBasedStateMachine):
    """A trader, a manager and an exchange; one rule is one thing that happens anywhere."""

    exchange_kind = ear_kind = None

    def __init__(self):
        super().__init__()
        self.loop = VirtualLoop(0)
        self.exchange = self.exchange_kind(SEEN)
        self.ear = self.ear_kind()
        self.manager = OrderManager(self.exchange, self.ear, now_ns=lambda: 0)
        self.exchange.follow(self.manager)
        self.brackets = {}
        self.plain = []
        self.cancels = []
        self.flattens = []
        self.moves = []
        self.best = {}  # of each bracket whose stop trails: the best price told while it held

    def do(self, act):
        """Run something on the loop, and all that can run after it without time passing."""

        async def step():
            act()
            for _ in range(6):
                await asyncio.sleep(0)

        self.loop.run_until_complete(step())

    # --- the trader -------------------------------------------------------------------------------

    @rule(
        buys=st.booleans(),
        qty=st.integers(1, 4),
        rests=st.booleans(),
        parts=st.integers(1, 3),
        rules=st.sampled_from(RULES),
    )
    def bracket(self, buys, qty, rests, parts=1, rules=NO_RULES):
        if len(self.manager.view.brackets_of(MNQ)) < 2 and not self.flattening:
            spec = (Buy if buys else Sell)(qty, limit="20000" if rests else None)
            levels = [Ticks(80 + 20 * n) for n in range(min(parts, qty))]

            def act():
                made = self.manager.bracket(MNQ, spec, stop=Ticks(40), target=levels, rules=rules)
                self.brackets[made.intent] = made

            self.do(act)

    @rule(buys=st.booleans(), qty=st.integers(1, 3))
    def order(self, buys, qty):
        if len(self.plain) < 4 and not self.flattening:
            spec = (Buy if buys else Sell)(qty, limit="20000")
            self.do(lambda: self.plain.append(self.manager.place(MNQ, spec)))

    @rule(n=st.integers(0, 9), dice=st.integers(0, 2))
    def cancel(self, n, dice):
        orders = self.own_orders()
        if orders and not dice:
            order = orders[n % len(orders)]
            SEEN["cancel in flight"] += order.core.flight is not None
            coro = self.manager.cancel(order)
            self.do(lambda: self.cancels.append((order, asyncio.ensure_future(coro))))

    @rule(n=st.integers(0, 9), qty=st.integers(1, 5), ticks=st.integers(-2, 2))
    def modify(self, n, qty, ticks):
        orders = [o for o in self.own_orders() if o.core.wish.working and o.core.price is not None]
        if orders:
            order, limit = orders[n % len(orders)], MNQ.decimal(80_000 + ticks)
            self.do(lambda: self.manager.modify(order, qty=qty, limit=limit))

    @rule(dice=st.integers(0, 5))
    def flatten(self, dice):
        if dice:
            return  # so that brackets live long enough to be worth judging
        SEEN["flatten with a bracket"] += bool(self.manager.view.brackets_of(MNQ))
        coro = self.manager.flatten(MNQ)
        self.do(lambda: self.flattens.append(asyncio.ensure_future(coro)))

    @rule(ticks=st.integers(-8, 40), down=st.booleans())
    def price(self, ticks, down):
        """The market trades somewhere, and brackets with rules hear of it."""
        px = MNQ.decimal(80_000 + (-ticks if down else ticks))
        for bracket in self.manager.view.brackets_of(MNQ):
            guards = bracket.mode.value == "guarding" and bracket.facts().net > 0
            if guards and bracket.plan.rules.trail is not None:
                nearest = max if bracket.plan.side.sign > 0 else min
                self.best[bracket.intent] = nearest(px, self.best.get(bracket.intent, px))
            before = bracket._follower.px
            self.do(lambda bracket=bracket: bracket.on_price(px))
            SEEN["a rule moved a stop"] += bracket._follower.px != before

    @rule(n=st.integers(0, 9), ticks=st.integers(-8, 60), loosen=st.booleans())
    def move_leg(self, n, ticks, loosen):
        """The trader moves a stop or a target."""
        brackets = self.manager.view.brackets_of(MNQ)
        if not brackets:
            return
        bracket, level = brackets[n % len(brackets)], Ticks(ticks)
        if n % 2:
            coro = bracket.move_stop(level, loosen=loosen)
        else:
            coro = bracket.move_target(Ticks(70 + ticks), nth=1, loosen=loosen)
        self.do(lambda: self.moves.append(asyncio.ensure_future(coro)))

    @property
    def flattening(self):
        return any(not task.done() for task in self.flattens)

    def own_orders(self):
        """Orders that the trader may touch without taking a bracket's protection away."""
        entries = [bracket.entry for bracket in self.brackets.values()]
        return [order for order in (*entries, *self.plain) if order.working]

    # --- the wire and the market ------------------------------------------------------------------

    @rule(moves=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=4, max_size=24))
    def run_on(self, moves):
        for what, n in moves:
            self.move(what, n)

    @rule(dice=st.integers(0, 3), n=st.integers(0, 9))
    def deliver(self, dice, n):
        """All that is on its way arrives; an entry that still rests is filled."""
        for _ in range(60):
            if self.exchange.requests:
                self.move(0, dice)
            elif self.exchange.answers and (dice % 2 or not self.exchange.events):
                self.move(2, 0)
            elif self.exchange.events:
                self.move(3, 0)
        entries = [s for s in self.exchange.working if ".entry" in s.cl_ord_id]
        if entries and dice:
            self.do(lambda: self.exchange.fill(entries[0], 1 + n % 4, Decimal(20_000)))

    @rule(n=st.integers(0, 9), both=st.booleans())
    def leg_fills(self, n, both):
        legs = [
            s for s in self.exchange.working if s.cl_ord_id.split(".")[-1][:4] in ("stop", "targ")
        ]
        if legs:
            chosen = legs if both else [legs[n % len(legs)]]
            for leg in chosen:
                self.do(lambda leg=leg: self.exchange.fill(leg, 1 + n % 3, Decimal(20_000)))

    @rule(
        refuse=st.sampled_from([1, 2, 3]),
        kind=st.sampled_from(["stop", "exit", "modify", "cancel"]),
    )
    def refuse_such(self, refuse, kind):
        for n, (what, tag, _, _) in enumerate(self.exchange.requests):
            if what == kind or (what == "place" and f".{kind}" in tag):
                self.do(lambda n=n: self.exchange.arrive(n, refuse))
                return

    @rule(n=st.integers(0, 9), refuse=st.sampled_from([1, 2, 3]))
    def refuse(self, n, refuse):
        if self.exchange.requests:
            self.do(lambda: self.exchange.arrive(n, refuse))

    @rule(n=st.integers(0, 9))
    def venue_cancels(self, n):
        if self.exchange.working:
            working = self.exchange.working
            self.do(lambda: self.exchange.venue_cancels(working[n % len(working)]))

    @rule(n=st.integers(0, 9), dice=st.integers(0, 2))
    def venue_voids(self, n, dice):
        if not dice:
            self.do(lambda: self.exchange.venue_voids(n))

    @rule(seconds=st.sampled_from([0.25, 1.0, 3.0]))
    def wait(self, seconds):
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def move(self, what, n):
        exchange = self.exchange
        if what in (0, 1) and exchange.requests:
            self.do(lambda: exchange.arrive(n, 0))
        elif what == 2 and exchange.answers:
            self.do(exchange.answer)
        elif what in (3, 4) and exchange.events:
            self.do(exchange.hear)
        elif what == 5 and exchange.working:
            state = exchange.working[n % len(exchange.working)]
            px = MNQ.decimal(80_000 + n)
            self.do(lambda: exchange.fill(state, 1 + n % 3, px))

    # --- the end ----------------------------------------------------------------------------------

    def teardown(self):
        try:
            self.come_to_rest()
            self.judge()
            self.manager.close()
            assert self.manager.view.timers == 0
        finally:
            self.loop.close()

    def come_to_rest(self):
        """No more faults: everything arrives, market orders fill, until nothing moves any more."""
        exchange = self.exchange
        for down in (True, False):
            self.price(12, down)
        for _ in range(400):
            if exchange.requests:
                self.move(0, 0)
            elif exchange.answers:
                self.move(2, 0)
            elif exchange.events:
                self.move(3, 0)
            elif markets := [s for s in exchange.working if s.ord_type is OrdType.MARKET]:
                self.do(lambda last=markets[0]: exchange.fill(last, 99, Decimal(20_000)))
            elif self.manager.view.timers:
                self.wait(31)
            else:
                return
        raise AssertionError("it does not come to rest")


PREMISES = (
    "an event before its answer",
    "a partial fill",
    "both legs filled",
    "a cancel nobody asked for",
    "cancel came too late",
    "modify came too late",
    "modify refused",
    "cancel refused",
    "stop refused",
    "target refused",
    "exit refused",
    "cancel in flight",
    "flatten with a bracket",
    "protected at rest",
    "other hands closed of a bracket",
    "cancel: cancelled",
    "cancel: already_filled",
    "cancel: already_done",
    "several targets at rest",
    "a trailing stop at rest",
    "a rule moved a stop",
    "the market passed a moved stop",
    "a move of the trader's: NoneType",
    "a move of the trader's: Refused",
    "a move of the trader's: UsageError",
    "an entry was late",
    "a stop beside its substitute",
    "a fill of an order that was over was taken back",
    "a fill of an order at work was taken back",
)


def stroll(seed, steps):
    """One long life of the machine, drawn by a seed: denser than what a search draws."""
    rng = Random(seed)
    life = Trading()

    def n():
        return rng.randrange(10)

    def moves_and_is_refused():
        life.deliver(0, n())
        life.move_leg(n(), rng.randrange(-8, 61), rng.random() < 0.3)
        life.refuse_such(1 + n() % 2, "modify")

    def passes_its_stop():
        life.deliver(0, n())
        life.price(rng.randrange(20, 41), rng.random() < 0.5)
        life.refuse_such(3, "modify")

    acts = [
        (
            4,
            lambda: life.bracket(
                rng.random() < 0.5, 1 + n() % 4, rng.random() < 0.4, 1 + n() % 3, rng.choice(RULES)
            ),
        ),
        (4, lambda: life.price(rng.randrange(41), rng.random() < 0.5)),
        (1, lambda: life.move_leg(n(), rng.randrange(-8, 61), rng.random() < 0.5)),
        (2, moves_and_is_refused),
        (2, passes_its_stop),
        (1, lambda: life.order(rng.random() < 0.5, 1 + n() % 3)),
        (2, lambda: life.cancel(n(), 0)),
        (2, lambda: life.modify(n(), 1 + n() % 5, n() % 5 - 2)),
        (1, lambda: life.flatten(n() // 2)),
        (20, lambda: life.run_on([(rng.randrange(6), n()) for _ in range(6)])),
        (4, lambda: life.deliver(n() % 4, n())),
        (4, lambda: life.leg_fills(n(), rng.random() < 0.5)),
        (2, lambda: life.refuse(n(), 1 + n() % 3)),
        (
            4,
            lambda: life.refuse_such(1 + n() % 3, rng.choice(["stop", "target", "modify", "exit"])),
        ),
        (1, lambda: life.refuse_such(1 + n() % 2, "cancel")),
        (1, lambda: life.venue_cancels(n())),
        (1, lambda: life.venue_voids(n(), 0)),
        (3, lambda: life.wait(rng.choice([0.25, 1.0, 3.0]))),
    ]
    live(life, acts, steps, rng)


@pytest.fixture(autouse=True)
def _world(exchange_kind, ear_kind):
    Trading.exchange_kind, Trading.ear_kind = exchange_kind, ear_kind


def test_whatever_crosses_what_the_exchange_s_books_end_as_they_should():
    all_end_well(stroll, STROLLS, 60, PREMISES)


def test_no_search_finds_a_crossing_that_breaks_them():
    search(Trading, EXAMPLES, 40)


def test_a_stop_made_as_small_as_what_it_filled_ends_once_whatever_is_told_late():
    """A look said cancelled with one of one; the fill, asked for later, told of an order filled."""
    world = Trading()
    world.bracket(buys=False, parts=1, qty=4, rests=False, rules=NO_RULES)
    world.run_on(moves=[(0, 0), (3, 0), (5, 1), (3, 0), (0, 0)])
    world.run_on(moves=[(0, 0), (5, 0), (5, 0), (5, 0)])
    world.leg_fills(both=False, n=1)
    world.teardown()
    assert world.exchange.truth["1.stop#1"].ord_status is OrdStatus.CANCELED
