"""The twin is killed in mid-bracket and started again on its file, while the adapter trades on it:
real processes, real sockets. The client comes back by itself and ends protected or flat."""

import asyncio
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from random import Random

import pytest
from pydantic import SecretStr
from twin_world import KEY, MNQ, tape_of

from dryfill import Buy, Ticks, write_market
from dryfill.live.session import ProjectXSession
from dryfill.live.settings import LiveSettings
from dryfill.trading.desk import Desk

MARKET = "\n".join(
    f"{ms} quote 80000x50 80001x70\n{ms} trade 80000x1 seller" for ms in range(0, 600_000, 250)
)


@pytest.fixture
def gateway(tmp_path):
    """Start `dryfill gateway` on one file; `gateway(port)` gives its address and its process."""
    market = write_market(tape_of(MARKET), MNQ, tmp_path / "market.parquet")

    @contextmanager
    def start(port):
        words = ["--port", str(port), "--keep", str(tmp_path / "twin.db"), "--instrument", "MNQZ6"]
        program = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dryfill.app.cli.main",
                "gateway",
                "--market",
                str(market),
                *words,
            ],
            env={**os.environ, "DRYFILL_GATEWAY_KEY": KEY},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            yield re.search(r"http://\S+(?=,)", program.stdout.readline())[0], program
        finally:
            program.kill()
            program.communicate()

    return start


@pytest.mark.parametrize("when", ["the stop works", "the entry is on its way"])
def test_a_gateway_that_is_killed_in_mid_bracket_is_found_again_and_nothing_stays_bare(
    gateway, when
):
    async def trade(url, first, again):
        live = LiveSettings.load(
            rest=url, hubs=url, user_name="demo", api_key=SecretStr(KEY), auto_oco=False
        )
        given = {"now_ns": time.time_ns, "random": Random(1)}
        async with await ProjectXSession.open(live, **given) as session:
            broker = await session.broker()
            desk = Desk(session.market, broker, await session.market.find("MNQ"), **given)
            await desk.open()
            bracket = await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(400))
            if when == "the stop works":
                assert (await bracket.protected(10)).ok
            first.kill()
            await asyncio.to_thread(first.wait)
            await asyncio.to_thread(again)
            async with asyncio.timeout(30):
                while not (desk.manager.figures.health().ok and session.user_hub.dials > 1):
                    await asyncio.sleep(0.05)
            held = sum(each.qty for each in await broker.positions())
            working = await broker.open_orders()
            stops = sum(each.leaves_qty for each in working if each.stop_px is not None)
            assert desk.position.qty == held
            desk.close()
            desk.manager.close()
            return held, stops

    with ExitStack() as stack:
        url, first = stack.enter_context(gateway(0))
        port = int(url.rpartition(":")[2])
        found = asyncio.run(trade(url, first, lambda: stack.enter_context(gateway(port))))
    assert found == (2, 2) or (when != "the stop works" and found == (0, 0))
