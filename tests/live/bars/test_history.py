"""Bars of the past: which are asked for, how far back they are looked for, what is made of them."""

import pytest
from live_wire import START_NS, mnq, run_live

from dryfill.live.rest.requests import stamp

SECOND_NS, MINUTE_NS, HOUR_NS = 10**9, 60 * 10**9, 3600 * 10**9


def bar(start_ns, opened, high, low, close, volume):
    return {"t": stamp(start_ns), "o": opened, "h": high, "l": low, "c": close, "v": volume}


SPANS = {
    "15 s": (15 * SECOND_NS, 1, 15),
    "90 s of 30 s": (90 * SECOND_NS, 1, 30),
    "5 min": (5 * MINUTE_NS, 2, 5),
    "1 h": (HOUR_NS, 3, 1),
    "90 min of 30 min": (90 * MINUTE_NS, 2, 30),
    "4 h of 1 h": (4 * HOUR_NS, 3, 1),
}


@pytest.mark.parametrize("name", SPANS)
def test_history_is_asked_for_in_bars_that_start_where_ours_do(wire, name):
    span_ns, unit, number = SPANS[name]

    async def script(at):
        assert await at.session.market.history(await mnq(at), span_ns, 10) == []
        body = wire.bodies("History/retrieveBars")[-1]
        assert (body["unit"], body["unitNumber"]) == (unit, number)
        assert (body["live"], body["includePartialBar"]) == (False, False)
        assert body["limit"] >= 10

    run_live(wire, script, broker=False)


def test_bars_of_many_hours_start_at_midnights_multiples_and_the_one_under_way_is_left_out(wire):
    midnight_ns = START_NS - 15 * HOUR_NS
    hours = [bar(midnight_ns + h * HOUR_NS, h, h + 2, h - 1, h + 1, 10) for h in range(-6, 16)]
    wire.answers["History/retrieveBars"] = {"bars": hours[::-1]}

    async def script(at):
        bars = await at.session.market.history(await mnq(at), 4 * HOUR_NS, 3)
        assert [(b.time_ns - midnight_ns) // HOUR_NS for b in bars] == [0, 4, 8]
        assert (bars[0].open, bars[0].high, bars[0].low, bars[0].close) == (0, 5, -1, 4)
        assert [b.volume for b in bars] == [40, 40, 40]

    run_live(wire, script, broker=False)


def test_more_bars_than_one_answer_holds_are_asked_for_page_by_page(wire):
    minutes = [bar(START_NS - n * MINUTE_NS, n, n, n, n, 1) for n in range(1, 30_001)]

    def page(body):
        found = [each for each in minutes if each["t"] < body["endTime"]]
        return {"bars": found[: min(body["limit"], 20_000)]}

    wire.answers["History/retrieveBars"] = page

    async def script(at):
        bars = await at.session.market.history(await mnq(at), MINUTE_NS, 25_000)
        assert len(bars) == 25_000
        assert [bars[0].open, bars[-1].open] == [25_000, 1]
        assert len(wire.bodies("History/retrieveBars")) == 2

    run_live(wire, script, broker=False)


def bars_at(starts):
    """A gateway that has bars at these starts, and gives the newest of a window."""
    bars = [bar(start, 1, 1, 1, 1, 1) for start in sorted(starts, reverse=True)]

    def page(body):
        window = [b for b in bars if body["startTime"] <= b["t"] < body["endTime"]]
        return {"bars": window[: body["limit"]]}

    return page


@pytest.mark.parametrize("apart_days", [6, 40, 97])
def test_a_contract_that_trades_once_in_a_while_has_all_the_bars_that_are_asked_for(
    wire, apart_days
):
    starts = [START_NS - n * apart_days * 24 * HOUR_NS - MINUTE_NS for n in range(1, 5)]
    wire.answers["History/retrieveBars"] = bars_at(starts)

    async def script(at):
        bars = await at.session.market.history(await mnq(at), MINUTE_NS, 4)
        assert [b.time_ns for b in bars] == starts[::-1]

    run_live(wire, script, broker=False)


def test_of_what_is_longer_ago_than_a_contract_is_traded_nothing_is_told(wire):
    """Days of hours last longer than that: they are looked for as long as they may last."""
    day_ns = 24 * HOUR_NS
    starts = [START_NS - n * day_ns - HOUR_NS for n in (1, 398, 401, 700)]
    wire.answers["History/retrieveBars"] = bars_at(starts)

    async def script(at):
        instrument, history = await mnq(at), at.session.market.history
        assert len(await history(instrument, HOUR_NS, 9)) == 2
        assert len(wire.bodies("History/retrieveBars")) <= 5
        assert len(await history(instrument, day_ns, 300)) == 4

    run_live(wire, script, broker=False)


def test_bars_on_both_sides_of_a_long_pause_are_asked_for_and_none_is_skipped(wire):
    pause = range(5_000, 40_000)
    minutes = [START_NS - n * MINUTE_NS for n in range(1, 45_000) if n not in pause]
    wire.answers["History/retrieveBars"] = bars_at(minutes)

    async def script(at):
        bars = await at.session.market.history(await mnq(at), MINUTE_NS, 8_000)
        assert [b.time_ns for b in bars] == minutes[7_999::-1]

    run_live(wire, script, broker=False)
