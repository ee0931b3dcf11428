"""`--timeline`: the page of a backtest's messages, also of one that fails."""

from pathlib import Path

import pytest

from dryfill.app.cli.main import main

FAILS = '''
"""Places an order and falls over."""

from dryfill import Buy, Strategy


class Falls(Strategy):
    async def on_start(self):
        await self.place(Buy(1))
        raise RuntimeError("not what was expected")
'''


@pytest.fixture(scope="module")
def fails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("strategy") / "falls.py"
    path.write_text(FAILS, encoding="utf-8")
    return path


def ran(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_backtest_writes_its_timeline_and_says_where(
    es_parquet: Path, strategy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = [tmp_path / "one.html", tmp_path / "two.html"]
    for page in pages:
        options = ["--instrument", "ES", "--timeline", page]
        assert ran("backtest", strategy_file, es_parquet, *options) == 0
        assert f"wrote {page}" in capsys.readouterr().out
    text = pages[0].read_text(encoding="utf-8")
    assert "<title>BuyOnce</title>" in text
    assert "1.stop#1 sell 2 stop" in text
    assert text == pages[1].read_text(encoding="utf-8")


def test_a_run_that_fails_has_its_timeline_with_the_error(
    es_parquet: Path, fails: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "failed.html"
    assert ran("backtest", fails, es_parquet, "--instrument", "ES", "--timeline", page) != 0
    assert "not what was expected" in capsys.readouterr().err
    text = page.read_text(encoding="utf-8")
    assert "RuntimeError" in text
    assert "not what was expected" in text
    assert "place 1#1 buy 1 market" in text


def test_a_folder_that_is_not_there_is_said_before_anything_runs(
    es_parquet: Path, fails: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "nowhere" / "run.html"
    assert ran("backtest", fails, es_parquet, "--instrument", "ES", "--timeline", page) == 2
    said = capsys.readouterr().err
    assert f"the folder of {page} is not there" in said
    assert "not what was expected" not in said
