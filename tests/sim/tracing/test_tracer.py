"""The trace of a run: both ends of every message, in both kinds of world, the same in every
process."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from rehearsing import setup_of, trade_a_bracket

from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.backtest import World
from dryfill.sim.journal import SimDisk
from dryfill.sim.oracles import watch
from dryfill.sim.tracing.rows import ARRIVALS, Kind, Lane
from dryfill.sim.tracing.tracer import trace
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading import instruments
from dryfill.trading.order import Buy
from dryfill.trading.price import Ticks

WORLDS = {"SimBroker": World, "the adapter": Rehearsal}
MS = 10**6
both = pytest.mark.parametrize("world_of", WORLDS.values(), ids=WORLDS)


def traced(world_of, *faults, trader=trade_a_bracket, most=50_000, **given):
    """The trace of a run, and its world."""
    plan = make_plan(*faults) if faults else None
    world = world_of(setup_of(plan=plan, **given))
    tracing = trace(world, most)
    world.run(trader)
    return tracing.finish(), world


def rows_of(found, kind, tag=None):
    return [row for row in found.rows if row.kind is kind and tag in (None, row.tag)]


def only(found, kind, tag):
    (row,) = [row for row in rows_of(found, kind, tag) if row.text.startswith(("place", "new"))]
    return row


@both
def test_an_order_is_followed_from_its_sending_to_its_answer(world_of):
    found, _ = traced(world_of)
    sent, left, reached, answered = (
        only(found, kind, "1.stop#1")
        for kind in (Kind.SENT, Kind.LEFT, Kind.REACHED, Kind.ANSWERED)
    )
    assert (left.of, reached.of, answered.of) == (sent.n, left.n, reached.n)
    assert [row.lane for row in (sent, left, reached, answered)] == [
        Lane.MANAGER,
        Lane.UP,
        Lane.EXCHANGE,
        Lane.MANAGER,
    ]
    assert sent.at_ns <= left.at_ns < reached.at_ns < answered.at_ns
    assert found.latencies()[reached.n] == reached.at_ns - left.at_ns > 0
    assert found.latencies()[answered.n] == answered.at_ns - reached.at_ns > 0


@pytest.mark.parametrize("latency", ["25ms", "40ms"])
def test_a_constant_wire_gives_every_message_its_own_latency(latency):
    found, _ = traced(World, latency=latency)
    whole = int(latency[:-2]) * MS
    assert len(found.latencies()) >= 15
    assert set(found.latencies().values()) == {whole}


@both
def test_every_report_was_told_and_the_telling_names_it(world_of):
    found, world = traced(world_of)
    reports = [row for row in rows_of(found, Kind.REPORT) if not row.text.startswith("canceled")]
    told = {row.of: row for row in rows_of(found, Kind.TOLD)}
    for report in reports:
        if world_of is Rehearsal and report.text.startswith("new 1.entry"):
            continue  # filled in the same moment: the gateway's order event tells of both
        assert told[report.n].tag == report.tag or told[report.n].text.startswith("position")
    positions = [row.detail["position after"] for row in rows_of(found, Kind.REPORT)]
    assert "+2" in positions
    assert positions[-1] == f"{world.account.holding(found.instrument).qty:+d}"


@both
def test_an_answer_that_is_lost_has_no_latency_and_the_fault_stands_where_it_struck(world_of):
    lost = {"kind": "ack-lost", "form": "timeout", "call": "place", "role": "stop"}
    found, _ = traced(world_of, lost)
    (fault,) = rows_of(found, Kind.FAULT)
    assert (fault.lane, fault.tag, fault.failed) == (Lane.UP, "1.stop#1", True)
    answered = only(found, Kind.ANSWERED, "1.stop#1")
    assert answered.failed
    assert answered.detail["outcome"] == "OutcomeUnknown"
    assert answered.n not in found.latencies()
    assert only(found, Kind.REACHED, "1.stop#1").n in found.latencies()


@both
def test_a_request_that_is_lost_leaves_and_never_arrives(world_of):
    lost = {"kind": "request-lost", "form": "reset", "call": "place", "role": "stop"}
    found, _ = traced(world_of, lost)
    left = only(found, Kind.LEFT, "1.stop#1")
    assert left.n not in {row.of for row in found.rows if row.kind is Kind.REACHED}


def test_an_event_that_comes_three_times_is_told_three_times_of_one_report():
    again = {"kind": "duplicate", "event": "new", "role": "stop", "copies": 2, "gap": "300 ms"}
    found, _ = traced(World, again, latency="25ms")
    told = [row for row in rows_of(found, Kind.TOLD, "1.stop#1") if row.text.startswith("new")]
    assert len({row.of for row in told}) == 1
    assert [found.latencies()[row.n] // MS for row in told] == [25, 325, 625]


@both
def test_the_spans_without_a_stop_are_the_meters(world_of):
    found, _ = traced(world_of)
    (bare,) = found.bare
    entry = next(row for row in rows_of(found, Kind.REPORT, "1.entry#1") if "trade" in row.text)
    stop = only(found, Kind.REPORT, "1.stop#1")
    assert (bare.qty, bare.from_ns, bare.to_ns, bare.meant) == (2, entry.at_ns, stop.at_ns, True)


@both
def test_a_crash_and_the_next_life_are_rows(world_of):
    crash = {"kind": "crash", "call": "place", "role": "stop", "point": "acted"}
    world = world_of(setup_of(plan=make_plan(crash)))
    tracing, lives = trace(world), []

    async def trader(desk):
        lives.append(desk)
        if len(lives) == 1:
            await desk.bracket(Buy(2), stop=Ticks(40))
        else:
            await desk.place(Buy(1, limit="19990"))
        await asyncio.sleep(5)
        return []

    def died():
        world.loop.call_at_ns(world.loop.now_ns + 10**9, lambda: world.restart(trader))

    world.on_crash = died
    world.run(trader)
    found = tracing.finish()
    (crashed,) = rows_of(found, Kind.CRASHED)
    opened = [row.at_ns for row in rows_of(found, Kind.OPENED)]
    assert len(opened) == 2
    assert opened[0] < crashed.at_ns < crashed.at_ns + 10**9 <= opened[1]
    after = [row for row in rows_of(found, Kind.ANSWERED) if row.at_ns > opened[1]]
    assert after
    assert all(row.n in found.latencies() for row in after)


def test_what_the_strategy_asks_for_and_hears_is_on_its_lane():
    async def trader(desk):
        await desk.bracket(Buy(2, limit="20001"), stop=Ticks(40), target=Ticks(80))
        async for _ in desk.events():
            await asyncio.sleep(0.05)
        return []

    found, _ = traced(World, trader=trader, latency="25ms")
    (call,) = rows_of(found, Kind.CALL)
    assert call.text == "bracket buy 2 limit limit 20001, stop 40 ticks, target 80 ticks"
    heard, handled = rows_of(found, Kind.HEARD), rows_of(found, Kind.HANDLED)
    assert heard[0].text == "hears new 1.entry#1"
    assert handled[0].of == heard[0].n
    assert handled[0].at_ns - heard[0].at_ns == 50 * MS


def test_what_a_manager_learns_by_asking_is_no_telling():
    silent = {"kind": "drop", "event": "fill", "role": "entry"}
    found, _ = traced(Rehearsal, silent, {"kind": "drop", "event": "position"})
    learned = rows_of(found, Kind.LEARNED, "1.entry#1")
    assert [row.detail["status"] for row in learned] == ["FILLED"]
    told = [row.detail["status"] for row in rows_of(found, Kind.TOLD, "1.entry#1")]
    assert "FILLED" not in told


def test_a_new_life_knows_what_it_was_answered():
    """It has no memory of its own here but the journal; what stands it learns by asking."""
    crash = {"kind": "crash", "call": "place", "role": "stop", "point": "acted"}
    disk = SimDisk(instruments.find)
    world = World(setup_of(plan=make_plan(crash), journal=disk.open))
    tracing, lives = trace(world), []

    async def trader(desk):
        lives.append(desk)
        if len(lives) == 1:
            await desk.bracket(Buy(2), stop=Ticks(40))
        await asyncio.sleep(5)
        return []

    def died():
        world.loop.call_at_ns(world.loop.now_ns + 10**9, lambda: world.restart(trader))

    world.on_crash = died
    world.run(trader)
    learned = rows_of(tracing.finish(), Kind.LEARNED, "1.stop#1")
    assert [row.text for row in learned] == ["learns 1.stop#1 is new"]


def test_two_reports_that_leave_an_order_alike_are_told_apart():
    """A change of its quantity alone, told before the order's first report is."""

    async def trader(desk):
        order = await desk.place(Buy(1, limit="19990"))
        await desk.modify(order, qty=2)
        await asyncio.sleep(1)
        return []

    late = {"kind": "late", "event": "new", "role": "", "delay": "70 ms"}
    found, _ = traced(World, late, trader=trader, latency="25ms")
    by_n = {row.n: row for row in found.rows}
    told = [row for row in rows_of(found, Kind.TOLD, "1#1") if row.of]
    pairs = [(row.text.split()[0], by_n[row.of].text.split()[0]) for row in told]
    assert ("new", "new") in pairs
    assert ("replaced", "replaced") in pairs
    assert all(one == other for one, other in pairs)


def test_a_run_that_is_traced_is_the_same_run():
    for world_of in WORLDS.values():
        plain = world_of(setup_of(seed=4)).run(trade_a_bracket)
        world = world_of(setup_of(seed=4))
        trace(world)
        assert world.run(trade_a_bracket).digest == plain.digest


def test_as_many_of_the_newest_rows_are_kept_as_was_asked_for():
    whole, _ = traced(World)
    some, _ = traced(World, most=10)
    assert some.rows == whole.rows[-10:]
    assert some.dropped == len(whole.rows) - 10
    assert whole.dropped == 0


def test_oracles_and_a_trace_stand_beside_each_other_whoever_came_first():
    counted = []
    for first, second in ((trace, watch), (watch, trace)):
        world = World(setup_of(seed=2))
        found = {made: made(world) for made in (first, second)}
        world.run(trade_a_bracket)
        found[watch].check()
        counted.append(Counter(row.kind for row in found[trace].finish().rows))
    assert counted[0] == counted[1]


def test_messages_arrive_only_where_something_left():
    found, _ = traced(Rehearsal)
    by_n = {row.n: row for row in found.rows}
    assert all(by_n[n].kind in ARRIVALS for n in found.latencies())
    assert all(ns > 0 for ns in found.latencies().values())


PRINTS = """
import hashlib, sys
sys.path.insert(0, {house!r})
from rehearsing import setup_of, trade_a_bracket
from dryfill.app.timeline.page import timeline_page
from dryfill.sim.backtest import World
from dryfill.sim.tracing.tracer import trace
from dryfill.testing.wire_world import Rehearsal
for world_of in (World, Rehearsal):
    world = world_of(setup_of(seed=7))
    tracing = trace(world)
    world.run(trade_a_bracket)
    page = timeline_page(tracing.finish(), "seed 7")
    print(hashlib.sha256(page.encode()).hexdigest())
"""


def test_one_seed_gives_one_page_in_two_processes():
    house = Path(__file__).parents[2] / "house"
    pages = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PRINTS.format(house=str(house))],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        pages.append(done.stdout)
    assert len(pages[0].split()) == 2
    assert pages[0] == pages[1]
