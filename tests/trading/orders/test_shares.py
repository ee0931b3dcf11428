"""What other hands closed is taken off the owners, oldest first, and what they give back is put on.

An owner is (held by its own orders, that at the last look, taken off it so far).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfill.trading.orders.attribution import Stake, shares


def stakes(*owners, cut=True, let_go=False):
    return [Stake(own, before, taken, cut, let_go) for own, before, taken in owners]


# held in the account, strangers' fills that were owners', owners: taken off each
CASES = {
    "all is somebody's": (3, [], stakes((2, 2, 0), (1, 1, 0)), [0, 0]),
    "what nobody owns is nobody's": (5, [], stakes((2, 2, 0), (1, 1, 0)), [0, 0]),
    "one is missing: the oldest lost it": (2, [], stakes((2, 2, 0), (1, 1, 0)), [1, 0]),
    "three are missing": (0, [], stakes((2, 2, 0), (1, 1, 0)), [2, 1]),
    "of shorts, too": (-1, [], stakes((-2, -2, 0), (-1, -1, 0)), [-2, 0]),
    "who is on the other side lost nothing": (0, [], stakes((-1, -1, 0), (2, 2, 0)), [0, 1]),
    "through zero: what is beyond is nobody's": (-1, [], stakes((2, 2, 0)), [2]),
    "what was taken stays taken": (1, [], stakes((2, 2, 1)), [1]),
    "what is held again is not given back": (2, [], stakes((2, 2, 1)), [1]),
    "one more is missing": (0, [], stakes((2, 2, 1)), [2]),
    "it closed what was left": (0, [], stakes((1, 2, 1)), [1]),
    "the stranger was its stop": (1, [-1], stakes((1, 2, 1)), [0]),
    "one of two strangers was": (1, [-1], stakes((2, 3, 2)), [1]),
    "the stranger was the other's, who moved": (2, [-1], stakes((2, 2, 1), (0, 1, 0)), [0, 0]),
    "whoever moved comes first": (2, [-1], stakes((2, 2, 1), (1, 2, 1)), [1, 0]),
    "what was sold is not made good by what was bought": (
        0,
        [-2, 1],
        stakes((0, 2, 2), (0, -1, -1)),
        [0, 0],
    ),
    "who gives back himself is not cut": (0, [], stakes((2, 2, 0), cut=False), [0]),
    "too much by one, too little by another, both let go": (
        0,
        [],
        stakes((-1, -1, 0), (1, 1, 0), let_go=True),
        [-1, 1],
    ),
    "… and one of two": (1, [], stakes((-1, -1, 0), (2, 2, 0), let_go=True), [-1, 1]),
    "who was not let go is left alone": (0, [], stakes((-1, -1, 0), (1, 1, 0)), [0, 0]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_missing_is_taken_off_the_oldest(name):
    held, claimed, owners, expected = CASES[name]
    assert shares(held, list(claimed), owners) == expected


OWNERS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=4)


@given(OWNERS, st.integers(0, 16))
def test_nobody_holds_what_the_account_does_not(owners, held):
    """Of long owners, all that is missing is taken off, and no more than each holds."""
    each = [Stake(own, own, min(taken, own), True) for own, taken in owners]
    after = shares(held, [], each)
    assert sum(s.own - taken for s, taken in zip(each, after, strict=True)) <= held
    for stake, taken in zip(each, after, strict=True):
        assert stake.taken <= taken <= stake.own
    before = sum(stake.held for stake in each)
    assert sum(after) - sum(s.taken for s in each) == max(before - held, 0)
