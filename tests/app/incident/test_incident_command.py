"""`dryfill incident`: a recorded session becomes a small plan that fails, or is said to be well."""

import importlib.util
import re
import sys

import polars as pl
import pytest
from recorded_world import BUYER, record

from dryfill.scenarios.plan_text import read_plan
from dryfill.trading.recording_file import read_part

LOST = {"kind": "drop", "event": "fill", "intent": "1"}
BESIDE = (
    {"kind": "late", "event": "position", "delay": "700 ms"},
    {"kind": "latency", "call": "place", "request": "2 s", "nth": 2},
    {"kind": "trader", "act": "buy", "qty": 1, "at": "50 s"},
)
AGAIN = '''
"""Buys one every twenty seconds, as Buyer does, and closes it ten seconds later."""

import asyncio

from dryfill import Buy, Sell, Strategy


class Again(Strategy):
    async def on_start(self):
        await self.subscribe_quotes()
        self.every("20s")

    async def on_timer(self, timer):
        entry = await self.place(Buy(1))
        try:
            async with asyncio.timeout(0.2):
                await entry.done()
        except TimeoutError:
            return
        await self.place(Sell(1, stop=entry.avg_px - 20))
        await asyncio.sleep(10)
        await self.flatten(reason="enough")

    async def on_stop(self):
        await self.flatten(reason="the end")
'''


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def strategy_of(folder, source, name):
    """A strategy's class, from a file that lies in a folder."""
    path = folder / f"{name.lower()}.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"of_the_incident_{name.lower()}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return getattr(module, name)


TALKS = BUYER.replace("return  # not", "return print('nothing was bought')  # not")


def recorded(folder, *faults, source=BUYER, name="Buyer", **more):
    """A recorded session of a strategy, in the folder `kept`."""
    strategy = strategy_of(folder, source, name)
    record(folder / "kept", strategy, *faults, what=f"{name.lower()}.py:{name}", **more)
    return "kept"


def test_a_lost_fill_becomes_a_plan_of_one_fault_that_fails_and_replays(here, dryfill):
    kept = recorded(here, LOST, *BESIDE)
    code, out, err = dryfill("incident", kept, "--around", "1")
    assert (code, err) == (1, "")
    assert re.search(r"fill of 2, never told; learned by asking at \d\d:\d\d:\d\d", out)
    assert re.search(r"recorded   3 ESH4 held without a working stop from .* \d+\.\d+ s", out)
    assert "fill of 1#1 was never told; it was learned by asking" in out
    assert "replayed   violation BARE: 2 ESH4 held, and stops for 0 work, for more than 5 s" in out
    assert "shrunk to 1 fault" in out
    plan = read_plan("dryfill-plans/incident-1.toml")
    assert [(fault.kind, fault.event) for fault in plan.faults] == [("drop", "fill")]
    assert plan.run.what == "buyer.py:Buyer"
    code, out, err = dryfill("replay", "dryfill-plans/incident-1.toml")
    assert (code, err) == (1, "")
    assert "the digest is the plan's" in out
    code, out, err = dryfill("shrink", "dryfill-plans/incident-1.toml")
    assert (code, err) == (0, "")


def test_what_the_strategy_prints_is_not_printed_again_and_again(here, dryfill):
    kept = recorded(here, LOST, source=TALKS)
    code, out, _ = dryfill("incident", kept, "--around", "1")
    assert code == 1
    assert out.count("nothing was bought") == 1  # in the session, which is recorded in this process


def test_a_session_in_which_nothing_is_wrong_is_said_to_be_well_and_leaves_no_file(here, dryfill):
    kept = recorded(here)
    code, out, err = dryfill("incident", kept, "--around", "1#1")
    assert (code, err) == (0, "")
    assert "recovered  nothing" in out
    assert "nothing is wrong: no rule was broken, in the recording or when it was replayed" in out
    assert [*(here / "dryfill-plans").iterdir()] == []


def test_what_nobody_could_know_breaks_no_rule_and_is_said(here, dryfill):
    late = {"kind": "late", "event": "fill", "intent": "1", "delay": "700 ms"}
    position = {"kind": "drop", "event": "position"}  # else it is asked for sooner
    patient = BUYER.replace("2, 0.2", "2, 1.0").replace("Buyer", "Patient")
    kept = recorded(here, late, position, source=patient, name="Patient")
    code, out, err = dryfill("incident", kept, "--around", "1", "--bare", "500 ms")
    assert (code, err) == (1, "")
    assert "recorded   2 ESH4 held without a working stop" in out
    assert "fill of 1#1 came 0.700 s late" in out
    assert "no rule was broken when it was replayed" in out
    assert [*(here / "dryfill-plans").iterdir()] == []


def test_what_is_not_in_it_is_said(here, dryfill):
    out = dryfill("incident", recorded(here, LOST), "--around", "1").out
    unknown = out[out.index("not in it") :]
    for each in ("halts of the market", "what came twice", "the risk gate", "bytes"):
        assert each in unknown


def test_an_order_late_in_a_session_is_replayed_from_when_all_was_flat(here, dryfill):
    lost = {"kind": "drop", "event": "fill", "intent": "4"}
    kept = recorded(here, lost, source=AGAIN, name="Again")
    code, out, err = dryfill("incident", kept, "--around", "4")
    assert (code, err) == (1, ""), out
    (fault,) = read_plan("dryfill-plans/incident-4.toml").faults
    assert (fault.kind, fault.event) == ("drop", "fill")
    assert read_plan("dryfill-plans/incident-4.toml").run.start > "2024-03-04T14:30:25"


def test_a_number_of_the_brokers_finds_the_order_and_is_in_no_file(here, dryfill):
    kept = recorded(here, LOST)
    (path,) = (here / "kept").glob("orders.*")
    number = read_part(path)[1].drop_nulls("order_id")["order_id"][0]
    assert dryfill("incident", kept, "--around", number).code == 1
    assert {each.name for each in (here / "dryfill-plans").iterdir()} == {
        "incident-1.toml",
        "incident-1-market.parquet",
    }


def test_it_can_be_moved_to_another_week(here, dryfill):
    kept = recorded(here, LOST)
    assert dryfill("incident", kept, "--around", "1", "--weeks", "3").code == 1
    plan = read_plan("dryfill-plans/incident-1.toml")
    assert plan.run.start.startswith("2024-02-12T14:30:")
    _, rows = read_part(here / "dryfill-plans" / "incident-1-market.parquet")
    assert str(rows["time"][0]).startswith("2024-02-12 14:30:")
    assert str(rows["arrival"][-1]).startswith("2024-02-12 14:3")
    assert dryfill("replay", "dryfill-plans/incident-1.toml").code == 1


def test_how_long_is_too_long_is_the_users_to_say(here, dryfill):
    kept = recorded(here, {"kind": "latency", "call": "place", "nth": 2, "request": "900 ms"})
    assert dryfill("incident", kept, "--around", "1").code == 0
    code, out, _ = dryfill("incident", kept, "--around", "1", "--bare", "500 ms")
    assert code == 1
    assert "for more than 0.5 s" in out
    assert dryfill("incident", kept, "--around", "1", "--bare", "off").code == 0


REFUSED = {
    "an order that is not there": ("kept --around 77", r"no order 77 in kept; it has 1#1 \(\d+\)"),
    "a folder that is not there": ("keep --around 1", "keep: there is no such folder"),
    "a run that is not there": ("kept --around 1 --run 2019", "kept has no run 2019"),
    "a time that is none": ("kept --around 1 --bare 5", "--bare '5': write a number"),
    "a strategy that is not there": (
        "kept --around 1 --strategy other.py",
        "other.py: there is no such file",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_a_way_out(here, dryfill, name):
    words, says = REFUSED[name]
    recorded(here, LOST)
    code, _, err = dryfill("incident", *words.split())
    assert code == 2
    assert re.search(says, err), err


def test_a_torn_last_file_is_named_and_can_be_left_out(here, dryfill):
    recorded(here, LOST)
    (market,) = (here / "kept").glob("market.*")
    torn = market.with_name(market.name.replace(".00001.", ".00002."))
    torn.write_bytes(market.read_bytes()[:-100])
    code, _, err = dryfill("incident", "kept", "--around", "1")
    assert code == 3
    assert torn.name in err
    assert "its end is missing" in err
    assert "add --skip-damaged" in err
    code, out, err = dryfill("incident", "kept", "--around", "1", "--skip-damaged")
    assert (code, err) == (1, "")
    assert f"left out, its rows are missing: kept/{torn.name}" in out


def test_a_recording_without_orders_is_refused(here, dryfill):
    recorded(here, LOST)
    for path in (here / "kept").glob("orders.*"):
        path.unlink()
    code, _, err = dryfill("incident", "kept", "--around", "1")
    assert code == 2
    assert "no orders were recorded in it" in err


def test_a_strategy_outside_the_current_folder_is_refused(here, dryfill, monkeypatch):
    recorded(here, LOST)
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    given = ["--strategy", str(here / "buyer.py"), "--around", "1"]
    code, _, err = dryfill("incident", str(here / "kept"), *given)
    assert code == 2
    assert f"go to {here} first" in err


def test_the_market_beside_a_plan_has_quotes_trades_and_times_and_nothing_else(here, dryfill):
    kept = recorded(here, LOST)
    assert dryfill("incident", kept, "--around", "1").code == 1
    head, rows = read_part(here / "dryfill-plans" / "incident-1-market.parquet")
    assert (head.source, head.contract, head.symbol) == ("the market of an incident", "", "ESH4")
    texts = {name for name, kind in rows.schema.items() if kind == pl.String}
    assert texts == {"kind", "side"}
    assert set(rows["kind"]) <= {"quote", "trade"}
