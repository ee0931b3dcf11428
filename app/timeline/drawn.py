"""What the page's script draws, as plain values: a trace with times from the run's start."""

from collections.abc import Sequence
from typing import Any

from ...sim.tracing.rows import Complaint, Kind, Lane, Row, Trace

_LATE_NS = 10**9
_LANES = list(Lane)
_OF_ORDERS = (Kind.SENT, Kind.REPORT, Kind.TOLD, Kind.LEARNED, Kind.ANSWERED)
_FINAL = ("FILLED", "CANCELED", "REJECTED", "EXPIRED")


def drawn(trace: Trace, complaints: Sequence[Complaint]) -> dict[str, Any]:
    """Everything that is on the page but its words.

    `rows`: number, ns from the start, lane, kind, text, tag, what led to it, failed, record.
    `messages`: departure, arrival (ns, or None: it never arrived), up or down, the row of either,
    what it is: call, answer or event. `orders`: see `_orders`. `position`: ns, contracts, as they
    change. `bare`: contracts, from, to, meant. Prices are in whole `unit`s.
    """
    start_ns = trace.start_ns
    return {
        "end": trace.end_ns - start_ns,
        "lanes": [lane.value for lane in _LANES],
        "unit": str(trace.instrument.unit),
        "rows": [
            [
                row.n,
                row.at_ns - start_ns,
                _LANES.index(row.lane),
                row.kind.value,
                row.text,
                row.tag,
                row.of,
                int(row.failed),
                row.detail,
            ]
            for row in trace.rows
        ],
        "messages": _messages(trace),
        "orders": _orders(trace),
        "position": _position(trace),
        "bare": [
            [span.qty, span.from_ns - start_ns, span.to_ns - start_ns, int(span.meant)]
            for span in trace.bare
        ],
        "quotes": [[at - start_ns, bid, ask] for at, bid, ask in trace.market.quotes],
        "trades": [[at - start_ns, price, size] for at, price, size in trace.market.trades],
        "complaints": [[each.at_ns - start_ns, each.rule, each.text] for each in complaints],
    }


def _messages(trace: Trace) -> list[list[Any]]:
    start_ns, by_n = trace.start_ns, {row.n: row for row in trace.rows}
    latency = trace.latencies()
    found: list[list[Any]] = []
    arrived: dict[int, None] = {}
    for row in trace.rows:
        if row.n not in latency:
            continue
        left = by_n[row.of]
        arrived[left.n] = None
        way = "up" if row.kind is Kind.REACHED else "down"
        what = {Kind.REACHED: "call", Kind.ANSWERED: "answer"}.get(row.kind, "event")
        times = [left.at_ns - start_ns, row.at_ns - start_ns]
        found.append([*times, way, left.n, row.n, what, row.text, row.tag, int(row.failed)])
    # By bytes one event may tell of two reports of the same moment; then neither is lost.
    told = {(by_n[n].tag, by_n[n].at_ns): None for n in arrived if by_n[n].kind is Kind.REPORT}
    for row in trace.rows:
        if row.kind in (Kind.LEFT, Kind.REPORT) and row.n not in arrived:
            if row.kind is Kind.REPORT and (row.tag, row.at_ns) in told:
                continue
            way, what = ("up", "call") if row.kind is Kind.LEFT else ("down", "event")
            at = row.at_ns - start_ns
            late = trace.end_ns - row.at_ns < _LATE_NS  # perhaps on its way
            found.append([at, None, way, row.n, 0, what, row.text, row.tag, int(not late)])
    found.sort(key=lambda message: (message[0], message[3], message[4]))
    return found


def _orders(trace: Trace) -> list[dict[str, Any]]:
    """Each order: its tag, its words, when it was sent, its states at the exchange and as the
    manager was told (ns, state, filled), in order, and when it was over (None: it was not)."""
    start_ns = trace.start_ns
    found: dict[str, dict[str, Any]] = {}

    def order_of(row: Row) -> dict[str, Any]:
        at = row.at_ns - start_ns
        usual = {"tag": row.tag, "says": row.tag, "sent": at, "exchange": [], "manager": []}
        return found.setdefault(row.tag, usual | {"over": None})

    for row in trace.rows:
        if not row.tag or row.kind not in _OF_ORDERS:
            continue
        at, record = row.at_ns - start_ns, row.detail
        if row.kind is Kind.SENT:
            if record.get("call") == "place":
                order = order_of(row)
                order["says"] = row.text.removeprefix("place ")
                order["manager"].append([at, "SENT", ""])
        elif row.kind is Kind.ANSWERED:
            if row.text.startswith("place") and row.tag in found:
                known = "ACKNOWLEDGED" if not row.failed else record["outcome"].upper()
                manager = found[row.tag]["manager"]
                if all(state in ("SENT", "ACKNOWLEDGED") for _, state, _ in manager):
                    manager.append([at, known, ""])
                    if row.failed and not found[row.tag]["exchange"]:
                        found[row.tag]["over"] = at
        elif "status" in record:
            order = order_of(row)
            side = "exchange" if row.kind is Kind.REPORT else "manager"
            order["says"] = record.get("order", order["says"])
            order[side].append([at, record["status"], record["filled"]])
            if side == "exchange" and record["status"] in _FINAL:
                order["over"] = at
            elif side == "exchange":
                order["over"] = None
    return list(found.values())


def _position(trace: Trace) -> list[list[int]]:
    steps, held = [[0, 0]], 0
    for row in trace.rows:
        after = row.detail.get("position after")
        if row.kind is Kind.REPORT and after is not None and int(after) != held:
            held = int(after)
            steps.append([row.at_ns - trace.start_ns, held])
    return steps
