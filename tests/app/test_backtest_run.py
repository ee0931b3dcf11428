"""`.run()` works wherever it is called, on the part of the data that was asked for."""

import asyncio
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from dryfill import Backtest, Desk, Report, ScenarioError, Strategy, Tape, UsageError

SOON_NS = 5 * 60 * 10**9


class Listens(Strategy):
    """Keeps the times of the trades that it hears."""

    heard: Any = None

    async def on_start(self) -> None:
        await self.subscribe_trades()

    def on_trade(self, trade: Any) -> None:
        if self.heard is not None:
            self.heard.append(trade.time_ns)


class Fails(Strategy):
    def on_start(self) -> None:
        raise LookupError("on purpose")


async def nothing(desk: Desk) -> None:
    """A script that does nothing."""


def test_run_inside_a_running_loop_gives_the_same_report_and_leaves_the_loop_alone(
    tape: Tape, report: Report
) -> None:
    backtest = Backtest(Listens, tape, instrument="ES")
    outside = backtest.run()

    async def inside() -> str:
        loop = asyncio.get_running_loop()
        digest = backtest.run().digest
        assert asyncio.get_running_loop() is loop
        await asyncio.sleep(0)
        return digest

    before = threading.active_count()
    assert asyncio.run(inside()) == outside.digest
    assert threading.active_count() == before


def test_what_a_handler_raises_is_raised_by_run_inside_a_running_loop_too(tape: Tape) -> None:
    backtest = Backtest(Fails, tape, instrument="ES")
    with pytest.raises(LookupError, match="on purpose"):
        backtest.run()

    async def inside() -> None:
        backtest.run()

    with pytest.raises(LookupError, match="on purpose"):
        asyncio.run(inside())


CODE = """
from dryfill import Backtest, Buy, Strategy, Ticks, instruments, synthetic

class Once(Strategy):
    async def on_start(self):
        self.sent = False
        await self.subscribe_bars("1m")

    async def on_bar(self, bar):
        if not self.sent:
            self.sent = True
            await self.bracket(Buy(2), stop=Ticks(8), target=Ticks(8))

market = synthetic(instruments.find("ES"), seed=5, hours="08:30-08:40")
report = Backtest(Once, market, instrument="ES").run()
assert len(report.fills) > 0
print(report.digest)
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_notebook_runs_a_backtest_and_shows_its_report() -> None:
    cells = [nbformat.v4.new_code_cell(CODE), nbformat.v4.new_code_cell("report")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    digest = notebook.cells[0].outputs[0]["text"].strip()
    shown = notebook.cells[1].outputs[0]["data"]
    assert "<svg" in shown["text/html"]
    assert digest in shown["text/html"]
    assert "<Report ES:" in shown["text/plain"]


def test_only_what_is_between_start_and_end_is_told(tape: Tape) -> None:
    heard: list[int] = []
    start = datetime(2024, 3, 4, 14, 40, tzinfo=UTC)
    Backtest(
        Listens,
        tape,
        instrument="ES",
        params={"heard": heard},
        start=start,
        end=start + timedelta(minutes=5),
    ).run()
    start_ns = int(start.timestamp()) * 10**9
    times = tape.trades.time_ns
    expected = times[(times >= start_ns) & (times < start_ns + SOON_NS)]
    assert heard == expected.tolist()


@pytest.mark.parametrize(
    "start",
    [
        "2024-03-04T14:40",
        "2024-03-04T14:40:00+00:00",
        "2024-03-04T08:40-06:00",
        datetime(2024, 3, 4, 14, 40),  # noqa: DTZ001  without a zone it is UTC
        datetime(2024, 3, 4, 8, 40, tzinfo=timezone(timedelta(hours=-6))),
    ],
)
def test_a_start_is_utc_unless_it_names_a_zone(tape: Tape, start: str | datetime) -> None:
    backtest = Backtest(nothing, tape, instrument="ES", start=start)
    assert backtest.setup.start_ns == 1_709_563_200 * 10**9


def test_a_date_alone_is_its_midnight_in_utc(tape: Tape) -> None:
    end = date(2024, 3, 5)
    assert len(Backtest(nothing, tape, instrument="ES", end=end).setup.tape) == len(tape)
    with pytest.raises(UsageError, match="is not after start"):
        Backtest(nothing, tape, instrument="ES", end=date(2024, 3, 4))
    with pytest.raises(ScenarioError, match="no rows between start 2024-03-05"):
        Backtest(nothing, tape, instrument="ES", start=end)


def test_a_run_reports_its_progress_from_start_to_end(tape: Tape) -> None:
    shares: list[float] = []
    report = Backtest(Listens, tape, instrument="ES").run(shares.append)
    assert shares == sorted(shares)
    assert (len(shares), shares[-1]) == (200, 1.0)
    assert report.digest == Backtest(Listens, tape, instrument="ES").run().digest


def test_a_script_takes_no_parameters(tape: Tape) -> None:
    with pytest.raises(UsageError, match="a script has no parameters"):
        Backtest(nothing, tape, instrument="ES", params={"size": 1})


@pytest.mark.parametrize("thing", [object(), Strategy(), lambda desk: None, int])
def test_what_is_no_strategy_is_refused_before_the_data_is_read(thing: Any) -> None:
    with pytest.raises(UsageError, match="is no strategy"):
        Backtest(thing, "no/such/file.csv", instrument="ES")
