"""An exception anywhere in the manager is an incident; its position is guarded, the rest goes on.

Each row breaks one seam: a method that raises, once or always, for the first bracket alone. Judged
by broker truth: oracles watch, the second bracket is whole, and the loop never heard of it.
"""

import asyncio

import pytest

from dryfill.sim.oracles import watch
from dryfill.trading.order import Buy, OrderRequest
from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.orders.brackets.legs import Legs
from dryfill.trading.orders.exits.closing import Closer
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.registry import Registry
from dryfill.trading.orders.sending.outbox import Outbox
from dryfill.trading.price import Ticks

# Targets of both brackets (80 ticks) are reached in parts at 4 s, their stops never.
MARKET = "\n".join(
    [
        "0 quote 80000x9 80001x9",
        "10 trade 80000x1",
        *(f"{4000 + 100 * n} trade 80082x1" for n in range(3)),
        "6000 quote 80090x9 80091x9",
        "30000 quote 80090x9 80091x9",
    ]
)


class Fault(Exception):
    """What no code of ours raises by itself."""


def intent_of(thing):
    """The intent that an object of the manager's is about; None where it is about none."""
    for name in ("intent", "_intent"):
        if hasattr(thing, name):
            return getattr(thing, name)
    request = getattr(thing, "request", None)
    return request.cl_ord_id.partition(".")[0] if isinstance(request, OrderRequest) else None


def break_seam(monkeypatch, owner, name, *, from_call=1, calls=1):
    """Let calls of a method that are about the first bracket raise; the list of those that did."""
    whole, raised, seen = getattr(owner, name), [], [0]

    def broken(*args, **kwargs):
        if "1" in map(intent_of, args[:2]):
            seen[0] += 1
            if from_call <= seen[0] < from_call + calls:
                raised.append(name)
                raise Fault(name)
        return whole(*args, **kwargs)

    monkeypatch.setattr(owner, name, broken)
    return raised


ALWAYS = 10**6
# What is broken, from which call on and how often, and whether the bracket gets a fallback.
SEAMS = {
    "a bracket compares, once": (Bracket, "settle", 3, 1, True),
    "a bracket compares, at its first fill": (Bracket, "settle", 2, 1, True),
    "a bracket compares, ever": (Bracket, "settle", 4, ALWAYS, True),
    "a bracket reads its legs": (Bracket, "facts", 6, ALWAYS, True),
    "a bracket lists its orders": (Bracket, "orders", 1, ALWAYS, True),
    "legs are looked at": (Legs, "look", 4, 1, True),
    "a leg is sent": (Legs, "want", 2, 1, True),
    "the closer is settled": (Closer, "settle", 3, 1, True),
    "a report is applied, once": (OrderCore, "apply", 2, 1, False),
    "a report is applied, ever": (OrderCore, "apply", 4, ALWAYS, None),
    "an answer is taken, once": (OrderCore, "cancel_taken", 1, 1, False),
    "the next command is chosen, once": (OrderCore, "next_command", 3, 1, None),
    "an answer is entered in the table": (Registry, "learn_id", 1, 1, False),
    "the table is brought up to date": (Outbox, "noted", 2, 1, False),
}


class Two:
    """Two brackets of two contracts each, and an order long after."""

    def __init__(self):
        self.brackets = []
        self.manager = None
        self.later = None

    async def trade(self, desk):
        self.manager = desk.manager
        await asyncio.sleep(1)
        for _ in range(2):
            one = desk.manager.bracket(desk.instrument, Buy(2), stop=Ticks(40), target=Ticks(80))
            self.brackets.append(one)
        await asyncio.sleep(10)
        self.later = await desk.place(Buy(1, limit="19000"))
        await desk.cancel(self.later)
        await asyncio.sleep(10)
        return []


@pytest.mark.parametrize("seam", SEAMS)
def test_a_fault_at_a_seam_is_an_incident_and_stops_nothing_else(seam, world, monkeypatch):
    owner, name, from_call, calls, falls_back = SEAMS[seam]
    raised = break_seam(monkeypatch, owner, name, from_call=from_call, calls=calls)
    trader, one = Two(), world(MARKET)
    watching = watch(one)
    one.run(trader.trade)  # raises what reached the loop's exception handler
    assert raised, "the seam was never crossed"
    watching.check()
    assert watching.report().premises["INV-01"] > 0
    incidents = trader.manager.view.incidents
    faults = [i for i in incidents if i.kind == "fault"]
    assert faults
    assert all(i.intent == "1" for i in incidents), incidents
    assert all("Fault" in i.text for i in faults)
    if falls_back is not None:
        assert any(i.kind == "fallback" for i in incidents) == falls_back
    books = one.desk.orders.values()
    second = [r.request.cl_ord_id for r in books if r.request.cl_ord_id.startswith("2.")]
    assert second == ["2.entry#1", "2.stop#1", "2.target#1"]
    assert trader.brackets[1].finished
    assert not trader.later.working
    assert trader.manager.view.timers == 0
