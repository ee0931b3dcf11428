"""What a run left behind, as broker truth: frames, sums and counts.

Money is exact Decimal; the equity curve and the columns of frames that are meant for plots and
statistics are floats, made at the end from exact figures.
"""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from ...matching.engines import chosen
from ...trading.instrument import Instrument
from ...trading.orders.manager import Incident
from ...trading.tape import Tape
from ..desk.broker_desk import BrokerDesk
from ..desk.money import total
from ..setup import Setup
from .marks import Marks
from .round_trips import RoundTrip, round_trips
from .unprotected import Unprotected

if TYPE_CHECKING:
    import polars as pl


class Record(Struct, frozen=True, dict=True):
    """One finished run."""

    instrument: Instrument
    tape: Tape
    start_ns: int
    end_ns: int
    seed: int
    engine: str
    profile: str
    latency: str
    fees_name: str
    currency: str
    starting_cash: Decimal
    margin_checked: bool
    realised: Decimal
    open_profit: Decimal
    fees: Decimal
    open_position: int
    round_trips: tuple[RoundTrip, ...]
    order_count: int
    reject_count: int
    fill_count: int
    unprotected: Unprotected
    digest: str
    ambiguous_bars: int
    suspect_bars: int
    unknown_size_fills: int
    incidents: tuple[Incident, ...]
    conflated: int
    notes: tuple[str, ...]
    desk: BrokerDesk
    marks: Marks

    @property
    def net(self) -> Decimal:
        """Profit after fees, realised and open."""
        return total(self.realised, self.open_profit, self.fees.copy_negate())

    @cached_property
    def trades(self) -> "pl.DataFrame":
        """Round trips, oldest exit first: side, qty, times, exact prices and profit after fees."""
        return _frame(self, "trades")

    @cached_property
    def orders(self) -> "pl.DataFrame":
        """Every order that reached the broker, oldest first, as it stood at the end."""
        return _frame(self, "orders")

    @cached_property
    def fills(self) -> "pl.DataFrame":
        """Every fill, oldest first."""
        return _frame(self, "fills")

    @cached_property
    def bare_spans(self) -> "pl.DataFrame":
        """Spans without a working stop: qty is signed, seconds, adverse move in money, and whether
        the contracts were meant to be protected."""
        return _frame(self, "bare_spans")

    @cached_property
    def equity(self) -> "pl.DataFrame":
        """Cash and open profit over time: about 2 000 even moments and every fill.

        Columns: time, equity (cash and open profit), position, price. The price is `Marks`': the
        last trade or bar close; where there is none it is null, and what is held counts at its
        last fill. The last row is the end of the run.
        """
        return _frame(self, "equity")

    @property
    def summary(self) -> dict[str, Any]:
        """The figures of the run as plain values, ready for JSON: money as exact text."""
        profits = [trip.profit for trip in self.round_trips]
        wins = [p for p in profits if p > 0]
        return {
            "instrument": self.instrument.symbol,
            "from": utc(self.start_ns),
            "to": utc(self.end_ns),
            "engine": self.engine,
            "venue": self.profile,
            "latency": self.latency,
            "fees_schedule": self.fees_name,
            "seed": self.seed,
            "currency": self.currency,
            "starting_cash": str(self.starting_cash),
            "margin_checked": self.margin_checked,
            "net": str(self.net),
            "realised": str(self.realised),
            "open_profit": str(self.open_profit),
            "fees": str(self.fees),
            "open_position": self.open_position,
            "round_trips": len(profits),
            "winners": len(wins),
            "best": str(max(profits, default=Decimal(0))),
            "worst": str(min(profits, default=Decimal(0))),
            "max_drawdown": f"{self.max_drawdown:.2f}",
            "orders": self.order_count,
            "rejected": self.reject_count,
            "fills": self.fill_count,
            "unprotected_contract_seconds": str(self.unprotected.contract_seconds),
            "unprotected_longest_s": self.unprotected.longest,
            "unprotected_worst_move": str(self.unprotected.worst_move),
            "unguarded_contract_seconds": str(self.unprotected.others.contract_seconds),
            "ambiguous_bars": self.ambiguous_bars,
            "suspect_bars": self.suspect_bars,
            "unknown_size_fills": self.unknown_size_fills,
            "quotes_conflated": self.conflated,
            "incidents": len(self.incidents),
            "digest": self.digest,
            "notes": list(self.notes),
        }

    @property
    def max_drawdown(self) -> float:
        """The deepest fall of the equity curve from a high before it, in money, at its moments."""
        equity = self.equity["equity"].to_numpy()
        return float((np.maximum.accumulate(equity) - equity).max())


def make_record(
    *,
    setup: Setup,
    end_ns: int,
    broker_desk: BrokerDesk,
    unprotected: Unprotected,
    marks: Marks,
    digest: str,
    ambiguous_bars: int,
    suspect_bars: int,
    unknown_size_fills: int,
    incidents: list[Incident],
    conflated: int,
    notes: list[str],
) -> Record:
    """Gather what the parts of a world know at its end."""
    account = broker_desk.account
    rejected = [o for o in broker_desk.orders.values() if o.status.name == "REJECTED"]
    return Record(
        instrument=setup.instrument,
        tape=setup.tape,
        start_ns=setup.start_ns,
        end_ns=end_ns,
        seed=setup.seed,
        engine=chosen(setup.engine),
        profile=setup.rules.profile.name,
        latency=setup.latency.name,
        fees_name=setup.fees.name,
        currency=account.currency,
        starting_cash=account.starting_cash,
        margin_checked=setup.margin is not None,
        realised=account.realised,
        open_profit=broker_desk.open_profit(),
        fees=account.fees_paid,
        open_position=account.holding(setup.instrument).qty,
        round_trips=round_trips(account.closings),
        order_count=len(broker_desk.orders),
        reject_count=len(rejected),
        fill_count=len(broker_desk.executions),
        unprotected=unprotected,
        digest=digest,
        ambiguous_bars=ambiguous_bars,
        suspect_bars=suspect_bars,
        unknown_size_fills=unknown_size_fills,
        incidents=tuple(incidents),
        conflated=conflated,
        notes=(*setup.tape.notes, *notes),
        desk=broker_desk,
        marks=marks,
    )


def utc(ns: int) -> str:
    """A moment as ISO text in UTC, to the second."""
    return datetime.fromtimestamp(ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _frame(record: Record, name: str) -> "pl.DataFrame":
    """One of `frames`, which are loaded with the first."""
    made: pl.DataFrame = getattr(import_module(".frames", __package__), name)(record)
    return made
