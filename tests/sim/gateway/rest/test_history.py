"""History bars: units, windows, the newest first, and nothing of what is still to come."""

import pytest
from twin_world import CONTRACT, played, twin_in_process

# Trades each 10 s for an hour, prices 80000, 80001 ... in ticks of a quarter.
HOUR = "0 quote 80000x5 80001x7\n" + "\n".join(
    f"{n * 10_000} trade {80_000 + n}x2 buyer" for n in range(360)
)
DAYS = "0 quote 80000x5 80001x7\n" + "\n".join(
    f"{n * 6 * 3_600_000} trade {80_000 + n}x1 buyer" for n in range(60)
)
WINDOW = {"startTime": "2026-11-20T15:00:00Z", "endTime": "2026-12-30T00:00:00Z"}


def bars(g, unit=2, number=1, limit=20_000, partial=False, **more):
    body = {
        "contractId": CONTRACT, "live": False, "unit": unit, "unitNumber": number,
        "limit": limit, "includePartialBar": partial, **WINDOW, **more,
    }  # fmt: skip
    return g.call("History/retrieveBars", **body)


@played
async def test_bars_come_newest_first_and_end_now():
    async with twin_in_process(HOUR) as g:
        g.to(150_000)
        found = (await bars(g))["bars"]
        assert [bar["t"][11:19] for bar in found] == ["15:01:00", "15:00:00"]
        assert found[0] == {
            "t": "2026-11-20T15:01:00+00:00",
            "o": 20001.5, "h": 20002.75, "l": 20001.5, "c": 20002.75, "v": 12,
            "d": None, "k": None,
        }  # fmt: skip
        begun = (await bars(g, partial=True))["bars"]
        assert begun[1:] == found
        assert (begun[0]["t"][11:19], begun[0]["c"], begun[0]["v"]) == ("15:02:00", 20003.75, 8)


@pytest.mark.parametrize(
    ("unit", "number", "count", "first"),
    [
        (1, 10, 359, "15:59:40"),
        (2, 5, 11, "15:50:00"),
        (3, 1, 0, None),
        (7, 100, 3, "15:33:20"),
    ],
)
def test_units_and_their_numbers(unit, number, count, first):
    @played
    async def scene():
        async with twin_in_process(HOUR) as g:
            g.to(3_590_000)
            found = (await bars(g, unit, number))["bars"]
            assert len(found) == count
            assert (found[0]["t"][11:19] if found else None) == first

    scene()


@pytest.mark.parametrize(("unit", "count"), [(4, 14), (5, 2), (6, 1)])
def test_days_weeks_and_months_are_those_of_the_trade_dates(unit, count):
    @played
    async def scene():
        async with twin_in_process(DAYS) as g:
            g.to(14 * 24 * 3_600_000 - 12 * 3_600_000)
            assert len((await bars(g, unit))["bars"]) == count

    scene()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"contractId": "x"}, 1),
        ({"live": True}, 1),
        ({"unit": 0}, 2),
        ({"unit": 8}, 2),
        ({"number": 0}, 3),
        ({"unit": 5, "number": 2}, 3),
        ({"number": 2**31 - 1}, 3),
        ({"limit": 0}, 4),
        ({"limit": 20_001}, 4),
    ],
)
def test_what_bars_are_refused(fields, code):
    @played
    async def scene():
        async with twin_in_process(HOUR) as g:
            answer = await bars(g, **fields)
            assert (answer["errorCode"], answer["bars"]) == (code, None)

    scene()


@played
async def test_a_window_is_cut_from_its_end():
    async with twin_in_process(HOUR) as g:
        g.to(3_590_000)
        window = {"startTime": "2026-11-20T15:10:00", "endTime": "2026-11-20T15:20:00Z"}
        found = (await bars(g, limit=3, **window))["bars"]
        assert [bar["t"][14:16] for bar in found] == ["20", "19", "18"]
        bad = await g.post("History/retrieveBars", **{**window, "contractId": CONTRACT})
        assert bad.status_code == 400
