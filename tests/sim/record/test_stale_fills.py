"""Fills long after the last row of the data are counted and said; all others are not."""

import asyncio

from dryfill import Buy, instruments, synthetic_bars

MINUTES = "\n".join(
    ["0 quote 100x9 101x9", "10 trade 101x1 buyer", f"{2 * 3_600_000} quote 100x9 101x9"]
)


def buys_after(seconds):
    async def script(desk):
        await asyncio.sleep(seconds)
        await desk.place(Buy(2))

    return script


def stale(record):
    return [note for note in record.notes if "after the last row of the data" in note]


def test_a_fill_an_hour_after_the_last_row_is_said_with_its_age(tape_of, run):
    record = run(tape_of(MINUTES), buys_after(3_600))
    assert record.fill_count == 1
    (note,) = stale(record)
    assert note.startswith("1 of 1 fills were made more than a minute after the last row")
    assert "(the oldest price was 0:59 h old)" in note


def test_a_fill_within_a_minute_of_a_row_is_nothing_to_say(tape_of, run):
    record = run(tape_of(MINUTES), buys_after(60))
    assert record.fill_count == 1
    assert stale(record) == []
    assert stale(run(tape_of(MINUTES), buys_after(60.02)))


def test_within_a_bar_the_data_has_something_until_the_bar_ends(run):
    tape = synthetic_bars(instruments.find("ES"), seed=1, span_ns=3_600 * 10**9)
    # Half an hour into the second bar: the last row that ended is half an hour old.
    record = run(tape, buys_after(5_400))
    assert record.fill_count == 1
    assert stale(record) == []
