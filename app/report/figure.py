"""The pictures of a report as plotly traces: plain dictionaries, drawn by plotly's own script.

Four panels over one time axis: price with entries and exits, position, equity, drawdown. What is
too much for a picture is left out by a stated rule, and `captions` says so.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...scenarios import suspect_bars
from ...sim.record.record import Record
from ...sim.record.round_trips import RoundTrip
from ...trading.words import Side
from .candles import Candles, candles, gaps
from .text import money, price_shown, seconds

TRIPS_MAX = 1_000
SPANS_MAX = 300

# Readable on white and on near-black alike.
BUY, SELL, WIN, LOSS = "#2f7fd8", "#e08a1e", "#1f9d67", "#d64545"
PRICE, EQUITY, SUSPECT = "#8a94a3", "#2f7fd8", "#a259d9"
_PANELS = {"y": (0.47, 1.0), "y2": (0.355, 0.435), "y3": (0.135, 0.32), "y4": (0.0, 0.1)}
_TITLES = {"y": "price", "y2": "position", "y3": "equity", "y4": "drawdown"}


@dataclass
class Figure:
    """Traces and layout for plotly, and sentences on what the eye does not see."""

    data: list[dict[str, Any]] = field(default_factory=list)
    layout: dict[str, Any] = field(default_factory=dict)
    captions: list[str] = field(default_factory=list)


def figure(record: Record) -> Figure:
    """All panels of one run."""
    tape = record.tape.between(record.start_ns, record.end_ns + 1)
    drawn = candles(tape)
    found = Figure(layout=_layout(record, gaps(tape)))
    _draw_price(found, record, drawn)
    _draw_trips(found, record)
    _draw_suspects(found, record)
    _draw_curves(found, record)
    _shade_spans(found, record)
    return found


def _draw_price(found: Figure, record: Record, drawn: Candles) -> None:
    unit = float(record.instrument.unit)
    line = {"line": {"color": PRICE, "width": 1}, "fillcolor": "rgba(138,148,163,0.18)"}
    found.data.append(
        {
            "type": "candlestick",
            "name": "price",
            "x": _ms(drawn.time_ns + drawn.span_ns // 2),
            **{
                name: _prices(getattr(drawn, name), unit)
                for name in ("open", "high", "low", "close")
            },
            "increasing": line,
            "decreasing": line | {"fillcolor": PRICE},
            "yaxis": "y",
            "showlegend": False,
        }
    )
    found.captions.append(f"Each candle holds {_span(drawn.span_ns)} of {drawn.of}; times are UTC.")


def _draw_trips(found: Figure, record: Record) -> None:
    trips = list(record.round_trips)
    if len(trips) > TRIPS_MAX:
        trips = sorted(trips, key=lambda t: abs(t.profit), reverse=True)[:TRIPS_MAX]
        found.captions.append(
            f"Of {len(record.round_trips)} round trips the {TRIPS_MAX} with the largest results "
            f"are drawn."
        )
    for name, colour, won in (("won", WIN, True), ("lost", LOSS, False)):
        some = [trip for trip in trips if (trip.profit > 0) is won]
        if some:
            found.data.append(_lines(some, name, colour))
    for name, colour, side, symbol in (
        ("buy", BUY, Side.BUY, "triangle-up"),
        ("sell", SELL, Side.SELL, "triangle-down"),
    ):
        points = _points(trips, side) + _still_open(record, side)
        if points:
            found.data.append(_markers(points, name, colour, symbol))


def _lines(trips: list[RoundTrip], name: str, colour: str) -> dict[str, Any]:
    times: list[float | None] = []
    prices: list[float | None] = []
    for trip in trips:
        times += [_ms_of(trip.opened_ns), _ms_of(trip.closed_ns), None]
        prices += [float(trip.entry_px), float(trip.exit_px), None]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": times,
        "y": prices,
        "line": {"color": colour, "width": 2, "dash": "dot"},
        "hoverinfo": "skip",
        "yaxis": "y",
    }


def _points(trips: list[RoundTrip], side: Side) -> list[tuple[int, float, str]]:
    """(time, price, what to say) of every end of a trip that was a buy, or a sell."""
    points = []
    for trip in trips:
        entry, exit_ = float(trip.entry_px), float(trip.exit_px)
        grid = trip.instrument
        size = f"{trip.side.name.lower()} {trip.qty}"
        if trip.side is side:
            at = price_shown(grid, trip.entry_px)
            points.append((trip.opened_ns, entry, f"enter {size} at {at} ({trip.entry_tag})"))
        else:
            at, result = price_shown(grid, trip.exit_px), money(trip.profit)
            says = f"exit {size} at {at} ({trip.exit_tag}): {result}"
            points.append((trip.closed_ns, exit_, says))
    return points


def _still_open(record: Record, side: Side) -> list[tuple[int, float, str]]:
    """The entries of what is still held at the end: no round trip has them."""
    holding = record.desk.account.holding(record.instrument)
    if holding.sign != side.sign:
        return []
    grid = record.instrument
    return [
        (
            lot.opened_ns,
            float(grid.decimal(lot.units)),
            f"{side.name.lower()} {lot.qty} at {price_shown(grid, grid.decimal(lot.units))} "
            f"({lot.tag}), still held",
        )
        for lot in holding.lots
    ]


def _markers(
    points: list[tuple[int, float, str]], name: str, colour: str, symbol: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [_ms_of(at) for at, _, _ in points],
        "y": [price for _, price, _ in points],
        # plotly reads text as markup; a tag may be anybody's.
        "text": [_escaped(says) for _, _, says in points],
        "hovertemplate": "%{text}<br>%{x|%Y-%m-%d %H:%M:%S.%L}<extra></extra>",
        "marker": {"color": colour, "symbol": symbol, "size": 10, "line": {"width": 1}},
        "yaxis": "y",
    }


def _draw_suspects(found: Figure, record: Record) -> None:
    bars, unit = record.tape.bars, float(record.instrument.unit)
    starts = [ns for ns in suspect_bars(record.tape) if ns >= record.start_ns]
    if not starts:
        return
    rows = [int(np.searchsorted(bars.time_ns, ns)) for ns in starts]
    found.data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "name": "suspect bar",
            "x": [_ms_of(int(bars.time_ns[i] + bars.span_ns[i] // 2)) for i in rows],
            "y": [float(bars.high[i]) * unit for i in rows],
            "hovertemplate": "suspect bar: its extremes were not believed<br>"
            "%{x|%Y-%m-%d %H:%M:%S}<extra></extra>",
            "marker": {"color": SUSPECT, "symbol": "x", "size": 11},
            "yaxis": "y",
        }
    )


def _draw_curves(found: Figure, record: Record) -> None:
    frame = record.equity
    times = _ms(frame["time"].to_physical().to_numpy())
    equity = frame["equity"].to_numpy()
    fall = equity - np.maximum.accumulate(equity)
    curves: tuple[tuple[str, Any, str, str | None, str], ...] = (
        ("position", frame["position"].to_list(), "y2", "tozeroy", PRICE),
        ("equity", np.round(equity, 6).tolist(), "y3", None, EQUITY),
        ("drawdown", np.round(fall, 6).tolist(), "y4", "tozeroy", LOSS),
    )
    for name, values, axis, fill, colour in curves:
        found.data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": times,
                "y": values,
                "yaxis": axis,
                "line": {"color": colour, "width": 1.5, "shape": "hv"},
                "fill": fill or "none",
                "showlegend": False,
                "hovertemplate": "%{y:,.10~g}<br>%{x|%Y-%m-%d %H:%M:%S}<extra>" + name + "</extra>",
            }
        )
    found.captions.append(
        f"Equity is taken at {len(times):,} moments, every fill among them; drawdown is from its "
        f"highest before."
    )


def _shade_spans(found: Figure, record: Record) -> None:
    spans = list(record.unprotected.meant.spans)
    if not spans:
        return
    total = len(spans)
    if total > SPANS_MAX:
        spans = sorted(spans, key=lambda s: s.to_ns - s.from_ns, reverse=True)[:SPANS_MAX]
    found.layout["shapes"] = [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": _ms_of(span.from_ns),
            "x1": _ms_of(span.to_ns),
            "y0": _PANELS["y2"][0],
            "y1": 1,
            # The outline keeps a span of milliseconds visible in a picture of a day.
            "line": {"color": LOSS, "width": 1},
            "fillcolor": LOSS,
            "opacity": 0.28,
            "layer": "below",
        }
        for span in spans
    ]
    longest = seconds(record.unprotected.meant.longest)  # of spans that touch, in one
    which = f"the {SPANS_MAX} longest of {total}" if total > SPANS_MAX else f"{total}"
    found.captions.append(
        f"Shaded red: contracts of a bracket without a working stop ({which} spans; "
        f"{longest} at a stretch; zoom in to see them)."
    )


def _layout(record: Record, gaps: list[tuple[int, int]]) -> dict[str, Any]:
    layout: dict[str, Any] = {
        "height": 860,
        "margin": {"l": 78, "r": 18, "t": 30, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "dragmode": "zoom",
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": PRICE, "activecolor": BUY},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        "xaxis": {
            "type": "date",
            "anchor": "y4",
            "range": [_ms_of(record.start_ns), _ms_of(record.end_ns)],
            "rangeslider": {"visible": False},
            "rangebreaks": [{"bounds": [_ms_of(a), _ms_of(b)]} for a, b in gaps],
        },
    }
    for axis, domain in _PANELS.items():
        name = "yaxis" + axis[1:]
        layout[name] = {
            "domain": domain,
            "anchor": "x",
            "title": {"text": _TITLES[axis], "standoff": 8},
            "tickformat": ",",
            "zeroline": axis in ("y2", "y4"),
            "fixedrange": False,
        }
    layout["yaxis2"]["dtick"] = _contracts_apart(record)
    layout["yaxis"]["tickformat"] = ""
    layout["yaxis"]["exponentformat"] = "none"
    return layout


def _contracts_apart(record: Record) -> int:
    """Whole contracts between two marks of the position's axis, about three marks in all."""
    held = record.equity["position"]
    height = int(held.clip(lower_bound=0).max()) - int(held.clip(upper_bound=0).min())  # type: ignore[arg-type]  # integers, never empty
    return max(1, -(-height // 3))


def _span(ns: int) -> str:
    whole = ns // 10**9
    for length, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if whole >= length and whole % length == 0:
            n = whole // length
            return f"one {name}" if n == 1 else f"{n} {name}s"
    return "one second" if whole == 1 else f"{whole} seconds"


def _prices(units: Any, unit: float) -> list[float]:
    return [round(x, 9) for x in (units * unit).tolist()]


def _ms(ns: Any) -> list[float]:
    return [_ms_of(x) for x in ns.tolist()]


def _ms_of(ns: int) -> float:
    return ns // 1000 / 1000


def _escaped(says: str) -> str:
    return says.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
