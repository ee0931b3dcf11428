"""A report in words and figures: the rows that the terminal, print() and the page show alike."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ...sim.record.record import Record, utc
from ...sim.record.round_trips import RoundTrip
from ...trading.instrument import Instrument

if TYPE_CHECKING:
    from .report import Report

TRADES_SHOWN = 12
INCIDENTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Block:
    """A titled group of (label, value) rows."""

    title: str
    rows: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TradeRow:
    """A round trip as it is shown; `won` None where it came out even."""

    cells: tuple[str, ...]
    won: bool | None


TRADE_HEAD = ("side", "qty", "entry (UTC)", "price", "exit (UTC)", "price", "by", "result")


def text(report: "Report") -> str:
    """The whole report as plain text, without colours, about 80 columns wide."""
    lines = [headline(report), ""]
    for block in blocks(report):
        lines.append(block.title)
        lines += [f"  {label:<20} {value}" for label, value in block.rows]
    shown = trade_rows(report)[:TRADES_SHOWN]
    if shown:
        lines += [
            "",
            trades_title(report, len(shown)),
            *table(TRADE_HEAD, [r.cells for r in shown]),
        ]
    if report.notes:
        lines += ["", "Notes", *(f"  {note}" for note in report.notes)]
    if report.incidents:
        lines += ["", "Incidents", *(f"  {line}" for line in incident_lines(report))]
    return "\n".join([*lines, "", f"digest {report.digest}"])


def headline(report: "Report") -> str:
    record = report.record
    who = f"{report.strategy} on " if report.strategy else ""
    return f"{who}{record.instrument.symbol}, {utc(record.start_ns)} to {utc(record.end_ns)}"


def blocks(report: "Report") -> list[Block]:
    """The figures of a run, grouped."""
    return [
        Block("Result", _result(report)),
        Block("Orders", _orders(report)),
        Block("Without a working stop", _unprotected(report)),
        Block("Market data", _market(report)),
        Block("Run", _run(report)),
    ]


def _result(report: "Report") -> list[tuple[str, str]]:
    record = report.record
    profits = [trip.profit for trip in record.round_trips]
    won, lost = sum(p > 0 for p in profits), sum(p < 0 for p in profits)
    gross = money(record.realised), money(record.open_profit), money(record.fees)
    rows = [
        ("net profit", f"{money(record.net)} {record.currency}"),
        ("made of", "realised {}, open {}, fees {}".format(*gross)),
        ("round trips", f"{len(profits)}: {won} won, {lost} lost"),
    ]
    if profits:
        rows.append(("best, worst", f"{money(max(profits))}, {money(min(profits))}"))
    fall = Decimal(f"{record.max_drawdown:.2f}")
    rows.append(("deepest drawdown", f"{money(fall)} {record.currency}"))
    if record.open_position:
        rows.append(("still held", f"{record.open_position:+} {record.instrument.symbol}"))
    return rows


def _orders(report: "Report") -> list[tuple[str, str]]:
    record = report.record
    filled, in_parts = report.entries
    refused = f", {record.reject_count} refused" if record.reject_count else ""
    rows = [("orders, fills", f"{record.order_count} orders{refused}, {record.fill_count} fills")]
    if filled:
        rows.append(("filled in parts", f"{in_parts} of {filled} bracket entries"))
    return rows


def _unprotected(report: "Report") -> list[tuple[str, str]]:
    record, bare = report.record, report.unprotected
    rows = [("longest", "none")]
    if bare.contract_seconds:
        rows = [
            ("longest", seconds(bare.longest)),
            ("contract-seconds", plain(bare.contract_seconds)),
            ("worst move then", f"{_bound(record)}{money(bare.worst_move)} {record.currency}"),
        ]
    others = bare.others
    if others.contract_seconds:
        cost = f"worst move {_bound(record)}{money(others.worst_move)}"
        much = f"{plain(others.contract_seconds)} contract-seconds, longest"
        rows.append(("no bracket's", f"{much} {seconds(others.longest)}, {cost}"))
    return rows


def _market(report: "Report") -> list[tuple[str, str]]:
    record = report.record
    tape = record.tape.between(record.start_ns, record.end_ns + 1)
    counts = (
        (len(tape.quotes.seq), "quotes"),
        (len(tape.trades.seq), "trades"),
        (len(tape.bars.seq), "bars"),
    )
    rows = [("rows", ", ".join(f"{n:,} {what}" for n, what in counts if n))]
    if len(tape.bars.seq):
        rows.append(("ambiguous bars", f"{report.ambiguous_bars}"))
        rows.append(("suspect bars", f"{report.suspect_bars}"))
    if record.conflated:
        rows.append(("quotes skipped", f"{record.conflated:,} while the strategy was waiting"))
    rows.append(("fills, size unknown", f"{report.unknown_size_fills}"))
    return rows


def _run(report: "Report") -> list[tuple[str, str]]:
    record = report.record
    return [
        ("engine, venue", f"{record.engine}, {record.profile}"),
        ("latency, fees", f"{record.latency}, {record.fees_name}"),
        ("cash at the start", f"{money(record.starting_cash)} {record.currency}"),
        ("margin", "checked" if record.margin_checked else "not checked: money limits nothing"),
        ("seed", f"{record.seed}"),
    ]


def trade_rows(report: "Report") -> list[TradeRow]:
    """Every round trip as it is shown, oldest exit first."""
    return [_trade_row(trip) for trip in report.record.round_trips]


def _trade_row(trip: RoundTrip) -> TradeRow:
    grid = trip.instrument
    _, _, leg = trip.exit_tag.partition("#")[0].rpartition(".")
    cells = (
        trip.side.name.lower(),
        str(trip.qty),
        utc(trip.opened_ns)[:-4],
        price_shown(grid, trip.entry_px),
        utc(trip.closed_ns)[:-4],
        price_shown(grid, trip.exit_px),
        leg if leg in ("stop", "target") else "exit",
        money(trip.profit),
    )
    return TradeRow(cells, None if not trip.profit else trip.profit > 0)


def trades_title(report: "Report", shown: int) -> str:
    total = len(report.record.round_trips)
    return "Trades" if shown == total else f"Trades (the first {shown} of {total})"


def incident_lines(report: "Report", most: int = INCIDENTS_SHOWN) -> list[str]:
    """Incidents as lines, the first `most`, and how many were left out."""
    shown = [f"{utc(i.time_ns)} {i.kind}: {i.text}" for i in report.incidents[:most]]
    left = len(report.incidents) - most
    return [*shown, f"and {left} more"] if left > 0 else shown


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """Aligned columns: words to the left, figures to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    right = [all(_is_figure(row[i]) for row in rows) for i in range(len(head))]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [head, *rows]
    ]


def _is_figure(cell: str) -> bool:
    return cell.lstrip("-").replace(",", "").replace(".", "").isdigit()


def money(amount: Decimal) -> str:
    """An exact amount with thousands marked, two decimals or as many as it has: `-1,062.50`.

    >>> money(Decimal("-1062.5")), money(Decimal("0.625")), money(Decimal("1E+3"))
    ('-1,062.50', '0.625', '1,000.00')
    """
    short = amount.normalize()
    exponent = short.as_tuple().exponent
    decimals = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{short + 0:,.{decimals}f}"


def price_shown(instrument: Instrument, price: Decimal) -> str:
    """A price with the decimals of its grid, so that columns align: `4932.00`.

    A mean between two steps gets two decimals more: `4932.1250`.
    """
    exponent = instrument.unit.as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    between = price % instrument.unit != 0
    return f"{price:.{decimals + 2 * between}f}"


def _bound(record: Record) -> str:
    """Of bars it is not known when within them a price was seen: the move is a bound there."""
    ticks = len(record.tape.quotes.seq) or len(record.tape.trades.seq)
    return "" if ticks else "at most "


def plain(number: Decimal) -> str:
    """A number to three decimals at most, without needless zeros.

    >>> plain(Decimal("0.171040544")), plain(Decimal("12.000"))
    ('0.171', '12')
    """
    shown = f"{number:,.3f}"
    return shown.rstrip("0").rstrip(".")


def seconds(length: float) -> str:
    """A length of time as a trader reads it.

    >>> seconds(0.08552), seconds(2.8607), seconds(75595.9)
    ('86 ms', '2.861 s', '20:59:55 h')
    """
    if length < 1:
        return f"{length * 1000:.0f} ms"
    if length < 120:
        return f"{length:.3f} s"
    whole = int(length)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02} h"
