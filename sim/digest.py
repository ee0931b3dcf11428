"""The domain digest: a fingerprint of what reached the exchange and what left it.

Same scenario, strategy and seed: the same digest, on either engine, any machine, any Python minor
and any PYTHONHASHSEED (DESIGN 6). Prices are in units, times in ns from the run's start, orders
named by the order of their appearance.
"""

from hashlib import blake2b

from ..matching.commands import (
    AttachLegs,
    CancelOrder,
    Command,
    FreezeOrder,
    NewOrder,
    ReplaceOrder,
    SetMarket,
    SetStatus,
)
from ..matching.reports import Report

_REPORT = "report %s %d %d %d %d %d %d %d %s %s %d %d %d %d %d %d\n"


class DomainDigest:
    """Fed with commands and reports in order; `hex` may be asked at any time."""

    def __init__(self, origin_ns: int) -> None:
        self._hash = blake2b(digest_size=16)
        self._origin_ns = origin_ns
        self._orders: dict[str, dict[int, int]] = {}
        self._count = 0

    def command(self, symbol: str, at_ns: int, command: Command) -> None:
        at = at_ns - self._origin_ns
        match command:
            case NewOrder():
                fields: tuple[object, ...] = (
                    command.side,
                    command.ord_type,
                    command.order_qty,
                    command.price,
                    command.stop_px,
                    command.trail,
                    command.tif,
                )
            case ReplaceOrder():
                fields = (command.order_qty, command.price, command.stop_px, command.trail)
            case CancelOrder():
                fields = ()
            case FreezeOrder():
                fields = (command.frozen,)
            case AttachLegs():
                self._add("AttachLegs", symbol, at, self._attached(symbol, command))
                return
            case SetStatus():
                self._add("status", symbol, at, (command.status,))
                return
            case SetMarket():
                self._add("market", symbol, at, (command.bid, command.ask, command.size))
                return
        kind = type(command).__name__
        self._add(kind, symbol, at, (self._order(symbol, command.order_id), *fields))

    def report(self, symbol: str, report: Report) -> None:
        # As `_add` writes it, in one format: of its fields the two prices alone may be None.
        price, stop_px = report.price, report.stop_px
        line = _REPORT % (
            symbol,
            report.time_ns - self._origin_ns,
            self._order(symbol, report.order_id),
            report.exec_type,
            report.ord_status,
            report.order_qty,
            report.cum_qty,
            report.leaves_qty,
            "-" if price is None else price,
            "-" if stop_px is None else stop_px,
            report.last_qty,
            report.last_px,
            report.reason,
            report.liquidity,
            report.unknown_size,
            report.ambiguous,
        )
        self._hash.update(line.encode())

    @property
    def hex(self) -> str:
        return self._hash.hexdigest()

    def _attached(self, symbol: str, command: AttachLegs) -> tuple[object, ...]:
        found: list[object] = [
            self._order(symbol, command.entry_id),
            command.side,
            command.order_qty,
            command.cum_qty,
            command.worth,
            command.closed_qty,
            command.resumed,
            command.each_fill,
            command.shrinks,
            *(number for edge in command.grid for number in edge),
        ]
        for leg in command.legs:
            name = self._order(symbol, leg.order_id)
            found += [name, leg.ord_type, leg.distance, leg.trail, leg.px, leg.carried]
        return tuple(found)

    def _order(self, symbol: str, order_id: int) -> int:
        names = self._orders.setdefault(symbol, {})
        name = names.get(order_id)
        if name is None:
            self._count += 1
            name = names[order_id] = self._count
        return name

    def _add(self, kind: str, symbol: str, at_ns: int, fields: tuple[object, ...]) -> None:
        values = " ".join(["-" if v is None else str(int(v)) for v in fields])  # type: ignore[call-overload]  # int enumerations and ints
        self._hash.update(f"{kind} {symbol} {at_ns} {values}\n".encode())
