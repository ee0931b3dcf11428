"""What a report says is what happened, exactly, and it can be kept."""

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec import structs

from dryfill import Backtest, Buy, Report, Tape, Ticks, UsageError
from dryfill.app.report.text import money, plain, seconds
from dryfill.matching.engines import chosen
from dryfill.trading.orders.manager import Incident


def changed(report: Report, **fields: Any) -> Report:
    """The report of a record with some fields replaced."""
    return Report(structs.replace(report.record, **fields), report.strategy)


def test_the_printed_report_names_what_a_trader_asks_for(report: Report) -> None:
    shown = str(report)
    for words in (
        "Brackets on ES, 2024-03-04 14:30:00 UTC to 2024-03-04 15:3",
        f"{money(report.record.net)} USD",
        f"{len(report.trades)}: ",
        "Without a working stop",
        f"{plain(report.unprotected.contract_seconds)}",
        f"engine, venue        {chosen()}, cme",
        "latency, fees        live, topstepx",
        "seed                 0",
        f"digest {report.digest}",
    ):
        assert words in shown
    assert max(map(len, shown.splitlines())) < 110


def test_money_is_what_the_fills_sum_up_to_to_the_cent(report: Report) -> None:
    record = report.record
    assert record.open_position == 0
    fills = record.desk.executions
    gained = sum(-f.side.sign * f.qty * f.px * record.instrument.point_value for f in fills)
    paid = sum((f.fee for f in fills if f.fee is not None), Decimal(0))
    assert Decimal(report.summary["net"]) == gained - paid
    assert f"{money(gained - paid)} USD" in str(report)


def test_entries_filled_in_parts_are_those_with_several_fills_or_a_rest(report: Report) -> None:
    counts = Counter(report.fills["tag"].to_list())
    entries = report.orders.filter(
        pl.col("tag").str.contains(r"\.entry#") & (pl.col("cum_qty") > 0)
    )
    in_parts = [
        row["tag"]
        for row in entries.iter_rows(named=True)
        if counts[row["tag"]] > 1 or row["cum_qty"] < row["qty"]
    ]
    assert in_parts
    assert report.entries == (len(entries), len(in_parts))
    assert f"{len(in_parts)} of {len(entries)} bracket entries" in str(report)


def test_the_spans_without_a_stop_add_up_to_the_contract_seconds(report: Report) -> None:
    bare = report.unprotected
    spans = bare.spans.filter(pl.col("meant"))
    assert len(spans) > 0
    total = (spans["qty"].abs() * spans["seconds"]).sum()
    assert float(bare.contract_seconds) == pytest.approx(total)
    assert bare.longest >= max(spans["seconds"].to_list())
    assert bare.others.contract_seconds == 0


def test_equity_begins_at_the_cash_and_ends_at_cash_and_net(report: Report) -> None:
    equity = report.equity["equity"]
    assert equity[0] == 50_000
    assert equity[-1] == pytest.approx(50_000 + float(report.record.net))


def test_a_fill_before_the_first_known_price_is_no_loss_of_its_whole_worth(tape: Tape) -> None:
    async def buy_at_once(desk: Any) -> None:
        await desk.subscribe_quotes()
        async for _ in desk.events():
            break
        bracket = await desk.bracket(Buy(2), stop=Ticks(8), target=Ticks(8))
        await bracket.closed()

    # The first trades are taken away, so that quotes alone are known when the entry fills.
    trades = tape.trades
    later = {name: column[200:] for name, column in vars(trades).items() if column is not None}
    quiet = replace(tape, trades=replace(trades, **later))
    report = Backtest(buy_at_once, quiet, instrument="ES", latency="zero").run()
    assert report.record.max_drawdown < 1_000


def test_the_summary_survives_json_with_money_as_exact_text(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    text = report.to_json(path)
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text)
    told = json.loads(text)
    assert told["digest"] == report.digest
    assert Decimal(told["fees"]) == report.record.fees
    assert told["incidents_list"] == []


def test_incidents_and_notes_are_printed_and_a_flood_of_them_is_counted(report: Report) -> None:
    start_ns = report.record.start_ns
    many = tuple(Incident(start_ns + n * 10**9, "lost", f"number {n}") for n in range(25))
    shown = str(changed(report, incidents=many, notes=("the reader saw this",)))
    assert "  the reader saw this" in shown
    assert "2024-03-04 14:30:03 UTC lost: number 3" in shown
    assert "  and 15 more" in shown
    assert "number 12" not in shown


@pytest.mark.parametrize("name", ["no/such/folder/r.html", "."])
def test_a_path_that_cannot_be_written_is_a_usage_error_that_names_it(
    report: Report, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    with pytest.raises(UsageError, match="cannot be written") as told:
        report.to_html(path)
    assert str(path) in str(told.value)
    with pytest.raises(UsageError, match="cannot be written"):
        report.to_json(path)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_file_that_was_there(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.json"
    path.write_text("old", encoding="utf-8")

    def torn(self: Path, *_: object, **__: object) -> int:
        self.write_bytes(b"{ha")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", torn)
    with pytest.raises(UsageError, match="No space left"):
        report.to_json(path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("-1062.5", "-1,062.50"),
        ("0.625", "0.625"),
        ("1E+6", "1,000,000.00"),
        ("-0.00", "0.00"),
        ("31.250", "31.25"),
        ("0.0000005", "0.0000005"),
    ],
)
def test_money_is_shown_exactly_without_noise(amount: str, shown: str) -> None:
    assert money(Decimal(amount)) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (0.0004, "0 ms"),
        (0.0855, "86 ms"),
        (1.66, "1.660 s"),
        (119.9, "119.900 s"),
        (3661.0, "1:01:01 h"),
    ],
)
def test_lengths_of_time_read_as_a_trader_says_them(length: float, shown: str) -> None:
    assert seconds(length) == shown
