"""One plan, two brokers: what goes wrong at `SimBroker` goes wrong in the adapter's bytes as well.

Every plan is played on both, by the same trader, under all oracles; and it is strict, so that each
of its faults fired.
"""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import pytest
from rehearsing import setup_of

from dryfill.scenarios.plan_kinds import GARBLED, RESHAPED
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.backtest import World
from dryfill.sim.oracles import watch
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading.errors import ScenarioError
from dryfill.trading.order import Buy, ExecutionReport
from dryfill.trading.price import Ticks
from dryfill.trading.words import ExecType

CALM = """
    0      quote 20000x9 20000.25x9
    0      trade 20000.25x1
    120000 quote 20000x9 20000.25x9
"""
WORLDS = {"SimBroker": World, "the adapter": Rehearsal}


@dataclass
class Run:
    """How a bracket of 2 went; `held` and `stops` are the broker's, before the data ended."""

    world: object
    incidents: list
    held: int
    stops: int

    def tags(self, duty):
        """How many orders of a duty there are at the broker."""
        known = [record.known_as for record in self.world.desk.orders.values()]
        return sum(f".{duty}" in each for each in known)


def run(world_of, *faults, rest_s=60, **given):
    plan = make_plan(*faults)
    world = world_of(setup_of(CALM, plan=plan, **given))
    watching = watch(world)
    found = []

    async def trade(desk):
        await asyncio.sleep(3)
        bracket = await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
        await bracket.protected(30)
        await asyncio.sleep(rest_s)
        stops = [o for o in world.desk.open_orders(None) if o.stop_px is not None]
        found.append(
            Run(
                world,
                [each.kind for each in desk.manager.view.incidents],
                world.account.holding(desk.instrument).qty,
                sum(o.leaves_qty for o in stops),
            )
        )
        return []

    world.run(trade)
    watching.check()
    return found[0]


CALLS = {
    "an answer that never comes": {"kind": "ack-lost", "form": "timeout"},
    "an answer that is reset": {"kind": "ack-lost", "form": "reset"},
    "502 after it was taken": {"kind": "ack-lost", "form": "502"},
    "504 after it was taken": {"kind": "ack-lost", "form": "504"},
    "an answer that breaks off": {"kind": "ack-lost", "form": "cut", "cut": 11},
    "an answer that breaks off before its first byte": {
        "kind": "ack-lost",
        "form": "cut",
        "cut": 0,
    },
    "a request that is lost": {"kind": "request-lost", "form": "reset"},
    "a request that is lost without a word": {"kind": "request-lost", "form": "timeout"},
    "429": {"kind": "rate-limited", "retry_after": "1 s"},
    "503, not taken": {"kind": "server-error", "status": 503},
    "500, taken all the same": {"kind": "server-error", "status": 500, "applied": True},
    "a connection that is refused": {"kind": "unreachable", "form": "refused"},
    "a name that is not found": {"kind": "unreachable", "form": "dns"},
    "no connection in time": {"kind": "unreachable", "form": "connect-timeout", "after": "1 s"},
    "a slow request": {"kind": "latency", "request": "700 ms", "response": "400 ms"},
}

NEVER_ARRIVES = {
    "a request that is lost",
    "a request that is lost without a word",
    "429",
    "503, not taken",
    "a connection that is refused",
    "a name that is not found",
    "no connection in time",
}


@pytest.mark.parametrize("world_of", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("fault", CALLS.values(), ids=CALLS)
def test_a_stop_whose_sending_goes_wrong_is_there_once(world_of, fault):
    found = run(world_of, {**fault, "call": "place", "role": "stop"})
    assert (found.held, found.stops) == (2, 2)


@pytest.mark.parametrize("world_of", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("name", CALLS)
def test_an_entry_whose_sending_goes_wrong_fills_once_where_it_arrived_and_never_else(
    world_of, name
):
    found = run(world_of, {**CALLS[name], "call": "place", "role": "entry"})
    assert (found.held, found.stops) == ((0, 0) if name in NEVER_ARRIVES else (2, 2))


@pytest.mark.parametrize("world_of", WORLDS.values(), ids=WORLDS)
def test_a_refused_stop_is_told_and_another_is_there(world_of):
    found = run(
        world_of,
        {"kind": "refused", "call": "place", "role": "stop", "reason": "not-supported"},
    )
    assert (found.held, found.stops) == (2, 2)
    assert found.incidents == ["stop_rejected"]


@pytest.mark.parametrize("world_of", WORLDS.values(), ids=WORLDS)
def test_a_target_that_is_rejected_later_leaves_the_stop(world_of):
    found = run(
        world_of,
        {"kind": "rejected-later", "call": "place", "role": "target", "after": "300 ms"},
    )
    assert (found.held, found.stops) == (2, 2)


EVENTS = {
    "comes three times": {"kind": "duplicate", "copies": 2, "gap": "150 ms"},
    "never comes": {"kind": "drop"},
    "changes places with the next": {"kind": "reorder", "form": "swap"},
    "comes last first": {"kind": "reorder", "form": "reverse", "window": "200 ms"},
    "comes late": {"kind": "late", "delay": "900 ms"},
    "comes late and holds up the others": {"kind": "late", "delay": "900 ms", "blocks": True},
    "is told as a sum": {"kind": "summed", "window": "50 ms"},
    **{f"is garbled: {form}": {"kind": "garbled", "form": form} for form in GARBLED},
    **{f"is written otherwise: {form}": {"kind": "reshaped", "form": form} for form in RESHAPED},
}


@pytest.mark.parametrize("world_of", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("fault", EVENTS.values(), ids=EVENTS)
def test_a_fill_that_is_told_badly_is_protected_all_the_same(world_of, fault):
    found = run(world_of, {**fault, "event": "fill", "role": "entry"})
    assert (found.held, found.stops, found.tags("stop")) == (2, 2, 1)


@pytest.mark.parametrize("world_of", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("lost", [True, False])
def test_a_stream_that_is_down_when_the_entry_fills_costs_no_protection(world_of, told, lost):
    found = run(
        world_of,
        {
            "kind": "stream-down",
            "call": "place",
            "role": "entry",
            "duration": "6 s",
            "told": told,
            "lost": lost,
        },
        rest_s=60,
    )
    assert (found.held, found.stops, found.tags("stop")) == (2, 2, 1)


@pytest.mark.parametrize("world_of", WORLDS.values(), ids=WORLDS)
def test_answers_of_the_past_mislead_nobody(world_of):
    found = run(
        world_of,
        {"kind": "drop", "event": "any", "times": "all"},
        {"kind": "stale-read", "call": "read", "lag": "700 ms", "times": 6},
    )
    assert (found.held, found.stops, found.tags("stop")) == (2, 2, 1)


# --- what only bytes have -------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["silent", "logout"])
def test_a_token_that_ends_is_renewed_once_for_all(form):
    found = run(Rehearsal, {"kind": "token-ended", "call": "place", "role": "entry", "form": form})
    assert (found.held, found.stops, found.tags("stop")) == (2, 2, 1)
    assert found.world.session.login.count == 2


def test_a_login_that_meets_503_is_tried_again_soon():
    found = run(
        Rehearsal,
        {"kind": "token-ended", "call": "place", "role": "stop"},
        {"kind": "server-error", "call": "login", "nth": 2, "times": 2},
    )
    assert (found.held, found.stops, found.tags("stop")) == (2, 2, 1)


def test_a_subscription_that_tells_nothing_is_made_good_by_looking():
    found = run(
        Rehearsal, {"kind": "not-subscribed", "call": "subscribe", "form": "inert", "nth": 2}
    )
    assert (found.held, found.stops, found.tags("stop")) == (2, 2, 1)


def test_an_outage_of_everything_takes_the_login_too():
    found = run(
        Rehearsal,
        {"kind": "token-ended", "at": "10 s"},
        {"kind": "unreachable", "at": "10 s", "duration": "30 s"},
    )
    assert (found.held, found.stops, found.tags("stop")) == (2, 2, 1)
    assert found.world.session.login.count == 2


def test_a_plan_that_needs_bytes_is_refused_where_there_are_none():
    for fault in (
        {"kind": "token-ended", "at": "1 s"},
        {"kind": "not-subscribed", "call": "subscribe"},
        {"kind": "server-error", "call": "login"},
    ):
        with pytest.raises(ScenarioError, match="play the plan in a rehearsal"):
            World(setup_of(CALM, plan=make_plan(fault)))


def test_a_plan_in_which_nothing_fires_changes_nothing():
    never = {"kind": "drop", "event": "fill", "nth": 99}

    async def trade(desk):
        await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
        await asyncio.sleep(20)
        return []

    plans = (None, make_plan(never, strict=False))
    digests = [Rehearsal(setup_of(CALM, plan=plan)).run(trade).digest for plan in plans]
    assert digests[0] == digests[1]


@pytest.mark.exact_times("it says to the microsecond when the program died")
def test_a_crash_when_the_fill_is_heard_comes_before_the_adapter_reads_it():
    plan = make_plan({"kind": "crash", "event": "fill", "role": "entry", "point": "heard"})
    world = Rehearsal(setup_of(CALM, plan=plan, latency="25ms"))
    died_s = []
    world.on_crash = lambda: died_s.append(world.loop.time())

    async def trade(desk):
        await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
        await asyncio.sleep(20)
        return []

    record = world.run(trade)
    assert record.notes[-1] == "the trader's process crashed and was not restarted"
    assert [known.known_as for known in world.desk.orders.values()] == ["1.entry#1"]
    fill_s = (world.desk.executions[0].time_ns - world.setup.start_ns) / 1e9
    assert died_s == [pytest.approx(fill_s + 0.025, abs=1e-6)]


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize("world_of", WORLDS.values(), ids=WORLDS)
def test_what_is_late_holds_up_what_comes_after_it_or_is_overtaken(world_of, blocks):
    late = {"kind": "late", "event": "fill", "delay": "900 ms", "blocks": blocks}
    world = world_of(setup_of(CALM, plan=make_plan(late), latency="25ms"))
    heard = []

    async def trade(desk):
        await asyncio.sleep(3)
        desk.broker.listen(heard.append)
        await desk.place(Buy(1))
        await asyncio.sleep(0.1)
        await desk.place(Buy(1, limit="19990"))
        await asyncio.sleep(3)
        return []

    world.run(trade)
    limit_at = next(n for n, e in enumerate(heard) if _price_of(e) == Decimal(19_990))
    fill_at = next(n for n, e in enumerate(heard) if _kind_of(e) is ExecType.TRADE)
    assert (fill_at < limit_at) is blocks


def _price_of(event):
    return event.order.price if isinstance(event, ExecutionReport) else None


def _kind_of(event):
    return event.exec_type if isinstance(event, ExecutionReport) else None
