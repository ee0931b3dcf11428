"""The arithmetic of a bracket, as a table: what is, and what should be working."""

from decimal import Decimal

import pytest

from dryfill.trading import instruments
from dryfill.trading.orders.bracket_core import (
    Facts,
    LegFacts,
    Mode,
    Plan,
    desired,
    leg_price,
    outcome,
)
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdStatus, Side

MNQ = instruments.find("MNQ")
PX = Decimal(20_000)
STOP, TARGET = Ticks(40), Ticks(80)


def plan(side=Side.BUY, qty=3, stop=STOP, target=TARGET):
    return Plan(MNQ, side, qty, stop, target)


def facts(entry=(3, 0), stop=(0, 0), target=(0, 0), exits=0, exit_live=False, px=PX):
    """Each leg as (filled, open)."""
    legs = [LegFacts(cum, left, left > 0, left > 0) for cum, left in (entry, stop, target)]
    return Facts(legs[0], px, legs[1], legs[2], exits, exit_live)


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
    "released": (facts(), Mode.RELEASED, (False, 0, 0, 0)),
    "released and overfilled": (facts((1, 0), (1, 0), (1, 0)), Mode.RELEASED, (False, 0, 0, 0)),
    "nobody knows the entry price": (facts(px=None), Mode.GUARDING, (True, 0, 0, 0)),
}


@pytest.mark.parametrize("name", TABLE)
def test_from_what_is_follows_what_should_be(name):
    now, mode, expected = TABLE[name]
    wish = desired(plan(), now, mode)
    found = (wish.entry_working, wish.stop.open_qty, wish.target.open_qty, wish.exit_qty)
    assert found == expected


def test_a_stop_at_a_price_needs_no_entry_price():
    wish = desired(plan(stop="19990"), facts(px=None), Mode.GUARDING)
    assert (wish.stop.open_qty, wish.stop.price) == (3, Decimal(19_990))
    assert wish.target.open_qty == 0


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
