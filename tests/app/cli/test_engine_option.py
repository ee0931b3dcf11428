"""Which engine matches in a backtest: the option, and that nothing but the time depends on it."""

import sys
from pathlib import Path

import pytest

from dryfill import Backtest, UsageError, instruments, synthetic, synthetic_bars
from dryfill.app.session.twin_market import TwinMarket
from dryfill.app.strategy_file import load_strategy
from dryfill.matching.engines import chosen, native_is_there

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
ES = instruments.find("ES")
TICKS = synthetic(ES, seed=5, hours="08:30-08:33", kind="volatile")
LONG = synthetic(ES, seed=5, hours="08:30-11:30", kind="volatile")
BARS = synthetic_bars(ES, seed=5, hours="08:30-11:30", kind="volatile")

needs_both = pytest.mark.skipif(not native_is_there(), reason="the native engine is not built")


def run(strategy, tape, engine, **given):
    kind = load_strategy(str(EXAMPLES / strategy))
    return Backtest(kind, tape, instrument=ES, engine=engine, seed=3, **given).run()


@needs_both
@pytest.mark.parametrize(
    ("strategy", "tape"),
    [("breakout.py", LONG), ("ma_cross.py", LONG), ("passive_quoter.py", TICKS)],
    ids=["breakout", "ma_cross", "passive_quoter"],
)
@pytest.mark.parametrize(
    "given",
    [
        {"latency": "live"},
        {"latency": "25ms", "venue": "projectx-sim", "queue": "probabilistic"},
        {"latency": "zero", "queue": "front", "stop_trigger": "quote"},
    ],
    ids=["cme", "projectx-sim", "front"],
)
def test_the_same_run_has_the_same_digest_and_figures_on_either_engine(strategy, tape, given):
    native, reference = (run(strategy, tape, engine, **given) for engine in ("native", "reference"))
    assert native.summary | {"engine": "reference"} == reference.summary
    assert (native.summary["engine"], reference.summary["engine"]) == ("native", "reference")
    assert native.fills.equals(reference.fills)
    assert len(native.fills) > 1


@needs_both
@pytest.mark.parametrize("path", ["adverse", "nearest", "high-first", "low-first"])
def test_bars_are_walked_alike_on_either_engine(path):
    native, reference = (
        run("ma_cross.py", BARS, engine, bar_path=path) for engine in ("native", "reference")
    )
    assert native.summary | {"engine": "reference"} == reference.summary
    assert native.fills.equals(reference.fills)
    assert len(native.fills) > 1


def test_auto_is_what_is_there_and_the_report_says_it():
    report = run("passive_quoter.py", TICKS, "auto")
    assert report.summary["engine"] == chosen()
    assert f"{chosen()}, cme" in str(report)


def test_an_engine_that_is_not_there_is_refused_before_anything_runs(monkeypatch):
    with pytest.raises(UsageError, match="'fast'; give one of auto, native, reference"):
        run("passive_quoter.py", TICKS, "fast")
    monkeypatch.setitem(sys.modules, "dryfill.matching.native.core", None)
    with pytest.raises(UsageError, match="was not built with this installation"):
        run("passive_quoter.py", TICKS, "native")


def test_the_command_line_chooses_the_engine(dryfill, strategy_file, es_parquet):
    words = ("backtest", strategy_file, es_parquet, "--instrument", "ES", "--engine")
    assert "reference, cme" in dryfill(*words, "reference")[1]
    code, _, said = dryfill(*words, "fast")
    assert code == 2
    assert "give one of auto, native, reference" in said


def test_the_twin_of_the_gateway_matches_with_the_engine_that_is_asked_for(es_parquet):
    def engines(name):
        market = TwinMarket(market=(f"ES={es_parquet}",), engine=name)
        return [listing.engine for listing in market.listings()]

    assert engines("reference") == ["reference"]
    assert engines("auto") == [chosen()]
    with pytest.raises(UsageError, match="give one of auto, native, reference"):
        engines("fast")


@pytest.mark.parametrize("command", ["gateway", "paper"])
def test_gateway_and_paper_take_the_option_too(dryfill, strategy_file, command):
    words = {"gateway": (), "paper": (strategy_file, "--instrument", "MNQ")}[command]
    code, _, said = dryfill(command, *words, "--engine", "fast")
    assert code == 2
    assert "give one of auto, native, reference" in said
