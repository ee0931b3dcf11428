"""The inbox: in order, nothing lost but quotes that were overtaken."""

import asyncio

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading import instruments
from dryfill.trading.events import Quote, Trade
from dryfill.trading.inbox import Inbox

ES, CL = instruments.find("ES"), instruments.find("CL")


def quote(n, instrument=ES):
    return Quote(instrument, n, n, 1, n + 1, 1)


def trade(n):
    return Trade(ES, n, n, 1, None)


def read_all(puts):
    """What a reader gets that was busy while all this came in."""

    async def main():
        inbox = Inbox()
        for event in puts:
            inbox.put(event)
        got = []
        while inbox._events:
            got.append(await inbox.get())
            if all(cell[0] is None for cell in inbox._events):
                break
        return [(type(e).__name__[0], e.time_ns) for e in got], inbox.conflated

    return run_virtual(main(), origin_ns=0)


@pytest.mark.parametrize(
    ("puts", "got", "conflated"),
    [
        ([quote(1), quote(2), quote(3)], [("Q", 3)], 2),
        ([quote(1), trade(2), quote(3)], [("T", 2), ("Q", 3)], 1),
        ([trade(1), trade(2), trade(3)], [("T", 1), ("T", 2), ("T", 3)], 0),
        ([quote(1), quote(2, CL), quote(3)], [("Q", 2), ("Q", 3)], 1),
        (
            [quote(1), trade(2), quote(3), quote(4), trade(5), quote(6)],
            [("T", 2), ("T", 5), ("Q", 6)],
            3,
        ),
    ],
)
def test_a_busy_reader_gets_the_newest_quote_in_its_place_in_time(puts, got, conflated):
    assert read_all(puts) == (got, conflated)


def test_quotes_that_are_overtaken_do_not_pile_up():
    inbox = Inbox()
    for n in range(1000):
        inbox.put(quote(n))
        if n % 100 == 0:
            inbox.put(trade(n))
    assert len(inbox._events) <= 21


def test_an_idle_reader_gets_every_quote():
    async def main():
        inbox, got = Inbox(), []

        async def read():
            while (event := await inbox.get()) is not None:
                got.append(event.time_ns)

        reader = asyncio.ensure_future(read())
        for n in range(5):
            await asyncio.sleep(1)
            inbox.put(quote(n))
        await asyncio.sleep(1)
        inbox.put(quote(5))
        inbox.put(quote(6))  # in the same moment, before the reader ran
        await asyncio.sleep(1)
        inbox.close()
        await reader
        return got, inbox.conflated

    assert run_virtual(main(), origin_ns=0) == (list(range(7)), 0)


def test_closing_drops_what_waits_ends_the_reader_and_takes_nothing_more():
    async def main():
        inbox = Inbox()
        waiting = asyncio.ensure_future(inbox.get())
        await asyncio.sleep(0)
        inbox.close()
        assert await waiting is None
        inbox.put(trade(1))
        assert await inbox.get() is None
        other = Inbox()
        other.put(trade(1))
        other.close()
        assert await other.get() is None

    run_virtual(main(), origin_ns=0)


def test_a_reader_that_goes_away_loses_nothing():
    async def main():
        inbox = Inbox()
        waiting = asyncio.ensure_future(inbox.get())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        inbox.put(trade(1))
        assert (await inbox.get()).time_ns == 1

    run_virtual(main(), origin_ns=0)


def test_what_nobody_reads_is_not_kept_and_wakes_nobody():
    async def main():
        inbox = Inbox()
        inbox.leave_out([Trade])
        reading = asyncio.ensure_future(inbox.get())
        await asyncio.sleep(1)
        inbox.put(trade(1))
        await asyncio.sleep(1)
        assert not reading.done()
        assert not inbox._events
        inbox.put(quote(2))
        return (await reading).time_ns

    assert run_virtual(main(), origin_ns=0) == 2
