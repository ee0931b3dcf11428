"""A run's timeline as one HTML page that needs no network."""

import json
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path

from ...sim.record.record import utc
from ...sim.tracing.rows import Complaint, Kind, Trace
from ..files import write_whole
from ..report.style import STYLE
from ..report.text import seconds
from .drawn import drawn

_SCRIPTS = ("axis.js", "packing.js", "lanes.js", "market.js", "orders.js", "moment.js", "hands.js")


def timeline_page(
    trace: Trace, title: str, complaints: Sequence[Complaint] = (), *, command: str = ""
) -> str:
    """The whole page. `complaints`: what oracles have to say; `command`: how to repeat the run.

    The same trace gives the same page, byte for byte. Every text that comes from outside is
    escaped.
    """
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}{_text('timeline.css')}</style></head><body><main>",
        f'<h1>{escape(title)}</h1><div class="sub">{escape(_headline(trace))}</div>',
        _complaints(trace, complaints),
        _text("body.html"),
        _below(trace, command),
        "</main>",
        f'<script type="application/json" id="run">{_inert(trace, complaints)}</script>',
        f'<script>"use strict";(() => {{{_script()}}})();</script>',
        "</body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def write_timeline(
    path: str | Path,
    trace: Trace,
    title: str,
    complaints: Sequence[Complaint] = (),
    *,
    command: str = "",
) -> Path:
    """Write the page whole or not at all; its path. Raises `UsageError` where it cannot be."""
    return write_whole(path, timeline_page(trace, title, complaints, command=command))


def _headline(trace: Trace) -> str:
    counts = {kind: sum(row.kind is kind for row in trace.rows) for kind in Kind}
    orders = len({row.tag for row in trace.rows if row.kind is Kind.REPORT})
    others = _bare_s(trace, meant=False)
    said = [
        trace.instrument.symbol,
        f"from {utc(trace.start_ns)}, {seconds((trace.end_ns - trace.start_ns) / 1e9)}",
        _counted(orders, "order"),
        _counted(len(trace.latencies()), "message"),
        _counted(counts[Kind.FAULT], "effect of faults", "effects of faults"),
        _counted(counts[Kind.INCIDENT], "incident"),
        f"{_bare_s(trace, meant=True):.3f} contract-seconds without a stop that was meant",
        *([f"{others:.3f} where none was meant"] if others else []),
        f"seed {trace.seed}, latency {trace.latency}",
    ]
    return " · ".join(said)


def _bare_s(trace: Trace, *, meant: bool) -> float:
    """Contract-seconds without a stop: of what was meant to have one, or of the rest."""
    spans = [span for span in trace.bare if span.meant is meant]
    return sum(abs(span.qty) * (span.to_ns - span.from_ns) for span in spans) / 1e9


def _clock(ns: int) -> str:
    """A moment of the run, as the page's own clock shows it.

    >>> _clock(225_025_000_000), _clock(300_000_000)
    ('3:45.025', '0:00.300')
    """
    minutes, ms = divmod(ns // 10**6, 60_000)
    return f"{minutes}:{ms / 1000:06.3f}"


def _counted(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _complaints(trace: Trace, complaints: Sequence[Complaint]) -> str:
    if not complaints:
        return ""
    items = "".join(
        f'<li><button type="button" data-at="{each.at_ns - trace.start_ns}">'
        f"{escape(each.rule)}</button> at {_clock(each.at_ns - trace.start_ns)}: "
        f"{escape(each.text)}</li>"
        for each in complaints
    )
    return f'<section id="complaints"><h2>Broken</h2><ul>{items}</ul></section>'


def _below(trace: Trace, command: str) -> str:
    lines = []
    if trace.dropped:
        lines.append(f"The {trace.dropped:,} oldest rows of this run were not kept.")
    if trace.market.left_out:
        lines.append(
            f"Of the market {trace.market.left_out:,} rows are left out, far from any message."
        )
    said = "".join(f'<div class="sub">{line}</div>' for line in lines)
    if command:
        said += f"<div>Repeat this run: <code>{escape(command)}</code></div>"
    return f"<section>{said}</section>" if said else ""


def _inert(trace: Trace, complaints: Sequence[Complaint]) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(drawn(trace, complaints), separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _script() -> str:
    return "\n".join(_text(name) for name in _SCRIPTS)


def _text(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")
