"""Data outside the open hours: said from more than one part in a hundred on, and never filled."""

import pytest

from dryfill.sim.record.outside_hours import outside_hours
from dryfill.trading.calendar import calendar
from dryfill.trading.order import Buy

HOUR_MS = 3_600_000
CLOSED = 7 * HOUR_MS + 30_000  # 16:00:30 in Chicago: the daily break


@pytest.fixture
def es_calendar(setup_of, tape_of):
    return setup_of(tape_of("0 trade 5x1")).instrument.calendar


def market(tape_of, inside, outside, size=1):
    rows = [f"{n} trade 100x1" for n in range(inside)]
    rows += [f"{CLOSED + n} trade 100x{size}" for n in range(outside)]
    return tape_of("\n".join(rows))


def test_one_trade_in_a_hundred_is_not_worth_a_note(tape_of, es_calendar):
    assert outside_hours(market(tape_of, 99, 1), calendar(es_calendar)) == []


def test_more_than_one_in_a_hundred_is(tape_of, es_calendar):
    (note,) = outside_hours(market(tape_of, 98, 1), calendar(es_calendar))
    assert note.startswith("1 of 99 trades (1 of 99 contracts) lie outside the open hours of")
    assert repr(es_calendar) in note
    assert "nothing was filled there" in note


def test_volume_counts_as_well_as_rows(tape_of, es_calendar):
    (note,) = outside_hours(market(tape_of, 199, 1, size=50), calendar(es_calendar))
    assert note.startswith("1 of 200 trades (50 of 249 contracts)")


def test_a_market_that_never_closes_has_no_outside(tape_of):
    assert outside_hours(market(tape_of, 1, 50), calendar("always")) == []


def test_quotes_outside_are_normal(tape_of, es_calendar):
    tape = tape_of(f"0 trade 5x1\n{CLOSED} quote 5x1 6x1\n{CLOSED + 1} quote 5x1 6x1")
    assert outside_hours(tape, calendar(es_calendar)) == []


def test_nothing_is_filled_there_and_the_record_says_so(tape_of, run, es_calendar):
    open_ms = 6 * HOUR_MS + 59 * 60_000
    text = "\n".join(
        [
            f"{open_ms} quote 100x5 101x5",
            *(f"{CLOSED + n} trade 90x9 seller" for n in range(5)),
            f"{CLOSED + 10} quote 89x5 90x5",
        ]
    )

    async def main(desk):
        await desk.subscribe_quotes()
        await desk.place(Buy(1, limit=desk.instrument.decimal(95), tif="gtc"))
        async for _ in desk.events():
            pass

    record = run(tape_of(text), main, calendar=es_calendar)
    assert record.fill_count == 0
    assert any(note.startswith("5 of 5 trades") for note in record.notes)
    always = run(tape_of(text), main)
    assert always.fill_count == 1
    assert not any("outside" in note for note in always.notes)
