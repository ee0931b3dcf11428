"""`dryfill record` and `dryfill history` at a gateway on real sockets."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager

from twin_world import KEY, far_contract, setup_of

from dryfill.scenarios import read_market, synthetic
from dryfill.sim.gateway.real_time.serve import running_gateway
from dryfill.sim.gateway.venue.listing import list_contract
from dryfill.sim.gateway.words.wire_models import contract_id
from dryfill.trading.calendar import AlwaysOpen
from dryfill.trading.recording_file import read_part
from dryfill.trading.tape import UNKNOWN_SIZE

FAR = far_contract()


@asynccontextmanager
async def gateway(speed, restamp):
    tape = synthetic(FAR, seed=1, start="2026-11-20", hours="09:00-09:10", kind="mixed")
    setup = setup_of(listing=list_contract(FAR, tape, hours=AlwaysOpen()))
    async with running_gateway(setup, speed=speed, restamp=restamp) as running:
        yield running, tape


async def started(url, *words):
    found = {**os.environ, "DRYFILL_LIVE_USER_NAME": "ada", "DRYFILL_LIVE_API_KEY": KEY}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dryfill.app.cli.main", *words, "--rest", url,
        env=found, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_the_first_interrupt_ends_a_recording_that_replays_and_holds_no_secret(tmp_path):
    folder = tmp_path / "rec"

    async def main():
        async with gateway(40, True) as (running, _), asyncio.timeout(60):
            child = await started(running.url, "record", "MNQ", "--out", str(folder))
            line = await child.stdout.readline()
            said = f"recording quotes, trades of {FAR.symbol} ({contract_id(FAR)})\n"
            assert line.decode() == said
            until_ns = running.pump.now_ns + 15 * 10**9  # of the market
            while running.pump.now_ns < until_ns:
                await asyncio.sleep(0.01)
            child.send_signal(signal.SIGINT)
            out, err = await child.communicate()
            assert (child.returncode, err) == (0, b"")
            assert out.startswith(b"recorded ")

    asyncio.run(main())
    kinds = sorted(path.name.split(".")[0] for path in folder.iterdir())
    assert kinds == ["frames", "market"]
    assert all("-" not in path.name.split(".")[3] for path in folder.iterdir())
    market = read_market(folder, FAR)
    assert len(market.tape.trades.seq) > 5
    assert (market.tape.quotes.bid_size == UNKNOWN_SIZE).all()
    (frames,) = folder.glob("frames.*")
    _, rows = read_part(frames)
    assert set(rows["direction"]) == {"in", "out"}
    for path in folder.iterdir():
        head, rows = read_part(path)
        said = str(head) + str(rows.rows())
        assert KEY not in said
        assert "eyJ" not in said


def test_history_is_downloaded_into_a_file_that_a_backtest_reads(tmp_path):
    path = tmp_path / "mnq.parquet"
    asked = ["--from", "2026-11-20T15:00", "--to", "2026-11-20T15:10", "--out", str(path)]

    async def main():
        async with gateway(0, False) as (running, tape), asyncio.timeout(60):
            running.pump.step(tape.end_ns + 60 * 10**9 - running.pump.now_ns)
            child = await started(running.url, "history", FAR.symbol, *asked)
            out, err = await child.communicate()
            assert (child.returncode, err) == (0, b"")
            assert out.decode() == (
                f"wrote {path}: 10 bars\nno gaps: while the market was open, every bar is there\n"
            )

    asyncio.run(main())
    assert len(read_market(path, FAR).tape.bars.seq) == 10
