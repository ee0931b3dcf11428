"""Position limits count the worst: whatever works may fill, in any order."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfill.trading import instruments
from dryfill.trading.calendar import AlwaysOpen
from dryfill.trading.errors import RefusedByUs
from dryfill.trading.order import OrderRequest
from dryfill.trading.orders.agreement import Wish
from dryfill.trading.orders.handle import Order
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.risk.exposure import GateState, OrderView, Role, working_views
from dryfill.trading.orders.risk.gate import RiskGate
from dryfill.trading.orders.risk.limits import RiskLimits
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdType, Side

ES, NQ, MES = (instruments.find(root) for root in ("ES", "NQ", "MES"))
MICROS = {"MES": Decimal("0.1")}


def view(side, qty, instrument=ES, **fields):
    return OrderView(instrument=instrument, side=side, qty=qty, **fields)


def buy(qty, instrument=ES, **fields):
    return view(Side.BUY, qty, instrument, **fields)


def sell(qty, instrument=ES, **fields):
    return view(Side.SELL, qty, instrument, **fields)


def allowed(limits, order, positions=(), working=()):
    state = GateState(now_ns=0, steady_ns=0, positions=tuple(positions), working=tuple(working))
    try:
        RiskGate(RiskLimits(**limits), calendar=AlwaysOpen()).check(order, state)
    except RefusedByUs:
        return False
    return True


@pytest.mark.parametrize("rule", ["net_position", "gross_position"])
@pytest.mark.parametrize(
    ("held", "working", "order", "passes"),
    [
        (0, (), buy(4), True),
        (0, (), buy(5), True),
        (0, (), buy(6), False),
        (0, (), sell(5), True),
        (0, (), sell(6), False),
        (3, (), buy(2), True),
        (3, (), buy(3), False),
        (3, (buy(1),), buy(1), True),
        (3, (buy(1),), buy(2), False),
        (3, (sell(3),), buy(3), False),  # the sell may not fill
        (3, (), sell(8), True),  # reversing to 5 short
        (3, (), sell(9), False),
        (-3, (sell(1),), sell(2), False),
        (0, (buy(5),), sell(5), True),  # either, or both
        (0, (buy(3, group="oco"),), buy(5, group="oco"), True),  # one of the two
        (0, (buy(3, group="oco"),), buy(5, group="other"), False),
        (0, (buy(5, group="oco"), buy(1, group="oco")), buy(1), False),  # the larger of the two
        (3, (sell(3, role=Role.PROTECT, group="7"),), sell(3), True),  # to 3 short at worst
        (  # a close at a limit makes what protects smaller, and is made smaller by it
            3,
            (sell(3, role=Role.PROTECT, group="7"), sell(2, role=Role.CLOSE, group="8")),
            sell(3),
            True,
        ),
        (8, (), buy(1), False),  # beyond already, and worse
        (8, (), sell(2), True),
        (8, (sell(8, role=Role.PROTECT, group="7"),), sell(8), True),  # no worse than it is
        (8, (), sell(13), True),
        (8, (), sell(14), False),
        (-3, (buy(8),), sell(3), False),  # beyond on the other side is no excuse on this one
        (-3, (buy(9),), sell(2), True),
    ],
)
def test_a_position_may_become_as_large_as_its_limit(rule, held, working, order, passes):
    assert allowed({rule: 5}, order, [(ES, held)], working) is passes


@pytest.mark.parametrize(("qty", "passes"), [(2, True), (3, True), (4, False)])
def test_gross_position_adds_up_all_instruments_whatever_their_side(qty, passes):
    limits = {"gross_position": 5}
    assert allowed(limits, sell(qty, NQ), [(ES, 2)]) is passes
    assert allowed(limits, sell(qty, NQ), [], [buy(2)]) is passes


def test_net_position_is_of_each_instrument_alone():
    assert allowed({"net_position": 5}, buy(5, NQ), [(ES, 5)])
    assert not allowed({"net_position": 5}, buy(6, NQ), [(ES, 8)])  # beyond in both
    assert allowed({"net_position": 5}, buy(5, NQ), [(ES, 8)])


@pytest.mark.parametrize("rule", ["net_position", "gross_position"])
@pytest.mark.parametrize(("qty", "passes"), [(49, True), (50, True), (51, False)])
def test_ten_micros_count_as_one_mini_where_asked(rule, qty, passes):
    assert allowed({rule: 5, "weights": MICROS}, buy(qty, MES)) is passes
    assert not allowed({rule: 5}, buy(qty, MES))


def test_weights_add_up_exactly_with_whole_contracts():
    limits = {"gross_position": 5, "weights": MICROS}
    assert allowed(limits, buy(1, MES), [(ES, 4), (MES, 9)])
    assert not allowed(limits, buy(2, MES), [(ES, 4), (MES, 9)])
    assert allowed({"gross_position": Decimal("0.3"), "weights": MICROS}, buy(3, MES))


def test_a_symbols_own_weight_goes_before_its_roots():
    march = instruments.find("MESH24")
    weights = {"MES": Decimal("0.1"), "MESH4": Decimal("0.2")}
    assert allowed({"net_position": 1, "weights": weights}, buy(5, march))
    assert not allowed({"net_position": 1, "weights": weights}, buy(6, march))


def test_the_refusal_says_how_far_it_could_go():
    state = GateState(now_ns=0, steady_ns=0, positions=((ES, 3),), working=(buy(1), sell(2)))
    gate = RiskGate(RiskLimits(net_position=5), calendar=AlwaysOpen())
    with pytest.raises(
        RefusedByUs,
        match=r"net position: 6 if everything fills \(ES holds 3, may go to 1 or 6\), limit 5; ",
    ):
        gate.check(buy(2), state)


def test_closing_by_hand_is_refused_only_where_the_stops_would_then_carry_it_beyond_the_limit():
    two_brackets = [sell(3, role=Role.PROTECT, group="1"), sell(3, role=Role.PROTECT, group="2")]
    assert not allowed({"net_position": 3}, sell(3), [(ES, 3)], two_brackets)
    assert allowed({"net_position": 3}, sell(3), [(ES, 3)], two_brackets[:1])
    assert allowed({"net_position": 3}, sell(3, role=Role.EXIT), [(ES, 3)], two_brackets)


@pytest.mark.parametrize(
    ("tag", "role", "group"),
    [
        ("7#1", Role.ORDINARY, ""),
        ("7.entry#1", Role.ORDINARY, ""),
        ("7.stop#2", Role.PROTECT, "7"),
        ("7.target#1", Role.PROTECT, "7"),
        ("7.target2#1", Role.PROTECT, "7"),
        ("p-7.exit#3", Role.EXIT, "p-7"),
        ("7.close#1", Role.CLOSE, "7"),
        ("somebody's", Role.ORDINARY, ""),
    ],
)
def test_a_tag_tells_what_an_order_is_for(tag, role, group):
    request = OrderRequest(
        cl_ord_id=tag,
        instrument=ES,
        side=Side.SELL,
        ord_type=OrdType.STOP_LIMIT,
        order_qty=3,
        price=Decimal(4990),
        stop_px=Decimal(4991),
    )
    assert OrderView.of(request) == sell(
        3,
        ord_type=OrdType.STOP_LIMIT,
        price=Decimal(4990),
        stop_px=Decimal(4991),
        role=role,
        group=group,
    )


def test_a_working_order_counts_with_the_largest_size_it_may_have():
    request = OrderRequest(
        cl_ord_id="7#1", instrument=ES, side=Side.BUY, ord_type=OrdType.LIMIT, order_qty=3
    )
    order = Order(OrderCore(request, OrderSettings()))
    assert OrderView.working(order).qty == 3
    order.core.want(Wish(True, 5, None, None))
    assert OrderView.working(order).qty == 5
    order.core.agreement.sent(order.core.wish)
    order.core.want(Wish(True, 2, None, None))
    assert OrderView.working(order).qty == 5  # the larger size is on its way
    order.core.agreement.ended()
    assert OrderView.working(order).qty == 3
    order.core.cum_qty = 1
    assert OrderView.working(order) == buy(2, ord_type=OrdType.LIMIT)
    wish = Wish(True, 4, Decimal(4990), Decimal(4991))
    assert OrderView.wished(order, wish) == buy(
        3, ord_type=OrdType.LIMIT, price=Decimal(4990), stop_px=Decimal(4991)
    )


@pytest.mark.parametrize(("held", "side"), [(2, Side.SELL), (-2, Side.BUY)])
def test_a_brackets_cover_closes_what_it_holds(held, side):
    assert OrderView.cover(ES, held, "7") == view(side, 2, role=Role.PROTECT, group="7")


def test_what_works_is_every_order_and_the_cover_of_every_bracket_that_holds_something():
    orders = [
        Order(
            OrderCore(
                OrderRequest(
                    cl_ord_id=tag, instrument=ES, side=Side.SELL, ord_type=OrdType.STOP, order_qty=2
                ),
                OrderSettings(),
            )
        )
        for tag in ("1#1", "2.stop#1")
    ]
    cover = sell(3, role=Role.PROTECT, group="2")
    plain, leg = (OrderView.working(order) for order in orders)
    holdings = [("2", ES, 3), ("3", NQ, 0)]
    assert working_views(orders, holdings) == (plain, leg, cover)
    assert working_views(orders, holdings, without=orders[0]) == (leg, cover)


# --- whatever fills -------------------------------------------------------------------------------


class Bracket:
    """What it holds, signed, and the size of its legs at the broker."""

    def __init__(self, instrument, number):
        self.instrument, self.number = instrument, number
        self.held = self.legs = 0


class Account:
    """What a manager makes of accepted orders: brackets get legs for what they hold, which shrink
    late when one of them fills; everything else just works."""

    def __init__(self, limits):
        self.gate = RiskGate(limits, calendar=AlwaysOpen())
        self.held = {ES: 0, MES: 0}
        self.plain, self.entries = [], []
        self.brackets = []  # instrument, signed contracts held, number
        self.accepted = 0

    def state(self):
        working = [OrderView(instrument=o.instrument, side=o.side, qty=o.qty) for o in self.plain]
        working += [
            OrderView(instrument=o.instrument, side=o.side, qty=o.qty) for o in self.entries
        ]
        for bracket in self.brackets:
            if bracket.held:
                working.append(OrderView.cover(bracket.instrument, bracket.held, bracket.number))
            if bracket.legs:  # a stop and a target, not yet as small as what is held
                leg = OrderView.cover(bracket.instrument, bracket.legs, bracket.number)
                working += [leg] * 2
        return GateState(
            now_ns=0, steady_ns=0, positions=tuple(self.held.items()), working=tuple(working)
        )

    def send(self, instrument, side, qty, *, bracket):
        order = view(side, qty, instrument)
        try:
            self.gate.check(order, self.state())
        except RefusedByUs:
            return
        self.accepted += 1
        (self.entries if bracket else self.plain).append(
            SimpleNamespace(instrument=instrument, side=side, qty=qty)
        )
        if bracket:
            number = f"b{self.accepted}"
            self.brackets.append(Bracket(instrument, number))
            self.entries[-1].bracket = self.brackets[-1]

    def fill(self, which, qty):
        live = [o for o in (*self.plain, *self.entries) if o.qty]
        live += [b for b in self.brackets if b.held]
        if not live:
            return
        it = live[which % len(live)]
        if hasattr(it, "held"):
            signed = -min(qty, abs(it.held)) * (1 if it.held > 0 else -1)
            it.held += signed
        else:
            signed = it.side.sign * min(qty, it.qty)
            it.qty -= abs(signed)
            if hasattr(it, "bracket"):
                it.bracket.held += signed
                it.bracket.legs = max(it.bracket.legs, it.bracket.held, key=abs)
        self.held[it.instrument] += signed

    def shrink(self, which):
        """The broker took the legs' new size."""
        if self.brackets:
            bracket = self.brackets[which % len(self.brackets)]
            bracket.legs = bracket.held

    def cancel(self, which):
        live = [o for o in (*self.plain, *self.entries) if o.qty]
        if live:
            live[which % len(live)].qty = 0


instrument = st.sampled_from([ES, MES])
side = st.sampled_from([Side.BUY, Side.SELL])
step = st.one_of(
    st.tuples(st.just("send"), instrument, side, st.integers(1, 12), st.booleans()),
    st.tuples(st.just("fill"), st.integers(0, 20), st.integers(1, 12)),
    st.tuples(st.sampled_from(["cancel", "shrink"]), st.integers(0, 20)),
)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.lists(step, max_size=40), st.sampled_from([None, 2, 5]), st.sampled_from([None, 1, 5]))
def test_no_accepted_orders_exceed_the_position_limits_whatever_fills(steps, net, gross):
    limits = RiskLimits(net_position=net, gross_position=gross, weights=MICROS)
    account = Account(limits)
    for what, *how in steps:
        if what == "send":
            where, on, qty, bracket = how
            account.send(where, on, qty, bracket=bracket)
        else:
            getattr(account, what)(*how)
        held = [abs(qty) * limits.weight(each) for each, qty in account.held.items()]
        assert net is None or max(held) <= net
        assert gross is None or sum(held) <= gross
