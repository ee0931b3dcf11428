"""`dryfill backtest --settings FILE`: the order manager's settings from a file and environment."""

import pytest

from dryfill.app.cli import run as cli_run
from dryfill.app.cli.main import main
from dryfill.trading.orders.settings import OrderSettings

STRATEGY = "from dryfill import Strategy\n\n\nclass Idle(Strategy):\n    pass\n"
BARS = """time,open,high,low,close,volume
2024-03-04T15:00:00Z,5000,5000.25,4999.75,5000,9
2024-03-04T15:01:00Z,5000,5000.25,4999.75,5000,9
"""


@pytest.fixture
def backtest(tmp_path, monkeypatch, capsys):
    """Run the command in an empty folder; its exit code, stderr, and the settings it ran with."""

    def run(*options, **environ):
        (tmp_path / "idle.py").write_text(STRATEGY)
        (tmp_path / "bars.csv").write_text(BARS)
        used, whole = [], cli_run.Backtest

        def spied(strategy, data, **world):
            used.append(world["settings"])
            return whole(strategy, data, **world)

        monkeypatch.setattr(cli_run, "Backtest", spied)
        for name, text in environ.items():
            monkeypatch.setenv(name, text)
        words = ["backtest", str(tmp_path / "idle.py"), str(tmp_path / "bars.csv")]
        words += ["--instrument", "ES", "--stamp", "open", *options]
        with pytest.raises(SystemExit) as end:
            main(words)
        return end.value.code, capsys.readouterr().err, used

    return run


def test_a_file_and_the_environment_decide_and_the_environment_goes_first(backtest, tmp_path):
    path = tmp_path / "dryfill.toml"
    path.write_text("[orders]\nlook_s = 2.0\nmisses = 3\n")
    code, said, used = backtest("--settings", str(path), DRYFILL_ORDERS_MISSES="4")
    assert code == 0, said
    assert used == [OrderSettings(look_s=2.0, misses=4)]


def test_without_either_the_defaults_hold(backtest):
    code, said, used = backtest()
    assert code == 0, said
    assert used == [OrderSettings()]


@pytest.mark.parametrize(
    ("text", "environ", "code", "said"),
    [
        ("[orders]\nlooks = 1\n", {}, 3, "line 2: there is no setting looks; did you mean look_s?"),
        ("[orders]\n", {"DRYFILL_ORDERS_LOOK_S": "soon"}, 2, "DRYFILL_ORDERS_LOOK_S is 'soon'"),
        (None, {}, 2, "dryfill.toml cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_place(text, environ, code, said, backtest, tmp_path):
    path = tmp_path / "dryfill.toml"
    if text is not None:
        path.write_text(text)
    found, err, used = backtest("--settings", str(path), **environ)
    assert (found, used) == (code, [])
    assert said in err
    assert err.count("\n") == 1
