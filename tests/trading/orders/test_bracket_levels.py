"""The trader's moves of a bracket's legs, the stop of what is closed, and how a bracket stands.

Sans I/O, as tables.
"""

from decimal import Decimal

import pytest

from dryfill.trading import instruments
from dryfill.trading.errors import UsageError
from dryfill.trading.orders.brackets.core import (
    Facts,
    LegFacts,
    LegWish,
    Mode,
    check_move,
    desired,
    last_stop,
    leg_level,
    moved,
)
from dryfill.trading.orders.brackets.outcome import Outcome, outcome, outcome_so_far
from dryfill.trading.orders.brackets.plan import NO_RULES, Plan, Rules, share_out
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdStatus, Side

MNQ = instruments.find("MNQ")
ENTRY = Decimal(20_000)
TRAIL = Rules(trail=Ticks(8))
STOP, TARGET = Ticks(40), Ticks(80)


def plan(side=Side.BUY, rules=NO_RULES, stop=STOP, target=TARGET):
    return Plan(MNQ, side, 3, stop, share_out(target, 3), rules)


def works(cum_qty, open_qty):
    return LegFacts(cum_qty, open_qty, open_qty > 0, open_qty > 0)


def facts(entry=(3, 0), stop=(0, 0), target=(0, 0), *, px=ENTRY, exit_live=False, **more):
    """Each leg as (filled, open)."""
    return Facts(works(*entry), px, works(*stop), (works(*target),), 0, exit_live, **more)


HELD, UNFILLED = facts(), facts((0, 3), px=None)
# side, facts, leg (None: the stop), where to: refused for (None: it is taken)
MOVES = {
    "a stop nearer": (Side.BUY, HELD, None, "19995", None),
    "a stop where it is": (Side.BUY, HELD, None, "19990", None),
    "a stop further": (Side.BUY, HELD, None, "19989.75", "stop 19989.75 is further .* than 19990;"),
    "a stop further by distance": (Side.BUY, HELD, None, Ticks(41), "further from the market"),
    "a short's stop nearer": (Side.SELL, HELD, None, "20005", None),
    "a short's stop further": (Side.SELL, HELD, None, "20010.25", "stop 20010.25 is further"),
    "a target nearer": (Side.BUY, HELD, 0, "20010", None),
    "a target further": (Side.BUY, HELD, 0, "20020.25", "target 20020.25 is further"),
    "a short's target further": (Side.SELL, HELD, 0, "19979.75", "target 19979.75 is further"),
    "a stop beyond the target": (Side.BUY, HELD, None, "20020", "stop"),
    "before a fill it may go anywhere": (Side.BUY, UNFILLED, None, "19000", None),
    "one fill, and it may not": (Side.BUY, facts((1, 2)), None, "19000", "further"),
    "but not beyond the entry": (Side.BUY, facts((0, 3)), None, "20000", "stop"),
    "where nobody knows the entry's price": (Side.BUY, facts(px=None), None, "19000", None),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_leg_moves_nearer_to_the_market_unless_the_trader_means_it(name):
    side, now, nth, level, refused = MOVES[name]
    if refused is None:
        check_move(plan(side), now, nth, level, loosen=False)
        return
    with pytest.raises(UsageError, match=refused):
        check_move(plan(side), now, nth, level, loosen=False)
    if "further" in refused:
        check_move(plan(side), now, nth, level, loosen=True)


@pytest.mark.parametrize(
    ("nth", "px", "expected"),
    [
        (None, ENTRY, Decimal(19_990)),
        (0, ENTRY, Decimal(20_020)),
        (None, None, None),
        (0, None, None),
    ],
)
def test_a_distance_is_a_level_once_the_entry_has_a_price(nth, px, expected):
    assert leg_level(plan(), facts(px=px), nth) == expected


def test_a_price_is_a_level_before_the_entry_has_one():
    fixed = plan(stop="19990", target="20020")
    assert leg_level(fixed, UNFILLED, None) == Decimal(19_990)
    assert leg_level(fixed, UNFILLED, 0) == Decimal(20_020)


AHEAD = facts(followed=Decimal(19_999))  # the rules brought the stop there
# rules, leg, where to, facts: whether the rules go on
GOES_ON = {
    "a stop in front of where it is": (TRAIL, None, "19999.25", AHEAD, True),
    "a stop where it is": (TRAIL, None, "19999", AHEAD, True),
    "a stop moved back": (TRAIL, None, "19998.75", AHEAD, False),
    "a target": (TRAIL, 0, "20030", AHEAD, True),
    "a distance from nobody knows where": (TRAIL, None, Ticks(20), facts(px=None), True),
}


@pytest.mark.parametrize("name", GOES_ON)
def test_a_stop_that_the_trader_moved_back_is_his_own(name):
    rules, nth, level, now, goes_on = GOES_ON[name]
    after = moved(plan(rules=rules), now, nth, level)
    assert after.rules.follows is goes_on
    assert after == (after if goes_on else moved(plan(), now, nth, level))
    assert leg_level(after, now, nth) == (None if now.entry_px is None else Decimal(level))


CONFIRMED = LegFacts(0, 3, True, True, confirmed=True)
UNTOLD = LegFacts(0, 3, True, untold=True)
DOUBTED = LegFacts(0, 3, True, unsure=True, untold=True, doubted=True)
STAYS = LegWish(0, stays=True)
STOP_PX = Decimal(19_990)
# the stop, a target, contracts held: what becomes of the stop
LAST = {
    "nothing is in doubt": (CONFIRMED, works(0, 3), 3, LegWish(0)),
    "a target may work": (CONFIRMED, UNTOLD, 3, STAYS),
    "it is smaller than what is held": (CONFIRMED, UNTOLD, 4, LegWish(4)),
    "it is too large": (CONFIRMED, UNTOLD, 2, LegWish(2)),
    "nothing is held": (CONFIRMED, UNTOLD, 0, LegWish(0)),
    "it may not work itself": (works(0, 3), UNTOLD, 3, LegWish(0)),
    "another stop may work": (
        LegFacts(0, 3, True, untold=True, confirmed=True),
        works(0, 3),
        3,
        STAYS,
    ),
    "it has nothing open": (LegFacts(3, 0, True, confirmed=True), UNTOLD, 3, LegWish(0)),
    "none works, and a target is in doubt": (works(0, 0), DOUBTED, 3, LegWish(3, STOP_PX)),
    "none works, and nothing is held": (works(0, 0), DOUBTED, 0, LegWish(0)),
    "another one is in doubt": (DOUBTED, works(0, 3), 3, LegWish(3, STOP_PX)),
    "another one is in doubt, and its substitute on its way": (
        LegFacts(0, 3, True, untold=True, doubted=True),
        works(0, 3),
        3,
        LegWish(3, STOP_PX),
    ),
}


@pytest.mark.parametrize("name", LAST)
def test_while_a_leg_is_in_doubt_what_is_held_keeps_its_stop(name):
    stop, target, held, expected = LAST[name]
    assert last_stop(stop, [target], held, STOP_PX) == expected
    if held == 3:
        now = Facts(works(3, 0), ENTRY, stop, (target,), 0, exit_live=False)
        held_now = expected if now.net == 3 else LegWish(0)
        assert desired(plan(), now, Mode.EXITING).stop == held_now


# the entry's state, facts, mode, why: how it stands, and at a time-out
STANDS = {
    "protected": (OrdStatus.FILLED, facts((3, 0), (0, 3)), Mode.GUARDING, "", "protected(3)", None),
    "partial": (OrdStatus.CANCELED, facts((1, 0), (0, 1)), Mode.GUARDING, "", "partial(1)", None),
    "the entry works": (
        OrdStatus.NEW,
        facts((0, 3)),
        Mode.GUARDING,
        "",
        None,
        "flat(0): still working at the time-out",
    ),
    "the entry works, one is filled": (
        OrdStatus.NEW,
        facts((1, 2), (0, 1)),
        Mode.GUARDING,
        "",
        None,
        "partial(1): still working at the time-out",
    ),
    "the entry is on its way": (
        OrdStatus.NEW,
        Facts(LegFacts(0, 3, True, untold=True), None, LegFacts(), (), 0, exit_live=False),
        Mode.GUARDING,
        "slow",
        None,
        "uncertain(0): slow",
    ),
    "no stop works": (
        OrdStatus.FILLED,
        facts(),
        Mode.GUARDING,
        "",
        None,
        "uncertain(3): still working at the time-out",
    ),
    "it is being closed": (
        OrdStatus.FILLED,
        facts((3, 0), (0, 3)),
        Mode.EXITING,
        "hopeless",
        None,
        "uncertain(3): hopeless",
    ),
    "refused": (OrdStatus.REJECTED, facts((0, 0)), Mode.GUARDING, "no", "refused(0): no", None),
    "nothing came of it": (OrdStatus.CANCELED, facts((0, 0)), Mode.GUARDING, "", "flat(0)", None),
    "closed": (OrdStatus.FILLED, facts((3, 0), (3, 0)), Mode.GUARDING, "", "flat(3)", None),
    "closed, and an order is still out": (
        OrdStatus.FILLED,
        facts((3, 0), (3, 0), exit_live=True),
        Mode.GUARDING,
        "",
        None,
        "uncertain(3): still working at the time-out",
    ),
    "left to a flatten": (
        OrdStatus.FILLED,
        facts(),
        Mode.RELEASED,
        "",
        "uncertain(3): left to a flatten",
        None,
    ),
    "left, and said why": (OrdStatus.FILLED, facts(), Mode.RELEASED, "a", "uncertain(3): a", None),
}


@pytest.mark.parametrize("name", STANDS)
def test_how_a_bracket_stands(name):
    entry, now, mode, reason, settled, so_far = STANDS[name]
    found = outcome(3, now, entry, mode, reason)
    assert (found and str(found)) == settled
    assert str(outcome_so_far(3, now, entry, mode, reason)) == (settled or so_far)


def test_only_a_protected_bracket_is_as_it_was_asked_for():
    states = ("protected", "flat", "partial", "refused", "uncertain")
    assert [state for state in states if Outcome(state, 1).ok] == ["protected"]
