"""The command line: what it prints and writes when all is well."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import dryfill as package
from dryfill.app.cli.errors import EXIT_CODES
from dryfill.app.cli.show import Progress
from dryfill.matching.engines import chosen

Call = Callable[..., tuple[int, str, str]]


def test_json_prints_nothing_but_json_whatever_the_strategy_prints(
    dryfill: Call, es_parquet: Path, tmp_path: Path
) -> None:
    path = tmp_path / "talks.py"
    path.write_text("async def main(desk):\n    print('hello from main')\n", encoding="utf-8")
    code, out, err = dryfill(
        "backtest", path, es_parquet, "--instrument", "ES", "--json", "--out", tmp_path / "kept"
    )
    assert code == 0
    assert json.loads(out)["instrument"] == "ES"
    assert json.loads(out)["strategy"] == "talks"
    assert "hello from main" in err
    assert "summary.json" in err


def test_out_writes_page_tables_and_summary_and_says_where(
    dryfill: Call, strategy_file: Path, es_parquet: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "folder"
    code, out, _ = dryfill(
        "backtest", strategy_file, es_parquet, "--instrument", "ES", "--out", folder
    )
    assert code == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "equity.parquet",
        "fills.csv",
        "orders.csv",
        "report.html",
        "summary.json",
        "trades.csv",
        "unprotected.csv",
    ]
    for name in names:
        assert f"wrote {folder / name}" in out
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert len(pl.read_csv(folder / "fills.csv")) == summary["fills"] > 0
    assert len(pl.read_parquet(folder / "equity.parquet")) > 2_000
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f"dryfill backtest {strategy_file} {es_parquet} --instrument ES" in page


def test_parameters_from_to_and_seed_reach_the_run(
    dryfill: Call, strategy_file: Path, es_parquet: Path
) -> None:
    def told(*options: str) -> dict[str, object]:
        words = ["backtest", strategy_file, es_parquet, "--instrument", "ES", "--json", *options]
        code, out, err = dryfill(*words)
        assert (code, err) == (0, "")
        found: dict[str, object] = json.loads(out)
        return found

    plain = told()
    assert plain["from"] == "2024-03-04 14:30:00 UTC"
    part = told("--from", "2024-03-04T14:33", "--to", "2024-03-04T08:36-06:00")
    assert part["from"] == "2024-03-04 14:33:00 UTC"
    assert str(part["to"]).startswith("2024-03-04 14:36:0")
    more = told("--param", "size=5", "--param", "stop=20", "--fees", "topstepx")
    assert more["fees"] != plain["fees"]
    assert told("--seed", "1")["digest"] != plain["digest"] == told()["digest"]


def test_a_pattern_that_no_shell_expanded_is_expanded(
    dryfill: Call, strategy_file: Path, es_parquet: Path
) -> None:
    pattern = es_parquet.with_name("e?.par*")
    named = dryfill("backtest", strategy_file, es_parquet, "--instrument", "ES")
    assert dryfill("backtest", strategy_file, pattern, "--instrument", "ES") == named


def test_a_strategy_may_bring_siblings_and_leaves_the_import_path_as_it_was(
    dryfill: Call, es_parquet: Path, tmp_path: Path
) -> None:
    (tmp_path / "my_sizes.py").write_text("SIZE = 3\n", encoding="utf-8")
    path = tmp_path / "main_file.py"
    path.write_text(
        "from my_sizes import SIZE\nasync def main(desk):\n    print('size', SIZE)\n",
        encoding="utf-8",
    )
    before = list(sys.path)
    code, out, _ = dryfill("backtest", f"{path}:main", es_parquet, "--instrument", "ES")
    assert code == 0
    assert "size 3" in out
    assert sys.path == before


def test_the_progress_bar_keeps_away_from_what_is_no_terminal_and_cleans_up_on_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress("running") as draw:
        assert draw is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress("running") as draw:
        assert draw is not None
        draw(0.5)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("\rrunning [###############...............]  50%")
    assert err.endswith("\r\x1b[K")


def test_a_terminal_gets_tables_with_the_same_figures(
    dryfill: Call,
    strategy_file: Path,
    es_parquet: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ("backtest", strategy_file, es_parquet, "--instrument", "ES")
    plain = dryfill(*words)[1]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    shown = dryfill(*words)[1]
    for words_shown in ("net profit", "Without a working stop", "digest"):
        assert words_shown in shown
    for line in plain.splitlines():
        if line.startswith("digest") or "USD" in line:
            assert line.split()[-2] in shown


def test_version_says_version_python_and_engine(dryfill: Call) -> None:
    code, out, _ = dryfill("--version")
    assert code == 0
    assert out.startswith(f"dryfill {package.__version__} (")
    assert f"engine {chosen()})" in out


def test_help_lists_every_exit_code(dryfill: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for words in (["--help"], ["backtest", "--help"], ["demo", "--help"]):
        code, out, _ = dryfill(*words)
        assert code == 0
        for number, meaning in EXIT_CODES:
            assert f"{number} {meaning}" in " ".join(out.split())


def test_the_command_lines_start_is_light() -> None:
    code = "import sys, dryfill.app.cli.main; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines())
    assert not loaded & {"numpy", "polars", "plotly", "pydantic", "msgspec", "asyncio"}


def test_fed_day_trades_counts_its_ambiguous_bars_and_flags_the_bad_one(
    dryfill: Call, fed_day: list[Path]
) -> None:
    examples = Path(__file__).resolve().parents[3] / "examples"
    words = ("backtest", examples / "breakout.py", *fed_day, "--instrument", "ES")
    code, out, _ = dryfill(*words, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["instrument"] == "ESH4"
    assert told["fills"] > 0
    assert told["suspect_bars"] == 1
    assert any("2013-12-18 21:30:00 UTC" in note for note in told["notes"])
    close = ("--param", "size=1", "--param", "stop=2", "--param", "target=2")
    shown = dryfill(*words, *close)[1]
    told = json.loads(dryfill(*words, *close, "--json")[1])
    assert told["ambiguous_bars"] > 0
    assert f"ambiguous bars       {told['ambiguous_bars']}\n" in shown
    assert "contract ESH4 of 5" in shown


def test_two_days_of_gold_ticks_run_in_one_go(dryfill: Call, gold_ticks: list[Path]) -> None:
    examples = Path(__file__).resolve().parents[3] / "examples"
    code, out, _ = dryfill(
        "backtest", examples / "breakout.py", *gold_ticks, "--instrument", "GC", "--json"
    )
    told = json.loads(out)
    assert code == 0
    assert (told["instrument"], told["from"][:10], told["to"][:10]) == (
        "GCZ3",
        "2013-10-07",
        "2013-10-08",
    )
    assert told["round_trips"] > 3
