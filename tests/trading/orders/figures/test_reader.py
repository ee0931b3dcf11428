"""A reader of events: what is replayed comes first and once, and what is lost is named."""

import asyncio

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.errors import UsageError
from dryfill.trading.orders.events import IncidentRaised, Missed
from dryfill.trading.orders.figures.stream import Reader
from dryfill.trading.orders.incident import Incident


def event(n):
    return IncidentRaised(n=n, time_ns=n, incident=Incident(n, "a_test", ""))


def read(past, live, *, most=3, since=0):
    """What a reader is given, by number; two numbers are those that it missed."""
    reader = Reader(iter([event(n) for n in past]), most, since)
    for n in live:
        reader.put(event(n))
    reader.end()

    async def main():
        return [each async for each in reader]

    found = run_virtual(main(), origin_ns=0)
    return [(each.first, each.last) if isinstance(each, Missed) else each.n for each in found]


# replayed, told meanwhile, read before: what comes
CASES = {
    "nothing": ([], [], 0, []),
    "what happens": ([], [1, 2, 3], 0, [1, 2, 3]),
    "one too many": ([], [1, 2, 3, 4], 0, [(1, 1), 2, 3, 4]),
    "three too many": ([], [1, 2, 3, 4, 5, 6], 0, [(1, 3), 4, 5, 6]),
    "what was kept, and then what happens": ([1, 2], [3, 4], 0, [1, 2, 3, 4]),
    "what is kept already comes once": ([1, 2, 3], [2, 3, 4], 0, [1, 2, 3, 4]),
    "all of it is kept already": ([1, 2, 3], [2, 3], 0, [1, 2, 3]),
    "what is kept no longer": ([4, 5], [6], 0, [(1, 3), 4, 5, 6]),
    "one is kept no longer": ([4, 5], [6], 2, [(3, 3), 4, 5, 6]),
    "none is missing": ([4, 5], [6], 3, [4, 5, 6]),
    "a hole in what was kept": ([1, 4], [], 0, [1, (2, 3), 4]),
    "lost, but kept": ([1, 2, 3], [2, 3, 4, 5, 6], 0, [1, 2, 3, 4, 5, 6]),
    "lost, and the first of them kept": ([1, 2], [2, 3, 4, 5, 6], 0, [1, 2, (3, 3), 4, 5, 6]),
}


@pytest.mark.parametrize("name", CASES)
def test_every_event_comes_once_in_order_or_is_named_as_missed(name):
    past, live, since, expected = CASES[name]
    assert read(past, live, since=since) == expected


def test_one_that_is_closed_ends_at_once_and_hears_no_more():
    reader = Reader(iter([event(1)]), 1)
    for n in (2, 3):
        reader.put(event(n))
    reader.close()
    reader.put(event(4))

    async def main():
        return [each async for each in reader]

    assert run_virtual(main(), origin_ns=0) == []


def test_one_waits_for_what_happens_next_and_for_one_task_alone():
    async def main():
        reader = Reader(iter(()), 3)
        waits = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(1)
        with pytest.raises(UsageError, match="these events have a reader"):
            await anext(reader)
        reader.put(event(1))
        reader.put(event(2))
        found = [await waits, await anext(reader)]
        ends = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(1)
        reader.end()
        with pytest.raises(StopAsyncIteration):
            await ends
        return [each.n for each in found]

    assert run_virtual(main(), origin_ns=0) == [1, 2]
