"""Money: what an account is given, what it must hold, and what the report says of it."""

import json
from decimal import Decimal

import pytest

from dryfill import Backtest, Buy, Strategy, Ticks
from dryfill.app.report.figure import figure
from dryfill.trading.errors import UsageError


class Buys(Strategy):
    """Buys once and keeps it."""

    async def on_start(self) -> None:
        self.every("1m")

    async def on_timer(self, timer: object) -> None:
        if not self.position:
            await self.bracket(Buy(1), stop=Ticks(4000))


@pytest.mark.parametrize("cash", [-1, 50000.5, "lots", "NaN", True])
def test_an_account_starts_with_an_exact_amount_from_zero_on(tape, cash):
    with pytest.raises(UsageError, match=r"cash is .*; give an amount"):
        Backtest(Buys, tape, instrument="ES", cash=cash)


@pytest.mark.parametrize("seed", ["a", 1.5, True])
def test_a_seed_is_a_whole_number(tape, seed):
    with pytest.raises(UsageError, match=r"seed is .*; give a whole number"):
        Backtest(Buys, tape, instrument="ES", seed=seed)


def test_an_order_refused_for_margin_is_seen_in_the_report(tape):
    report = Backtest(Buys, tape, instrument="ES", cash=1_000, margin={"ES": "1500"}).run()
    assert report.summary["rejected"] == report.summary["orders"] > 0
    assert report.orders["status"].unique().to_list() == ["rejected"]
    assert "1500 of margin is needed for 1 ES, the equity is 1000" in report.orders["text"][0]
    assert "money limits nothing" not in str(report)


def test_the_report_says_that_margin_was_not_checked(tape):
    report = Backtest(Buys, tape, instrument="ES", cash=0).run()
    assert report.record.open_position == 1
    assert "not checked: money limits nothing" in str(report)
    assert report.summary["margin_checked"] is False


def test_what_is_still_held_has_its_marker_on_the_page(tape):
    report = Backtest(Buys, tape, instrument="ES").run()
    assert report.record.round_trips == ()
    (trace,) = [trace for trace in figure(report.record).data if trace.get("name") == "buy"]
    assert len(trace["x"]) == 1
    assert "still held" in json.dumps(trace)


def test_the_command_line_takes_margin_by_root(dryfill, strategy_file, es_parquet):
    asked = ("backtest", strategy_file, es_parquet, "--instrument", "ES", "--json")
    told = json.loads(dryfill(*asked, "--cash", "100", "--margin", "ES=1500").out)
    assert told["margin_checked"] is True
    assert told["fills"] == 0 < told["rejected"]
    assert json.loads(dryfill(*asked, "--cash", "100").out)["fills"] > 0
    ended = dryfill(*asked, "--margin", "1500")
    assert ended.code == 2
    assert "--margin '1500' is no name=value; write --margin ES=1500" in ended.err
    assert Decimal(told["starting_cash"]) == 100
