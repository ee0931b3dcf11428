"""Plans in whole runs: stale ones fail, drawn ones replay, and without one nothing changes."""

import asyncio
import re
from collections import Counter

import pytest
from msgspec.structs import replace

from dryfill.scenarios.garbling import GARBLED
from dryfill.scenarios.plan import Plan
from dryfill.scenarios.plan_kinds import KINDS, RESHAPED
from dryfill.scenarios.plan_text import (
    make_plan,
    plan_from_json,
    plan_from_toml,
    plan_to_json,
    plan_to_toml,
)
from dryfill.sim.backtest import World
from dryfill.sim.faults.draw import draw_plan
from dryfill.sim.faults.log import StalePlan
from dryfill.trading import instruments
from dryfill.trading.broker import Broker
from dryfill.trading.errors import DryfillError, ScenarioError, UsageError
from dryfill.trading.order import OrderChange, OrderRequest
from dryfill.trading.words import OrdType, Side

ES = instruments.find("ES")
MARKET = "\n".join(
    f"{n * 500} quote {100 + n % 5}x9 {101 + n % 5}x9\n{n * 500 + 1} trade {100 + n % 5}x1 seller"
    for n in range(240)
)


def request(n, kind, side, price):
    return OrderRequest(
        cl_ord_id=f"{n}{('', '.stop', '.target')[n % 3]}#1",
        instrument=ES,
        side=side,
        ord_type=kind,
        order_qty=1 + n % 2,
        price=ES.decimal(price) if kind is OrdType.LIMIT else None,
        stop_px=None,
    )


async def churn(broker: Broker, log, now_ns):
    """Place, change, cancel and ask, whatever comes of it, and note every answer with its time."""

    async def ask(call):
        try:
            async with asyncio.timeout(3):
                answer = await call
        except (DryfillError, TimeoutError) as error:
            answer = None
            log.append((now_ns(), type(error).__name__))
        else:
            log.append((now_ns(), repr(answer)))
        return answer

    for n in range(1, 100):
        side = Side.BUY if n % 4 < 2 else Side.SELL
        kind = OrdType.MARKET if n % 3 else OrdType.LIMIT
        ack = await ask(broker.place(request(n, kind, side, 98 + n % 7)))
        if ack is not None and n % 3 == 0:
            await ask(broker.modify(ES, ack.order_id, OrderChange(order_qty=3)))
            await ask(broker.cancel(ES, ack.order_id))
        await ask(broker.open_orders(ES))
        await ask(broker.order(ES, cl_ord_id=f"{n}#1"))
        await ask(broker.executions_since(now_ns() - 10**9))
        await ask(broker.orders_since(now_ns() - 10**9))
        await ask(broker.positions())
        await ask(broker.account())
        if n % 20 == 0:
            await ask(broker.close_position(ES))
        await asyncio.sleep(0.3)


@pytest.fixture
def churning(setup_of, tape_of):
    """Run a churning client under a plan: the record, its world, all it was told."""

    def go(plan, **given):
        world = World(replace(setup_of(tape_of(MARKET), latency="live", seed=3), plan=plan))
        log = []
        world.broker.listen(lambda event: log.append((world.loop.now_ns, repr(event))))

        async def trade(desk):
            await churn(world.broker, log, lambda: world.loop.now_ns)
            return []

        return world.run(trade), world, log

    return go


def test_a_plan_that_never_strikes_and_no_plan_give_the_same_run(churning):
    plain, world, log = churning(None)
    assert world.faults is None
    assert world.faults_fired == ()
    assert len(log) > 900, "nothing happened: this would prove nothing"
    never = make_plan(
        {"kind": "drop", "event": "any", "nth": 10_000},
        {"kind": "ack-lost", "call": "any", "nth": 10_000},
        {"kind": "stale-read", "call": "read", "nth": 10_000, "lag": "1 s"},
        {"kind": "crash", "step": 10**6},
        strict=False,
    )
    for plan in (Plan(), never):
        record, world, again = churning(plan)
        assert record.digest == plain.digest
        assert again == log
        assert world.faults_fired == ()


@pytest.mark.parametrize(
    ("profile", "seed"), [("live", 1), ("hostile", 2), ("swarm", 3), ("swarm", 4)]
)
def test_a_drawn_plan_replays_from_print_and_so_does_what_of_it_fired(churning, profile, seed):
    plan = draw_plan(seed, profile)
    record, world, log = churning(plan)
    assert len({fired.kind for fired in world.faults_fired}) > 2
    fired = world.faults.log.fired_plan()
    assert fired.strict
    assert len(fired.faults) < len(plan.faults)
    for again in (
        plan_from_toml(plan_to_toml(plan)),
        plan_from_json(plan_to_json(plan)),
        plan_from_toml(plan_to_toml(fired)),
    ):
        replayed, there, heard = churning(again)
        assert replayed.digest == record.digest
        assert heard == log
        assert [(f.at_ns, f.what) for f in there.faults_fired] == [
            (f.at_ns, f.what) for f in world.faults_fired
        ]
    assert record.digest != churning(None)[0].digest


@pytest.mark.parametrize("profile", ["live", "hostile", "swarm"])
def test_what_is_drawn_is_such_as_a_file_may_say(profile):
    plan = draw_plan(8, profile)
    assert plan.faults
    assert plan_from_toml(plan_to_toml(plan)) == plan


@pytest.mark.parametrize("profile", ["live", "hostile"])
def test_what_a_session_alone_has_is_drawn_where_there_is_one(profile):
    plan, wire = draw_plan(8, profile, 5_000), draw_plan(8, profile, 5_000, wire=True)
    assert not plan.of_the_wire
    assert {fault.kind for fault in wire.of_the_wire} == {"token-ended", "not-subscribed"}
    assert wire.faults[: len(plan.faults)] == plan.faults
    assert plan_from_toml(plan_to_toml(wire)) == wire


def test_a_trader_at_another_screen_takes_orders_away_too():
    acts = {fault.act for fault in draw_plan(5, "hostile", 5_000).faults if fault.kind == "trader"}
    assert acts == {"buy", "sell", "close", "cancel"}


def test_a_calm_seed_draws_nothing_and_other_profiles_more_and_more():
    sizes = {name: len(draw_plan(5, name).faults) for name in ("calm", "live", "hostile")}
    assert sizes["calm"] == 0 < 10 * sizes["live"] < sizes["hostile"]
    assert draw_plan(5, "live") == draw_plan(5, "live") != draw_plan(6, "live")


def test_a_longer_horizon_adds_faults_and_changes_none():
    near, far = (draw_plan(5, "live", horizon) for horizon in (100, 400))
    assert set(near.faults) < set(far.faults)
    assert [f for f in far.faults if f.nth <= 100] == list(near.faults)


def test_each_kind_rolls_its_own_dice():
    drawn = draw_plan(5, "hostile").faults
    lost, never_sent = (
        {(fault.call, fault.nth) for fault in drawn if fault.kind == kind}
        for kind in ("ack-lost", "request-lost")
    )
    assert len(lost) > 20
    assert len(lost & never_sent) < 10


def test_a_swarm_switches_half_of_the_kinds_on():
    kinds = [len({fault.kind for fault in draw_plan(seed, "swarm").faults}) for seed in range(30)]
    assert 8 < sum(kinds) / len(kinds) < 14
    assert len(set(kinds)) > 3


SCRIPTED = {"crash", "clock", "disk-full"}  # drawn where a search has what they need


def test_swarms_draw_every_kind_there_is():
    """Of a table's kinds none is reached by scripts alone."""
    swarms = [draw_plan(seed, "swarm", 2_000, wire=True) for seed in range(12)]
    drawn = {fault.kind for plan in swarms for fault in plan.faults}
    assert drawn == set(KINDS) - SCRIPTED
    states = {fault.state for plan in swarms for fault in plan.faults if fault.kind == "halt"}
    assert states == {"halt", "pre-open", "no-cancel", "close"}
    forms = {f.form for plan in swarms for f in plan.faults if f.kind in ("reshaped", "garbled")}
    assert forms == {*RESHAPED, *GARBLED}
    assert not any(f.kind in ("reshaped", "garbled") for f in draw_plan(3, "swarm", 2_000).faults)


@pytest.mark.parametrize("profile", ["calm", "live", "hostile", "swarm", "crowded"])
@pytest.mark.parametrize("kind", ["late-fill", "drop", "frozen", "trader"])
def test_what_is_to_strike_often_does_and_the_others_as_before(profile, kind):
    usual, often = (draw_plan(7, profile, 1_000, often=kinds).faults for kinds in ((), (kind,)))
    assert [f for f in usual if f.kind != kind] == [f for f in often if f.kind != kind]
    by_name = Counter((f.call or f.event) for f in often if f.kind == kind)
    assert by_name
    assert all(count > 60 for count in by_name.values())


def test_what_is_never_drawn_cannot_strike_often():
    known = "can strike often; known are ack-lost, "
    for kind in ("crash", "garbled", "late-fills"):  # the second is of bytes
        with pytest.raises(UsageError, match=f"no fault '{kind}' {known}"):
            draw_plan(1, "swarm", often=("drop", kind))
    assert draw_plan(1, "calm", wire=True, often=("garbled",)).faults


def test_an_unknown_profile_is_refused():
    with pytest.raises(UsageError, match="no profile of faults is named 'wild'; known are calm, "):
        draw_plan(1, "wild")


# --- stale plans --------------------------------------------------------------------------------


def test_a_plan_whose_faults_did_not_all_fire_fails_as_stale(churning):
    plan = make_plan(
        {"kind": "duplicate", "event": "fill", "nth": 2},
        {"kind": "drop", "event": "triggered", "role": "stop"},
        {"kind": "duplicate", "event": "new", "nth": 1, "times": 500},
        {"kind": "rate-limited", "at": "900 s", "duration": "1 s"},
        {"kind": "venue-cancel", "at": "1 s", "target": "77.stop"},
        name="old",
    )
    with pytest.raises(StalePlan) as raised:
        churning(plan)
    assert isinstance(raised.value, ScenarioError)
    text = str(raised.value)
    assert "plan 'old' is stale" in text
    assert "fault 2: drop (F12), event=triggered role=stop: fired 0 of 1" in text
    assert re.search(r"fault 3: duplicate .* fired \d\d+ of 500", text)
    assert "fault 4: rate-limited" in text
    assert "fault 5: venue-cancel" in text
    assert "fault 1: " not in text.split("what fired:")[0]
    assert re.search(r"ms  fault 1 \(duplicate\): fill of \d\S*#1 comes 2 times", text)


def test_an_outage_that_hits_many_calls_fires_once(churning):
    _, world, _ = churning(make_plan({"kind": "rate-limited", "at": "5 s", "duration": "3 s"}))
    assert len(world.faults_fired) > 3
    assert world.faults.log.counts == (1,)
    first = world.faults_fired[0]
    assert str(first).startswith(f"{first.at_ns / 1e6:.6f} ms  fault 1 (rate-limited): ")
    assert 5_000_000_000 <= first.at_ns < 8_000_000_000


# --- crash and restart in a world ---------------------------------------------------------------


def test_a_crashed_trader_that_nobody_restarts_ends_with_the_data(setup_of, tape_of):
    plan = make_plan({"kind": "crash", "call": "place", "nth": 2})
    world = World(setup_of(tape_of(MARKET), plan=plan))

    async def trade(desk):
        for n in range(9):
            await world.broker.place(request(n, OrdType.MARKET, Side.BUY, 0))
        return ["never"]

    record = world.run(trade)
    assert record.order_count == 2
    assert record.open_position == 3
    assert record.notes[-1] == "the trader's process crashed and was not restarted"
    assert [fired.kind for fired in world.faults_fired] == ["crash"]


def test_a_trader_that_dies_before_its_first_step_leaves_a_record(setup_of, tape_of):
    world = World(setup_of(tape_of(MARKET), plan=make_plan({"kind": "crash", "step": 1})))

    async def trade(desk):
        return ["never"]

    record = world.run(trade)
    assert (record.order_count, record.conflated, list(record.incidents)) == (0, 0, [])


def test_a_harness_restarts_the_trader_and_the_broker_remembers(setup_of, tape_of):
    plan = make_plan({"kind": "crash", "call": "place", "nth": 2, "point": "acted"})
    world = World(setup_of(tape_of(MARKET), plan=plan, latency="20ms"))
    lives = []

    async def trade(desk):
        lives.append(world.loop.now_ns - world.loop.origin_ns)
        known = await desk.broker.orders_since(0)
        for n in range(len(known), 4):
            await desk.broker.place(request(n, OrdType.MARKET, Side.BUY, 0))
        return [f"ended knowing {len(known)}"]

    def restart():
        world.loop.call_at_ns(world.loop.now_ns + 10**9, world.restart, trade)

    world.on_crash = restart
    record = world.run(trade)
    assert lives == [0, 1_100_000_000]
    assert record.notes[-1] == "ended knowing 2"
    assert record.order_count == 4
    assert record.end_ns - record.start_ns == 1_220_000_000, "its end is the run's"
    sources = [source for _, source in world.loop._sources]
    assert sources == [world.exchange, world.market], "nobody carries data to the dead"


def test_a_trader_that_lives_is_not_restarted(setup_of, tape_of):
    world = World(setup_of(tape_of(MARKET)))
    with pytest.raises(UsageError, match="lives"):
        world.restart(None)
