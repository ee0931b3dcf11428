"""The page: whole in itself, inert towards what it shows, and drawn by a real browser."""

import re
import shutil
import subprocess
from html import escape
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dryfill import Backtest, Report, Strategy, synthetic_bars
from dryfill.app.report import figure as page_figure
from dryfill.app.report import page as report_page
from dryfill.app.report.candles import CANDLES_MAX, candles, gaps
from dryfill.app.report.figure import Figure, figure
from dryfill.app.report.text import seconds
from dryfill.trading.instruments import find
from dryfill.trading.tape import TradeRows, make_tape

HOSTILE = '</script><img src=x onerror="document.title=1">&amp;'


def without_plotly(page: str) -> str:
    """The page but for plotly's own script, which is somebody else's four megabytes."""
    return page.replace(report_page._plotly(), "")


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return report_page.page(report, "dryfill backtest once.py es.parquet --instrument ES")


def test_the_page_asks_nothing_of_a_network(page: str) -> None:
    ours = without_plotly(page)
    assert len(ours) < len(page) / 4
    assert not re.findall(r"""(?:src|href)\s*=|url\(|@import|https?://""", ours)


def test_the_page_shows_figures_trades_digest_and_how_to_repeat(page: str, report: Report) -> None:
    ours = without_plotly(page)
    assert report.digest in ours
    assert "dryfill backtest once.py es.parquet --instrument ES" in ours
    assert ours.count("<tr>") > len(report.trades)
    assert ours.count("longest without a stop") == 1


def test_text_from_outside_cannot_become_markup(report: Report) -> None:
    record = replace(report.record, notes=(HOSTILE,))
    ours = without_plotly(report_page.page(Report(record, HOSTILE), HOSTILE))
    assert HOSTILE not in ours
    assert "<img" not in ours
    assert ours.count(escape(HOSTILE)) >= 4
    assert HOSTILE not in Report(record, HOSTILE)._repr_html_()


def test_the_plots_data_cannot_end_its_script_element() -> None:
    text = report_page._inert(Figure(data=[{"name": HOSTILE}]))
    assert "<" not in text


def test_every_round_trip_is_drawn_from_its_entry_to_its_exit(report: Report) -> None:
    traces = {trace["name"]: trace for trace in figure(report.record).data}
    drawn = []
    for name in ("won", "lost"):
        xs = traces.get(name, {"x": []})["x"]
        drawn += [(xs[i], xs[i + 1]) for i in range(0, len(xs), 3)]
    trips = report.record.round_trips
    expected = [(t.opened_ns // 1000 / 1000, t.closed_ns // 1000 / 1000) for t in trips]
    assert sorted(drawn) == sorted(expected)
    assert len(traces["buy"]["x"]) + len(traces["sell"]["x"]) == 2 * len(trips)


def test_a_trip_that_lost_is_not_drawn_as_won(report: Report) -> None:
    traces = {trace["name"]: trace for trace in figure(report.record).data}
    for name, won in (("won", True), ("lost", False)):
        some = [t for t in report.record.round_trips if (t.profit > 0) is won]
        assert len(traces.get(name, {"x": []})["x"]) == 3 * len(some)


def test_what_is_left_out_of_the_picture_is_said(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = " ".join(figure(report.record).captions)
    assert "are drawn" not in full
    monkeypatch.setattr(page_figure, "TRIPS_MAX", 2)
    monkeypatch.setattr(page_figure, "SPANS_MAX", 1)
    cut = figure(report.record)
    assert f"Of {len(report.trades)} round trips the 2 with the largest" in " ".join(cut.captions)
    assert len(cut.layout["shapes"]) == 1
    assert "the 1 longest of" in " ".join(cut.captions)


def test_the_red_shade_covers_each_span_without_a_stop(report: Report) -> None:
    shapes = figure(report.record).layout["shapes"]
    spans = report.record.unprotected.meant.spans
    assert [(s["x0"], s["x1"]) for s in shapes] == [
        (s.from_ns // 1000 / 1000, s.to_ns // 1000 / 1000) for s in spans
    ]


def test_the_shade_and_the_figures_name_the_same_longest_stretch(report: Report) -> None:
    spans = report.record.unprotected.meant.spans
    assert report.unprotected.longest > max(s.to_ns - s.from_ns for s in spans) / 1e9  # some touch
    said = " ".join(figure(report.record).captions)
    assert f"{seconds(report.unprotected.longest)} at a stretch" in said


def test_a_suspect_bar_is_marked_where_it_stands(fed_day: list[Path]) -> None:
    record = Backtest(Strategy, fed_day, instrument="ES").run().record
    traces = {trace["name"]: trace for trace in figure(record).data}
    middle_ms = 1_387_402_200_000 + 30_000  # 2013-12-18 21:30 UTC and half a bar
    assert traces["suspect bar"]["x"] == [middle_ms]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(-500, 500)), min_size=1, max_size=300),
    st.integers(1, 40),
)
def test_candles_lose_no_extreme_and_keep_open_and_close(
    steps: list[tuple[int, int]], most: int
) -> None:
    times = np.cumsum([gap for gap, _ in steps]) + 10**18
    prices = np.array([price for _, price in steps], dtype=np.int64)
    ones = np.ones(len(steps), dtype=np.int64)
    tape = make_tape(trades=TradeRows(np.arange(len(steps)), times, prices, ones, ones * 0))
    drawn = candles(tape, most)
    assert len(drawn.time_ns) <= most
    assert drawn.high.max() == prices.max()
    assert drawn.low.min() == prices.min()
    assert (drawn.open[0], drawn.close[-1]) == (prices[0], prices[-1])
    for i, start in enumerate(drawn.time_ns.tolist()):
        inside = prices[(times >= start) & (times < start + drawn.span_ns)]
        assert (drawn.high[i], drawn.low[i]) == (inside.max(), inside.min())


def test_a_picture_of_bars_has_their_highs_and_lows() -> None:
    tape = synthetic_bars(find("ES"), seed=2, hours="08:30-10:00")
    drawn = candles(tape)
    assert drawn.of == "bars"
    assert drawn.high.tolist() == tape.bars.high.tolist()
    assert len(drawn.time_ns) <= CANDLES_MAX


def test_nights_are_cut_out_of_the_time_axis() -> None:
    tape = synthetic_bars(find("ES"), seed=2, days=3, hours="08:30-09:30")
    cut = gaps(tape)
    assert len(cut) == 2
    assert all(22 * 3600 < (b - a) / 1e9 < 24 * 3600 for a, b in cut)


def test_a_run_without_any_trade_still_makes_a_page(idle_report: Report) -> None:
    ours = without_plotly(report_page.page(idle_report))
    assert "No round trip was made." in ours
    assert "Repeat this run" not in ours


CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here to open the page with")
def test_a_browser_draws_the_page_without_an_error(report: Report, tmp_path: Path) -> None:
    path = report.to_html(tmp_path / "report.html")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr"]
    command += ["--virtual-time-budget=10000", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    assert console == []
    count = len(figure(report.record).data)
    assert f'data-drawn="{count}"' in done.stdout
    drawn = done.stdout
    assert 'class="main-svg"' in drawn
    assert len(re.findall(r'class="trace boxes"|class="trace scatter', drawn)) == count
