"""An hour on real sockets: a strategy's process on the twin, trading all the time, stays as it was.

What is bounded is bounded low here, so that it is full after minutes. From then on the client holds
as many objects, tasks, threads and descriptors as before, and the twin as many descriptors, and for
each order no more than its books need. `DRYFILL_SOAK_S`: how long, in seconds.
"""

import asyncio
import gc
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from dryfill.live.session import ProjectXSession
from dryfill.live.settings import LiveSettings
from dryfill.trading.desk import Desk
from dryfill.trading.order import Buy
from dryfill.trading.orders import tags
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks

SOAK_S = float(os.environ.get("DRYFILL_SOAK_S", "3600"))
SAMPLES = 40
ROUND_S = 5.0  # a round is eight requests and more, and 200 a minute are allowed
KEY = "k-soak-0123456789"
BOUNDED = OrderSettings(
    finished_most=50,
    late_most=20,
    tombstones_most=100,
    executions_most=100,
    incidents_most=20,
    reports_most=20,
    events_most=1_000,
    reconcile_s=20.0,
)
OBJECTS_MORE = 0.01  # of all: lists that grow and shrink
BOOKS_BYTES = 8_000  # for each order of the twin's: the order, its fills and its reports
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(SOAK_S + 300),
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="/proc tells what is held here"),
]


@contextmanager
def gateway():
    """`dryfill gateway` as a program: its address and its process."""
    program = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "dryfill.app.cli.main",
            "gateway",
            "--port",
            "0",
            "--instrument",
            "MNQ",
        ],
        env={**os.environ, "DRYFILL_GATEWAY_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield re.search(r"http://\S+(?=,)", program.stdout.readline())[0], program
    finally:
        program.terminate()
        program.communicate()


def rss(pid):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def sample(twin, placed):
    gc.collect()
    return {
        "objects": len(gc.get_objects()),
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "descriptors": descriptors("self"),
        "twin's descriptors": descriptors(twin.pid),
        "twin's bytes": rss(twin.pid),
        "placed": placed,
    }


async def read(desk):
    async for _ in desk.events():
        pass


async def soak(url, twin):
    live = LiveSettings.load(
        rest=url, hubs=url, user_name="demo", api_key=SecretStr(KEY), auto_oco=False
    )
    given = {"now_ns": time.time_ns, "random": Random(1)}
    for n in range(tags.parse.cache_parameters()["maxsize"]):  # full, as it is after a while
        tags.parse(f"{n}.before#1")
    async with await ProjectXSession.open(live, **given) as session:
        broker = await session.broker(None)
        instrument = await session.market.find("MNQ")
        desk = Desk(
            session.market,
            broker,
            instrument,
            **given,
            settings=BOUNDED,
        )
        await desk.open()
        await desk.subscribe_quotes()
        await desk.subscribe_trades()
        reading = asyncio.create_task(read(desk))
        samples, rounds, filled = [], 0, 0
        began_s = time.monotonic()
        while time.monotonic() < began_s + SOAK_S:
            bracket = await desk.bracket(Buy(1), stop=Ticks(40), target=Ticks(40))
            filled += (await bracket.protected(10)).filled
            await desk.flatten(reason="the next one")
            rounds += 1
            await asyncio.sleep(ROUND_S)
            if time.monotonic() > began_s + (len(samples) + 1) * SOAK_S / (SAMPLES + 1):
                samples.append(sample(twin, desk.manager.figures.statistics().orders))
        incidents = [each.kind for each in desk.manager.view.incidents]
        desk.close()
        desk.manager.close()
        await reading
        return samples, rounds, filled, incidents


def test_an_hour_of_trading_leaves_memory_tasks_and_sockets_as_they_were():
    with gateway() as (url, twin):
        samples, rounds, filled, incidents = asyncio.run(soak(url, twin))
    print(samples[len(samples) // 4], samples[-1], rounds, sep="\n")
    assert incidents == []
    assert filled > rounds * 0.9, "it hardly traded"
    assert len(samples) >= SAMPLES
    middle, last = samples[SAMPLES // 4 : SAMPLES // 2], samples[-(SAMPLES // 4) :]
    objects = [statistics.median(each["objects"] for each in part) for part in (middle, last)]
    assert objects[1] <= objects[0] * (1 + OBJECTS_MORE)
    for what in ("tasks", "threads", "descriptors", "twin's descriptors"):
        most = [max(each[what] for each in part) for part in (middle, last)]
        assert most[1] <= most[0], what
    orders = last[-1]["placed"] - middle[0]["placed"]
    assert orders > rounds, "too few orders to say anything"
    grown = last[-1]["twin's bytes"] - middle[0]["twin's bytes"]
    assert grown <= orders * BOOKS_BYTES
