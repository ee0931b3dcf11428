"""What a run leaves behind: frames of stable types, and sums that agree with the account."""

from decimal import Decimal

import polars as pl
import pytest

from dryfill.scenarios import synthetic
from dryfill.scenarios.bars import to_bars
from dryfill.trading import instruments
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks
from dryfill.trading.tape import make_tape

ES = instruments.find("ES")
MARKET = """
    0    quote 100x5 101x5
    1    trade 101x1 buyer
    100  quote 102x5 103x5
    1000 quote 104x5 105x5
    1001 trade 104x1 seller
    3000 quote 104x5 105x5
"""
QUOTES = "\n".join(line for line in MARKET.splitlines() if "trade" not in line)


async def idle(desk):
    await desk.subscribe_quotes()
    async for _ in desk.events():
        pass


def trader(*steps):
    """Places the first order at the first quote, the second at the second, and so on."""

    async def main(desk):
        left = list(steps)
        await desk.subscribe_quotes()
        async for event in desk.events():
            if type(event).__name__ == "Quote" and left:
                await desk.place(left.pop(0))

    return main


FRAMES = ("trades", "orders", "fills", "bare_spans", "equity")


def test_frames_have_the_same_types_when_nothing_happened(run, tape_of):
    empty = run(tape_of(MARKET), idle)
    busy = run(tape_of(MARKET), trader(Buy(2), Sell(1), Sell(2)), fees={"ES": "1.4"})
    for name in FRAMES:
        assert getattr(empty, name).schema == getattr(busy, name).schema
        assert len(getattr(busy, name)) > 0
        assert (len(getattr(empty, name)) > 0) == (name == "equity")
    assert busy.trades.schema["entry_time"] == pl.Datetime("ns", "UTC")


def test_a_run_in_which_nothing_happened_has_a_level_curve_and_a_summary(run, tape_of):
    record = run(tape_of(MARKET), idle)
    assert record.equity["equity"].unique().to_list() == [50_000.0]
    assert record.equity["position"].unique().to_list() == [0]
    assert record.max_drawdown == 0
    assert record.summary["net"] == "0"
    assert record.summary["round_trips"] == 0


def test_round_trips_orders_and_fills_are_told_as_they_were(run, tape_of):
    record = run(tape_of(MARKET), trader(Buy(2), Sell(3)), fees={"ES": "1.4"})
    assert record.trades.select("side", "qty", "entry_price", "exit_price", "profit").rows() == [
        ("buy", 2, 25.25, 25.5, 2 * 12.5 - 4 * 1.4)
    ]
    assert record.fills.select("side", "qty", "price", "fee").rows() == [
        ("buy", 2, 25.25, 2.8),
        ("sell", 3, 25.5, 4.2),
    ]
    assert record.orders.select("side", "type", "status", "cum_qty").rows() == [
        ("buy", "market", "filled", 2),
        ("sell", "market", "filled", 3),
    ]
    assert record.open_position == -1
    assert record.open_profit == Decimal(-25)
    assert record.net == Decimal("25") - Decimal("25") - Decimal("7.0")
    assert Decimal(record.summary["net"]) == record.net


def last_equity(record):
    return record.equity["equity"][-1]


def at_the_end(record):
    return float(record.starting_cash + record.net)


@pytest.mark.parametrize("text", [MARKET, QUOTES])
@pytest.mark.parametrize("steps", [(Buy(2), Sell(1)), (Sell(2), Buy(1)), (Buy(2), Sell(2))])
def test_the_curve_ends_at_the_account(run, tape_of, text, steps):
    record = run(tape_of(text), trader(*steps), fees="topstepx")
    assert last_equity(record) == pytest.approx(at_the_end(record), abs=1e-9)
    assert record.equity["position"][-1] == record.open_position
    assert record.equity["time"].is_sorted()
    assert record.equity["time"].dt.epoch("ns")[-1] == record.end_ns
    assert record.equity["time"].dt.epoch("ns")[0] == record.start_ns


@pytest.mark.parametrize("as_bars", [False, True])
def test_the_curve_of_a_busy_hour_ends_at_the_account(run, as_bars):
    tape = synthetic(ES, seed=5, hours="08:30-08:50")
    if as_bars:
        tape = make_tape(bars=to_bars(tape, 60 * 10**9))

    async def churn(desk):
        await desk.subscribe_bars("1m")
        async for event in desk.events():
            if type(event).__name__ == "Bar" and not desk.working_orders:
                side = Buy if event.time_ns // (60 * 10**9) % 2 else Sell
                await desk.bracket(side(3), stop=Ticks(6), target=Ticks(6))

    record = run(tape, churn, fees="topstepx", latency="calm")
    assert record.fill_count > 10
    assert last_equity(record) == pytest.approx(at_the_end(record), abs=1e-6)
    lows = record.equity["equity"].to_list()
    assert record.max_drawdown == pytest.approx(
        max(max(lows[: n + 1]) - low for n, low in enumerate(lows))
    )
    exact = sum(trip.profit for trip in record.round_trips)
    assert record.trades["profit"].sum() == pytest.approx(float(exact), abs=1e-6)


def test_a_fill_before_the_first_trade_does_not_throw_the_curve(run, tape_of):
    record = run(tape_of("0 quote 100x5 101x5\n3000 quote 100x5 101x5"), trader(Buy(1)))
    assert record.equity["equity"].min() == 50_000 - 12.5
    assert record.equity["price"].null_count() == 0


def test_a_run_that_ended_early_has_an_early_end(run, tape_of):
    async def main(desk):
        await desk.subscribe_quotes()
        await desk.place(Buy(1, limit=desk.instrument.decimal(101)))
        async for event in desk.events():
            if type(event).__name__ == "Quote" and event.bid_ticks == 102:
                return

    record = run(tape_of(MARKET), main)
    assert record.end_ns == record.start_ns + 100_000_000
    (span,) = record.unprotected.others.spans
    assert (span.to_ns, span.at_end) == (record.end_ns, True)
    assert last_equity(record) == at_the_end(record)


def test_bare_spans_say_whether_the_contracts_were_meant_to_be_protected(run, tape_of):
    async def main(desk):
        await desk.subscribe_quotes()
        async for event in desk.events():
            if type(event).__name__ == "Quote" and not desk.position:
                await desk.bracket(Buy(1), stop=Ticks(40))
                await desk.place(Buy(1))

    record = run(tape_of(MARKET), main, latency="10ms")
    frame = record.bare_spans
    assert sorted(frame["meant"].to_list()) == [False, True]
    meant = frame.filter(pl.col("meant")).row(0, named=True)
    assert (meant["qty"], meant["at_end"]) == (1, False)
    assert meant["seconds"] == record.unprotected.longest > 0


def test_the_summary_is_plain_and_money_is_exact_text(run, tape_of):
    summary = run(tape_of(MARKET), trader(Buy(1), Sell(1)), fees={"ES": "1.405"}).summary
    assert summary["fees"] == "2.810"
    assert Decimal(summary["net"]) == Decimal("12.5") - Decimal("2.81")
    assert all(isinstance(v, str | int | float | list) for v in summary.values())
