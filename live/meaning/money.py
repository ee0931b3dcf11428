"""An account's money: the gateway tells a balance; profit and fees are the sums of its fills.

What was realised and paid counts from when we began to listen: the gateway keeps no such sums. Each
fill counts once, however often and by whichever way it is told, and one that is voided not at all.
"""

from collections.abc import Callable, Iterable
from decimal import Context, Decimal

from ...trading.broker import AccountState
from ...trading.order import PositionState
from ...trading.price import Price
from .models import AccountModel, TradeModel

_EXACT = Context(prec=60)  # the caller's decimal context must not decide what was lost
_MOST = 50_000
_MINUTE_NS = 60_000_000_000


class Money:
    """The sums of one account. `last` gives an instrument's last price, None where none is known;
    what is open is then valued at its entry."""

    def __init__(
        self, name: str, now_ns: Callable[[], int], last: Callable[[str], Price | None]
    ) -> None:
        self.balance = Decimal(0)
        self._name = name
        self._now_ns = now_ns
        self._last = last
        self._realised = Decimal(0)
        self._fees = Decimal(0)
        self._known: dict[int, None] = {}
        self._counted: dict[int, None] = {}  # of these, those that are in the sums
        self._newest_ns = self._before_ns = 0
        self._held: dict[str, PositionState] = {}

    @property
    def since_ns(self) -> int:
        """From when on fills are asked for that may not have been told, with a minute to spare;
        never from before what `before` was given, of which none is known."""
        return max(self._newest_ns - _MINUTE_NS, self._before_ns)

    def before(self, trades: Iterable[TradeModel], since_ns: int) -> None:
        """These, all there are since a moment, were made before we began; they are in the balance
        and count no more."""
        self._before_ns = since_ns
        for trade in trades:
            self._know(trade)

    def trade(self, trade: TradeModel) -> None:
        """A fill, told or asked for."""
        if trade.voided:
            self._void(trade)
        elif trade.id not in self._known:
            self._know(trade)
            self._counted[trade.id] = None
            self._count(trade, 1)

    def _void(self, trade: TradeModel) -> None:
        """A fill was taken back: it counts no more, or nothing when it comes."""
        if trade.id in self._counted:
            del self._counted[trade.id]
            self._count(trade, -1)
        if trade.id not in self._known:
            self._know(trade)

    def _count(self, trade: TradeModel, times: int) -> None:
        paid = _EXACT.add(trade.fees or Decimal(0), trade.commissions or Decimal(0))
        self._fees = _EXACT.fma(paid, times, self._fees)
        self._realised = _EXACT.fma(trade.profit or Decimal(0), times, self._realised)

    def position(self, position: PositionState) -> None:
        """What is held in one instrument now."""
        self._held[position.instrument.symbol] = position

    def positions(self, positions: Iterable[PositionState]) -> None:
        """All that is held now."""
        self._held = {each.instrument.symbol: each for each in positions}

    def account(self, model: AccountModel) -> None:
        """The gateway's word on the balance."""
        if model.balance is not None:
            self.balance = model.balance

    def state(self) -> AccountState:
        """The account as it is known now."""
        return AccountState(
            name=self._name,
            currency="USD",
            cash=self.balance,
            realised=self._realised,
            open_profit=self._open_profit(),
            fees=self._fees,
            time_ns=self._now_ns(),
        )

    def _open_profit(self) -> Decimal:
        profit = Decimal(0)
        for held in self._held.values():
            last = self._last(held.instrument.symbol)
            if held.qty and held.avg_px is not None and last is not None:
                points = _EXACT.multiply(_EXACT.subtract(last, held.avg_px), Decimal(held.qty))
                gain = _EXACT.multiply(points, held.instrument.point_value)
                profit = _EXACT.add(profit, gain)
        return profit

    def _know(self, trade: TradeModel) -> None:
        self._known[trade.id] = None
        self._newest_ns = max(self._newest_ns, trade.created_ns)
        if len(self._known) > _MOST:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._counted.pop(oldest, None)
