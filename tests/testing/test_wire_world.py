"""The live adapter, whole, against the gateway's twin, whole, in virtual time."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import rehearsing
from rehearsing import MNQ, bracket_digest, setup_of, trade_a_bracket

from dryfill.live.broker import ProjectXBroker
from dryfill.live.market import ProjectXMarket
from dryfill.sim.journal import SimDisk
from dryfill.sim.loop.errors import RealWorldError
from dryfill.sim.oracles import watch
from dryfill.testing.live_settings import rehearsed_settings
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading.errors import OutcomeUnknown, UsageError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks

CALM = """
    0     quote 20000x9 20000.25x9
    0     trade 20000.25x1
    90000 quote 20000x9 20000.25x9
"""


def test_a_bracket_goes_from_its_entry_to_its_target_through_every_byte():
    world = Rehearsal(setup_of())
    watching = watch(world)

    async def trade(desk):
        assert isinstance(world.session.brokers[1001], ProjectXBroker)
        assert isinstance(desk.market, ProjectXMarket)
        return await trade_a_bracket(desk)

    record = world.run(trade)
    watching.check()
    assert (record.fill_count, record.realised) == (2, 80)
    premises = watching.report().premises
    assert all(premises[name] for name in ("INV-01", "INV-02", "INV-06", "INV-14"))
    assert record.incidents == ()


def test_the_same_seed_is_the_same_run_and_another_one_is_another():
    digests = [bracket_digest(seed) for seed in (3, 3, 4)]
    assert digests[0] == digests[1] != digests[2]


def test_a_run_is_the_same_in_every_process_whatever_its_hashes_and_its_environment():
    file, house = Path(rehearsing.__file__), str(Path(rehearsing.__file__).parent)
    root = Path(sys.modules["dryfill"].__file__).parent
    found = []
    for hashes in ("1", "2"):
        more = {"PYTHONHASHSEED": hashes, "PYTHONPATH": house, "DRYFILL_LIVE_READ_S": hashes}
        told = subprocess.run(
            [sys.executable, str(file), "3"],
            env=os.environ | more,
            cwd=root.parent,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert told.returncode == 0, told.stderr
        found.append(told.stdout.strip())
    assert found == [bracket_digest(3)] * 2


@pytest.mark.exact_times("how late a quote is told is compared to the nanosecond")
def test_quotes_arrive_as_the_hub_tells_them_and_never_early():
    world = Rehearsal(setup_of(latency={"from": "zero", "feed": "200ms"}))

    async def trade(desk):
        await desk.subscribe_quotes()
        return [desk.now_ns - event.time_ns async for event in desk.events()]

    first, *later = world.run(trade).notes
    assert first >= 200_000_000, "how the market stood, when it was asked for"
    assert later == [200_000_000] * 2


def test_hubs_on_which_nothing_happens_stay_up_for_they_are_pinged():
    world = Rehearsal(setup_of(CALM))

    async def trade(desk):
        await asyncio.sleep(80)
        assert desk.manager.view.incidents == []
        assert world.session.user_hub.dials == 1
        return []

    world.run(trade)


def test_a_call_that_is_given_up_goes_on_at_the_gateway():
    world = Rehearsal(setup_of(CALM, latency={"from": "zero", "request": "200ms"}))

    async def trade(desk):
        with pytest.raises(OutcomeUnknown, match="no answer within"):
            await world.broker.cancel(desk.instrument, "9999", deadline_s=0.1)
        await desk.place(Buy(1, limit="19990"))
        number = next(iter(world.desk.orders))
        with pytest.raises(OutcomeUnknown):
            await world.broker.cancel(desk.instrument, str(number), deadline_s=0.1)
        await asyncio.sleep(1)
        assert world.desk.open_orders(None) == []
        return []

    world.run(trade)


def test_the_gateways_limit_is_the_accounts_and_the_adapter_keeps_to_it():
    world = Rehearsal(setup_of(CALM, latency="calm"))

    async def trade(desk):
        asked = [world.broker.positions() for _ in range(250)]
        before_s = asyncio.get_running_loop().time()
        await asyncio.gather(*asked)
        assert asyncio.get_running_loop().time() - before_s > 50
        return []

    world.run(trade)


@pytest.mark.parametrize("killed_s", [0.3, 1.0, 5.0])
def test_a_strategy_that_is_killed_comes_back_to_its_position_and_guards_it(killed_s):
    disk = SimDisk(lambda symbol: MNQ)
    world = Rehearsal(setup_of(CALM, journal=disk.open))
    watching = watch(world)
    lives = []
    dead = []

    async def first(desk):
        await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
        await asyncio.sleep(100)
        return []

    async def second(desk):
        lives.append(desk)
        await asyncio.sleep(20)
        held = world.account.holding(desk.instrument).qty
        stops = [o for o in world.desk.open_orders(None) if o.stop_px is not None]
        assert sum(o.leaves_qty for o in stops) == held
        assert desk.position.qty == held
        return []

    def die():
        before = len(world.twin.gateway.hubs.clients())
        dead.append(world.process)
        world.process.crash()
        world.loop.call_later(1, back, before)

    def back(before):
        assert before == 2 or killed_s < 1
        assert world.twin.gateway.hubs.clients() == []
        world.restart(second)
        watching.restarted()

    world.loop.call_later(killed_s, die)
    world.run(first)
    watching.check()
    assert lives, "the second life traded"
    assert [each.calls_after_death for each in dead] == [0]


def test_only_a_process_that_has_crashed_is_restarted():
    world = Rehearsal(setup_of(CALM))

    async def trade(desk):
        with pytest.raises(UsageError, match="lives"):
            world.restart(trade)
        return []

    world.run(trade)


def test_nobody_has_a_broker_before_the_session_has_one():
    with pytest.raises(UsageError, match="no broker yet"):
        Rehearsal(setup_of(CALM)).broker.positions()


def test_a_short_position_is_closed_by_hand_and_by_the_manager():
    world = Rehearsal(setup_of(CALM))
    watching = watch(world)

    async def trade(desk):
        await desk.bracket(Sell(3), stop=Ticks(40), target=Ticks(80))
        await asyncio.sleep(2)
        await watching.flatten(desk)
        await asyncio.sleep(15)
        assert not world.account.holding(desk.instrument).qty
        assert world.desk.open_orders(None) == []
        return []

    world.run(trade)
    watching.check()
    assert watching.report().premises["INV-22"]


def test_nothing_real_is_reached_from_a_rehearsal():
    async def trade(desk):
        socket.create_connection(("127.0.0.1", 9))
        return []

    with pytest.raises(RealWorldError, match="simulated wire"):
        Rehearsal(setup_of(CALM)).run(trade)


def test_settings_of_a_rehearsal_are_not_those_of_the_machine(monkeypatch):
    monkeypatch.setenv("DRYFILL_LIVE_READ_S", "3")
    monkeypatch.setenv("DRYFILL_LIVE_STOP_LIMIT", "true")
    settings = rehearsed_settings(dial_s=9.0)
    assert (settings.read_s, settings.dial_s, settings.stop_limit) == (20, 9, False)
