"""The arithmetic of a bracket, as a table: what is, and what should be working."""

from decimal import Decimal

import pytest
from msgspec import structs

from dryfill.trading import instruments
from dryfill.trading.orders.brackets.core import Facts, LegFacts, Mode, desired, followed
from dryfill.trading.orders.brackets.outcome import outcome
from dryfill.trading.orders.brackets.plan import NO_RULES, Plan, Rules, leg_price, share_out
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdStatus, Side

MNQ = instruments.find("MNQ")
PX = Decimal(20_000)
STOP, TARGET = Ticks(40), Ticks(80)


def plan(side=Side.BUY, qty=3, stop=STOP, target=TARGET, rules=NO_RULES):
    return Plan(MNQ, side, qty, stop, share_out(target, qty), rules)


def facts(entry=(3, 0), stop=(0, 0), *targets, exits=0, exit_live=False, px=PX, **more):
    """Each leg as (filled, open)."""
    first, second, *others = [
        LegFacts(cum, left, left > 0, left > 0)
        for cum, left in (entry, stop, *(targets or [(0, 0)]))
    ]
    return Facts(first, px, second, tuple(others), exits, exit_live, **more)


# facts, mode: entry may work, stop open, target open, to close at market now
TABLE = {
    "nothing filled": (facts((0, 3)), Mode.GUARDING, (True, 0, 0, 0)),
    "filled in part": (facts((1, 2)), Mode.GUARDING, (True, 1, 1, 0)),
    "all filled": (facts(), Mode.GUARDING, (True, 3, 3, 0)),
    "the target began to fill": (facts((2, 1), (0, 2), (1, 1)), Mode.GUARDING, (False, 1, 1, 0)),
    "the stop began to fill": (facts((3, 0), (1, 2), (0, 3)), Mode.GUARDING, (False, 2, 2, 0)),
    "closed by the target": (facts((3, 0), (0, 3), (3, 0)), Mode.GUARDING, (False, 0, 0, 0)),
    "both filled": (facts((3, 0), (3, 0), (1, 0)), Mode.GUARDING, (False, 0, 0, -1)),
    "both filled, one still works": (
        facts((3, 0), (2, 1), (2, 0)),
        Mode.GUARDING,
        (False, 0, 0, 0),
    ),
    "too much closed and given back": (
        facts((3, 0), (3, 0), (1, 0), exits=-1),
        Mode.GUARDING,
        (False, 0, 0, 0),
    ),
    "exiting, a leg still works": (facts((3, 0), (0, 3)), Mode.EXITING, (False, 0, 0, 0)),
    "exiting, the entry still works": (facts((1, 2)), Mode.EXITING, (False, 0, 0, 0)),
    "exiting, all out": (facts(), Mode.EXITING, (False, 0, 0, 3)),
    "exiting, on its way": (facts(exit_live=True), Mode.EXITING, (False, 0, 0, 0)),
    "exiting, closed in part": (facts(exits=2), Mode.EXITING, (False, 0, 0, 1)),
    "a flatten waits under the stop: no target is sent": (
        facts((3, 0), (0, 3), flattening=True),
        Mode.GUARDING,
        (True, 3, 0, 0),
    ),
    "a flatten waits: the target that works stays": (
        facts((3, 0), (0, 3), (0, 3), flattening=True),
        Mode.GUARDING,
        (True, 3, 3, 0),
    ),
    "released": (facts(), Mode.RELEASED, (False, 0, 0, 0)),
    "a flatten's overfill": (
        facts((1, 0), (1, 0), (1, 0), flattening=True),
        Mode.RELEASED,
        (False, 0, 0, 0),
    ),
    "overfilled after a flatten": (
        facts((1, 0), (1, 0), (1, 0)),
        Mode.RELEASED,
        (False, 0, 0, -1),
    ),
    "cut by other hands": (facts((3, 0), taken=1), Mode.GUARDING, (False, 2, 2, 0)),
    "closed by other hands": (facts((1, 2), taken=1), Mode.GUARDING, (False, 0, 0, 0)),
    "cut while it closes": (facts((3, 0), taken=2, exits=1), Mode.EXITING, (False, 0, 0, 0)),
    "one of two is being closed": (
        facts((2, 1), (0, 2), (0, 2), closing=1),
        Mode.GUARDING,
        (False, 1, 1, 0),
    ),
    "its legs are small enough for that": (
        facts((2, 0), (0, 1), (0, 1), closing=1),
        Mode.GUARDING,
        (False, 1, 1, 1),
    ),
    "all of it is being closed, and no leg is left": (
        facts((2, 0), closing=2),
        Mode.GUARDING,
        (False, 0, 0, 2),
    ),
    "it is on its way": (facts((2, 0), closing=2, exit_live=True), Mode.GUARDING, (False, 0, 0, 0)),
    "others gave one back too many": (facts((1, 0), taken=-1), Mode.GUARDING, (False, 2, 1, 0)),
    "the entry's time is up": (facts((2, 1), late=True), Mode.GUARDING, (False, 2, 2, 0)),
    "nobody knows the entry price": (facts(px=None), Mode.GUARDING, (True, 0, 0, 0)),
}


@pytest.mark.parametrize("name", TABLE)
def test_from_what_is_follows_what_should_be(name):
    now, mode, expected = TABLE[name]
    wish = desired(plan(), now, mode)
    found = (wish.entry_working, wish.stop.open_qty, wish.targets[0].open_qty, wish.exit_qty)
    assert found == expected


T20, T40, T80 = Ticks(20), Ticks(40), Ticks(80)
# targets (qty, level); entry, stop, targets as (filled, open): what each target should have open
SHARES = {
    "the nearest first": ([(1, T20), (2, T40)], ((1, 2), (0, 0), (0, 0), (0, 0)), (1, 0)),
    "then the next": ([(1, T20), (2, T40)], ((2, 1), (0, 2), (0, 1), (0, 0)), (1, 1)),
    "all filled": ([(1, T20), (2, T40)], ((3, 0), (0, 3), (0, 1), (0, 1)), (1, 2)),
    "the nearest has filled": ([(1, T20), (2, T40)], ((3, 0), (0, 2), (1, 0), (0, 2)), (0, 2)),
    "the furthest has filled": ([(1, T20), (2, T40)], ((3, 0), (0, 1), (0, 1), (2, 0)), (1, 0)),
    "the furthest in part": ([(1, T20), (2, T40)], ((3, 0), (0, 2), (0, 1), (1, 1)), (1, 1)),
    "the stop took one": ([(1, T20), (2, T40)], ((3, 0), (1, 2), (0, 1), (0, 2)), (1, 1)),
    "the stop took two": ([(1, T20), (2, T40)], ((3, 0), (2, 1), (0, 1), (0, 2)), (1, 0)),
    "stop and nearest": ([(2, T20), (1, T40)], ((3, 0), (1, 1), (1, 1), (0, 1)), (1, 0)),
    "the entry was made larger": ([(1, T20), (2, T40)], ((5, 0), (0, 5), (0, 1), (0, 2)), (1, 4)),
    "and smaller": ([(2, T20), (1, T40)], ((1, 0), (0, 1), (0, 1), (0, 0)), (1, 0)),
    "all closed": ([(1, T20), (2, T40)], ((3, 0), (2, 0), (1, 0), (0, 2)), (0, 0)),
    "too much closed": ([(1, T20), (2, T40)], ((3, 0), (3, 0), (1, 0), (0, 2)), (0, 0)),
    "three": ([(1, T20), (1, T40), (1, T80)], ((3, 0), (1, 2), *[(0, 1)] * 3), (1, 1, 0)),
}


@pytest.mark.parametrize("name", SHARES)
def test_each_target_has_its_share_of_what_was_filled(name):
    targets, legs, shares = SHARES[name]
    now = facts(*legs)
    wish = desired(plan(target=targets), now, Mode.GUARDING)
    assert tuple(target.open_qty for target in wish.targets) == shares
    assert wish.stop.open_qty == max(now.net, 0)
    assert sum(shares) <= max(now.net, 0)


def even(n, plus=None):
    return Rules(break_even=Ticks(n), break_even_plus=None if plus is None else Ticks(plus))


TRAIL = Rules(trail=Ticks(8))
BOTH = Rules(break_even=Ticks(4), trail=Ticks(8))
# side, rules, mean entry, stop so far, best price: where the stop goes
RULES = {
    "break-even, one tick short": (Side.BUY, even(8), "20000", None, "20001.75", None),
    "break-even, just there": (Side.BUY, even(8), "20000", None, "20002", "20000"),
    "break-even and more": (Side.BUY, even(8, 7), "20000", None, "20002", "20001.75"),
    "break-even, once": (Side.BUY, even(8), "20000", "20000", "20010", None),
    "break-even, short": (Side.SELL, even(8), "20000", None, "19998", "20000"),
    "break-even, short, one short": (Side.SELL, even(8), "20000", None, "19998.25", None),
    "break-even, short, and more": (Side.SELL, even(8, 2), "20000", None, "19998", "19999.5"),
    "a mean between ticks, up": (Side.BUY, even(8), "20000.1", None, "20002.25", "20000.25"),
    "a mean between ticks, one short": (Side.BUY, even(8), "20000.1", None, "20002", None),
    "a mean between ticks, down": (Side.SELL, even(8), "20000.1", None, "19998", "20000"),
    "the mean moved away since": (Side.BUY, even(8), "20004", "20000", "20002", None),
    "trail": (Side.BUY, TRAIL, "20000", None, "20001", "19999"),
    "trail, no nearer than the stop": (Side.BUY, TRAIL, "20000", None, "19992", None),
    "trail, one tick nearer": (Side.BUY, TRAIL, "20000", None, "19992.25", "19990.25"),
    "trail, never back": (Side.BUY, TRAIL, "20000", "19999.5", "20001", None),
    "trail, short": (Side.SELL, TRAIL, "20000", None, "19999", "20001"),
    "trail, short, never back": (Side.SELL, TRAIL, "20000", "20000.5", "19999", None),
    "trail below zero": (Side.BUY, TRAIL, "0.5", None, "1", "-1"),
    "both: the nearer to the market, even": (Side.BUY, BOTH, "20000", None, "20001", "20000"),
    "both: the nearer to the market, trail": (Side.BUY, BOTH, "20000", None, "20003", "20001"),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_moves_the_stop_nearer_to_the_market_or_not_at_all(name):
    side, rules, entry, so_far, best, expected = RULES[name]
    now = facts(px=Decimal(entry), followed=so_far and Decimal(so_far))
    found = followed(plan(side, rules=rules), now, Decimal(best))
    assert found == (expected and Decimal(expected))


def test_the_stop_is_where_its_rules_brought_it_or_where_the_plan_has_it_if_that_is_nearer():
    trails = plan(rules=TRAIL)
    assert desired(trails, facts(followed=Decimal(19_999)), Mode.GUARDING).stop.price == 19_999
    nearer = desired(trails, facts(followed=Decimal(19_989)), Mode.GUARDING).stop.price
    assert nearer == 19_990
    without = desired(trails.unruled(), facts(followed=Decimal(19_999)), Mode.GUARDING).stop.price
    assert without == 19_990


def test_a_stop_at_a_price_needs_no_entry_price():
    wish = desired(plan(stop="19990"), facts(px=None), Mode.GUARDING)
    assert (wish.stop.open_qty, wish.stop.price) == (3, Decimal(19_990))
    assert wish.targets[0].open_qty == 0


@pytest.mark.parametrize(
    ("side", "entry", "stop", "target"),
    [
        (Side.BUY, "20000", "19999", "20001"),
        (Side.SELL, "20000", "20001", "19999"),
        (Side.BUY, "20000.1", "19999.25", "20001"),  # between ticks: towards the entry
        (Side.SELL, "20000.1", "20001", "19999.25"),
        (Side.BUY, "0.25", "-0.75", "1.25"),
        (Side.SELL, "-0.5", "0.5", "-1.5"),
    ],
)
def test_a_distance_counts_from_the_mean_entry_and_never_further(side, entry, stop, target):
    a_plan = plan(side, stop=Ticks(4), target=Ticks(4))
    assert leg_price(a_plan, Ticks(4), Decimal(entry), is_stop=True) == Decimal(stop)
    assert leg_price(a_plan, Ticks(4), Decimal(entry), is_stop=False) == Decimal(target)


@pytest.mark.parametrize(
    ("entry", "now", "mode", "state"),
    [
        (OrdStatus.NEW, facts((1, 2), (0, 1)), Mode.GUARDING, None),
        (OrdStatus.FILLED, facts((3, 0), (0, 3)), Mode.GUARDING, "protected"),
        (OrdStatus.FILLED, facts((3, 0), (0, 2)), Mode.GUARDING, None),
        (OrdStatus.CANCELED, facts((2, 0), (0, 2)), Mode.GUARDING, "partial"),
        (OrdStatus.FILLED, facts((3, 0), (3, 0)), Mode.GUARDING, "flat"),
        (OrdStatus.FILLED, facts((3, 0), (3, 0), (0, 3)), Mode.GUARDING, None),
        (OrdStatus.CANCELED, facts((0, 0)), Mode.GUARDING, "flat"),
        (OrdStatus.REJECTED, facts((0, 0)), Mode.GUARDING, "refused"),
        (OrdStatus.FILLED, facts((3, 0), (0, 3)), Mode.EXITING, None),
        (OrdStatus.FILLED, facts((3, 0)), Mode.EXITING, None),
        (OrdStatus.FILLED, facts((3, 0)), Mode.RELEASED, "uncertain"),
    ],
)
def test_an_outcome_is_told_when_it_is_settled(entry, now, mode, state):
    found = outcome(3, now, entry, mode, "")
    assert (found and found.state) == state
    assert found is None or found.ok == (state == "protected")


@pytest.mark.parametrize(
    ("unsure", "mode", "exit_qty"),
    [
        (True, Mode.GUARDING, -3),  # should the stop be there and fill, it is more of the same
        (False, Mode.GUARDING, 0),
        (True, Mode.EXITING, -3),
    ],
)
def test_too_much_is_given_back_whatever_is_in_doubt(unsure, mode, exit_qty):
    stop = LegFacts(3, 3, True, unsure=unsure)
    over = structs.replace(facts((3, 0), (0, 0), (3, 0)), stop=stop)
    assert desired(plan(), over, mode).exit_qty == exit_qty


def test_what_is_held_is_not_closed_while_a_leg_is_in_doubt():
    held = structs.replace(facts(), stop=LegFacts(0, 3, True, unsure=True))
    assert desired(plan(), held, Mode.EXITING).exit_qty == 0


@pytest.mark.parametrize(
    ("stop", "target", "taken", "excess"),
    [(0, 0, 0, 0), (3, 0, 0, 0), (3, 1, 0, 1), (3, 0, 1, 1), (3, 3, -3, 3)],
)
def test_excess_is_what_was_closed_too_much_whoever_took_it(stop, target, taken, excess):
    assert facts((3, 0), (stop, 0), (target, 0), taken=taken).excess == excess


def test_a_leg_that_lives_while_nothing_is_held_does_not_fit():
    nothing = facts((0, 0))
    assert nothing.legs_fit
    lives = LegFacts(0, 0, live=True)
    assert not structs.replace(nothing, stop=lives).legs_fit
    assert structs.replace(facts((1, 0)), stop=lives).legs_fit
