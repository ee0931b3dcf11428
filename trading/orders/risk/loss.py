"""Losses as they run: the day's result and the trailing floor.

They come from the broker's word on the account and, between two words, from fills and marks. Cash
plus open profit is what the account is worth, and a fill at the market does not change it: only the
distance to the market and the fee do. So after each word it is enough to follow what is held and
the prices, however far the broker's cash lags behind.
"""

from datetime import date
from decimal import Context, Decimal

from ...broker import AccountState
from ...calendar import Calendar
from ...instrument import Instrument
from ...order import Execution
from ...price import price_text
from .limits import RiskLimits

_EXACT = Context(prec=60)  # the caller's decimal context must not decide a loss


class LossWatch:
    """Follows what an account is worth, and trips when a loss limit is met.

    `daily_trip`, `trailing_trip`: why trading stopped, None while it did not. The first lasts until
    the next trade date, the second for good. Until the broker or `note_day` has told of a balance,
    the day's result counts from zero and the floor is not watched.
    """

    def __init__(self, limits: RiskLimits, calendar: Calendar) -> None:
        self.daily_trip: str | None = None
        self.trailing_trip: str | None = None
        self._limits = limits
        self._calendar = calendar
        self._day: date | None = None
        self._session_ns = (0, 0)  # the last one looked up: no day begins within it
        self._known = False  # the worth is absolute, not counted from zero
        self._worth = Decimal(0)
        self._cash: Decimal | None = None
        self._day_start = Decimal(0)
        start = limits.starting_balance
        self._high = None if start is None else Decimal(start)  # end-of-day balances only
        self._held: dict[str, int] = {}
        self._marks: dict[str, Decimal] = {}

    @property
    def day_result(self) -> Decimal:
        """The trade date's profit, open profit and fees included; a loss is negative."""
        return _EXACT.subtract(self._worth, self._day_start)

    @property
    def floor(self) -> Decimal | None:
        """Where the account fails; None without a trailing limit, or while no balance is known."""
        limits = self._limits
        if limits.trailing_loss is None or self._high is None:
            return None
        floor = _EXACT.subtract(self._high, Decimal(limits.trailing_loss))
        if limits.trailing_stops_at_start and limits.starting_balance is not None:
            return min(floor, Decimal(limits.starting_balance))
        return floor

    def roll(self, now_ns: int) -> None:
        """Begin a new trade date if it is time: what the account is worth now was its end-of-day
        balance."""
        begins, ends = self._session_ns
        if begins <= now_ns < ends:
            return
        day = self._calendar.trade_date(now_ns)
        if self._day is not None and day > self._day:
            self._day_start = self._worth
            self.daily_trip = None
            if self._known:
                self._raise_high(self._worth)
        if self._day is None or day > self._day:
            self._day = day
        self._session_ns = self._calendar.session_bounds(day)

    def note_account(self, state: AccountState) -> None:
        """The broker's word on the account, which goes before our own sums."""
        self.roll(state.time_ns)
        worth = _EXACT.add(state.cash, state.open_profit)
        if not self._known:
            gained = self.day_result
            self._day_start = _EXACT.subtract(worth, gained)
            self._known = True
            if self._high is None:
                self._high = self._day_start
        self._worth, self._cash = worth, state.cash
        self._judge()

    def note_day(self, trade_date: date, balance: Decimal) -> None:
        """A trade date began with this balance, the end-of-day balance of the one before. For a
        start in mid-day and after a restart; one that is over only raises the floor."""
        self._raise_high(balance)
        if self._day is not None and trade_date < self._day:
            self._judge()
            return
        if self._day is None or trade_date > self._day:
            self.daily_trip = None
            self._worth = balance
        elif not self._known:
            self._worth = _EXACT.add(balance, self.day_result)
        self._day, self._day_start, self._known = trade_date, balance, True
        self._judge()

    def note_position(self, instrument: Instrument, qty: int) -> None:
        """What is held, by the broker's word: at the start and after a reconciliation."""
        self._held[instrument.symbol] = qty

    def note_fill(self, fill: Execution) -> None:
        """A fill, told once: it costs its fee, and what its price lies behind the market."""
        self.roll(fill.time_ns)
        symbol, signed = fill.instrument.symbol, fill.side.sign * fill.qty
        mark = self._marks.setdefault(symbol, fill.px)
        self._held[symbol] = self._held.get(symbol, 0) + signed
        self._gain(fill.instrument, signed, _EXACT.subtract(mark, fill.px))
        if fill.fee is not None:
            self._worth = _EXACT.subtract(self._worth, fill.fee)
        self._judge()

    def note_void(self, fill: Execution) -> None:
        """A fill that was told was taken back: the account is worth what it would be without it."""
        symbol, signed = fill.instrument.symbol, fill.side.sign * fill.qty
        mark = self._marks.get(symbol, fill.px)
        self._held[symbol] = self._held.get(symbol, 0) - signed
        self._gain(fill.instrument, -signed, _EXACT.subtract(mark, fill.px))
        if fill.fee is not None:
            self._worth = _EXACT.add(self._worth, fill.fee)
        self._judge()

    def note_mark(self, instrument: Instrument, price: Decimal, now_ns: int) -> None:
        """The price at which what is held is valued from now on: the last trade, or the side it
        would be closed at."""
        before = self._marks.get(instrument.symbol, price)
        self._marks[instrument.symbol] = price
        held = self._held.get(instrument.symbol, 0)
        if not held:
            return
        self.roll(now_ns)
        self._gain(instrument, held, _EXACT.subtract(price, before))
        self._judge()

    def _gain(self, instrument: Instrument, qty: int, move: Decimal) -> None:
        money = _EXACT.multiply(_EXACT.multiply(move, instrument.point_value), Decimal(qty))
        self._worth = _EXACT.add(self._worth, money)

    def _raise_high(self, balance: Decimal) -> None:
        self._high = balance if self._high is None else max(self._high, balance)

    def _judge(self) -> None:
        daily, loss = self._limits.daily_loss, self.day_result.copy_negate()
        if daily is not None and loss >= daily and self.daily_trip is None:
            self.daily_trip = (
                f"daily loss: {price_text(loss)} lost on {self._day}, limit "
                f"{price_text(Decimal(daily))}; nothing opens until the next trade date"
            )
        floor = self.floor
        left = self._worth if self._limits.trailing_counts_open else self._cash
        if floor is None or left is None or not self._known or self.trailing_trip is not None:
            return
        if left < floor:
            self.trailing_trip = (
                f"trailing loss: the account is at {price_text(left)}, below its floor "
                f"{price_text(floor)}; nothing opens in it any more"
            )
