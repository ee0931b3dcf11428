"""What is refused before anything is sent, and how it is said."""

import asyncio

import pytest
from msgspec import structs
from position_acts import GUARDED

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.errors import OffGrid, RefusedByUs, UsageError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdType, TimeInForce

PLACING = {
    "off the grid": (Buy(1, limit="20000.10"), OffGrid, "20000.10 is not on the 0.25 tick of MNQ"),
    "a stop off the grid": (Sell(1, stop="19990.3"), OffGrid, "19990.3 is not on the 0.25 tick"),
    "a float": (Buy(1, limit=20000.25), UsageError, "is a float"),
    "a type the broker has not": (
        Buy(1, join=True),
        RefusedByUs,
        "this broker has no order type JOIN_BID; it has LIMIT, MARKET",
    ),
    "a time in force it has not": (
        Buy(1, tif="gtc"),
        RefusedByUs,
        "this broker has no time in force GTC; it has DAY",
    ),
}
BRACKETS = {
    "a type that cannot be protected": (
        Buy(1, trail=Ticks(4)),
        {"stop": Ticks(4)},
        UsageError,
        "entry is a market, limit or stop order, not TRAILING_STOP",
    ),
    "finding 6: off the grid, whatever it would align to": (
        Buy(1, limit="20000.10"),
        {"stop": "20000.05"},
        OffGrid,
        "20000.10 is not on the 0.25 tick",
    ),
    "finding 6: stop and entry equal": (
        Buy(1, limit="20000"),
        {"stop": "20000"},
        UsageError,
        "BUY bracket in MNQ: stop 20000, entry 20000, no target; it must be stop < entry < target",
    ),
    "finding 6: a market entry with the stop above the ask": (
        Buy(1),
        {"stop": "20000.50", "market": "20000.25"},
        UsageError,
        "stop 20000.5, entry 20000.25",
    ),
    "a whole number, which may be a price or a distance": (
        Buy(1, limit="20000"),
        {"stop": 16},
        UsageError,
        "stop is 16; write Ticks(16) or the price '16'",
    ),
    "a short with its target above": (
        Sell(1, limit="20000"),
        {"stop": "20010", "target": "20000.25"},
        UsageError,
        "stop 20010, entry 20000, target 20000.25; it must be target < entry < stop",
    ),
    "a stop-limit entry whose stop lies between trigger and limit": (
        Buy(1, stop="20000", limit="20002"),
        {"stop": "20001"},
        UsageError,
        "stop 20001, entry 20000",
    ),
    "stop and target crossed, the market unknown": (
        Buy(1),
        {"stop": "20010", "target": "20000"},
        UsageError,
        "stop 20010, entry at market, target 20000",
    ),
    "no distance": (Buy(1), {"stop": Ticks(0)}, UsageError, "stop is 0 ticks away"),
    "a distance to the wrong side": (
        Buy(1),
        {"stop": Ticks(4), "target": Ticks(-4)},
        UsageError,
        "target is -4 ticks away; give at least",
    ),
    "a stop off the grid": (Buy(1), {"stop": "19990.1"}, OffGrid, "19990.1 is not on the 0.25"),
}
CHANGES = {
    "off the grid": ({"limit": "20000.1"}, OffGrid, "20000.1 is not on the 0.25 tick of MNQ"),
    "no such price": ({"stop": "19990"}, UsageError, "has no stop price to change"),
    "no trail": ({"trail": Ticks(4)}, UsageError, "has no trail price to change"),
    "no contracts": ({"qty": 0}, UsageError, "qty is 0; give whole contracts from 1, or cancel"),
    "half a contract": ({"qty": 1.5}, UsageError, "qty is 1.5; give whole contracts"),
}


@pytest.fixture
def attempt(stage_kind, offers, mnq):
    """Try something on a fresh manager; what it raised, and what was sent."""

    def go(act, **offered):
        async def main():
            stage = stage_kind(None, structs.replace(offers, **offered))
            try:
                act(stage.manager)
            except (UsageError, RefusedByUs) as error:
                return error, list(stage.broker.sent)
            return None, list(stage.broker.sent)

        return run_virtual(main(), origin_ns=0)

    return go


@pytest.mark.parametrize("name", PLACING)
def test_an_order_that_cannot_be_is_not_sent(name, attempt, mnq):
    spec, kind, message = PLACING[name]
    few = frozenset({OrdType.MARKET, OrdType.LIMIT})
    given = {"ord_types": few} if spec.ord_type is OrdType.JOIN_BID else {}
    error, sent = attempt(
        lambda manager: manager.place(mnq, spec), tifs=frozenset({TimeInForce.DAY}), **given
    )
    assert type(error) is kind
    assert message in str(error)
    assert not sent


@pytest.mark.parametrize("name", BRACKETS)
def test_a_bracket_that_cannot_be_is_not_sent(name, attempt, mnq):
    spec, levels, kind, message = BRACKETS[name]
    error, sent = attempt(lambda manager: manager.bracket(mnq, spec, **{"target": None} | levels))
    assert type(error) is kind
    assert message in str(error)
    assert not sent


@pytest.mark.parametrize(
    "levels",
    [
        {"stop": "19999.75", "target": "20000.25"},
        {"stop": Ticks(1), "target": Ticks(1)},
        {"stop": "-5", "target": None},
    ],
)
def test_levels_one_tick_apart_and_below_zero_are_taken(levels, attempt, mnq):
    spec = Buy(1, limit="20000")
    error, sent = attempt(lambda manager: manager.bracket(mnq, spec, **levels))
    assert error is None
    assert sent == ["place 1.entry#1 buy 1 limit 20000"]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_cannot_be_is_not_sent(name, attempt, mnq):
    change, kind, message = CHANGES[name]

    def act(manager):
        order = manager.place(mnq, Buy(2, limit="20000"))
        manager.modify(order, **change)

    error, sent = attempt(act)
    assert type(error) is kind
    assert message in str(error)
    assert sent == ["place 1#1 buy 2 limit 20000"]


def test_a_trail_of_no_distance_is_refused(attempt, mnq):
    def act(manager):
        manager.modify(manager.place(mnq, Sell(1, trail=Ticks(4))), trail=Ticks(0))

    error, _ = attempt(act)
    assert str(error) == "trail is 0 ticks; give at least Ticks(1)"


def test_a_trail_that_may_be_a_distance_or_a_price_is_refused():
    with pytest.raises(UsageError, match=r"trail is 3; write Ticks\(3\) or the price '3'"):
        Buy(1, trail=3)


def test_an_order_that_is_over_or_on_its_way_out_cannot_change(play, mnq):
    stage = play(
        """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        do cancel 1#1
        """
    )
    with pytest.raises(RefusedByUs, match=r"order 1#1 .* is being cancelled \(PENDING_NEW\)"):
        stage.manager.modify(stage.orders["1#1"], qty=1)
    stage = play(
        """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < canceled 1#1
        < ack 1#1
        """
    )
    with pytest.raises(RefusedByUs, match=r"order 1#1 .* is over \(CANCELED\); it cannot change"):
        stage.manager.modify(stage.orders["1#1"], qty=1)


def test_the_size_of_a_leg_is_the_brackets_own(play):
    stage = play(
        """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        """
    )
    with pytest.raises(UsageError, match=r"the size of order 1\.stop#1 .* follows what <bracket 1"):
        stage.manager.modify(stage.brackets["1"].stop, qty=2)


def test_the_size_of_a_guards_leg_is_its_own(play):
    stage = play(GUARDED)
    with pytest.raises(UsageError, match=r"the size of order 2\.stop#1 .* follows what <guard 2"):
        stage.manager.modify(stage.order("2.stop#1"), qty=2)


def test_during_a_flatten_and_after_the_close_nothing_is_taken(play, mnq):
    stage = play(
        """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        do flatten
        """
    )
    with pytest.raises(RefusedByUs, match="MNQ is being flattened; no entries until it is done"):
        stage.manager.place(mnq, Buy(1))
    with pytest.raises(RefusedByUs, match="MNQ is being flattened"):
        stage.manager.bracket(mnq, Buy(1), stop=Ticks(4), target=None)
    stage = play("do close")
    for act in (
        lambda manager: manager.place(mnq, Buy(1)),
        lambda manager: manager.bracket(mnq, Buy(1), stop=Ticks(4), target=None),
    ):
        with pytest.raises(RefusedByUs, match="the order manager is closed"):
            act(stage.manager)


def test_after_the_close_a_working_order_cannot_be_changed_cancelled_or_flattened(play, mnq):
    def then(stage):
        order = stage.orders["1#1"]
        for act in (
            lambda: stage.manager.modify(order, qty=1),
            lambda: stage.manager.start_cancel(order),
        ):
            with pytest.raises(RefusedByUs, match="the order manager is closed"):
                act()

    play(
        """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        do close
        do flatten
        = got flatten -> RefusedByUs
        """,
        then=then,
    )


def test_a_prefix_that_would_break_the_tags_is_refused(stage_kind):
    with pytest.raises(UsageError, match=r"prefix 'a\.b' has a"):
        OrderManager(object(), object(), now_ns=lambda: 0, prefix="a.b")


def test_a_prefix_goes_before_every_tag(mnq, stage_kind):
    async def main():
        stage = stage_kind()
        manager = OrderManager(stage.broker, stage.listener, now_ns=lambda: 0, prefix="s7-")
        manager.bracket(mnq, Buy(1), stop=Ticks(4), target=None)
        stage.broker.happen("fill", "s7-1.entry#1", ["1", "@", "20000"])
        manager.on_event(stage.broker.on_its_way.popleft())
        await asyncio.sleep(0)
        return list(stage.broker.sent)

    sent = run_virtual(main(), origin_ns=0)
    assert sent == ["place s7-1.entry#1 buy 1 market", "place s7-1.stop#1 sell 1 stop 19999"]
