"""Limits in a run: refused before anything is sent, and flattened once when a loss is met."""

from datetime import time
from decimal import Decimal

import pytest

from dryfill import Backtest, Buy, RiskLimits, Sell, Strategy, Ticks, synthetic
from dryfill.trading import instruments
from dryfill.trading.errors import RefusedByUs, UsageError


class Tries(Strategy):
    """Buys one every second, with what the gate says of it kept; never sells."""

    size = 1

    async def on_start(self) -> None:
        self.every("1s")
        self.refusals: list[str] = []
        self.tell.append(self)

    async def on_timer(self, timer: object) -> None:
        try:
            await self.place(Buy(self.size))
        except RefusedByUs as refusal:
            self.refusals.append(str(refusal))


@pytest.fixture
def tries(tape):
    """Run with some limits; the strategy after the run, and its report."""

    def go(limits, tape=tape, **params):
        kind = type("Tries", (Tries,), {"tell": [], "__module__": __name__})
        report = Backtest(kind, tape, instrument="ES", risk=limits, params=params).run()
        return kind.tell[0], report

    return go


def most_held(report):
    return report.equity["position"].abs().max()


def test_without_limits_nothing_is_refused(tries):
    strategy, report = tries(None)
    assert strategy.refusals == []
    assert most_held(report) > 100


def test_a_position_stops_at_its_limit(tries):
    strategy, report = tries(RiskLimits(net_position=4))
    assert most_held(report) == 4
    assert "net position: 5 if everything fills" in strategy.refusals[0]


def test_an_order_over_its_size_is_refused(tries):
    strategy, report = tries(RiskLimits(order_qty=2), size=3)
    assert report.summary["orders"] == 0
    assert strategy.refusals


def test_a_brackets_entry_is_asked_about_too(tape):
    class Brackets(Strategy):
        async def on_start(self) -> None:
            await self.bracket(Buy(3), stop=Ticks(8))

    with pytest.raises(RefusedByUs, match="order size"):
        Backtest(Brackets, tape, instrument="ES", risk=RiskLimits(order_qty=2)).run()


def test_a_rate_holds_in_a_run(tries):
    strategy, report = tries(RiskLimits(orders_per_minute=30))
    # Sent within any minute; they reach the broker up to a few seconds sooner or later.
    sent = report.summary["orders"]
    assert 30 * 50 <= sent <= 30 * 61
    assert "order rate: 30 in the last 60 s, limit 30" in strategy.refusals[0]


def test_a_daily_loss_flattens_once_and_refuses_what_opens(tries):
    falling = synthetic(instruments.find("ES"), seed=7, kind="trend")
    strategy, report = tries(RiskLimits(daily_loss=Decimal(1_000)), tape=falling, size=5)
    flattened = [i for i in report.incidents if i.kind == "risk_flatten"]
    assert len(flattened) == 1
    assert report.record.open_position == 0
    assert "daily loss" in strategy.refusals[-1]
    assert Decimal(report.summary["net"]) < -900


def test_fees_count_as_loss_as_soon_as_the_broker_tells_of_them(tape):
    kind = type("Tries", (Tries,), {"tell": [], "__module__": __name__})
    limits = RiskLimits(daily_loss=Decimal(500))
    report = Backtest(kind, tape, instrument="ES", risk=limits, fees={"ES": "200"}).run()
    (incident,) = [i for i in report.incidents if i.kind == "risk_flatten"]
    assert incident.time_ns - report.record.start_ns < 10 * 10**9
    assert "daily loss" in kind.tell[0].refusals[-1]


def test_flat_by_a_time_of_day_closes_what_is_held(tries):
    limits = RiskLimits(flat_by=time(9, 0), net_position=4)
    _, report = tries(limits)
    (incident,) = [i for i in report.incidents if i.kind == "risk_flatten"]
    assert "time of day" in incident.text
    assert report.record.open_position == 0
    last = report.fills["time"][-1]
    assert (last.hour, last.minute, last.second) <= (15, 0, 10)


class Moves(Strategy):
    """Rests far away and moves its order past the collar."""

    async def on_start(self) -> None:
        self.every("1s")
        self.order = None
        await self.subscribe_quotes()

    async def on_timer(self, timer: object) -> None:
        if self.order is None and self.quote is not None:
            self.order = await self.place(Sell(1, limit=self.quote.ask + 20))
            await self.modify(self.order, limit=self.quote.bid - 5)


def test_a_change_is_asked_about_like_an_order(tape):
    assert Backtest(Moves, tape, instrument="ES").run().summary["fills"] == 1
    with pytest.raises(RefusedByUs, match="collar"):
        Backtest(Moves, tape, instrument="ES", risk=RiskLimits(collar=Ticks(4))).run()


def test_the_command_line_names_a_rule_set(dryfill, strategy_file, es_parquet):
    asked = ("backtest", strategy_file, es_parquet, "--instrument", "ES")
    assert dryfill(*asked, "--risk", "topstep-50k").code == 0
    ended = dryfill(*asked, "--risk", "topstep-1k")
    assert ended.code == 2
    assert "topstep-50k" in ended.err


def test_a_rule_set_that_is_none_is_named(tape):
    with pytest.raises(UsageError, match="topstep-50k"):
        Backtest(Tries, tape, instrument="ES", risk="topstep")
