"""Unprotected time: which contracts were bare, from when to when, and what it could have cost."""

from decimal import Decimal

import pytest

from dryfill.sim.record.marks import Marks
from dryfill.sim.record.unprotected import UnprotectedMeter
from dryfill.trading import instruments
from dryfill.trading.words import OrdType

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000
MS = 1_000_000
# A bid that falls from 100 to 94 and comes back; stops at 90 and below are never reached.
MARKET = """
    0    quote 100x9 101x9
    1    trade 101x1 buyer
    300  quote 94x9 95x9
    600  quote 100x9 101x9
    2000 quote 100x9 101x9
"""
STOP_FALLS = """
    0    quote 100x9 101x9
    1    trade 101x1 buyer
    500  quote 80x1 81x9
    501  trade 81x1 buyer
    1000 quote 80x9 81x9
    2000 quote 100x9 101x9
"""


class Metered:
    """A counter whose reports a meter hears."""

    def __init__(self, counter, text, tape):
        self.at = counter(text)
        self.meter = UnprotectedMeter(self.at.account)
        self.at.desk.heard = self.meter.heard
        self.marks = {"ES": Marks(tape)}

    def __call__(self, ms):
        return self.at.at(ms)

    def end(self, ms):
        self.at.at(ms)
        return self.meter.finish(T0 + ms * MS, self.marks)


@pytest.fixture
def metered(counter, tape_of):
    return lambda text=MARKET: Metered(counter, text, tape_of(text))


def spans(exposure):
    """(quantity, from ms, to ms) of each span."""
    return [(s.qty, (s.from_ns - T0) / MS, (s.to_ns - T0) / MS) for s in exposure.spans]


def test_from_the_fill_until_the_stop_works(metered):
    at = metered()
    at(1).place("buy", 2, tag="7.entry#1")
    at(101).place("sell", 2, stop=90, tag="7.stop#1")
    found = at.end(1000)
    assert spans(found.meant) == [(2, 1, 101)]
    assert found.others.spans == []
    assert found.contract_seconds == Decimal("0.2")
    assert found.longest == 0.1


def test_a_stop_that_works_before_the_fill_leaves_nothing_bare(metered):
    at = metered()
    at(1).place("sell", 2, stop=90, tag="7.stop#1")
    at.at.place("buy", 2, tag="7.entry#1")
    assert at.end(1000).meant.spans == []


def test_each_contract_that_a_stop_covers_counts(metered):
    at = metered()
    at(1).place("buy", 3, tag="7.entry#1")
    at(11).place("sell", 1, stop=90, tag="7.stop#1")
    at(31).place("sell", 1, stop=89, tag="7.stop#2")
    at(61).place("sell", 1, stop=88, tag="7.stop#3")
    found = at.end(1000)
    assert spans(found.meant) == [(3, 1, 11), (2, 11, 31), (1, 31, 61)]
    assert found.contract_seconds == Decimal("0.1")
    assert found.longest == 0.06


def test_one_stretch_ends_where_everything_is_covered(metered):
    at = metered()
    at(1).place("buy", 1, tag="7.entry#1")
    first = at(11).place("sell", 1, stop=90, tag="7.stop#1")
    at(51).desk.cancel(first)
    at(81).place("sell", 1, stop=90, tag="7.stop#2")
    found = at.end(1000)
    assert spans(found.meant) == [(1, 1, 11), (1, 51, 81)]
    assert found.longest == 0.03


def test_a_stop_on_the_wrong_side_does_not_count(metered):
    at = metered()
    at(1).place("buy", 1, tag="7.entry#1")
    at(11).place("buy", 1, stop=120, tag="7.stop#1")
    assert spans(at.end(100).meant) == [(1, 1, 100)]


def test_a_limit_order_is_no_protection(metered):
    at = metered()
    at(1).place("buy", 1, tag="7.entry#1")
    at.at.place("sell", 1, limit=120, tag="7.target#1")
    assert spans(at.end(100).meant) == [(1, 1, 100)]


def test_a_refused_stop_does_not_count(metered):
    at = metered()
    at(1).place("buy", 1, tag="7.entry#1")
    with pytest.raises(Exception, match="must be below"):
        at.at.place("sell", 1, stop=150, tag="7.stop#1")
    assert spans(at.end(100).meant) == [(1, 1, 100)]


def test_trailing_stops_count(metered):
    at = metered()
    at(1).place("buy", 1, tag="7.entry#1")
    at.at.place("sell", 1, kind=OrdType.TRAILING_STOP, trail=20, tag="7.stop#1")
    assert at.end(100).meant.spans == []


def test_a_stop_that_has_triggered_counts_for_what_it_has_left(metered):
    at = metered(STOP_FALLS)
    at(1).place("buy", 3, tag="7.entry#1")
    at.at.place("sell", 3, stop=95, limit=80, tag="7.stop#1")
    found = at.end(900)
    assert at.at.account.holding(ES).qty == 2
    assert found.meant.spans == []


def test_what_a_stop_has_filled_does_not_count_any_more(metered):
    at = metered(STOP_FALLS)
    at(1).place("buy", 3, tag="7.entry#1")
    at.at.place("sell", 2, stop=95, limit=80, tag="7.stop#1")
    found = at.end(900)
    assert at.at.account.holding(ES).qty == 2
    assert spans(found.meant) == [(1, 1, 900)]


def test_contracts_of_no_bracket_are_listed_apart(metered):
    at = metered()
    at(1).place("buy", 1, tag="5#1")
    at(101).place("sell", 1)
    found = at.end(200)
    assert found.meant.spans == []
    assert spans(found.others) == [(1, 1, 101)]
    assert (found.longest, found.others.longest) == (0.0, 0.1)


def test_stops_count_for_the_brackets_contracts_first(metered):
    at = metered()
    at(1).place("buy", 1, tag="5#1")
    at.at.place("buy", 2, tag="7.entry#1")
    at(51).place("sell", 2, stop=90, tag="7.stop#1")
    at(101).place("sell", 1, stop=90, tag="6#1")
    found = at.end(200)
    assert spans(found.meant) == [(2, 1, 51)]
    assert spans(found.others) == [(1, 1, 101)]


def test_a_brackets_exit_closes_the_brackets_contracts_although_others_are_older(metered):
    at = metered()
    at(1).place("buy", 1, tag="5#1")
    at.at.place("buy", 1, tag="7.entry#1")
    at.at.place("sell", 1, stop=90, tag="7.stop#1")
    target = at(51).place("sell", 1, limit=100, tag="7.target#1")
    assert at.at.desk.order(target, None).leaves_qty == 0
    at(51).desk.cancel("3")
    found = at.end(200)
    assert found.meant.spans == []
    assert spans(found.others) == [(1, 1, 200)]


def test_what_somebody_else_closes_is_not_waited_for(metered):
    at = metered()
    at(1).place("buy", 2, tag="7.entry#1")
    at(51).place("sell", 2, tag="5#1")
    at(71).place("buy", 2, tag="6#1")
    found = at.end(100)
    assert spans(found.meant) == [(2, 1, 51)]
    assert spans(found.others) == [(2, 71, 100)]


def test_a_part_that_somebody_else_closes_leaves_the_rest_meant(metered):
    at = metered()
    at(1).place("buy", 3, tag="7.entry#1")
    at(51).place("sell", 1, tag="5#1")
    at(61).place("buy", 1, tag="6#1")
    found = at.end(100)
    assert spans(found.meant) == [(3, 1, 51), (2, 51, 100)]
    assert spans(found.others) == [(1, 61, 100)]


def test_brackets_against_each_other_are_netted(metered):
    at = metered()
    at(1).place("buy", 2, tag="7.entry#1")
    at(11).place("sell", 1, tag="8.entry#1")
    at(21).place("buy", 1, tag="8.target#1")
    found = at.end(100)
    assert spans(found.meant) == [(2, 1, 11), (1, 11, 21), (2, 21, 100)]
    assert found.others.spans == []


def test_a_fill_through_zero_leaves_a_short_that_the_old_stop_does_not_cover(metered):
    at = metered()
    at(1).place("buy", 1, tag="7.entry#1")
    at.at.place("sell", 1, stop=90, tag="7.stop#1")
    at(51).place("sell", 3, tag="5#1")
    found = at.end(100)
    assert found.meant.spans == []
    assert spans(found.others) == [(-2, 51, 100)]


def test_shorts_are_covered_by_buy_stops(metered):
    at = metered()
    at(1).place("sell", 2, tag="7.entry#1")
    at(21).place("buy", 2, stop=120, tag="7.stop#1")
    assert spans(at.end(100).meant) == [(-2, 1, 21)]


def test_what_is_bare_at_the_end_is_marked_so(metered):
    at = metered()
    at(1).place("buy", 1, tag="7.entry#1")
    (span,) = at.end(1001).meant.spans
    assert span.at_end
    assert span.contract_seconds == 1


def test_the_adverse_move_is_that_of_the_bare_contracts_while_they_were_bare(metered):
    at = metered()
    at(1).place("buy", 2, tag="7.entry#1")
    at(301).place("sell", 2, stop=90, tag="7.stop#1")
    found = at.end(700)
    assert found.worst_move == 2 * 6 * Decimal("12.50")
    assert found.meant.moves == [found.worst_move]


def test_what_is_mended_within_a_nanosecond_does_not_break_a_span(metered):
    at = metered()
    at(1).place("buy", 2, tag="7.entry#1")
    stop = at(101).place("sell", 1, stop=90, tag="7.stop#1")
    at.at.desk.cancel(stop)
    at(302).place("sell", 2, stop=90, tag="7.stop#2")
    found = at.end(400)
    assert spans(found.meant) == [(2, 1, 302)]
    assert found.worst_move == 2 * 6 * Decimal("12.50")


def test_a_move_before_or_after_the_span_does_not_count(metered):
    at = metered()
    at(1).place("buy", 2, tag="7.entry#1")
    at(299).place("sell", 2, stop=90, tag="7.stop#1")
    assert at.end(700).worst_move == 0


def test_a_falling_market_is_no_adverse_move_for_a_short(metered):
    at = metered()
    at(1).place("sell", 2, tag="7.entry#1")
    found = at.end(500)
    assert (found.worst_move, found.meant.moves) == (0, [0])
    # From 300 ms on the ask rises from 95 to 101.
    at = metered()
    at(301).place("sell", 2, tag="7.entry#1")
    assert at.end(700).worst_move == 2 * 6 * Decimal("12.50")
