"""What the recorder hears at the broker port: each thing once, as it was told first."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

from dryfill import Buy, Strategy, synthetic
from dryfill.app.backtest import Backtest
from dryfill.live.recording.recorded_answers import Heard
from dryfill.live.recording.recorded_broker import RecordedBroker
from dryfill.live.recording.recorder import AtOnce, Recorder
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.backtest import World
from dryfill.trading import instruments
from dryfill.trading.broker import AccountState
from dryfill.trading.errors import Refused
from dryfill.trading.order import Execution, ExecutionReport, OrderState, PositionState
from dryfill.trading.recording_file import read_part
from dryfill.trading.strategy import make_strategy, run_strategy
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Side

ES = instruments.find("ESH24")


class Once(Strategy):
    async def on_start(self) -> None:
        await self.subscribe_trades()
        with suppress(Refused):
            await self.place(Buy(2))


def rows_under(folder: Path, *faults: dict[str, Any]) -> pl.DataFrame:
    """What is recorded of a minute in which one order is filled, and these faults strike."""
    market = synthetic(ES, seed=1, start="2024-03-04", hours="08:30-08:31", kind="mixed")
    setup = Backtest(Once, market, instrument=ES, latency="25ms").setup
    world = World(replace(setup, plan=make_plan(*faults), lossless=False))
    recorder = Recorder(
        folder, source="a test", now_ns=lambda: world.loop.now_ns, hide=str, aside=AtOnce()
    )
    world.broker = RecordedBroker(world.broker, recorder)
    world.run(lambda desk: run_strategy(make_strategy(Once, {}, desk)))
    asyncio.run(recorder.close())
    (path,) = folder.glob("orders.*")
    return read_part(path)[1]


def bodies(rows: pl.DataFrame, what: str) -> list[dict[str, Any]]:
    return [json.loads(body) for body in rows.filter(what=what)["body"]]


def test_a_fill_that_was_only_learned_by_asking_is_in_the_recording(tmp_path: Path) -> None:
    rows = rows_under(tmp_path, {"kind": "drop", "event": "fill"})
    assert not any(body["last_qty"] for body in bodies(rows, "report"))
    learned = bodies(rows, "learned")
    assert [body["qty"] for body in learned if "exec_id" in body] == [2]
    asked = {body["of"] for body in bodies(rows, "ask")}
    assert {"open-orders", "orders-since", "executions-since", "positions"} & asked


def test_what_was_told_is_not_learned_again(tmp_path: Path) -> None:
    rows = rows_under(tmp_path)
    assert len(bodies(rows, "ask")) > 3
    assert bodies(rows, "learned") == []


def test_a_refusal_is_recorded_with_what_it_says_beside_its_text(tmp_path: Path) -> None:
    limited = {"kind": "rate-limited", "call": "place", "retry_after": "2 s"}
    (refused,) = bodies(rows_under(tmp_path, limited), "refused")
    text = refused.pop("text")
    assert "429" in text
    said = {"error": "NotSent", "reason": 0, "limited": True, "retry_after_s": 2.0}
    assert refused == said


ORDER = OrderState(
    instrument=ES, order_id="1", cl_ord_id="1#1", side=Side.BUY, ord_type=OrdType.MARKET,
    ord_status=OrdStatus.NEW, order_qty=2, cum_qty=0, leaves_qty=2, price=None, stop_px=None,
    avg_px=None, time_ns=0,
)  # fmt: skip
FILL = Execution(
    exec_id="7", instrument=ES, order_id="1", cl_ord_id="1#1", side=Side.BUY, qty=2,
    px=ES.decimal(0), time_ns=0,
)  # fmt: skip
HELD = PositionState(instrument=ES, qty=2, avg_px=None, time_ns=0)


@pytest.mark.parametrize("known", [ORDER, FILL, HELD])
def test_an_answer_is_news_once(known: Any) -> None:
    heard = Heard()
    assert heard.news([known]) == [known]
    assert heard.news([known]) == []
    assert heard.news(known) == []


def test_what_an_event_told_is_no_news_and_what_an_order_became_is() -> None:
    heard = Heard()
    heard.event(ExecutionReport(exec_type=ExecType.TRADE, order=ORDER, last_qty=2, exec_id="7"))
    heard.event(HELD)
    assert heard.news([ORDER, FILL, HELD]) == []
    worked = OrderState(**{f: getattr(ORDER, f) for f in ORDER.__struct_fields__} | {"cum_qty": 1})
    assert heard.news([worked]) == [worked]


def test_what_is_no_order_fill_or_position_is_no_news() -> None:
    money = AccountState(
        name="A", currency="USD", cash=ES.decimal(0), realised=ES.decimal(0),
        open_profit=ES.decimal(0), fees=ES.decimal(0), time_ns=0,
    )  # fmt: skip
    heard = Heard()
    heard.event(money)
    assert heard.news(money) == heard.news(None) == heard.news([]) == []
