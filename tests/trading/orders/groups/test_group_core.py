"""From what was filled follows what should be open, and what is given back: no loop, no I/O."""

from fractions import Fraction

import pytest

from dryfill.trading.orders.groups.core import Facts, MemberFacts, Mode, State, advance, begin
from dryfill.trading.orders.groups.kept import GroupKept
from dryfill.trading.orders.groups.lifecycle import Phase
from dryfill.trading.orders.groups.spec import GroupSpec, MemberSpec
from dryfill.trading.words import ContingencyType, OrdType, Side

BUY, SELL = Side.BUY, Side.SELL
OCO, SHRINK = ContingencyType.OCO, ContingencyType.OUO_ABSOLUTE
SHARE = ContingencyType.OUO_PROPORTIONAL


def spec(contingency, *members, first=None):
    named = [
        MemberSpec(name=f"7.oco{n}", side=side, qty=qty, ord_type=OrdType.LIMIT)
        for n, (side, qty) in enumerate(members, 1)
    ]
    entry = first and MemberSpec(name="7.first", side=BUY, qty=first, ord_type=OrdType.LIMIT)
    return GroupSpec(
        intent="7", symbol="MNQ", contingency=contingency, members=tuple(named), first=entry
    )


def live(open_qty, cum_qty=0, since_ns=None):
    return MemberFacts(cum_qty, live=True, open_qty=open_qty, sent=True, since_ns=since_ns)


def over(cum_qty=0, *, out=False, since_ns=None):
    return MemberFacts(cum_qty, sent=True, out=out, since_ns=since_ns)


PAIR = spec(SHRINK, (SELL, 3), (SELL, 3))
ONE = spec(OCO, (SELL, 3), (SELL, 3))
SIDES = spec(OCO, (BUY, 2), (SELL, 4))
SIZES = spec(SHARE, (BUY, 2), (BUY, 5))
AFTER = spec(SHRINK, (SELL, 4), (SELL, 2), first=4)

# spec, members, what is open, phase, given back (bought above zero)
CASES = {
    "nothing filled": (PAIR, [live(3), live(3)], (3, 3), Phase.WORKING, 0),
    "one of three": (PAIR, [live(2, 1), live(3)], (2, 2), Phase.REDUCING, 0),
    "one of three, and the other follows": (PAIR, [live(2, 1), live(2)], (2, 2), Phase.WORKING, 0),
    "both in part": (PAIR, [live(1, 1), live(1, 1)], (1, 1), Phase.WORKING, 0),
    "all of it by one": (PAIR, [over(3), live(3)], (0, 0), Phase.REDUCING, 0),
    "all of it by one, the other gone": (PAIR, [over(3), over()], (0, 0), Phase.DONE, 0),
    "too much, and more may come": (PAIR, [over(3), live(2, 1)], (0, 0), Phase.OVERFILLED, 0),
    "too much, and nothing more": (PAIR, [over(3), over(1)], (0, 0), Phase.OVERFILLED, 1),
    "the first fill cancels": (ONE, [live(2, 1), live(3)], (2, 0), Phase.REDUCING, 0),
    "what the other filled counts": (ONE, [live(2, 1), over(1)], (1, 0), Phase.REDUCING, 0),
    "one went by itself": (PAIR, [live(3), over(out=True)], (3, 0), Phase.WORKING, 0),
    "both went by themselves": (PAIR, [over(out=True), over(out=True)], (0, 0), Phase.DONE, 0),
    "two sides": (SIDES, [live(1, 1), live(4)], (1, 0), Phase.REDUCING, 0),
    "two sides, the other one filled": (SIDES, [live(1, 1), over(3)], (1, 0), Phase.OVERFILLED, 3),
    "half of two is half of five": (SIZES, [live(1, 1), live(5)], (1, 2), Phase.REDUCING, 0),
    "the loser's contracts are given back": (
        SIZES,
        [over(2, since_ns=1), over(5, since_ns=2)],
        (0, 0),
        Phase.OVERFILLED,
        -5,
    ),
    "… whoever comes first in the group": (
        SIZES,
        [over(2, since_ns=2), over(5, since_ns=1)],
        (0, 0),
        Phase.OVERFILLED,
        -2,
    ),
    "whose time is not told comes last": (
        SIZES,
        [over(2), over(5, since_ns=9)],
        (0, 0),
        Phase.OVERFILLED,
        -2,
    ),
    "a half too much, in whole contracts": (
        SIZES,
        [over(2, since_ns=1), over(1, since_ns=2)],
        (0, 0),
        Phase.OVERFILLED,
        -1,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_from_what_was_filled_follows_what_should_be(name):
    plan, members, opens, phase, give_back = CASES[name]
    state, wish = advance(plan, begin(plan), Facts(tuple(members)))
    assert (wish.opens, state.phase, wish.give_back) == (opens, phase, give_back)


@pytest.mark.parametrize(
    ("filled", "opens", "phase"),
    [(0, (0, 0), Phase.WAITING), (1, (1, 0), Phase.WORKING), (2, (2, 1), Phase.WORKING)],
)
def test_what_follows_has_the_share_that_the_first_has_filled(filled, opens, phase):
    facts = Facts((MemberFacts(), MemberFacts()), first=live(4 - filled, filled))
    state, wish = advance(AFTER, begin(AFTER), facts)
    assert (wish.opens, state.phase) == (opens, phase)


def test_what_was_given_back_is_not_taken_again_when_more_becomes_allowed():
    members = (over(2), over(1))
    state, wish = advance(AFTER, begin(AFTER), Facts(members, first=live(2, 2)))
    assert (state.over, wish.give_back) == (Fraction(1, 2), 1)
    state, wish = advance(AFTER, state, Facts(members, first=live(1, 3), exit_net=1))
    assert (state.phase, wish.opens, wish.give_back) == (Phase.WORKING, (1, 0), 0)


def test_nothing_is_given_back_twice_while_the_first_closing_order_works():
    facts = Facts((over(3), over(3)), exit_net=1, exit_live=True)
    state, wish = advance(PAIR, begin(PAIR), facts)
    assert (state.phase, wish.give_back) == (Phase.OVERFILLED, 0)
    _, wish = advance(PAIR, state, Facts((over(3), over(3)), exit_net=1))
    assert wish.give_back == 2


def test_a_released_group_leaves_what_is_too_much_to_somebody_else():
    state = State(Phase.WORKING, Mode.RELEASED)
    state, wish = advance(PAIR, state, Facts((live(3), over(3))))
    assert (state.phase, wish.opens, wish.give_back) == (Phase.RELEASED, (0, 0), 0)
    state, wish = advance(PAIR, state, Facts((over(3), over(3))))
    assert (state.phase, wish.give_back) == (Phase.DONE, 0)


def test_the_winner_stays_whoever_is_told_of_later():
    state, _ = advance(SIDES, begin(SIDES), Facts((live(1, 1, since_ns=5), live(4))))
    state, wish = advance(SIDES, state, Facts((live(1, 1, since_ns=5), over(1, since_ns=2))))
    assert (state.winner, wish.give_back) == (0, 1)


def test_all_that_a_group_remembers_is_kept_for_another_life():
    """That too much was filled is said once, whoever died meanwhile (hostile 98, with crashes)."""
    state = State(Phase.OVERFILLED, Mode.ENDING, 1, Fraction(1, 2), 0, said=True)
    assert GroupKept.of(PAIR, state, [True, False], "over").state == state
