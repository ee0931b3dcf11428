"""What a series of bars asks for where trades were missed: no more than was."""

import asyncio

import pytest
from live_wire import START_NS, mnq, run_live

from dryfill.live.bars.bar_builder import BarBuilder
from dryfill.live.bars.bar_feed import BarFeed
from dryfill.live.rest.requests import stamp
from dryfill.trading.events import Trade

SECOND_NS, HOUR_NS = 10**9, 3600 * 10**9
WEEK_END_NS = 49 * HOUR_NS


def bars_of(starts):
    """A gateway that has bars at these starts: the newest of the window, the newest first."""
    bars = [{"t": stamp(start), **dict.fromkeys("ohlcv", 1)} for start in sorted(starts)]

    def page(body):
        window = [b for b in bars if body["startTime"] <= b["t"] < body["endTime"]]
        return {"bars": window[::-1][: body["limit"]]}

    return page


async def gone_for(at, gone_ns):
    """The bars that a feed of 1 s tells which had told one and then heard nothing for so long."""
    heard = []
    builder = BarBuilder(await mnq(at), SECOND_NS)
    history, notices = at.session.market.past, at.session.notices
    feed = BarFeed(builder, heard.append, history, at.now_ns, notices.append, 0.1)
    for time_ns in (START_NS, START_NS + gone_ns):
        feed.broken()
        feed.trade(Trade(builder.instrument, time_ns, 4, 1, None))
        await asyncio.sleep((gone_ns if time_ns == START_NS else 5 * SECOND_NS) / 1e9)
    feed.close()
    return [(bar.time_ns - START_NS) // SECOND_NS for bar in heard]


def test_after_a_week_end_one_question_asks_for_what_was_missed_and_nothing_before(wire):
    before = [START_NS - n * SECOND_NS for n in range(1, 30_000)]
    wire.answers["History/retrieveBars"] = bars_of(
        [*before, START_NS, START_NS + 7 * SECOND_NS, START_NS + WEEK_END_NS]
    )

    async def script(at):
        assert await gone_for(at, WEEK_END_NS) == [0, 7, WEEK_END_NS // SECOND_NS]
        assert at.session.notices == []
        windows = [(b["startTime"], b["endTime"]) for b in wire.bodies("History/retrieveBars")]
        after_ns = START_NS + SECOND_NS
        assert windows == [
            (stamp(START_NS), stamp(after_ns)),
            (stamp(after_ns), stamp(after_ns + WEEK_END_NS)),
        ]

    run_live(wire, script, broker=False)


@pytest.mark.parametrize(("missed", "told"), [(20_000, 20_000), (20_001, 20_000)])
def test_of_a_long_gap_the_newest_bars_are_told_and_the_rest_is_said(wire, missed, told):
    wire.answers["History/retrieveBars"] = bars_of(
        START_NS + n * SECOND_NS for n in range(missed + 1)
    )

    async def script(at):
        heard = await gone_for(at, missed * SECOND_NS)
        assert heard == [0, *range(missed + 1 - told, missed + 1)]
        assert len(wire.bodies("History/retrieveBars")) == 2
        assert at.session.notices == [
            f"bars of MNQZ6 from {stamp(START_NS + SECOND_NS)} until "
            f"{stamp(START_NS + 2 * SECOND_NS)} are left out: more than 20000 were missed"
        ] * (missed > told)

    run_live(wire, script, broker=False)
