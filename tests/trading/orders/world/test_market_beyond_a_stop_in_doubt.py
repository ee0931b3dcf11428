"""A stop in doubt, and its substitute refused because the market is beyond it: by broker truth, how
long is what is held bare, and how long is too much closed (docs/decisions/0023)?"""

import asyncio

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.oracles import watch
from dryfill.trading.order import Buy
from dryfill.trading.price import Ticks

# The entry is filled at 525 ms; 200 ms later the market falls through the stop and stays there.
FALLS = """
    0 quote 80000x5 80001x5
    10 trade 80000x1
    725 trade 79955x9
    726 quote 79954x50 79955x50
    4000 trade 79954x9
    60000 quote 79954x50 79955x50
"""
NEVER = {"kind": "request-lost", "call": "place", "role": "stop", "form": "reset"}
UNANSWERED = {"kind": "request-lost", "call": "place", "role": "stop", "form": "timeout"}
WORKS = {"kind": "ack-lost", "call": "place", "role": "stop", "form": "reset"}
SLOW = {"kind": "latency", "call": "place", "role": "stop", "request": "4 s"}
STALE = {"kind": "stale-read", "call": "read", "times": "all", "lag": "3 s"}
UNHEARD = [
    {"kind": "drop", "event": event, "role": "stop", "times": "all"}
    for event in ("new", "triggered", "fill")
]
SILENT = {"kind": "ack-lost", "call": "order", "role": "stop", "times": 9, "form": "reset"}
# faults; seconds bare, and seconds in which too much was closed
CASES = {
    "it never arrived": ([NEVER], 1.15, 0),
    "it never arrived, and nobody answers looks": ([NEVER, SILENT], 1.95, 0),
    "it never arrived, and no answer comes": ([UNANSWERED], 1.15, 0),
    "it arrives late": ([SLOW], 1.15, 0),
    "it was filled, and a look shows it": ([WORKS, *UNHEARD], 0.05, 0),
    "it was filled, and no look shows it for three seconds": ([WORKS, *UNHEARD, STALE], 0.05, 2.95),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_held_is_closed_at_once(name, world):
    faults, bare_s, too_much_s = CASES[name]
    this = world(FALLS, plan=make_plan(*faults))
    watching = watch(this)
    held = []

    async def trade(desk):
        await asyncio.sleep(0.5)
        bracket = await desk.bracket(Buy(2), stop=Ticks(40))
        await bracket.closed()
        held.append(bracket.position)
        return []

    spans = this.run(trade).unprotected
    assert held == [0]
    assert spans.meant.longest == pytest.approx(bare_s, abs=5e-3)
    assert spans.others.longest == pytest.approx(too_much_s, abs=5e-3)
    assert watching.report().violations == []
