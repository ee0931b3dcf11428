"""`manager.figures.statistics()`: what was measured so far, as one frozen record.

Everything is counted from what happened (`counting.py`) or read from the table it is about; nothing
is a score. docs/watching-orders.md lists the fields, made from `MEANINGS` below.
"""

from decimal import Context, Decimal
from fractions import Fraction

from msgspec import Struct

from .counting import EXACT, Counting
from .histogram import Histogram

_MEAN = Context(prec=28)
P50, P99 = Fraction(1, 2), Fraction(99, 100)


class Latency(Struct, frozen=True, kw_only=True):
    """Times in ns. The quantiles are never below the exact ones and above them by less than 1/32;
    None while `count` is 0. `sum_ns` and `most_ns` are exact."""

    count: int
    p50_ns: int | None
    p99_ns: int | None
    most_ns: int
    sum_ns: int

    @classmethod
    def of(cls, times: Histogram) -> "Latency":
        return cls(
            count=times.count,
            p50_ns=times.quantile_ns(P50),
            p99_ns=times.quantile_ns(P99),
            most_ns=times.most_ns,
            sum_ns=times.sum_ns,
        )


class TradedNow(Struct, frozen=True, kw_only=True):
    """What was traded of one instrument: contracts, their value (price times contracts, exact), and
    the fees that were told; `fees_untold` counts fills without one. What the venue took back counts
    in these no more, but for `fees_untold`."""

    bought: int
    bought_value: Decimal
    sold: int
    sold_value: Decimal
    fees: Decimal
    fees_untold: int


class Statistics(Struct, frozen=True, kw_only=True):
    """See `MEANINGS` for each field."""

    orders: int
    accepted: int
    filled: int
    cancelled: int
    cancelled_by_venue: int
    expired: int
    rejected: int
    reject_reasons: dict[str, int]
    fills: int
    partials: int
    voided: int
    contracts: int
    traded: dict[str, TradedNow]
    slippage_ticks: Decimal
    slippage_contracts: int
    slippage_mean_ticks: Decimal | None
    ack: Latency
    first_fill: Latency
    answers: dict[str, Latency]
    commands: dict[str, dict[str, int]]
    resent: int
    retries: int
    breakers: dict[str, str]
    unprotected_contracts: int
    unprotected_contract_s: float
    unprotected_longest_s: float
    incidents: dict[str, int]
    faults: int
    tables: dict[str, int]
    evicted: int
    found: int
    unfound: int
    hit_rate: float | None
    timers: int
    tasks: int
    readers: int


MEANINGS = {
    "orders": "orders that were to be sent, each counted once however often it went, and those "
    "that the broker made for an entry",
    "accepted": "of these, orders that the broker took",
    "filled": "orders that ended filled",
    "cancelled": "orders that ended because we took them away",
    "cancelled_by_venue": "orders that the venue took away unasked",
    "expired": "orders whose time was over",
    "rejected": "orders that the broker refused, or that never reached it",
    "reject_reasons": "of these, how many by reason",
    "fills": "fills, each counted once",
    "partials": "of these, fills that left something of their order to fill",
    "voided": "fills that the venue took back; contracts, values and fees are without them",
    "contracts": "contracts filled",
    "traded": "by instrument: contracts bought and sold, their value and fees as exact Decimals",
    "slippage_ticks": "ticks beyond the order's own stop price (else its limit), times contracts; "
    "better than that counts below zero",
    "slippage_contracts": "contracts that this is about; a market order has no price of its own",
    "slippage_mean_ticks": "the first by the second; None while there is none",
    "ack": "from the wish to send until the broker's first word that it has the order",
    "first_fill": "from the wish to send until the first fill was told",
    "answers": "by command: from sending it to its end, whichever",
    "commands": "by command and how it ended: done, refused, not_sent, unknown, failed",
    "resent": "orders that went out again under a new tag, nobody having been reached",
    "retries": "commands (no look-ups) made again after one of the kind was not done",
    "breakers": "ordinary and risk_reducing: closed, open or half-open",
    "unprotected_contracts": "contracts of brackets that no confirmed stop covers now",
    "unprotected_contract_s": "such contracts times seconds, as the manager knew it",
    "unprotected_longest_s": "the longest time that one bracket was so",
    "incidents": "by kind",
    "faults": "exceptions in the manager's own code or in those who follow it",
    "tables": "entries of the order table: working, finished, ids, tombstones, held_reports",
    "evicted": "finished orders that were forgotten, by age or by count",
    "found": "look-ups in the order table that knew the order",
    "unfound": "and those that did not",
    "hit_rate": "found by all look-ups; None before the first",
    "timers": "timers that run",
    "tasks": "tasks that run: at most the one that carries incidents to a hook",
    "readers": "readers of the event stream",
}


def traded(counted: Counting) -> dict[str, TradedNow]:
    """What was traded so far, by instrument."""
    return {
        symbol: TradedNow(
            bought=each.bought,
            bought_value=each.bought_value,
            sold=each.sold,
            sold_value=each.sold_value,
            fees=each.fees,
            fees_untold=each.fees_untold,
        )
        for symbol, each in counted.traded.items()
    }


def mean_slippage(counted: Counting) -> Decimal | None:
    """Ticks for each contract, to 28 digits."""
    if not counted.slippage_contracts:
        return None
    return _MEAN.divide(EXACT.plus(counted.slipped_ticks), Decimal(counted.slippage_contracts))
