"""A machine of random markets and orders, checked after each step and told again in other ways.

What is asserted here is computed here: from the rows that were sent and the reports that came back.
"""

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dryfill.matching.commands import (
    AttachLegs,
    CancelOrder,
    Command,
    FreezeOrder,
    Leg,
    NewOrder,
    ReplaceOrder,
    SetMarket,
    SetStatus,
)
from dryfill.matching.reference import ReferenceEngine
from dryfill.matching.reports import Report
from dryfill.matching.rules import (
    CME,
    PROJECTX_SIM,
    BarPath,
    QueueModel,
    Rules,
    Trigger,
    UnknownSize,
    VenueProfile,
)
from dryfill.trading.words import NO_PRICE, ExecType, OrdType, Side, TimeInForce, TradingStatus

PROFILES = [
    CME,
    PROJECTX_SIM,
    VenueProfile("quoted", True, Trigger.QUOTE, True, True),
    VenueProfile("loose", False, Trigger.TRADE, False, False),
]
PRICE = st.integers(96, 104)
SIZE = st.integers(0, 8)
GAP = st.integers(0, 5)


class Market(RuleBasedStateMachine):
    """One engine, moved on with each event, and the books that the test keeps by itself."""

    tape_of = None
    retellings = ()

    @initialize(
        profile=st.sampled_from(PROFILES),
        queue=st.sampled_from(list(QueueModel)),
        unknown=st.sampled_from(list(UnknownSize)),
        path=st.sampled_from(list(BarPath)),
        spread=st.integers(1, 2),
        kinds=st.sampled_from(["ticks", "trades", "bars", "all"]),
        suspects=st.booleans(),
    )
    def open_shop(self, profile, queue, unknown, path, spread, kinds, suspects):
        self.rules = Rules(
            profile=profile,
            protection=3,
            queue=queue,
            unknown_size=unknown,
            bar_path=path,
            spread=spread,
            max_qty=9,
        )
        self.kinds = kinds
        self.suspects = frozenset(range(0, 10_000, 2)) if suspects else frozenset()
        self.engine = ReferenceEngine(self.rules, self.suspects)
        self.now, self.free_ns, self.bar_end_ns, self.last_id = 0, 0, 0, 0
        self.rows: list[tuple[int, str, tuple[int, ...]]] = []
        self.commands: list[tuple[int, Command]] = []
        self.reports: list[Report] = []
        self.last: dict[int, Report] = {}
        self.supply, self.filled, self.cash, self.position = 0, 0, 0, 0
        self.shown: dict[str, tuple[int, int]] = {}
        self.quoted = False

    @precondition(lambda self: self.kinds in ("ticks", "all"))
    @rule(
        gap=GAP,
        bid=PRICE,
        width=st.integers(-1, 4),
        sizes=st.tuples(SIZE, SIZE),
        odd=st.integers(0, 9),
    )
    def quote(self, gap, bid, width, sizes, odd):
        bid_size, ask_size = sizes
        row = [bid, bid_size, bid + width, ask_size]
        if odd == 0:
            row[:2] = [NO_PRICE, 0]
        if odd == 1:
            row[2:] = [NO_PRICE, 0]
        if odd == 2:
            row[1] = row[3] = -1
        for side, level in (("bid", tuple(row[:2])), ("ask", tuple(row[2:]))):
            before = self.shown.get(side, (None, 0))
            grown = level[1] - before[1] if before[0] == level[0] and before[1] >= 0 else level[1]
            self.supply += max(0, grown)
            self.shown[side] = level
        self.quoted = True
        self._market(gap, "quote", tuple(row))

    @precondition(lambda self: self.kinds in ("ticks", "trades", "all"))
    @rule(gap=GAP, price=PRICE, size=st.integers(-1, 8), aggressor=st.integers(0, 2))
    def trade(self, gap, price, size, aggressor):
        # Without quotes a trade is a quote on both sides, too.
        self.supply += max(0, size) * (1 if self.quoted else 2)
        self._market(gap, "trade", (price, size, aggressor))

    @rule(gap=GAP, bid=PRICE, width=st.integers(1, 4), size=st.integers(1, 8))
    def set_by_hand(self, gap, bid, width, size):
        # It may be quoted anew while a bar walks on with its own quotes: all three count.
        self.supply += 3 * size
        self.shown = {"bid": (NO_PRICE, 0), "ask": (NO_PRICE, 0)}
        self.quoted = True
        self._command(gap, SetMarket(bid, bid + width, size))

    @precondition(lambda self: self.kinds in ("bars", "all"))
    @rule(
        gap=GAP,
        corners=st.tuples(PRICE, PRICE, PRICE, PRICE),
        volume=st.integers(0, 30),
        span_ns=st.integers(1, 40),
        width=st.integers(0, 2),
        has=st.sampled_from(["both", "trades", "quotes", "bids"]),
        size=st.integers(-1, 9),
    )
    def bar(self, gap, corners, volume, span_ns, width, has, size):
        first, last = corners[0], corners[3]
        trades = (first, max(corners), min(corners), last)
        none = (NO_PRICE,) * 4
        bids = tuple(p - 1 for p in trades)
        asks = tuple(p + width for p in bids)
        gap = max(gap, self.bar_end_ns - self.now)
        traded, quoted = has in ("both", "trades"), has != "trades"
        steps = 3 * (max(corners) - min(corners)) + 1
        # What is shown may be taken besides what trades bring (docs/decisions/0003).
        shown = 2 * max(0, size) * steps if quoted else 0
        self.supply += shown + (volume if traded else 0)
        if quoted:
            self.shown = {
                "bid": (bids[3], size),
                "ask": (asks[3], size) if has != "bids" else (NO_PRICE, 0),
            }
            self.quoted = True
        row = (
            span_ns,
            *(trades if traded else none),
            volume if traded else 0,
            *(bids if quoted else none),
            size if quoted else 0,
            *(asks if quoted and has != "bids" else none),
            size if quoted and has != "bids" else 0,
        )
        self.bar_end_ns = max(self.now + gap, self.free_ns) + span_ns
        self._market(gap, "bar", row)

    @rule(
        gap=GAP,
        side=st.sampled_from(list(Side)),
        kind=st.sampled_from(list(OrdType)),
        qty=st.integers(1, 9),
        price=PRICE,
        stop_px=PRICE,
        trail=st.integers(1, 4),
        tif=st.sampled_from(list(TimeInForce)),
        first_trigger=st.booleans(),
    )
    def order(self, gap, side, kind, qty, price, stop_px, trail, tif, first_trigger):
        self.last_id += 1
        limited = kind in (OrdType.LIMIT, OrdType.STOP_LIMIT)
        trailing = kind is OrdType.TRAILING_STOP
        stopped = kind in (OrdType.STOP, OrdType.STOP_LIMIT) or (trailing and first_trigger)
        self._command(
            gap,
            NewOrder(
                order_id=self.last_id,
                side=side,
                ord_type=kind,
                order_qty=qty,
                price=price if limited else None,
                stop_px=stop_px if stopped else None,
                trail=trail if trailing else None,
                tif=tif,
            ),
        )

    @rule(gap=GAP, side=st.sampled_from(list(Side)), qty=st.integers(1, 9), price=PRICE)
    def limit_order(self, gap, side, qty, price):
        self.last_id += 1
        self._command(gap, NewOrder(self.last_id, side, OrdType.LIMIT, qty, price=price))

    @rule(
        gap=GAP,
        side=st.sampled_from(list(Side)),
        qty=st.integers(1, 9),
        price=PRICE,
        distances=st.tuples(st.integers(1, 3), st.integers(1, 3)),
        trail=st.none() | st.integers(1, 4),
        each_fill=st.booleans(),
        shrinks=st.booleans(),
    )
    def entry_with_legs(self, gap, side, qty, price, distances, trail, each_fill, shrinks):
        """A limit that waits for its price or takes, and what hangs on it from then on."""
        self.limit_order(gap, side, qty, price)
        entry_id, before = self.last_id, self.last[self.last_id]
        self.last_id += 2
        kind = OrdType.STOP if trail is None else OrdType.TRAILING_STOP
        legs = (
            Leg(entry_id + 1, kind, -distances[0] * side.sign, trail),
            Leg(entry_id + 2, OrdType.LIMIT, distances[1] * side.sign),
        )
        fills = [r for r in self.reports if r.order_id == entry_id]
        self._command(
            0,
            AttachLegs(
                entry_id,
                side.opposite,
                qty,
                legs,
                cum_qty=before.cum_qty,
                worth=sum(r.last_qty * r.last_px for r in fills),
                each_fill=each_fill,
                shrinks=shrinks,
            ),
        )

    @rule(gap=GAP, pick=st.integers(0, 9))
    def cancel(self, gap, pick):
        self._command(gap, CancelOrder(self._some_id(pick)))

    @rule(
        gap=GAP,
        pick=st.integers(0, 9),
        qty=st.none() | st.integers(0, 9),
        price=st.none() | PRICE,
        stop_px=st.none() | PRICE,
        trail=st.none() | st.integers(1, 4),
    )
    def replace(self, gap, pick, qty, price, stop_px, trail):
        self._command(gap, ReplaceOrder(self._some_id(pick), qty, price, stop_px, trail))

    @rule(gap=GAP, pick=st.integers(0, 9), frozen=st.booleans())
    def freeze(self, gap, pick, frozen):
        self._command(gap, FreezeOrder(self._some_id(pick), frozen))

    @rule(gap=GAP, status=st.sampled_from([*TradingStatus] + [TradingStatus.OPEN] * 5))
    def session(self, gap, status):
        # At one nanosecond the session comes first: here nothing may have gone before it.
        self.free_ns = max(self.free_ns, self.now + 1)
        self._command(gap, SetStatus(status))

    @rule(gap=st.integers(0, 60))
    def wait(self, gap):
        self._advance(max(self.now + gap, self.free_ns))

    def _some_id(self, pick):
        """A working order's id mostly; else one that is done or was never there."""
        working = [i for i, r in self.last.items() if not r.ord_status.terminal]
        return working[pick % len(working)] if working and pick < 8 else self.last_id + 8 - pick

    def _market(self, gap, kind, values):
        at = max(self.now + gap, self.free_ns)
        self.engine.extend(self.tape_of([(at, kind, values)], len(self.rows)))
        self.rows.append((at, kind, values))
        self._advance(at)

    def _command(self, gap, command):
        at = max(self.now + gap, self.free_ns)
        self.engine.submit(at, command)
        self.commands.append((at, command))
        self._advance(at)
        # A row of this nanosecond would have come before the command, had it been there.
        self.free_ns = at + 1 if not isinstance(command, SetStatus) else at

    def _advance(self, to_ns):
        self.now = to_ns
        hung = [c for _, c in self.commands if isinstance(c, AttachLegs)]
        linked = {i for c in hung for i in (c.entry_id, *(leg.order_id for leg in c.legs))}
        for report in self.engine.advance(to_ns):
            self._believe(report)
            if report.order_id in linked:  # links have acted: rows of this nanosecond are over
                self.free_ns = max(self.free_ns, to_ns + 1)

    def _believe(self, report):
        """What must be true of any report, from what was reported before."""
        self.reports.append(report)
        assert report.seq == len(self.reports)
        before = self.last.get(report.order_id)
        if report.exec_type in (ExecType.CANCEL_REJECTED, ExecType.REPLACE_REJECTED):
            if before is not None:
                assert report.ord_status is before.ord_status
                assert report.cum_qty == before.cum_qty
            return
        assert before is None or not before.ord_status.terminal, "a report after the end"
        cum_before = before.cum_qty if before else 0
        assert report.cum_qty == cum_before + report.last_qty
        ends = report.ord_status.terminal
        assert report.leaves_qty == (0 if ends else report.order_qty - report.cum_qty)
        if report.exec_type is ExecType.TRADE:
            side = self._sides()[report.order_id]
            self.position += side.sign * report.last_qty
            self.cash -= side.sign * report.last_qty * report.last_px
            if report.price is not None:
                assert (report.price - report.last_px) * side.sign >= 0, "worse than its limit"
            if not report.unknown_size:
                self.filled += report.last_qty
        self.last[report.order_id] = report

    def _sides(self):
        """Which way each order goes, by its id."""
        sides = {c.order_id: c.side for _, c in self.commands if isinstance(c, NewOrder)}
        hung = [c for _, c in self.commands if isinstance(c, AttachLegs)]
        return sides | {leg.order_id: c.side for c in hung for leg in c.legs}

    @invariant()
    def the_book_holds(self):
        if not hasattr(self, "engine"):
            return
        self.engine.check()
        assert self.filled <= self.supply, "more was filled than was shown or traded"
        fills = [r for r in self.reports if r.exec_type is ExecType.TRADE]
        sign = {order_id: side.sign for order_id, side in self._sides().items()}
        assert self.cash == -sum(sign[r.order_id] * r.last_qty * r.last_px for r in fills)
        assert self.position == sum(sign[i] * r.cum_qty for i, r in self.last.items())
        book = self.engine.book()
        working = {o.order_id: o for o in (*book.orders, *book.stops, *book.frozen)}
        told = {i: r for i, r in self.last.items() if not r.ord_status.terminal}
        suspended = [leg.order_id for leg in book.legs if leg.suspended]
        assert sorted([*working, *suspended]) == sorted(told)
        for order_id, order in working.items():
            assert (order.order_qty, order.cum_qty, order.price) == (
                told[order_id].order_qty,
                told[order_id].cum_qty,
                told[order_id].price,
            )

    def teardown(self):
        if not hasattr(self, "engine"):
            return
        end = self.now + 100
        self._advance(end)
        self.engine.check()
        for retell in self.retellings:
            engine = ReferenceEngine(self.rules, self.suspects)
            engine.extend(self.tape_of(self.rows))
            for at, command in self.commands:
                engine.submit(at, command)
            assert retell(engine, end) == self.reports, retell.__name__
            assert engine.book() == self.engine.book(), retell.__name__
            assert engine.ambiguous_bars == self.engine.ambiguous_bars, retell.__name__
            assert engine.suspect_bars_walked == self.engine.suspect_bars_walked
            engine.check()


def test_a_random_market_keeps_every_invariant_however_it_is_told(tape_of, retellings):
    Market.tape_of = staticmethod(tape_of)
    Market.retellings = retellings
    run_state_machine_as_test(
        Market,
        settings=settings(
            # No shrinking: it can take minutes, and a step's story is short as it is.
            phases=[Phase.generate],
            report_multiple_bugs=False,
            derandomize=True,
            max_examples=150,
            stateful_step_count=50,
            deadline=None,
            database=None,
        ),
    )
