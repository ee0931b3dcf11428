"""Groups against a tiny truthful exchange, with every interleaving of the wire.

As test_orders_against_a_model.py: what is judged is the exchange's truth at rest.
"""

import asyncio
import os
from decimal import Decimal
from random import Random

import pytest
from books_judged import MNQ, SEEN, Judged
from groups_judged import judge_group
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from strolls import all_end_well, live, search

from dryfill.sim.loop.loop import VirtualLoop
from dryfill.trading.order import Buy, Sell
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.words import ContingencyType, OrdType

LONGER = 20 if os.environ.get("DRYFILL_NIGHTLY") == "1" else 1
EXAMPLES, STROLLS = 80 * LONGER, 250 * LONGER

KINDS = ("sells", "cancels", "three", "straddle", "proportion", "oto", "adds", "flips", "link")


def specs_of(kind, n):
    """The orders of a kind, for `n` contracts."""
    if kind == "straddle":
        return [Buy(n, stop="20010"), Sell(n + 1, stop="19990")]
    if kind == "proportion":
        return [Sell(n, limit="20010"), Sell(2 * n + 1, stop="19990")]
    pair = [Sell(n, limit="20010"), Sell(n, stop="19990")]
    return [*pair, Sell(n, limit="20020")] if kind == "three" else pair


class Linking(Judged, RuleBasedStateMachine):
    """A trader with groups, a manager and an exchange; one rule is one thing that happens."""

    exchange_kind = ear_kind = None

    def __init__(self):
        super().__init__()
        self.loop = VirtualLoop(0)
        self.exchange = self.exchange_kind(SEEN)
        self.ear = self.ear_kind()
        self.manager = OrderManager(self.exchange, self.ear, now_ns=lambda: 0)
        self.exchange.follow(self.manager)
        self.brackets, self.groups = {}, {}
        self.plain, self.cancels, self.flattens, self.moves = [], [], [], []

    def do(self, act):
        async def step():
            act()
            for _ in range(6):
                await asyncio.sleep(0)

        self.loop.run_until_complete(step())

    # --- the trader -------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(KINDS), n=st.integers(1, 4), keep=st.booleans())
    def group(self, kind, n, keep):
        if len(self.working_groups()) < 2 and not self.flattening:
            self.do(lambda: self.begin(kind, n, "keep" if keep else "cancel"))

    def begin(self, kind, n, if_refused):
        manager, specs = self.manager, specs_of(kind, n)
        if kind == "link":
            orders = [manager.place(MNQ, spec) for spec in specs]
            group = manager.link(orders)
        elif kind == "oto":
            group = manager.oto(MNQ, Buy(n, limit="20000"), specs)
        elif kind == "adds":
            group = manager.oto(MNQ, Buy(n, limit="20000"), Buy(n, limit="19990"))
        elif kind == "flips":
            group = manager.oto(MNQ, Buy(n, limit="20000"), specs_of("straddle", n))
        else:
            how = {"cancels": ContingencyType.OCO, "proportion": ContingencyType.OUO_PROPORTIONAL}
            group = manager.oco(MNQ, specs, contingency=how.get(kind), if_refused=if_refused)
        self.groups[group.intent] = self.exchange.groups[group.intent] = group

    @rule(n=st.integers(0, 9))
    def end(self, n):
        if working := self.working_groups():
            self.do(lambda: working[n % len(working)].cancel())

    @rule(n=st.integers(0, 9))
    def cancel(self, n):
        if orders := self.own_orders():
            order = orders[n % len(orders)]
            SEEN["a member cancelled by the trader"] += 1
            coro = self.manager.cancel(order)
            self.do(lambda: self.cancels.append((order, asyncio.ensure_future(coro))))

    @rule(n=st.integers(0, 9), ticks=st.integers(-4, 4))
    def move_price(self, n, ticks):
        orders = [o for o in self.own_orders() if o.core.wish.working and o.core.price is not None]
        if orders:
            order = orders[n % len(orders)]
            limit = order.core.price + ticks * MNQ.tick
            self.do(lambda: self.manager.modify(order, limit=limit))

    @rule(dice=st.integers(0, 5))
    def flatten(self, dice):
        if not dice:
            coro = self.manager.flatten(MNQ)
            self.do(lambda: self.flattens.append(asyncio.ensure_future(coro)))

    @property
    def flattening(self):
        return any(not task.done() for task in self.flattens)

    def working_groups(self):
        return [group for group in self.groups.values() if not group.finished]

    def own_orders(self):
        orders = [order for group in self.groups.values() for order in group.orders()]
        return [o for o in orders if o.working and not o.cl_ord_id.split("#")[0].endswith("exit")]

    # --- the wire and the market ------------------------------------------------------------------

    @rule(moves=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=4, max_size=24))
    def run_on(self, moves):
        for what, n in moves:
            self.move(what, n)

    @rule(dice=st.integers(0, 3))
    def deliver(self, dice):
        """All that is on its way arrives."""
        for _ in range(60):
            if self.exchange.requests:
                self.move(0, dice)
            elif self.exchange.answers and (dice % 2 or not self.exchange.events):
                self.move(2, 0)
            elif self.exchange.events:
                self.move(3, 0)

    @rule(n=st.integers(0, 9), every=st.booleans())
    def fills(self, n, every):
        """One order is filled, or all in one instant, and the client does not know yet."""
        working = self.exchange.working
        chosen = working if every else working[n % len(working) :][:1] if working else []
        for state in chosen:
            self.do(lambda state=state: self.exchange.fill(state, 1 + n % 3, Decimal(20_000)))

    @rule(
        refuse=st.sampled_from([1, 2]),
        kind=st.sampled_from(["modify", "cancel", ".leg", ".oco", ".exit"]),
    )
    def refuse_such(self, refuse, kind):
        for n, (what, tag, _, _) in enumerate(self.exchange.requests):
            if what == kind or (what == "place" and kind in tag):
                SEEN[f"{kind} refused"] += 1
                self.do(lambda n=n: self.exchange.arrive(n, refuse))
                return

    @rule(n=st.integers(0, 9))
    def venue_cancels(self, n):
        if working := self.exchange.working:
            self.do(lambda: self.exchange.venue_cancels(working[n % len(working)]))

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
            self.do(lambda: exchange.fill(state, 1 + n % 3, MNQ.decimal(80_000 + n)))

    # --- the end ----------------------------------------------------------------------------------

    def teardown(self):
        try:
            self.come_to_rest()
            self.judge()
            for group in self.groups.values():
                judge_group(group, self.exchange.truth, self.manager.view.incidents)
            self.judge_taken_away()
            unfinished = {g.intent for g in self.groups.values() if not g.finished}
            assert {owner.intent for owner in self.manager._owners.all()} == unfinished
            self.manager.close()
            assert self.manager.view.timers == 0
        finally:
            self.loop.close()

    def judge_taken_away(self):
        """What the trader took away was not sent again."""
        for order, _ in self.cancels:
            name, _, attempt = order.cl_ord_id.rpartition("#")
            later = f"{name}#{int(attempt) + 1}"
            assert later not in self.exchange.truth, f"{later}, and {order!r} was taken away"

    def come_to_rest(self):
        """No more faults: everything arrives, market orders fill, until nothing moves any more."""
        exchange = self.exchange
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
    "a cancel nobody asked for",
    "cancel came too late",
    "modify came too late",
    "modify refused",
    "cancel refused",
    ".leg refused",
    ".oco refused",
    ".exit refused",
    "asked for everything",
    "a group over-filled",
    "a group filled on two sides",
    "a group released",
    "a group waiting",
    "a group working",
    "a group done",
    "a member open at rest",
    "a member cancelled by the trader",
)


def stroll(seed, steps):
    """One long life of the machine, drawn by a seed: denser than what a search draws."""
    rng = Random(seed)
    life = Linking()

    def n():
        return rng.randrange(10)

    acts = [
        (5, lambda: life.group(rng.choice((*KINDS, "oto")), 1 + n() % 4, rng.random() < 0.5)),
        (1, lambda: life.end(n())),
        (1, lambda: life.cancel(n())),
        (2, lambda: life.move_price(n(), n() - 4)),
        (1, lambda: life.flatten(n() // 2)),
        (16, lambda: life.run_on([(rng.randrange(6), n()) for _ in range(6)])),
        (5, lambda: life.deliver(n() % 4)),
        (4, lambda: life.fills(n(), rng.random() < 0.4)),
        (4, lambda: life.refuse_such(1 + n() % 2, rng.choice(["modify", ".leg", ".oco", ".exit"]))),
        (2, lambda: life.refuse_such(1 + n() % 2, rng.choice([".leg", "cancel"]))),
        (5, lambda: life.refuse_such(1 + n() % 2, ".exit")),
        (1, lambda: life.venue_cancels(n())),
        (3, lambda: life.wait(rng.choice([0.25, 1.0, 3.0]))),
    ]
    live(life, acts, steps, rng)


@pytest.fixture(autouse=True)
def _world(exchange_kind, ear_kind):
    Linking.exchange_kind, Linking.ear_kind = exchange_kind, ear_kind


def test_whatever_crosses_groups_end_as_the_exchange_s_books_say_they_should():
    all_end_well(stroll, STROLLS, 50, PREMISES)


def test_no_search_finds_a_crossing_that_breaks_a_group():
    search(Linking, EXAMPLES, 40)


def test_a_group_whose_cancels_were_refused_rests_while_a_flatten_asks_what_is_held():
    """Each order that the flatten took away was sent once more, and taken away, without an end."""
    world = Linking()
    world.group(keep=False, kind="sells", n=1)
    world.flatten(dice=0)
    world.wait(seconds=3.0)
    world.refuse_such(kind=".oco", refuse=1)
    world.run_on(moves=[*[(0, 0)] * 5, (0, 9), (3, 0), (3, 0), (0, 7), (4, 0)])
    world.group(keep=True, kind="sells", n=3)
    world.flatten(dice=0)
    world.teardown()
