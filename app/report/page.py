"""A report as one HTML page that needs no network, and as a small piece of one for notebooks."""

import json
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from .figure import Figure, figure
from .style import SCRIPT, STYLE
from .text import (
    TRADE_HEAD,
    TradeRow,
    blocks,
    headline,
    incident_lines,
    money,
    plain,
    seconds,
    trade_rows,
)

if TYPE_CHECKING:
    from .report import Report

TRADES_MAX = 500
INCIDENTS_MAX = 200
_FIGURES = (1, 3, 5, 7)  # columns of the trades table that stand to the right
_CURVE_POINTS = 200


def page(report: "Report", command: str = "") -> str:
    """The whole page. Every text that comes from outside is escaped."""
    drawn = figure(report.record)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(headline(report))}</title>",
        f"<style>{STYLE}</style></head><body><main>",
        f"<h1>{escape(_title(report))}</h1>",
        f'<div class="sub">{escape(headline(report))}</div>',
        _tiles(report),
        _pictures(drawn),
        f'<section><div class="blocks">{_blocks(report)}</div></section>',
        _trades(report),
        _notes(report),
        _repeat(report, command),
        "</main>",
        f'<script type="application/json" id="plot-data">{_inert(drawn)}</script>',
        f"<script>{_plotly()}</script><script>{SCRIPT}</script>",
        "</body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def notebook_html(report: "Report") -> str:
    """The figures and a sketch of the equity curve, for a notebook's cell."""
    return (
        f"<div><b>{escape(headline(report))}</b>{_sketch(report)}"
        f'<div class="blocks">{_blocks(report)}</div>'
        f"<div>digest <code>{escape(report.digest)}</code></div></div>"
    )


def _title(report: "Report") -> str:
    name = report.strategy or "Backtest"
    return f"{name} · {report.record.instrument.symbol}"


def _tiles(report: "Report") -> str:
    record, bare = report.record, report.unprotected
    trips = record.round_trips
    won = sum(trip.profit > 0 for trip in trips)
    sign = "won" if record.net > 0 else "lost" if record.net < 0 else ""
    filled, in_parts = report.entries
    contract_s = f"{plain(bare.contract_seconds)} bare contract-s"
    tiles = [
        (money(record.net), f"net profit, {record.currency}", sign),
        (f"{won} of {len(trips)}", "round trips won", ""),
        (f"{record.max_drawdown:,.2f}", "deepest drawdown", ""),
        (f"{in_parts} of {filled}", "bracket entries filled in parts", ""),
        (seconds(bare.longest), "longest without a stop", ""),
        (money(bare.worst_move), f"worst move meanwhile, {record.currency}; {contract_s}", ""),
    ]
    shown = [
        f'<div class="tile"><b class="{kind}">{escape(value)}</b><span>{escape(label)}</span></div>'
        for value, label, kind in tiles
    ]
    return f'<div class="tiles">{"".join(shown)}</div>'


def _pictures(drawn: Figure) -> str:
    captions = " ".join(drawn.captions)
    return (
        '<section><div id="plot"><noscript>The pictures are drawn by a script in this page; '
        "the tables below need none.</noscript></div>"
        f'<div class="sub">{escape(captions)}</div></section>'
    )


def _blocks(report: "Report") -> str:
    return "".join(
        f'<div><h2>{escape(block.title)}</h2><table class="facts">'
        + "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in block.rows)
        + "</table></div>"
        for block in blocks(report)
    )


def _trades(report: "Report") -> str:
    rows = trade_rows(report)
    if not rows:
        return "<section><h2>Trades</h2><div>No round trip was made.</div></section>"
    left = len(rows) - TRADES_MAX
    more = f'<div class="sub">and {left} more in report.trades</div>' if left > 0 else ""
    head = "".join(f"<th{_side(i)}>{escape(name)}</th>" for i, name in enumerate(TRADE_HEAD))
    body = "".join(_trade(row) for row in rows[:TRADES_MAX])
    return (
        f'<section><h2>Trades</h2><div class="scroll"><table class="trades"><tr>{head}</tr>'
        f"{body}</table></div>{more}</section>"
    )


def _trade(row: TradeRow) -> str:
    colour = {True: "won", False: "lost", None: ""}[row.won]
    cells = [f"<td{_side(i)}>{escape(cell)}</td>" for i, cell in enumerate(row.cells)]
    cells[-1] = f'<td class="n {colour}">{escape(row.cells[-1])}</td>'
    return f"<tr>{''.join(cells)}</tr>"


def _side(column: int) -> str:
    return ' class="n"' if column in _FIGURES else ""


def _notes(report: "Report") -> str:
    sections = []
    for title, lines in (
        ("Notes", list(report.notes)),
        ("Incidents", incident_lines(report, INCIDENTS_MAX)),
    ):
        if lines:
            items = "".join(f"<li>{escape(line)}</li>" for line in lines)
            sections.append(f"<section><h2>{title}</h2><ul>{items}</ul></section>")
    return "".join(sections)


def _repeat(report: "Report", command: str) -> str:
    again = (
        f"<div>Repeat this run: <code>{escape(command)}</code></div>"
        if command
        else "<div>The same market, strategy, rules and seed give the same digest again.</div>"
    )
    return (
        f"<section><h2>Digest</h2><div><code>{escape(report.digest)}</code></div>{again}</section>"
    )


def _inert(drawn: Figure) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps({"data": drawn.data, "layout": drawn.layout}, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _plotly() -> str:
    script = resources.files("plotly") / "package_data" / "plotly.min.js"
    return script.read_text(encoding="utf-8")


def _sketch(report: "Report") -> str:
    """The equity curve as a small drawing without axes."""
    values = report.equity["equity"].to_list()
    step = max(1, len(values) // _CURVE_POINTS)
    values = [*values[::step], values[-1]]
    low, high = min(values), max(values)
    height, width = 80.0, 600.0
    scale = (height - 4) / (high - low) if high > low else 0.0
    points = " ".join(
        f"{i * width / (len(values) - 1):.1f},{height - 2 - (v - low) * scale:.1f}"
        for i, v in enumerate(values)
    )
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'role="img" aria-label="equity" style="display:block">'
        f'<polyline points="{points}" fill="none" stroke="#2f7fd8" stroke-width="1.5"/></svg>'
    )
