"""Whose contracts are held: what brackets hold, owe, lose to others and have back."""

import pytest

from dryfill.sim.record.intents import Intents

TABLE = {
    "a flatten closes what brackets hold, and not what another hand bought meanwhile": (
        [("2.entry#1", 2), ("3.exit#1", -1), ("manual-1", 1), ("3.exit#2", -1)],
        (1, 0),
    ),
    "so does a close of a part": (
        [("2.entry#1", -2), ("manual-1", -1), ("3.exit#1", 1)],
        (-2, 1),
    ),
    "a bracket's own closing order closes its own": (
        [("1.entry#1", 1), ("2.entry#1", 2), ("2.exit#1", -2)],
        (1, 1),
    ),
    "what another hand sold the oldest loses": (
        [("1.entry#1", 1), ("2.entry#1", 2), ("manual-1", -2)],
        (1, 1),
    ),
    "what another hand bought is no bracket's": (
        [("1.entry#1", 1), ("manual-1", 2)],
        (3, 1),
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_how_many_contracts_are_brackets(name):
    fills, (position, meant) = TABLE[name]
    intents, held, found = Intents(), 0, 0
    for tag, signed in fills:
        intents.fill(tag, signed)
        held += signed
        found = intents.settle(held)
    assert (held, found) == (position, meant)


def test_what_a_bracket_gives_back_is_taken_off_no_other():
    """A fill of a finished bracket's stop is told late, and bought back beside another one's short
    (swarm, all, 412)."""
    intents, held = Intents(), 0

    def fill(tag, signed):
        nonlocal held
        held += signed
        intents.fill(tag, signed)
        return intents.settle(held)

    assert fill("1.entry#1", 1) == 1
    assert fill("2.exit#1", -1) == 0  # a flatten's
    assert fill("1.stop#1", -1) == 0
    assert fill("3.entry#1", -4) == 4
    assert intents.owes("1")
    assert fill("1.exit#1", 1) == 4
    assert not intents.owes("1")
    assert intents.held("3") == -4
    assert fill("4.exit#1", 4) == 0


def test_what_is_to_be_given_back_beside_another_bracket_is_not_taken_off_it():
    """A late fill of a finished bracket's stop stands against the next one's entry until it is
    bought back (late fills, all, 163)."""
    intents, held = Intents(), 0

    def fill(tag, signed):
        nonlocal held
        held += signed
        intents.fill(tag, signed)
        return intents.settle(held)

    assert fill("1.entry#1", 3) == 3
    assert fill("1.target#1", -3) == 0
    assert fill("1.stop#1", -1) == 0
    assert fill("2.entry#1", 3) == 2  # all that there is
    assert fill("1.exit#1", 1) == 3
    assert fill("manual-1", -2) == 1


@pytest.mark.parametrize("nobodys", [0, 1])
def test_what_hides_all_that_another_bracket_holds_is_not_taken_off_it(nobodys):
    """A late fill of a finished bracket's stop closes, for the moment, all there is (late fills,
    all, 39): no more and no fewer than the next one holds, or what is nobody's as well."""
    intents, held = Intents(), 0

    def fill(tag, signed):
        nonlocal held
        held += signed
        intents.fill(tag, signed)
        return intents.settle(held)

    if nobodys:
        assert fill("9#1", nobodys) == 0
    assert fill("1.entry#1", 3) == 3
    assert fill("1.target#1", -3) == 0
    assert fill("2.entry#1", 2) == 2
    assert fill("1.stop#1", -2 - nobodys) == 0
    assert held == 0
    assert intents.owes("1")
    assert fill("1.exit#1", 2 + nobodys) == 2
    assert not intents.owes("1")


VOIDED = {
    "what a flatten closed of a bracket is the bracket's again": (
        [("1.entry#1", 2), ("2.exit#1", -2)],
        ("2.exit#1", -2),
        (2, {"1": 2}, 0),
    ),
    "what a pair closed is nobody's, though a flatten had closed a bracket's": (
        [("1.entry#1", 2), ("2.exit#1", -2), ("3#1", 2), ("4.leg1#1", -2)],
        ("4.leg1#1", -1),
        (1, {"1": 0}, 0),
    ),
    "what another hand closed of nobody's is a bracket's of which some was closed": (
        [("1.entry#1", 2), ("2.exit#1", -2), ("3#1", 2), ("manual-1", -2)],
        ("manual-1", -1),
        (1, {"1": 1}, 1),
    ),
    "and nobody's where none was on that side": (
        [("1.entry#1", -2), ("2.exit#1", 2), ("3#1", 2), ("manual-1", -2)],
        ("manual-1", -1),
        (1, {"1": 0}, 0),
    ),
    "what closed of two brackets and of nobody's goes back to whom it was taken from": (
        [("1.entry#1", 1), ("2.entry#1", 1), ("manual-1", -1), ("manual-2", -1)],
        ("manual-2", -1),
        (1, {"1": 0, "2": 1}, 0),
    ),
}


@pytest.mark.parametrize("name", VOIDED)
def test_what_is_taken_back_is_theirs_from_whom_it_was_taken(name):
    fills, void, (position, theirs, perhaps) = VOIDED[name]
    intents, held = Intents(), 0
    for tag, signed in fills:
        intents.fill(tag, signed)
        held += signed
        intents.settle(held)
    intents.void(*void)
    held -= void[1]
    meant = intents.settle(held)
    assert (held, meant) == (position, abs(sum(theirs.values())))
    assert {intent: intents.held(intent) for intent in theirs} == theirs
    assert intents.perhaps == perhaps


def test_which_of_two_brackets_closes_what_was_taken_back_makes_no_difference():
    """A flatten closed one's, and another one the other's (voids, all, 120)."""
    intents, held = Intents(), 0
    for tag, signed in (("1.entry#1", 1), ("2.exit#1", -1), ("3.entry#1", 1), ("4.exit#1", -1)):
        intents.fill(tag, signed)
        held += signed
        intents.settle(held)
    intents.void("4.exit#1", -1)
    assert intents.settle(1) == 1
    intents.fill("1.exit#1", -1)
    assert intents.settle(0) == 0
    assert not intents.owes("1")
    intents.void("1.exit#1", -1)
    assert intents.settle(1) == 1


def test_what_a_bracket_gives_back_of_nobodys_is_none_that_it_holds():
    """A void of what had closed nobody's was taken for a bracket's that had closed too much once
    (voids and late fills, all, 24)."""
    intents, held = Intents(), 0
    for tag, signed in (("1.entry#1", -1), ("1.stop#1", 1), ("2#1", 2), ("3.exit#1", -2)):
        intents.fill(tag, signed)
        held += signed
        intents.settle(held)
    intents.void("3.exit#1", -1)
    assert intents.settle(1) == 0
    intents.fill("1.exit#1", -1)
    assert intents.settle(0) == 0
    intents.void("2#1", 1)
    assert intents.settle(-1) == 0


def test_what_a_pair_closed_too_much_is_owed_and_what_it_was_for_is_not():
    intents, held = Intents(), 0

    def fill(tag, signed):
        nonlocal held
        held += signed
        intents.fill(tag, signed)
        return intents.settle(held)

    fill("1#1", 2)
    assert fill("2.entry#1", 3) == 3
    assert fill("3.leg1#1", -2) == 3
    assert not intents.owes("3")
    assert fill("3.leg2#1", -1) == 2  # all that there is
    assert intents.owes("3")
    assert fill("3.exit#1", 1) == 3
    assert not intents.owes("3")
    intents.void("3.exit#1", 1)
    held -= 1
    assert intents.settle(held) == 2
    assert intents.owes("3")
    assert intents.held("2") == 3


def test_when_all_is_flat_nobody_owes_anything():
    intents = Intents()
    intents.fill("1.entry#1", 1)
    intents.fill("1.stop#1", -2)
    assert intents.settle(-1) == 0
    assert intents.owes("1")
    intents.fill("9#1", 1)
    assert intents.settle(0) == 0
    assert not intents.owes("1")


def test_what_a_leg_closed_to_the_last_contract_owes_nothing_when_the_entry_fills_on():
    intents = Intents()
    intents.fill("3.entry#1", -1)
    intents.fill("3.target#1", 1)
    assert not intents.owes("3")
    intents.fill("3.entry#1", -3)
    assert (intents.held("3"), intents.owes("3")) == (-3, False)
