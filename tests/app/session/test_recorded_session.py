"""A recording beside a strategy: it holds up nothing, and what it lacks is said."""

import asyncio

import pytest
from live_wire import Wire, run_live

from dryfill.app.session.recorded_session import Traded, recorded
from dryfill.live.recording.recorder import AtOnce
from dryfill.trading.errors import UsageError
from dryfill.trading.recording_file import read_part

QUOTE = {"bestBid": 20000, "bestAsk": 20001, "timestamp": "2026-11-20T15:00:00Z"}
TRADED = Traded(what="buyer.py:Buyer", params={"size": "2"})
MNQ_ID = "CON.F.US.MNQ.Z26"


def play(script):
    return run_live(Wire(), script)


async def beside(at, folder, lines):
    instrument = await at.session.market.find("MNQ")
    given = {"now_ns": at.now_ns, "say": lines.append, "aside": AtOnce()}
    return recorded(folder, at.session, at.broker, instrument, traded=TRADED, **given)


def test_without_a_folder_the_ports_are_as_they_are(tmp_path):
    async def script(at):
        async with await beside(at, None, []) as (market, broker):
            assert (market, broker) == (at.session.market, at.broker)

    play(script)


def test_trading_begins_though_the_market_hub_is_not_up_and_is_recorded_from_when_it_is(tmp_path):
    async def script(at):
        lines = []
        at.market.refuses["SubscribeContractQuotes"] = "not now"
        async with await beside(at, str(tmp_path), lines) as (_, broker):
            began_s = asyncio.get_running_loop().time()
            assert await broker.positions() == []
            assert asyncio.get_running_loop().time() - began_s < 1
            await asyncio.sleep(30)
        return lines

    lines = play(script)
    assert lines[0].startswith("not everything is recorded: SubscribeContractQuotes: ")
    # the session, a question and its answer
    assert lines[1].startswith(f"recorded 3 rows in {tmp_path}: 3 orders")


def test_what_is_told_is_recorded_whether_the_strategy_listens_or_not(tmp_path):
    async def script(at):
        lines = []
        async with await beside(at, str(tmp_path), lines):
            await asyncio.sleep(5)
            at.market.link.call("GatewayQuote", MNQ_ID, QUOTE)
            await asyncio.sleep(1)
        return lines

    assert play(script) == [f"recorded 2 rows in {tmp_path}: 1 market, 1 orders"]
    (path,) = tmp_path.glob("market.MNQZ6.*")
    assert read_part(path)[1].height == 1
    (path,) = tmp_path.glob("orders.*")
    assert read_part(path)[1].select("what", "symbol", "body").rows() == [
        (
            "session",
            "MNQZ6",
            '{"what":"buyer.py:Buyer","params":{"size":"2"},"seed":0,"settings":{}}',
        )
    ]


def test_a_folder_that_cannot_be_is_refused_before_anything_is_traded(tmp_path):
    (tmp_path / "file").write_text("")

    async def script(at):
        with pytest.raises(UsageError, match="cannot be made"):
            async with await beside(at, str(tmp_path / "file"), []):
                raise AssertionError("it began")

    play(script)
