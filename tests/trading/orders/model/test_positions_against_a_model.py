"""Guards and closes against a tiny truthful exchange, with every interleaving of the wire.

A trader places orders, guards and closes what is held; another hand trades on the account; requests
overtake each other, any order is filled at any time. At rest the exchange's books are judged:
what is guarded is guarded by exactly what is held, nothing works that could turn a position over,
and whoever closed too much gave it back.
"""

import asyncio
import os
from decimal import Decimal
from random import Random

import pytest
from books_judged import MNQ, SEEN
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from msgspec import structs
from strolls import all_end_well, live, search

from dryfill.sim.loop.loop import VirtualLoop
from dryfill.trading.errors import RefusedByUs, UsageError
from dryfill.trading.order import Buy, ExecutionReport, OrderState, Sell
from dryfill.trading.orders import tags
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.price import Ticks
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Side

LONGER = 20 if os.environ.get("DRYFILL_NIGHTLY") == "1" else 1
EXAMPLES, STROLLS = 25 * LONGER, 120 * LONGER
PX = Decimal(20_000)
PREMISES = (
    "guarded at rest",
    "a target beside a close",
    "a guard that was changed",
    "a hand turned it over",
    "an excess was given back",
    "a close: closed",
    "a close: gone",
    "a close: cancelled",
    "a close beside another",
    "an exit that nobody crossed",
    "cancel-all",
)


class Positions(RuleBasedStateMachine):
    """One trader, one hand, one exchange; one rule is one thing that happens anywhere."""

    exchange_kind = ear_kind = None

    def __init__(self):
        super().__init__()
        kind = type(
            "Exchange",
            (self.exchange_kind,),
            {"is_bracket": lambda self, intent: True, "net": lambda self, intent: 0},
        )
        self.loop = VirtualLoop(0)
        self.exchange = kind(SEEN)
        self.ear = self.ear_kind()
        self.manager = OrderManager(self.exchange, self.ear, now_ns=lambda: 0)
        self.exchange.follow(self.manager)
        self.plain, self.closes, self.cancels, self.waits = [], [], [], []
        self.hands = 0
        self.others_filled = self.rested_at = 0

    def do(self, act):
        async def step():
            try:
                act()
            except (RefusedByUs, UsageError):
                SEEN["refused"] += 1
            for _ in range(6):
                await asyncio.sleep(0)

        self.loop.run_until_complete(step())

    # --- the trader and the other hand ------------------------------------------------------------

    @rule(buys=st.booleans(), qty=st.integers(1, 4), rests=st.booleans())
    def order(self, buys, qty, rests):
        spec = (Buy if buys else Sell)(qty, limit="20000" if rests else None)
        self.do(lambda: self.plain.append(self.manager.place(MNQ, spec)))

    @rule(below=st.integers(0, 60), above=st.integers(0, 90), qty=st.sampled_from([None, None, 2]))
    def guard(self, below, above, qty):
        levels = {
            name: Ticks(20 + ticks)
            for name, ticks in (("stop", below), ("target", above))
            if ticks % 3
        }
        if levels:

            def act():
                known = self.manager._positions.guard_of(MNQ)
                guard = self.manager.protect(MNQ, qty=qty, **levels)
                SEEN["a guard that was changed"] += guard is known
                self.waits.append(asyncio.ensure_future(guard.protected()))

            self.do(act)

    @rule(dice=st.integers(0, 2))
    def unguard(self, dice):
        if not dice:
            self.do(lambda: self.manager.unprotect(MNQ))

    @rule(part=st.integers(0, 3), rests=st.booleans())
    def close(self, part, rests):
        held = abs(self.manager.view.held(MNQ))
        qty = None if part == 0 else min(part, held)
        if held:
            limit = "20005" if rests else None
            SEEN["a close beside another"] += any(c.result is None for c in self.closes)
            act = self.manager.close_position
            self.do(lambda: self.closes.append(act(MNQ, qty, limit=limit)))

    @rule(keep=st.booleans(), dice=st.integers(0, 3))
    def cancel_all(self, keep, dice):
        if not dice:

            def act():
                cancels = self.manager.cancel_all(keep_protection=keep)
                self.cancels.append(asyncio.ensure_future(cancels.finished()))

            self.do(act)

    @rule(n=st.integers(0, 9))
    def cancel(self, n):
        working = self.manager.view.orders_of(MNQ)
        if working:
            self.do(lambda: self.manager.start_cancel(working[n % len(working)]))

    @rule(buys=st.booleans(), qty=st.integers(1, 4))
    def hand(self, buys, qty):
        """Somebody else trades on the account, and the stream tells of it."""
        self.hands += 1
        self.others_filled += 1
        side = Side.BUY if buys else Side.SELL
        before = self.exchange.position
        self.exchange.position += side.sign * qty
        SEEN["a hand turned it over"] += before * self.exchange.position < 0
        state = OrderState(
            instrument=MNQ,
            order_id=f"hand-{self.hands}",
            cl_ord_id="",
            side=side,
            ord_type=OrdType.MARKET,
            ord_status=OrdStatus.FILLED,
            order_qty=qty,
            cum_qty=qty,
            leaves_qty=0,
            price=None,
            stop_px=None,
            avg_px=PX,
            time_ns=0,
        )
        fill = {"last_qty": qty, "last_px": PX, "exec_id": f"hand-{self.hands}"}
        report = ExecutionReport(exec_type=ExecType.TRADE, order=structs.replace(state), **fill)
        self.exchange.events.append(report)

    # --- the wire and the market ------------------------------------------------------------------

    @rule(moves=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=4, max_size=24))
    def run_on(self, moves):
        for what, n in moves:
            self.move(what, n)

    @rule()
    def deliver(self):
        for _ in range(60):
            exchange = self.exchange
            self.move(0 if exchange.requests else 2 if exchange.answers else 3, 0)
        self.fill_markets()

    @rule(n=st.integers(0, 9), every=st.booleans())
    def closers_fill(self, n, every):
        """The market trades with one protective order, or with all at once."""
        closers = [s for s in self.exchange.working if tags.parse(s.cl_ord_id).role]
        for state in closers if every else closers[n % max(len(closers), 1) :][:1]:
            self.do(lambda state=state: self.fill(state, 1 + n % 4))

    @rule(n=st.integers(0, 9), refuse=st.sampled_from([1, 2, 3]))
    def refuse(self, n, refuse):
        if self.exchange.requests:
            self.do(lambda: self.exchange.arrive(n, refuse))

    @rule(n=st.integers(0, 9))
    def venue_cancels(self, n):
        working = self.exchange.working
        if working:
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
            self.do(lambda: self.fill(state, 1 + n % 3))

    def fill(self, state, qty):
        role, before = tags.parse(state.cl_ord_id).role, self.exchange.position
        self.others_filled += not role
        self.exchange.fill(state, qty, PX)
        if role == "exit" and not self.others_filled:
            # RS-32: nobody else traded since all was at rest, and what protects was out before.
            SEEN["an exit that nobody crossed"] += 1
            after = self.exchange.position
            assert before * after >= 0, f"{state.cl_ord_id} turned {before} to {after}"

    def fill_markets(self):
        for state in [s for s in self.exchange.working if s.ord_type is OrdType.MARKET]:
            self.do(lambda state=state: self.fill(state, 99))

    # --- at rest ----------------------------------------------------------------------------------

    @rule()
    def rest(self):
        """No more faults: everything arrives, market orders fill, until nothing moves any more."""
        exchange = self.exchange
        for _ in range(400):
            if exchange.requests:
                self.move(0, 0)
            elif exchange.answers:
                self.move(2, 0)
            elif exchange.events:
                self.move(3, 0)
            elif any(s.ord_type is OrdType.MARKET for s in exchange.working):
                self.fill_markets()
            elif self.manager.view.timers:
                self.wait(31)
            else:
                self.judge()
                return
        raise AssertionError("it does not come to rest")

    def judge(self):
        exchange, manager = self.exchange, self.manager
        held = exchange.position
        assert manager.view.held(MNQ) == held
        view = {o.cl_ord_id: (o.cum_qty, o.order_qty) for o in manager.view.orders_of(MNQ)}
        assert view == {s.cl_ord_id: (s.cum_qty, s.order_qty) for s in exchange.working}  # INV-07
        open_qty = {"stop": 0, "target": 0, "close": 0}
        for state in exchange.working:
            duty = tags.parse(state.cl_ord_id).duty
            if duty:
                assert state.side.sign * held < 0, f"{state.cl_ord_id} would open"  # INV-03
                open_qty[duty] += state.leaves_qty
        assert open_qty["stop"] <= abs(held)  # INV-02
        assert open_qty["target"] + open_qty["close"] <= abs(held)
        SEEN["a target beside a close"] += bool(open_qty["target"] and open_qty["close"])
        guard = manager._positions.guard_of(MNQ)
        if guard is not None and guard.spec.stop is not None:
            SEEN["guarded at rest"] += 1
            assert open_qty["stop"] == (abs(guard.position) if guard.spec.qty else abs(held))
            assert open_qty["stop"] <= (guard.spec.qty or abs(held))
        assert not [owner for owner in manager._owners.all() if owner.bare]
        for close in self.closes:
            if close.limit is None:
                assert close.result is not None, f"{close!r} still waits"
            if close.result is not None:
                SEEN[f"a close: {close.result.state}"] += 1
                assert close.result.closed <= close.asked
        self.closes = [close for close in self.closes if close.result is None]
        SEEN["cancel-all"] += sum(task.result().ok for task in self.cancels)
        self.cancels.clear()
        assert all(task.done() for task in self.waits), "protected() still waits"
        self.waits.clear()
        if not self.others_filled:  # INV-04, INV-22: what is ours only makes it smaller
            assert self.rested_at * held >= 0, f"turned from {self.rested_at} to {held}"
            assert abs(held) <= abs(self.rested_at)
        self.others_filled, self.rested_at = 0, held

    def teardown(self):
        try:
            self.rest()
            kinds = [incident.kind for incident in self.manager.view.incidents]
            SEEN["an excess was given back"] += kinds.count("overfill")
            self.manager.close()
            assert self.manager.view.timers == 0
        finally:
            self.loop.close()


def stroll(seed, steps):
    """One long life, drawn by a seed: denser than what a search draws."""
    rng = Random(seed)
    life = Positions()

    def n():
        return rng.randrange(10)

    acts = [
        (4, lambda: life.order(rng.random() < 0.6, 1 + n() % 4, rng.random() < 0.2)),
        (5, lambda: life.guard(rng.randrange(60), rng.randrange(90), rng.choice([None, None, 2]))),
        (1, lambda: life.unguard(n() % 3)),
        (3, lambda: life.close(n() % 4, rng.random() < 0.5)),
        (1, lambda: life.cancel_all(rng.random() < 0.5, n() % 2)),
        (1, lambda: life.cancel(n())),
        (2, lambda: life.hand(rng.random() < 0.5, 1 + n() % 4)),
        (14, lambda: life.run_on([(rng.randrange(6), n()) for _ in range(6)])),
        (4, life.deliver),
        (3, lambda: life.closers_fill(n(), rng.random() < 0.5)),
        (2, lambda: life.refuse(n(), 1 + n() % 3)),
        (1, lambda: life.venue_cancels(n())),
        (2, lambda: life.wait(rng.choice([0.25, 1.0, 3.0]))),
        (2, life.rest),
    ]
    live(life, acts, steps, rng)


@pytest.fixture(autouse=True)
def _world(exchange_kind, ear_kind):
    Positions.exchange_kind, Positions.ear_kind = exchange_kind, ear_kind


def test_whatever_crosses_what_positions_end_guarded_and_never_turned():
    all_end_well(stroll, STROLLS, 50, PREMISES)


def test_no_search_finds_a_crossing_that_breaks_them():
    search(Positions, EXAMPLES, 30)
