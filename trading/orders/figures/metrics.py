"""Statistics as OpenMetrics text (openmetrics.io 1.0): counters, gauges, summaries, one state set.

Numbers are written as they are: integers and Decimals without an exponent, times in seconds from
whole nanoseconds.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from ..sending.breaker import BreakerState
from .counting import EXACT
from .statistics import Latency, Statistics

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

Kind = Literal["counter", "gauge", "summary", "stateset"]
Number = int | float | Decimal
Labels = Mapping[str, str]


class _Page:
    """The lines of one exposition, family after family."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._lines: list[str] = []

    def family(self, name: str, kind: Kind, says: str, unit: str = "") -> None:
        self._lines.append(f"# TYPE {name} {kind}")
        if unit:
            self._lines.append(f"# UNIT {name} {unit}")
        self._lines.append(f"# HELP {name} {_escaped(says)}")

    def sample(self, name: str, value: Number, **labels: str) -> None:
        pairs = [f'{key}="{_escaped(text)}"' for key, text in {**self._labels, **labels}.items()]
        self._lines.append(f"{name}{{{','.join(pairs)}}} {_number(value)}")

    def text(self) -> str:
        return "\n".join([*self._lines, "# EOF", ""])


def metrics_text(numbers: Statistics, account: str) -> str:
    """The whole exposition, its end mark included."""
    page = _Page({"account": account})
    _commands(page, numbers)
    _orders(page, numbers)
    _trades(page, numbers)
    _state(page, numbers)
    return page.text()


def _commands(page: _Page, numbers: Statistics) -> None:
    page.family("dryfill_commands", "counter", "Commands to the broker, by how they ended.")
    for command, ends in numbers.commands.items():
        for how, times in ends.items():
            page.sample("dryfill_commands_total", times, command=command, outcome=how)
    says = "From sending a command to its end."
    page.family("dryfill_command_seconds", "summary", says, "seconds")
    for command, times_of in numbers.answers.items():
        _summary(page, "dryfill_command_seconds", times_of, command=command)
    for name, says, took in (
        ("dryfill_ack_seconds", "From the wish to send to the broker's first word.", numbers.ack),
        ("dryfill_first_fill_seconds", "From it to the first fill told.", numbers.first_fill),
    ):
        page.family(name, "summary", says, "seconds")
        _summary(page, name, took)
    for which, count, says in (
        ("resent", numbers.resent, "Orders sent again under a new tag."),
        ("retries", numbers.retries, "Commands made again after one that was not done."),
    ):
        _counter(page, f"dryfill_{which}", says, [({}, count)])


def _orders(page: _Page, numbers: Statistics) -> None:
    _counter(page, "dryfill_orders", "Orders to be sent.", [({}, numbers.orders)])
    _counter(page, "dryfill_orders_accepted", "Orders taken.", [({}, numbers.accepted)])
    ends = {
        "filled": numbers.filled,
        "cancelled": numbers.cancelled,
        "cancelled_by_venue": numbers.cancelled_by_venue,
        "expired": numbers.expired,
        "rejected": numbers.rejected,
    }
    ended = [({"end": end}, count) for end, count in ends.items()]
    _counter(page, "dryfill_orders_ended", "Orders that are over.", ended)
    rejects = [({"reason": name}, count) for name, count in numbers.reject_reasons.items()]
    _counter(page, "dryfill_rejects", "Orders refused, by reason.", rejects)
    incidents = [({"kind": kind}, count) for kind, count in numbers.incidents.items()]
    _counter(page, "dryfill_incidents", "What somebody should look at.", incidents)
    _counter(page, "dryfill_faults", "Exceptions in our own code.", [({}, numbers.faults)])


def _trades(page: _Page, numbers: Statistics) -> None:
    _counter(page, "dryfill_fills", "Fills.", [({}, numbers.fills)])
    _counter(page, "dryfill_partial_fills", "Fills that left some.", [({}, numbers.partials)])
    _counter(page, "dryfill_voided", "Fills taken back by the venue.", [({}, numbers.voided)])
    # What is taken back counts no more, and values fall where prices are below zero: gauges.
    page.family("dryfill_contracts", "gauge", "Contracts filled.")
    page.sample("dryfill_contracts", numbers.contracts)
    traded = numbers.traded.items()
    page.family("dryfill_traded_contracts", "gauge", "Contracts by instrument and side.")
    for name, each in traded:
        page.sample("dryfill_traded_contracts", each.bought, instrument=name, side="buy")
        page.sample("dryfill_traded_contracts", each.sold, instrument=name, side="sell")
    page.family("dryfill_traded_value", "gauge", "Price times contracts.")
    for name, each in traded:
        page.sample("dryfill_traded_value", each.bought_value, instrument=name, side="buy")
        page.sample("dryfill_traded_value", each.sold_value, instrument=name, side="sell")
    page.family("dryfill_fees", "gauge", "Fees that were told.")
    for name, each in traded:
        page.sample("dryfill_fees", each.fees, instrument=name)
    untold = [({"instrument": name}, each.fees_untold) for name, each in traded]
    _counter(page, "dryfill_fees_untold", "Fills told without their fee.", untold)
    page.family("dryfill_slippage_ticks", "gauge", "Ticks beyond the order's price, by contracts.")
    page.sample("dryfill_slippage_ticks", numbers.slippage_ticks)
    _counter(
        page,
        "dryfill_slippage_contracts",
        "Contracts of orders with a price.",
        [({}, numbers.slippage_contracts)],
    )


def _state(page: _Page, numbers: Statistics) -> None:
    page.family("dryfill_breaker", "stateset", "Whether calls to the broker go.")
    for path, now in numbers.breakers.items():
        for state in BreakerState:
            on = int(state.value == now)
            page.sample("dryfill_breaker", on, path=path, dryfill_breaker=state.value)
    page.family("dryfill_table_entries", "gauge", "Entries of the order table.")
    for table, size in numbers.tables.items():
        page.sample("dryfill_table_entries", size, table=table)
    looks = [({"result": "found"}, numbers.found), ({"result": "unfound"}, numbers.unfound)]
    _counter(page, "dryfill_lookups", "Look-ups in the order table.", looks)
    _counter(page, "dryfill_evicted", "Finished orders forgotten.", [({}, numbers.evicted)])
    for which, value, says in (
        ("timers", numbers.timers, "Timers that run."),
        ("tasks", numbers.tasks, "Tasks that run."),
        ("readers", numbers.readers, "Readers of the event stream."),
        ("unprotected_contracts", numbers.unprotected_contracts, "Contracts without a stop now."),
    ):
        page.family(f"dryfill_{which}", "gauge", says)
        page.sample(f"dryfill_{which}", value)
    _counter(
        page,
        "dryfill_unprotected_contract_seconds",
        "Contracts without a stop, times seconds, as the manager knew it.",
        [({}, numbers.unprotected_contract_s)],
        "seconds",
    )
    name = "dryfill_unprotected_longest_seconds"
    page.family(name, "gauge", "The longest time without a stop.", "seconds")
    page.sample(name, numbers.unprotected_longest_s)


def _counter(
    page: _Page,
    name: str,
    says: str,
    samples: Iterable[tuple[Labels, Number]],
    unit: str = "",
) -> None:
    page.family(name, "counter", says, unit)
    for labels, value in samples:
        page.sample(f"{name}_total", value, **labels)


def _summary(page: _Page, name: str, took: Latency, **labels: str) -> None:
    for share, took_ns in (("0.5", took.p50_ns), ("0.99", took.p99_ns)):
        if took_ns is not None:
            page.sample(name, _seconds(took_ns), **labels, quantile=share)
    page.sample(f"{name}_count", took.count, **labels)
    page.sample(f"{name}_sum", _seconds(took.sum_ns), **labels)


def _seconds(time_ns: int) -> Decimal:
    return Decimal(time_ns).scaleb(-9, EXACT)


def _number(value: Number) -> str:
    return format(value, "f") if isinstance(value, Decimal) else repr(value)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
