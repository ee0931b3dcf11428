"""The same setup gives the same run: twice here, in other processes, under other Pythons.

Other interpreters are taken from DRYFILL_PYTHONS (paths, separated as PATH is) and from python3.12
and python3.13 on PATH; one that has not what Dryfill needs is skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dryfill

# What it prints must be all of the run: digest, every order, fill and span, and the last cent.
PROGRAM = """
import hashlib, sys
from decimal import Decimal
from dryfill.matching.rules import Rules
from dryfill.scenarios import synthetic
from dryfill.sim.backtest import World
from dryfill.sim.setup import Setup
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks
from dryfill.trading.strategy import Strategy, make_strategy, run_strategy

class Churn(Strategy):
    async def on_start(self):
        await self.subscribe_quotes()
        await self.subscribe_trades()

    async def on_quote(self, quote):
        if not self.position and not self.working_orders:
            side = self.random.choice((Buy, Sell))
            await self.bracket(side(self.random.randrange(1, 4)), stop=Ticks(4), target=Ticks(4))

    async def on_stop(self):
        await self.flatten(reason="end")

async def trade(desk):
    return await run_strategy(make_strategy(Churn, {}, desk))

def once(latency, seed):
    es = instruments.find("ES")
    tape = synthetic(es, seed=11, hours="08:30-08:34")
    record = World(Setup(
        instrument=es, tape=tape, start_ns=tape.start_ns, calendar=calendar(es.calendar),
        rules=Rules(protection=12), latency=latency_profile(latency),
        fees=fee_schedule("topstepx"), cash=Decimal(50_000), seed=seed,
    )).run(trade)
    desk = record.desk
    everything = [
        [o.state() for o in desk.orders.values()], desk.executions, record.round_trips,
        record.unprotected.meant.spans, record.unprotected.others.spans, record.notes,
        record.incidents, sorted(record.summary.items()),
    ]
    told = hashlib.sha256(repr(everything).encode()).hexdigest()
    return f"{record.digest} {len(desk.executions)} {record.net} {told}"
"""
MAIN = "print(once(sys.argv[1], int(sys.argv[2])))"


@pytest.fixture(scope="module")
def once():
    space = {"__name__": "program"}
    exec(compile(PROGRAM, "program", "exec"), space)
    return space["once"]


def in_a_process(python, hash_seed, **more):
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, **more}
    command = [python, "-c", PROGRAM + MAIN, "live", "0"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_twice_in_one_process_is_the_same_run(once):
    first = once("live", 0)
    assert once("live", 0) == first
    assert int(first.split()[1]) > 20, "nothing was traded: this would prove nothing"


def test_other_processes_and_hash_seeds_give_the_same_run(once):
    expected = once("live", 0)
    for hash_seed in ("0", "1", "4242"):
        done = in_a_process(sys.executable, hash_seed)
        assert done.stdout.strip() == expected, done.stderr


def test_another_seed_is_another_run(once):
    digests = {once("live", seed).split()[0] for seed in (0, 1, 2)}
    assert len(digests) == 3


def test_the_latency_decides_the_run_as_well(once):
    assert once("zero", 0).split()[0] != once("live", 0).split()[0]


def other_pythons():
    given = [p for p in os.environ.get("DRYFILL_PYTHONS", "").split(os.pathsep) if p]
    found = [shutil.which(name) for name in ("python3.12", "python3.13")]
    return given + [path for path in found if path]


@pytest.mark.parametrize("python", other_pythons() or [None])
def test_other_versions_of_python_give_the_same_run(once, python, tmp_path):
    if python is None:
        pytest.skip("no other Python: name some in DRYFILL_PYTHONS, or put python3.12 on PATH")
    has = "import numpy, polars, sortedcontainers, pydantic, msgspec, narwhals"
    asked = subprocess.run([python, "-c", has], capture_output=True, text=True, check=False)
    if asked.returncode:
        pytest.skip(f"{python} cannot {has}: {asked.stderr.strip().splitlines()[-1:]}")
    try:
        (tmp_path / "dryfill").symlink_to(Path(dryfill.__file__).parent)
    except OSError as error:
        pytest.skip(f"this system makes no links, and {python} has not Dryfill itself: {error}")
    done = in_a_process(python, "7", PYTHONPATH=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")
    assert done.stdout.strip() == once("live", 0), done.stderr
