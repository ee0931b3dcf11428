"""The report of a run: what to print, what to look into, what to keep."""

from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...sim.record.record import Record
from ...sim.record.unprotected import Exposure
from ...trading.orders import tags
from ...trading.orders.manager import Incident
from ..files import write_whole

if TYPE_CHECKING:
    import polars as pl


class UnprotectedTime:
    """How long contracts were held without a working stop, though a bracket meant them to have one.

    From broker truth: a stop counts from the moment the exchange has it. `longest` in seconds,
    `contract_seconds` exact, `worst_move` in money: what the market went against the worst span.
    `others` has the same figures for contracts that no bracket opened. `spans` lists both kinds,
    told apart by the column `meant`.
    """

    def __init__(self, record: Record) -> None:
        exposure = record.unprotected.meant
        self.longest = exposure.longest
        self.contract_seconds = exposure.contract_seconds
        self.worst_move = exposure.worst_move
        self.others: Exposure = record.unprotected.others
        self._record = record

    @property
    def spans(self) -> "pl.DataFrame":
        return self._record.bare_spans

    def __repr__(self) -> str:
        return (
            f"<unprotected: longest {self.longest:.3f} s, {self.contract_seconds} "
            f"contract-seconds, worst move {self.worst_move}>"
        )


class Report:
    """One finished run. `print(report)` shows it; frames are polars', oldest row first, times UTC.

    `trades`: round trips. `orders`: every order that reached the broker, as it stood at the end.
    `fills`: every fill. `equity`: cash with open profit, position and price, at about 2 000 even
    moments and at every fill. Money is exact in `summary` and in what is printed; the columns of
    frames are doubles. `digest` is the same for the same market, strategy, rules and seed.
    """

    def __init__(self, record: Record, strategy: str = "") -> None:
        self.record = record
        self.strategy = strategy
        self.digest: str = record.digest
        self.notes: tuple[str, ...] = record.notes
        self.incidents: tuple[Incident, ...] = record.incidents
        self.ambiguous_bars: int = record.ambiguous_bars
        self.suspect_bars: int = record.suspect_bars
        self.unknown_size_fills: int = record.unknown_size_fills

    @property
    def trades(self) -> "pl.DataFrame":
        return self.record.trades

    @property
    def orders(self) -> "pl.DataFrame":
        return self.record.orders

    @property
    def fills(self) -> "pl.DataFrame":
        return self.record.fills

    @property
    def equity(self) -> "pl.DataFrame":
        return self.record.equity

    @cached_property
    def unprotected(self) -> UnprotectedTime:
        return UnprotectedTime(self.record)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The figures of the run as plain values, ready for JSON; money and exact sums as text."""
        filled, in_parts = self.entries
        return {
            "strategy": self.strategy,
            **self.record.summary,
            "entries_filled": filled,
            "entries_filled_in_parts": in_parts,
        }

    @cached_property
    def entries(self) -> tuple[int, int]:
        """How many brackets' entries were filled at all, and how many of these in parts: by more
        than one fill, or not to the end."""
        fills: dict[str, int] = {}
        for fill in self.record.desk.executions:
            fills[fill.cl_ord_id] = fills.get(fill.cl_ord_id, 0) + 1
        in_parts = []
        for order in self.record.desk.orders.values():
            tag = tags.parse(order.request.cl_ord_id)
            if tag is not None and tag.role == "entry" and order.cum_qty:
                several = fills[order.request.cl_ord_id] > 1
                in_parts.append(several or order.cum_qty < order.order_qty)
        return len(in_parts), sum(in_parts)

    def __str__(self) -> str:
        return str(_words().text(self))

    def __repr__(self) -> str:
        net = _words().money(self.record.net)
        trips = len(self.record.round_trips)
        return f"<Report {self.record.instrument.symbol}: {trips} round trips, net {net}>"

    def _repr_html_(self) -> str:
        return str(_page().notebook_html(self))

    def to_html(self, path: str | Path, *, command: str = "") -> Path:
        """Write the report as one page that needs no network, and return its path.

        `command` is shown as the way to repeat the run. Raises `UsageError` where the file cannot
        be written; a file that was there is replaced whole or not at all.
        """
        return write_whole(path, _page().page(self, command))

    def to_json(self, path: str | Path | None = None) -> str:
        """The summary and the incidents as JSON text; also written to `path` if one is given.

        Raises `UsageError` where the file cannot be written.
        """
        incidents = [{"time_ns": i.time_ns, "kind": i.kind, "text": i.text} for i in self.incidents]
        json = import_module("json")  # every run has a report, few are written as JSON

        text: str = json.dumps({**self.summary, "incidents_list": incidents}, indent=2)
        if path is not None:
            write_whole(path, text + "\n")
        return text


def _words() -> Any:
    """How a report is shown, loaded when one is: a run in a loop of thousands never is."""
    return import_module(".text", __package__)


def _page() -> Any:
    return import_module(".page", __package__)
