"""The client's wall clock is off, and runs fast or slow (F28)."""

import asyncio

import pytest


@pytest.mark.parametrize(
    ("keys", "off_ms"),
    [
        ([{"at": "0 s", "fast": 200}], [0.2, 20]),
        ([{"at": "0 s", "slow": 50_000}], [-50, -5000]),
        ([{"at": "0 s", "fast": 1000, "ahead": "1 s"}], [1001, 1100]),
        # A step sets it, and it drifts on; a new drift begins where it is.
        ([{"at": "0 s", "fast": 1000}, {"at": "50 s", "behind": "90 s"}], [1, 50 - 90_000]),
        ([{"at": "0 s", "fast": 1000}, {"at": "50 s", "slow": 3000}], [1, 50 - 150]),
    ],
)
def test_the_clients_clock_may_run_fast_or_slow(stage, keys, off_ms):
    at = stage(*({"kind": "clock", **each} for each in keys))

    async def script(broker):
        seen = []
        for pause_s in (1, 99):
            await asyncio.sleep(pause_s)
            seen.append(at.faults.clock_ns / 1e6)
        return seen

    assert at.play(script) == off_ms
    assert at.ms == 120_000


@pytest.mark.parametrize(("keys", "off_s"), [({"behind": "90 s"}, -90), ({"ahead": "1 s"}, 1)])
def test_the_clients_clock_may_be_off_and_nothing_else(stage, keys, off_s):
    at = stage({"kind": "clock", "at": "1 s", **keys})

    async def script(broker):
        before = at.faults.clock_ns
        await asyncio.sleep(2)
        return before, at.faults.clock_ns

    assert at.play(script) == (0, off_s * 10**9)
    assert at.ms == 120_000
