"""A recording ends when it is asked to, whether its hubs came up or not."""

import asyncio

import pytest
from live_wire import MNQ_ID, START_NS, Wire, run_live

from dryfill.app.session.recording import ToRecord, missed, record
from dryfill.live.hubs.carrier import CarrierLost
from dryfill.live.recording.recorder import AtOnce, Recorder
from dryfill.trading.errors import ConnectionLost, Refused
from dryfill.trading.recording_file import read_part


def recorded(at, tmp_path, stop, **asked):
    """A recording of MNQ that goes on, and the lines that it says."""
    recorder = Recorder(
        tmp_path, source="played", now_ns=at.now_ns, hide=at.session.secrets.hide, aside=AtOnce()
    )
    lines = []
    wanted = ToRecord(contracts=("MNQ",), **asked)
    task = asyncio.ensure_future(record(at.session, recorder, wanted, stop, lines.append))
    return task, lines


def test_a_stop_ends_a_recording_whose_hub_does_not_come_up(tmp_path):
    async def script(at):
        at.market.fails.extend(CarrierLost("503 from the hub") for _ in range(99))
        stop = asyncio.Event()
        task, lines = recorded(at, tmp_path, stop)
        await asyncio.sleep(20)
        stop.set()
        async with asyncio.timeout(1):
            done = await task
        assert done.heard["market"] == 0
        why = "stopped before everything was up: the market hub: 503 from the hub"
        assert lines == [why]

    run_live(Wire(), script, broker=False)


@pytest.mark.parametrize("silent", ["market", "user"])
def test_the_time_of_a_recording_is_over_also_where_a_hub_does_not_come_up(tmp_path, silent):
    async def script(at):
        getattr(at, silent).greets = False
        task, _ = recorded(at, tmp_path, asyncio.Event(), account="PRAC-1", for_s=20)
        await asyncio.sleep(19)
        assert not task.done()
        await asyncio.sleep(1.1)
        why = f"not everything was up within 20 s: the {silent} hub: no answer to the handshake"
        with pytest.raises(ConnectionLost, match=why):
            task.result()

    run_live(Wire(), script, broker=False)


def test_the_time_of_a_recording_counts_from_its_beginning(tmp_path):
    async def script(at):
        at.market.fails.extend(CarrierLost("not yet") for _ in range(3))
        task, lines = recorded(at, tmp_path, asyncio.Event(), for_s=60)
        await asyncio.sleep(59)
        assert lines == ["recording quotes, trades of MNQZ6 (CON.F.US.MNQ.Z26)"]
        assert not task.done()
        await asyncio.sleep(1.1)
        assert task.done()
        assert task.result().heard["frames"] == 0

    run_live(Wire(), script, broker=False)


def test_what_the_hub_refuses_ends_a_recording(tmp_path):
    async def script(at):
        at.market.refuses["SubscribeContractTrades"] = "no market data for you"
        task, _ = recorded(at, tmp_path, asyncio.Event())
        await asyncio.sleep(5)
        with pytest.raises(Refused, match="no market data for you"):
            task.result()

    run_live(Wire(), script, broker=False)


def test_an_outage_of_the_hub_stands_in_the_recording_and_what_was_missed_is_said(tmp_path):
    quote = {"bestBid": 20000, "bestAsk": 20001, "timestamp": "2026-11-20T15:00:00Z"}

    async def script(at):
        stop = asyncio.Event()
        task, _ = recorded(at, tmp_path, stop)
        await asyncio.sleep(1)
        at.market.link.call("GatewayQuote", MNQ_ID, quote)
        at.market.link.call("GatewayTrade", MNQ_ID, {"price": "none"})
        await asyncio.sleep(1)
        at.market.fails.extend(CarrierLost("503") for _ in range(5))
        at.market.link.call("GatewayLogout", "maintenance")
        await asyncio.sleep(60)
        at.market.link.call("GatewayQuote", MNQ_ID, quote)
        await asyncio.sleep(1)
        stop.set()
        done = await task
        assert missed(at.session) == [
            "the gateway logged us out: maintenance",
            "messages of the market hub not understood: 1",
        ]
        return done

    done = run_live(Wire(), script, broker=False)
    ((from_ns, to_ns),) = done.outages
    assert from_ns - START_NS == pytest.approx(2e9, abs=1e8)
    assert 5e9 < to_ns - from_ns < 50e9
    (path,) = tmp_path.glob("market.*")
    head, rows = read_part(path)
    assert (head.outages, rows.height) == (((from_ns, to_ns),), 2)
