"""Groups that cannot be: refused with values and the way out, and nothing was sent."""

from decimal import Decimal

import pytest
from msgspec import structs

from dryfill.sim.loop.run import run_virtual
from dryfill.trading import instruments
from dryfill.trading.errors import OffGrid, RefusedByUs, UsageError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.orders.risk.exposure import MarketView
from dryfill.trading.price import Ticks
from dryfill.trading.words import ContingencyType

MNQ = instruments.find("MNQ")
MARKET = MarketView(bid=Decimal(20_000), ask=Decimal("20000.25"), last=Decimal(20_000))
OCO, SHRINK = ContingencyType.OCO, ContingencyType.OUO_ABSOLUTE
SHARE, OTO = ContingencyType.OUO_PROPORTIONAL, ContingencyType.OTO


@pytest.fixture
def refused(stage_kind):
    """What a call on a manager is refused with; nothing was sent and nobody owns anything."""

    def go(call, error=UsageError):
        async def main():
            stage = stage_kind()
            with pytest.raises(error) as caught:
                call(stage)
            assert not stage.broker.sent
            assert not stage.manager._owners.all()
            return str(caught.value)

        return run_virtual(main(), origin_ns=0)

    return go


def oco(*specs, **how):
    return lambda stage: stage.manager.oco(MNQ, specs, **how)


REFUSED = {
    "one order": (oco(Sell(1, limit="20010")), "a group has 1 order; give at least two"),
    "none": (oco(), "a group has 0 order; give at least two"),
    "sizes differ": (
        oco(Sell(3, limit="20010"), Sell(2, stop="19990")),
        "its orders are for 3, 2 contracts; give all the same, or say contingency=Contingency",
    ),
    "two sides shrink": (
        oco(Buy(1, stop="20010"), Sell(1, stop="19990"), contingency=SHRINK),
        "OUO_ABSOLUTE in MNQ: a buy cannot shrink a sell",
    ),
    "two sides in proportion": (
        oco(Buy(1, stop="20010"), Sell(1, stop="19990"), contingency=SHARE),
        "a buy cannot shrink a sell",
    ),
    "OTO between members": (
        oco(Buy(1, stop="20010"), Sell(1, stop="19990"), contingency=OTO),
        "OTO is no contingency between members; use oto",
    ),
    "a market order": (
        oco(Sell(1), Sell(1, stop="19990")),
        "sell 1 market is a market order and waits for nothing",
    ),
    "an IOC order": (
        oco(Sell(1, limit="20010", tif="ioc"), Sell(1, stop="19990")),
        "sell 1 limit 20010 is a IOC order and waits for nothing",
    ),
    "a limit below the stop": (
        oco(Sell(1, limit="19990"), Sell(1, stop="20000")),
        "sell 1 stop 20000 and sell 1 limit 19990 cannot stand together; wherever",
    ),
    "equal after alignment": (
        oco(Sell(1, limit="20000"), Sell(1, stop="20000")),
        "cannot stand together",
    ),
    "a buy limit above the buy stop": (
        oco(Buy(1, limit="20010"), Buy(1, stop="20000")),
        "buy 1 limit 20010 and buy 1 stop 20000 cannot stand together",
    ),
    "a buy and a sell that would meet": (
        oco(Buy(1, limit="20000"), Sell(1, limit="20000")),
        "cannot stand together",
    ),
    "breakouts the wrong way round": (
        oco(Buy(1, stop="19990"), Sell(1, stop="20010")),
        "cannot stand together",
    ),
    "a marketable limit": (
        oco(Sell(1, limit="20000"), Sell(1, stop="19990"), market=MARKET),
        "sell 1 limit 20000 would execute at once, the market is at 20000; move it away",
    ),
    "a marketable buy": (
        oco(Buy(1, limit="20000.25"), Buy(1, stop="20010"), market=MARKET),
        "buy 1 limit 20000.25 would execute at once",
    ),
    "a stop at the last trade": (
        oco(Sell(1, limit="20010"), Sell(1, stop="20000"), market=MARKET),
        "sell 1 stop 20000 would execute at once, the market is at 20000;",
    ),
    "a buy stop at the bid, nothing being known of trades": (
        oco(Buy(1, stop="20000"), Buy(1, limit="19990"), market=structs.replace(MARKET, last=None)),
        "buy 1 stop 20000 would execute at once, the market is at 20000;",
    ),
    "a sell stop at the ask": (
        oco(
            Sell(1, stop="20000.25"),
            Sell(1, limit="20010"),
            market=structs.replace(MARKET, last=None),
        ),
        "sell 1 stop 20000.25 would execute at once, the market is at 20000.25;",
    ),
    "a word that is none": (
        oco(Sell(1, limit="20010"), Sell(1, stop="19990"), if_refused="ignore"),
        "if_refused is 'ignore'; give 'keep', 'cancel' or None",
    ),
    "nothing that follows": (
        lambda stage: stage.manager.oto(MNQ, Buy(1, limit="20000"), []),
        "an OTO group has nothing that follows",
    ),
    "what follows would execute at the first's price": (
        lambda stage: stage.manager.oto(MNQ, Buy(1, limit="20000"), Sell(1, stop="20000")),
        "sell 1 stop 20000 would execute at once when the first order is filled at 20000; put it "
        "below that price",
    ),
    "what follows would execute at the market": (
        lambda stage: stage.manager.oto(MNQ, Buy(1), Sell(1, limit="20000"), market=MARKET),
        "filled at 20000.25; put it above that price",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_group_that_cannot_be_is_refused_with_the_way_out(name, refused):
    call, text = REFUSED[name]
    assert text in refused(call)


def test_a_price_off_the_grid_is_refused_before_anything_is_sent(refused):
    assert "20010.1" in refused(oco(Sell(1, limit="20010.10"), Sell(1, stop="19990")), OffGrid)


@pytest.mark.parametrize(
    "specs",
    [
        (Sell(1, limit="20000.25"), Sell(1, stop="20000")),  # one tick apart
        (Sell(1, limit="20010"), Sell(1, trail=Ticks(8))),  # a trail has no price yet
        (Sell(1, join=True), Sell(1, stop="19990")),
        (Buy(2, stop="20010"), Sell(3, stop="19990")),  # each its own size: one of them is meant
        (Buy(1, limit="19990"), Sell(1, limit="20010")),
        (Buy(1, stop="20000.25"), Buy(1, limit="20000")),  # each a tick from what sets it off
        (Sell(1, stop="20000"), Sell(1, limit="20000.25")),
    ],
)
@pytest.mark.parametrize("market", [None, structs.replace(MARKET, last=None)])
def test_what_can_stand_together_is_sent(specs, market, stage_kind):
    async def main():
        stage = stage_kind()
        stage.manager.oco(MNQ, specs, market=market)
        assert len(stage.broker.sent) == len(specs)

    run_virtual(main(), origin_ns=0)


def test_where_the_gate_refuses_one_none_is_sent(refused):
    asked = []

    def gate(request):
        asked.append(request.cl_ord_id)
        if len(asked) == 2:
            raise RefusedByUs("too much")

    def call(stage):
        stage.manager.admit = gate
        stage.manager.oco(MNQ, [Buy(1, stop="20010"), Sell(1, stop="19990")])

    assert refused(call, RefusedByUs) == "too much"
    assert asked == ["1.oco1#1", "1.oco2#1"]


def test_the_gate_is_asked_about_what_follows_only_where_that_opens_something(stage_kind):
    async def main():
        stage, asked = stage_kind(), []
        stage.manager.admit = lambda request: asked.append(request.cl_ord_id)
        stage.manager.oto(MNQ, Buy(2, limit="20000"), Sell(2, stop="19990"))
        stage.manager.oto(MNQ, Buy(2, limit="20000"), Buy(2, limit="19990"))
        assert asked == ["1.first#1", "2.first#1", "2.oco1#1"]

    run_virtual(main(), origin_ns=0)


def linking(script, *tags, also=None):
    def call(stage):
        stage.manager.link([stage.order(tag) for tag in tags])

    return script, call


LONE = """
    do place sell 1 limit 20010
    > place 1#1 sell 1 limit 20010
    do place sell 1 stop 19990
    > place 2#1 sell 1 stop 19990
    < ack 1#1
    < ack 2#1
"""
UNLINKABLE = {
    "one alone": linking(LONE, "1#1"),
    "one twice": linking(LONE, "1#1", "1#1"),
    "linked already": linking(LONE + "do link 1#1 2#1", "1#1", "2#1"),
    "over, with nothing filled": linking(LONE + "< canceled 2#1", "1#1", "2#1"),
    "a bracket's": linking(
        LONE + "do bracket buy 1 limit 19000 loss 40t\n> place 3.entry#1 buy 1 limit 19000",
        "1#1",
        "3.entry#1",
    ),
}
SAYS = {
    "one alone": "a group has 1 order",
    "one twice": "an order is linked to itself",
    "linked already": "belongs to <group 3 OUO_ABSOLUTE working> already",
    "over, with nothing filled": "is over (CANCELED), with nothing filled",
    "a bracket's": "belongs to <bracket 3",
}


@pytest.mark.parametrize("name", UNLINKABLE)
def test_orders_that_cannot_be_linked_are_refused_by_name(name, play):
    script, call = UNLINKABLE[name]

    def then(stage):
        with pytest.raises(UsageError) as caught:
            call(stage)
        assert SAYS[name] in str(caught.value)
        assert not stage.broker.sent

    play(script, then=then)


def test_no_orders_and_orders_of_two_instruments_are_not_linked(play):
    def then(stage):
        with pytest.raises(UsageError, match="no orders to link"):
            stage.manager.link([])
        other = stage.manager.place(instruments.find("MES"), Buy(1, limit="5000"))
        with pytest.raises(UsageError, match="in another instrument than MNQ"):
            stage.manager.link([stage.order("1#1"), other])

    play(LONE, then=then)


def test_the_size_of_a_member_is_the_groups_and_its_price_the_traders(play):
    def then(stage):
        with pytest.raises(UsageError, match="follows what <group 3 OUO_ABSOLUTE working> holds"):
            stage.manager.modify(stage.order("1#1"), qty=3)

    play(LONE + "do link 1#1 2#1", then=then)
