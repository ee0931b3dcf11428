"""The arithmetic of guards and closes, as tables: what is, and what should be working."""

from decimal import Decimal

import pytest
from scripted_broker import MNQ

from dryfill.trading.errors import UsageError
from dryfill.trading.orders.brackets.core import LegFacts, LegWish, Mode
from dryfill.trading.orders.guards.core import (
    Excess,
    GuardFacts,
    GuardOutcome,
    GuardWish,
    allot,
    covered,
    desired,
    outcome,
    share_of,
)
from dryfill.trading.orders.guards.spec import GuardSpec, check_spec, placed
from dryfill.trading.price import Ticks
from dryfill.trading.words import Side

NOTHING, NONE = LegWish(0), LegFacts()
PX = Decimal(20_000)
BOTH = GuardSpec(instrument=MNQ, side=Side.BUY, stop=Ticks(40), target=Ticks(80))
TWO = GuardSpec(instrument=MNQ, side=Side.BUY, stop=Decimal(19_990), qty=2)
WORKS, AGREED = LegFacts(0, 3, live=True), LegFacts(0, 3, True, agreed=True)


def facts(share=3, stop=NONE, target=NONE, *, mean_px=PX, **more):
    return GuardFacts(share, stop, target, mean_px=mean_px, **more)


def wish(stop, target, exit_qty=0):
    """Sizes, at the levels of `BOTH`."""
    legs = [
        LegWish(qty, Decimal(px)) if qty is not None else NOTHING
        for qty, px in ((stop, 19_990), (target, 20_020))
    ]
    return GuardWish(*legs, exit_qty)


CASES = {
    "all is guarded": (BOTH, facts(), Mode.GUARDING, wish(3, 3)),
    "a part is being closed": (BOTH, facts(closing=1), Mode.GUARDING, wish(2, 2)),
    "a part waits for a limit": (BOTH, facts(resting=1), Mode.GUARDING, wish(3, 2)),
    "all waits for a limit": (BOTH, facts(resting=4), Mode.GUARDING, wish(3, 0)),
    "both": (BOTH, facts(closing=1, resting=1), Mode.GUARDING, wish(2, 1)),
    "all is being closed": (BOTH, facts(closing=3), Mode.GUARDING, wish(None, None)),
    "more is being closed than there is": (
        BOTH,
        facts(closing=4),
        Mode.GUARDING,
        wish(None, None),
    ),
    "a flatten waits: no target is sent": (BOTH, facts(flattening=True), Mode.GUARDING, wish(3, 0)),
    "a flatten waits: the target that works stays": (
        BOTH,
        facts(target=LegFacts(0, 2, live=True), flattening=True),
        Mode.GUARDING,
        wish(3, 2),
    ),
    "nobody knows what distances count from": (
        BOTH,
        facts(mean_px=None),
        Mode.GUARDING,
        wish(None, None),
    ),
    "no more than it is for": (TWO, facts(), Mode.GUARDING, wish(2, None)),
    "no more than is left of that": (TWO, facts(spent=1), Mode.GUARDING, wish(1, None)),
    "nothing is left of that": (TWO, facts(spent=3), Mode.GUARDING, wish(None, None)),
    "less is held than it is for": (TWO, facts(1), Mode.GUARDING, wish(1, None)),
    "too much was closed": (BOTH, facts(0, excess=2), Mode.GUARDING, wish(None, None, -2)),
    "a leg may close more still": (
        BOTH,
        facts(0, target=WORKS, excess=2),
        Mode.GUARDING,
        wish(None, None),
    ),
    "it is on its way back": (
        BOTH,
        facts(0, excess=2, exit_live=True),
        Mode.GUARDING,
        wish(None, None),
    ),
    "it is closed": (BOTH, facts(), Mode.EXITING, wish(None, None, 3)),
    "… once its stop is out": (BOTH, facts(stop=WORKS), Mode.EXITING, wish(None, None)),
    "… and too much of it first": (BOTH, facts(excess=1), Mode.EXITING, wish(None, None, -1)),
    "it is let go": (BOTH, facts(), Mode.RELEASED, wish(None, None)),
    "nothing is held": (BOTH, facts(0), Mode.GUARDING, wish(None, None)),
}


@pytest.mark.parametrize("name", CASES)
def test_from_what_is_held_follows_what_should_be_working(name):
    spec, now, mode, expected = CASES[name]
    assert desired(spec, now, mode) == expected


def test_what_is_closed_keeps_its_stop_while_a_target_is_in_doubt():
    stop = LegFacts(0, 3, True, confirmed=True)
    now = facts(stop=stop, target=LegFacts(0, 3, True, untold=True))
    assert desired(BOTH, now, Mode.EXITING).stop == LegWish(0, stays=True)
    assert desired(BOTH, now, Mode.RELEASED).stop == NOTHING
    assert desired(BOTH, facts(stop=stop), Mode.EXITING).stop == NOTHING


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (facts(stop=AGREED), True),
        (facts(2, stop=AGREED), True),
        (facts(4, stop=AGREED), False),
        (facts(stop=WORKS), False),
        (facts(0, stop=AGREED), False),
        (facts(4, stop=AGREED, closing=1), True),
    ],
)
def test_a_confirmed_stop_covers_what_is_as_large_as_it(now, expected):
    assert covered(BOTH, now) is expected


OUTCOMES = {
    "as it was asked for": (facts(stop=AGREED, target=AGREED), Mode.GUARDING, "", "protected(3)"),
    "the last change was refused": (
        facts(stop=AGREED, target=AGREED),
        Mode.GUARDING,
        "no",
        "refused(3): no",
    ),
    "the target is on its way": (facts(stop=AGREED, target=WORKS), Mode.GUARDING, "", None),
    "the stop is on its way": (facts(stop=WORKS, target=AGREED), Mode.GUARDING, "", None),
    "the stop is too small": (facts(4, stop=AGREED, target=AGREED), Mode.GUARDING, "", None),
    "nothing is left": (facts(0), Mode.GUARDING, "", "flat(0)"),
    "nothing is left, and why": (facts(0), Mode.GUARDING, "gone", "flat(0): gone"),
    "nothing is left, and a leg works": (facts(0, stop=WORKS), Mode.GUARDING, "", None),
    "nothing is left, and an order closes": (facts(0, exit_live=True), Mode.GUARDING, "", None),
    "nothing is left, and too much was closed": (facts(0, excess=1), Mode.GUARDING, "", None),
    "it is being closed": (facts(stop=AGREED, target=AGREED), Mode.EXITING, "", None),
    "others close it": (facts(closing=3), Mode.GUARDING, "", None),
    "it is let go": (facts(), Mode.RELEASED, "", "uncertain(3): left to somebody else"),
    "it is let go, and why": (facts(), Mode.RELEASED, "flatten", "uncertain(3): flatten"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_how_a_guard_stands(name):
    now, mode, reason, expected = OUTCOMES[name]
    found = outcome(BOTH, now, mode, reason)
    assert (found and str(found)) == expected


def test_a_guard_is_as_it_was_asked_for_when_it_protects_or_nothing_is_left():
    states = ("protected", "refused", "flat", "uncertain")
    assert [state for state in states if GuardOutcome(state, 1).ok] == ["protected", "flat"]


# what it begins with (closed, beyond); looks (closed, beyond) and what each finds too much
LOOKS = {
    "nothing is closed too much": ((0, 3), [(1, 2, 0), (3, 0, 0)]),
    "its own order closes one too many": ((0, 3), [(4, -1, 1)]),
    "and one more": ((0, 3), [(4, -1, 1), (5, -2, 2)]),
    "one comes back": ((0, 3), [(5, -2, 2), (5, -1, 1), (5, 0, 0)]),
    "another hand did it": ((0, 3), [(0, -2, 0)]),
    "two of three were its own": ((3, 0), [(5, -3, 2)]),
    "what was beyond before is not its own": ((3, -2), [(3, -2, 0), (4, -3, 1)]),
}


@pytest.mark.parametrize("name", LOOKS)
def test_what_its_own_orders_closed_too_much_is_given_back(name):
    begin, looks = LOOKS[name]
    excess, before = Excess(*begin), 0
    for closed, beyond, expected in looks:
        fresh = excess.see(closed, beyond)
        assert (excess.qty, fresh) == (expected, expected > before == 0)
        before = expected


@pytest.mark.parametrize(
    ("held", "others", "share"),
    [(5, 3, 2), (3, 3, 0), (2, 3, 0), (2, -1, 2), (-4, 0, -4), (-4, -1, -3), (0, 0, 0), (0, 1, 0)],
)
def test_a_share_is_what_nobody_else_answers_for(held, others, share):
    assert share_of(held, others) == share


@pytest.mark.parametrize(
    ("held", "wanted", "allotted"),
    [(3, [2, 2, 1], [2, 1, 0]), (3, [-1, 3], [0, 3]), (0, [1], [0]), (5, [2, 2], [2, 2])],
)
def test_first_come_first_served(held, wanted, allotted):
    assert allot(held, wanted) == allotted


@pytest.mark.parametrize(
    ("side", "stop", "target", "market", "refused"),
    [
        (Side.BUY, "19990", "20010", "20000", ""),
        (Side.BUY, "19999.75", "20000.25", "20000", ""),
        (Side.BUY, "20000", "20010", "20000", "a long position in MNQ: stop 20000, market 20000"),
        (Side.BUY, "19990", "20000", "20000", "must be stop < market < target, each at least"),
        (Side.BUY, "20000", "20000", None, "must be stop < target"),
        (Side.SELL, "20010", "19990", "20000", ""),
        (Side.SELL, "20000", "19990", "20000", "a short position in MNQ: stop 20000"),
        (Side.SELL, "20010", "20000", "20000", "must be target < market < stop"),
        (Side.SELL, "20010", None, "20000", ""),
    ],
)
def test_stop_market_and_target_lie_in_this_order(side, stop, target, market, refused):
    levels = [None if px is None else Decimal(px) for px in (stop, target, market)]
    spec = GuardSpec(instrument=MNQ, side=side, stop=levels[0], target=levels[1])
    if not refused:
        check_spec(spec, PX, levels[2])
        return
    with pytest.raises(UsageError, match=refused):
        check_spec(spec, PX, levels[2])


def test_a_level_is_a_distance_or_a_price_on_the_grid():
    assert placed(MNQ, "stop", None) is None
    assert placed(MNQ, "stop", Ticks(1)) == Ticks(1)
    assert placed(MNQ, "stop", "19990.25") == Decimal("19990.25")
    with pytest.raises(UsageError, match="stop is 0 ticks away"):
        placed(MNQ, "stop", Ticks(0))
