"""An account's money: lots, realised and open profit, fees. Exact throughout.

Fills close the oldest lots first. A lot remembers the order that opened it, for the round trip.
"""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct, structs

from ...trading.instrument import Instrument
from ...trading.words import Side
from .fees import FeeSchedule
from .money import mean_price, times, total

Booked = tuple[Side, int, int, int, str]
"""A fill: side, contracts, price in units, time, and the order's name."""


class Lot(Struct):
    """Contracts opened by one fill and not closed yet. `units`: their price."""

    qty: int
    units: int
    opened_ns: int
    tag: str
    fee_each: Decimal


class Closing(Struct, frozen=True):
    """Contracts of one lot that one fill closed, with their exact result after fees."""

    instrument: Instrument
    side: Side
    qty: int
    opened_ns: int
    closed_ns: int
    entry_units: int
    exit_units: int
    profit: Decimal
    fees: Decimal
    entry_tag: str
    exit_tag: str


class Holding:
    """One instrument in an account."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.lots: deque[Lot] = deque()
        self.sign = 0  # +1 long, -1 short, 0 flat
        self._contracts = 0  # in all lots, and what they are worth in units: kept, not summed up
        self._worth = 0
        self.changed_ns = 0  # when it was filled last
        self._began: tuple[int, tuple[Lot, ...]] = (0, ())  # what it held before its first fill

    @property
    def qty(self) -> int:
        """Signed contracts."""
        return self.sign * self._contracts

    @property
    def avg_px(self) -> Decimal | None:
        """The mean price of what is held; None when flat."""
        if not self.lots:
            return None
        return mean_price(self.instrument, self._worth, self._contracts)

    def open_profit(self, mark_units: int) -> Decimal:
        """What closing at `mark_units` would realise, before fees."""
        gained = self._contracts * mark_units - self._worth
        return self.instrument.money(self.sign * gained)

    def begins(self) -> None:
        """What is held now was held before its first fill."""
        self._began = self.sign, tuple(structs.replace(lot) for lot in self.lots)

    def begin_again(self) -> None:
        """Hold what was held before its first fill."""
        self.lots.clear()
        self.sign = self._contracts = self._worth = 0
        sign, lots = self._began
        for lot in lots:
            self.add(structs.replace(lot), sign)

    def add(self, lot: Lot, sign: int) -> None:
        """Contracts were opened."""
        self.sign = sign
        self.lots.append(lot)
        self._contracts += lot.qty
        self._worth += lot.qty * lot.units

    def take(self, qty: int) -> None:
        """`qty` contracts of the oldest lot were closed."""
        lot = self.lots[0]
        lot.qty -= qty
        self._contracts -= qty
        self._worth -= qty * lot.units
        if not lot.qty:
            self.lots.popleft()
        if not self.lots:
            self.sign = 0


class Account:
    """Cash, holdings and what they came from, in one currency.

    `cash` is always what it was at the start, plus `realised`, minus `fees_paid`.
    """

    def __init__(self, name: str, cash: Decimal, fees: FeeSchedule, currency: str = "USD") -> None:
        self.name = name
        self.currency = currency
        self.starting_cash = cash
        self.cash = cash
        self.realised = Decimal(0)
        self.fees_paid = Decimal(0)
        self.holdings: dict[str, Holding] = {}
        self.closings: list[Closing] = []
        self._fees = fees

    def holding(self, instrument: Instrument) -> Holding:
        known = self.holdings.get(instrument.symbol)
        if known is None:
            known = self.holdings[instrument.symbol] = Holding(instrument)
        return known

    def fill(
        self, instrument: Instrument, side: Side, qty: int, units: int, time_ns: int, tag: str
    ) -> Decimal:
        """Book a fill; its fee. Raises `UsageError` where the fees do not know the contract."""
        fee_each = self._fees.fee(instrument, 1)
        holding = self.holding(instrument)
        holding.changed_ns = time_ns
        self._trade(holding, side, qty, units, time_ns, tag, fee_each)
        fee = times(fee_each, qty)
        self.cash = total(self.cash, fee.copy_negate())
        self.fees_paid = total(self.fees_paid, fee)
        return fee

    def book_again(
        self, instrument: Instrument, fills: Iterable[Booked], fee: Decimal, now_ns: int
    ) -> None:
        """One fill of an instrument was taken back, which had cost `fee`: its books say what these
        make that stand, oldest first."""
        symbol, holding = instrument.symbol, self.holding(instrument)
        fee_each = self._fees.fee(instrument, 1)
        of_it = [each for each in self.closings if each.instrument.symbol == symbol]
        self.closings = [each for each in self.closings if each.instrument.symbol != symbol]
        for closing in of_it:
            gained = total(closing.profit, closing.fees).copy_negate()
            self.realised, self.cash = total(self.realised, gained), total(self.cash, gained)
        holding.begin_again()
        for side, qty, units, time_ns, tag in fills:
            self._trade(holding, side, qty, units, time_ns, tag, fee_each)
        holding.changed_ns = now_ns
        self.fees_paid = total(self.fees_paid, fee.copy_negate())
        self.cash = total(self.cash, fee)

    def _trade(
        self,
        holding: Holding,
        side: Side,
        qty: int,
        units: int,
        time_ns: int,
        tag: str,
        fee_each: Decimal,
    ) -> None:
        left = qty
        while left and holding.sign == -side.sign:
            left -= self._close(holding, left, units, time_ns, tag, fee_each)
        if left:
            holding.add(Lot(left, units, time_ns, tag, fee_each), side.sign)

    def _close(
        self, holding: Holding, qty: int, units: int, time_ns: int, tag: str, fee_each: Decimal
    ) -> int:
        lot = holding.lots[0]
        closed = min(qty, lot.qty)
        profit = holding.instrument.money(holding.sign * closed * (units - lot.units))
        fees = times(total(lot.fee_each, fee_each), closed)
        self.closings.append(
            Closing(
                instrument=holding.instrument,
                side=Side.BUY if holding.sign > 0 else Side.SELL,
                qty=closed,
                opened_ns=lot.opened_ns,
                closed_ns=time_ns,
                entry_units=lot.units,
                exit_units=units,
                profit=total(profit, fees.copy_negate()),
                fees=fees,
                entry_tag=lot.tag,
                exit_tag=tag,
            )
        )
        holding.take(closed)
        self.realised = total(self.realised, profit)
        self.cash = total(self.cash, profit)
        return closed
