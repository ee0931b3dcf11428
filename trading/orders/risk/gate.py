"""The risk gate: what may be sent at all, the same in simulation and live.

A plain object: no I/O, no clock. It is asked before every order and told of every fill, price and
account state; it refuses what opens beyond a limit and never what only reduces.
"""

from collections import deque
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from zoneinfo import ZoneInfo

from ...broker import AccountState
from ...calendar import Calendar
from ...errors import RefusedByUs
from ...instrument import Instrument
from ...order import Execution
from ...price import price_text
from ...words import Side
from .exposure import GateState, OrderView, Role, reduces, spans, weighted
from .limits import RiskLimits
from .loss import LossWatch

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = Context(prec=60)
_MINUTE_NS = 60_000_000_000


class RiskGate:
    """Checks orders against `limits`. `calendar` says which trade date a loss belongs to.

    Orders that only reduce (a bracket's stop and target, closing orders, an order of the trader's
    no larger than what it closes) are never refused, except under `kill(…, exits_only=True)`.
    """

    def __init__(self, limits: RiskLimits, *, calendar: Calendar) -> None:
        self.limits = limits
        self._loss = LossWatch(limits, calendar)
        self._watches = limits.daily_loss is not None or limits.trailing_loss is not None
        self._zone = ZoneInfo(limits.zone)
        self._killed: str | None = None
        self._exits_only = False
        self._opening = deque[int]()  # when orders that may open were sent, by the loop's clock
        self._reducing = deque[int]()

    # --- before an order --------------------------------------------------------------------------

    def check(self, order: OrderView, state: GateState) -> None:
        """Raises `RefusedByUs` naming rule, value, limit and the way out for an order that may not
        be sent now."""
        if self._passes(order, state):
            return
        self._check_order(order, state)
        self._check_rate(order, state.steady_ns)

    def check_change(self, before: OrderView, after: OrderView, state: GateState) -> None:
        """As `check`, for a working order that is to become `after`; `state` is without it. A
        change is no new order for the rate, and one that only makes an order smaller passes."""
        same = (before.price, before.stop_px) == (after.price, after.stop_px)
        if (same and after.qty <= before.qty) or self._passes(after, state):
            return
        self._check_order(after, state)

    def note_sent(self, order: OrderView, state: GateState) -> None:
        """An order that was checked with this state is sent now."""
        sent = self._reducing if reduces(order, state) else self._opening
        sent.append(state.steady_ns)
        self.sent(state.steady_ns)

    def sent(self, steady_ns: int) -> tuple[int, int]:
        """Orders of the last 60 seconds: those that may open, and those that only reduce. One sent
        exactly 60 seconds ago is out."""
        for times in (self._opening, self._reducing):
            while times and steady_ns - times[0] >= _MINUTE_NS:
                times.popleft()
        return len(self._opening), len(self._reducing)

    # --- what happens -----------------------------------------------------------------------------

    def note_account(self, state: AccountState) -> None:
        """The broker's word on the account's money."""
        if self._watches:
            self._loss.note_account(state)

    def note_day(self, trade_date: date, balance: Decimal) -> None:
        """A trade date began with this balance (cash, nothing open). After a restart tell it of the
        day with the highest balance, then of today; other days begin by themselves."""
        if self._watches:
            self._loss.note_day(trade_date, balance)

    def note_position(self, instrument: Instrument, qty: int) -> None:
        """What is held, at the start and after a reconciliation; later fills are added."""
        if self._watches:
            self._loss.note_position(instrument, qty)

    def note_fill(self, fill: Execution) -> None:
        """A fill, each once."""
        if self._watches:
            self._loss.note_fill(fill)

    def note_void(self, fill: Execution) -> None:
        """A fill that was told was taken back."""
        if self._watches:
            self._loss.note_void(fill)

    def note_mark(self, instrument: Instrument, price: Decimal, now_ns: int) -> None:
        """The market moved: what is held is valued at this price."""
        if self._watches:
            self._loss.note_mark(instrument, price, now_ns)

    # --- the switch -------------------------------------------------------------------------------

    def kill(self, reason: str, *, exits_only: bool = False) -> None:
        """Refuse everything that opens, until `release`. `exits_only`: protective orders too, so
        that only the manager's closing orders pass."""
        self._killed, self._exits_only = reason, exits_only

    def release(self) -> None:
        """End `kill`. A loss limit that was met stays in force."""
        self._killed, self._exits_only = None, False

    @property
    def tripped(self) -> str | None:
        """Why everything is to be flattened and nothing opens; None while nothing is wrong."""
        if self._loss.trailing_trip or self._loss.daily_trip:
            return self._loss.trailing_trip or self._loss.daily_trip
        return None if self._killed is None else f"kill switch: {self._killed}"

    def due_flat(self, now_ns: int) -> bool:
        """Whether positions should be flat by the time of day."""
        limits = self.limits
        if limits.flat_by is None:
            return False
        return _within(self._local(now_ns), limits.flat_by, limits.reopens)

    @property
    def day_result(self) -> Decimal:
        """The trade date's profit as far as it is known; counted only where a loss limit is set."""
        return self._loss.day_result

    @property
    def floor(self) -> Decimal | None:
        """The trailing limit's floor; None where there is none or no balance is known."""
        return self._loss.floor

    # --- the rules --------------------------------------------------------------------------------

    def _passes(self, order: OrderView, state: GateState) -> bool:
        """Whether an order only reduces and needs no more looking at."""
        if self._watches:
            self._loss.roll(state.now_ns)
        if self._exits_only and order.role not in (Role.EXIT, Role.CLOSE):
            raise self._no(order, f"kill switch, exits only: {self._killed}", "release() ends it")
        if not reduces(order, state):
            return False
        if order.role is Role.ORDINARY:
            self._check_positions(order, state, closes=True)
        return True

    def _check_order(self, order: OrderView, state: GateState) -> None:
        """Everything but the rate, the plainest first."""
        if self.tripped is not None:
            way_out = "only orders that reduce pass; release() ends a kill"
            raise self._no(order, self.tripped, way_out)
        self._check_instrument(order)
        self._check_time(order, state.now_ns)
        most = self.limits.order_qty
        if most is not None and order.qty > most:
            raise self._no(order, f"order size {order.qty}, limit {most}", "send a smaller order")
        self._check_collar(order, state)
        self._check_positions(order, state, closes=False)

    def _check_instrument(self, order: OrderView) -> None:
        known, instrument = self.limits.instruments, order.instrument
        if known is not None and instrument.symbol not in known and instrument.root not in known:
            raise self._no(order, f"instrument {instrument.symbol}", f"allowed: {', '.join(known)}")

    def _check_time(self, order: OrderView, now_ns: int) -> None:
        limits, local = self.limits, self._local(now_ns)
        if limits.hours is not None and not _within(local, *limits.hours):
            begin, end = limits.hours
            raise self._no(
                order,
                f"trading hours: it is {local} in {limits.zone}, limit {begin} to {end}",
                f"wait until {begin}",
            )
        if self.due_flat(now_ns):
            raise self._no(
                order,
                f"flat by: it is {local} in {limits.zone}, limit {limits.flat_by}",
                f"wait until {limits.reopens}",
            )

    def _check_rate(self, order: OrderView, steady_ns: int) -> None:
        most = self.limits.orders_per_minute
        if most is None:
            return
        opening, _ = self.sent(steady_ns)
        if opening >= most:
            wait_ns = self._opening[opening - most] + _MINUTE_NS - steady_ns
            raise self._no(
                order,
                f"order rate: {opening} in the last 60 s, limit {most}",
                f"the next may go in {-(-wait_ns // 1_000_000)} ms",
            )

    def _check_collar(self, order: OrderView, state: GateState) -> None:
        collar = self.limits.collar
        prices = [px for px in (order.price, order.stop_px) if px is not None]
        if collar is None or not prices:
            return
        buys, market = order.side is Side.BUY, state.market
        reference = market.ask if buys else market.bid
        reference = market.last if reference is None else reference
        if reference is None:
            if self.limits.collar_without_market == "refuse":
                what = f"price collar: no market known for {order.instrument.symbol}"
                raise self._no(order, what, "subscribe to its quotes, or send at market")
            return
        tick = order.instrument.tick_at(reference)
        reach = _EXACT.multiply(tick, Decimal(order.side.sign * collar.n))
        furthest = _EXACT.add(reference, reach)
        for px in prices:
            if (px > furthest) if buys else (px < furthest):
                raise self._no(
                    order,
                    f"price collar: {price_text(px)} against a market of {price_text(reference)}, "
                    f"limit {collar.n} ticks",
                    f"at {price_text(furthest)} it passes",
                )

    def _check_positions(self, order: OrderView, state: GateState, *, closes: bool) -> None:
        """How far the order's own side may carry the position, its other side apart: that was
        looked at when its orders came. One that closes may reach as far as the position is now."""
        limits, instrument = self.limits, order.instrument
        if limits.net_position is None and limits.gross_position is None:
            return
        found = spans(state, order)
        mine = next(span for span in found if span.instrument.symbol == instrument.symbol)
        reach = mine.reach(order.side)
        if closes and reach <= abs(mine.held):
            return
        others = [(span.instrument, span.most) for span in found if span is not mine]
        net = weighted([(instrument, reach)], limits)
        gross = weighted([*others, (instrument, reach)], limits)
        for rule, limit, most in (
            ("net position", limits.net_position, net),
            ("gross position", limits.gross_position, gross),
        ):
            if limit is not None and most > limit:
                raise self._no(
                    order,
                    f"{rule}: {price_text(most)} if everything fills ({instrument.symbol} "
                    f"holds {mine.held}, may go to {mine.low} or {mine.high}), limit {limit}",
                    "send less, cancel what works on that side, or close something",
                )

    def _no(self, order: OrderView, what: str, way_out: str) -> RefusedByUs:
        return RefusedByUs(f"{order.describe()} refused by {self.limits.name}: {what}; {way_out}")

    def _local(self, now_ns: int) -> time:
        moment = _EPOCH + timedelta(microseconds=now_ns // 1000)
        return moment.astimezone(self._zone).time()


def _within(local: time, begin: time, end: time) -> bool:
    """Whether a time of day lies in a span that may go past midnight: `begin` does, `end` not."""
    if begin < end:
        return begin <= local < end
    return local >= begin or local < end
