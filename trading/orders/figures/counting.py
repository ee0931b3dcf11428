"""What is counted while the manager works: an observer, so that no core counts anything.

Prices and money are added up as exact Decimals, whatever the caller's decimal context; times go
into histograms (`histogram.py` says how exact they are).
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import MAX_PREC, Context, Decimal

from ...errors import NotSent, OutcomeUnknown, Refused
from ...order import Execution, ExecutionReport
from ...words import OrdStatus, Reason, Side
from .. import tags
from ..commands import LOOK, Command, Do
from ..handle import Order
from ..incident import Incident
from ..observing import Observer
from ..order_core import OrderCore
from .bare_time import BareTime, Held
from .histogram import Histogram

EXACT = Context(prec=MAX_PREC)  # sums and products; never a quotient
_RATIO = Context(prec=28)  # quotients; one of two prices on one grid is a whole number
_times_plus = EXACT.fma  # looked up once: to find it takes as long as to do it

# Looked up once: they are compared at every event.
_FILLED, _CANCELED, _EXPIRED = OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.EXPIRED
_BUY = Side.BUY
_same = Decimal.__eq__  # of two exact prices; a `Price` first asks what the other is

Outcome = str
"""How a command ended: `done`, `refused`, `not_sent` (it reached nobody), `unknown`, or `failed`
(the port raised something that is none of these)."""


class Open:
    """An order that is not over: since when, and what was counted of it."""

    __slots__ = ("acked", "began_s", "counted", "duty", "failed", "filled", "held")

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.acked = False
        self.filled = False
        self.failed: Do | None = None  # the last command that did not get done
        self.counted = 0  # contracts, towards what is held
        self.duty = ""
        self.held: Held | None = None


class Ends:
    """How the commands of one kind ended, and how long they took."""

    __slots__ = ("done", "others", "took")

    def __init__(self) -> None:
        self.done = 0
        self.others: Counter[Outcome] = Counter()
        self.took = Histogram()


class Traded:
    """What was bought and sold of one instrument: contracts, and their value in price units (price
    times contracts). `fees` are those that were told; `fees_untold`: fills that came without."""

    __slots__ = ("bought", "bought_value", "fees", "fees_untold", "sold", "sold_value")

    def __init__(self) -> None:
        self.bought = self.sold = self.fees_untold = 0
        self.bought_value = self.sold_value = self.fees = Decimal(0)


class Counting(Observer):
    """Counts; `statistics.Statistics` is what can be read of it. `now_s`: the loop's clock."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.orders = self.accepted = self.resent = self.retries = 0
        self.fills = self.partials = self.voided = 0
        self.filled = self.cancelled = self.cancelled_by_venue = self.expired = self.rejected = 0
        self.reasons: Counter[str] = Counter()
        self.incidents: Counter[str] = Counter()
        self.ack, self.first_fill = Histogram(), Histogram()
        self.commands = {do: Ends() for do in Do}
        self.slipped_ticks = Decimal(0)
        self.slippage_contracts = 0
        self.traded: defaultdict[str, Traded] = defaultdict(Traded)  # by symbol
        self.bare = BareTime()
        self._open: dict[Order, Open] = {}

    @property
    def contracts(self) -> int:
        """Contracts filled."""
        return sum(each.bought + each.sold for each in self.traded.values())

    @property
    def open(self) -> int:
        """Orders that are being timed: those that are not over."""
        return len(self._open)

    def on_intent(self, order: Order) -> None:
        if order in self._open:
            self.resent += 1
            return
        self._begin(order)

    def on_adopted(self, order: Order) -> None:
        one = self._begin(order)
        one.acked = one.filled = True  # nobody sent it: there is no time to take
        self.accepted += 1
        if one.held is not None:
            self._hold(order, one)

    def on_command(self, order: Order, command: Command) -> None:
        one = self._open.get(order)
        if one is not None and one.failed is command.do is not LOOK:
            self.retries += 1

    def on_answer(self, order: Order, do: Do, error: BaseException | None, took_s: float) -> None:
        ends = self.commands[do]
        ends.took.add(round(took_s * 1e9))
        if error is None:
            ends.done += 1
        else:
            ends.others[outcome(error)] += 1
        one = self._open.get(order)
        if one is None:
            return
        if do is not LOOK:
            one.failed = None if error is None else do
        self._see(order)

    def on_unsent(self, order: Order) -> None:
        one = self._open.get(order)
        if one is not None:
            self._over(order, one)

    def on_void(
        self, order: Order, report: ExecutionReport, fill: Execution, counted: bool
    ) -> None:
        if order in self._open:
            self._see(order)
        elif counted:
            self._unhold(order, fill)
        if counted:
            self.voided += 1
            fee = None if fill.fee is None else fill.fee.copy_negate()
            self._trade(fill, -fill.qty, fee)

    def on_others_closed(self, intent: str, contracts: int) -> None:
        self.bare.others_closed(intent, contracts, self._now_s())

    def on_incident(self, incident: Incident) -> None:
        self.incidents[incident.kind] += 1

    # --- how --------------------------------------------------------------------------------------

    def _fill(self, core: OrderCore, fill: Execution) -> None:
        """Count a fill, and how far from what was meant it is."""
        self.fills += 1
        if core.venue_status is not _FILLED:
            self.partials += 1
        self._trade(fill, fill.qty, fill.fee)
        if fill.fee is None:
            self.traded[fill.instrument.symbol].fees_untold += 1
        now = core.agreement.now
        meant = now.price if now.stop_px is None else now.stop_px
        if meant is not None:
            self.slippage_contracts += fill.qty
            if fill.px is not meant and not _same(fill.px, meant):
                self._slipped(fill, meant)

    def _trade(self, fill: Execution, qty: int, fee: Decimal | None) -> None:
        """Add up a fill of so many contracts, and what it cost; both below zero where it is taken
        back."""
        px, traded = fill.px, self.traded[fill.instrument.symbol]
        if fill.side is _BUY:
            traded.bought += qty
            traded.bought_value = _times_plus(px, qty, traded.bought_value)
        else:
            traded.sold += qty
            traded.sold_value = _times_plus(px, qty, traded.sold_value)
        if fee is not None:
            traded.fees = EXACT.add(traded.fees, fee)

    def _unhold(self, order: Order, fill: Execution) -> None:
        """A fill of an order that is over, and is timed no more, is taken back."""
        parsed = tags.parse(order.cl_ord_id)
        if parsed is not None and parsed.role:
            opened = parsed.duty == "entry"
            qty = -fill.qty if opened else fill.qty
            self.bare.voided(parsed.intent, qty, self._now_s())

    def _begin(self, order: Order) -> Open:
        self.orders += 1
        one = self._open[order] = Open(self._now_s())
        tag = order.cl_ord_id
        if "." in tag:
            parsed = tags.parse(tag)
            if parsed is not None:
                one.duty = parsed.duty
                one.held = self.bare.sent(parsed.intent, one.duty, order)
        return one

    def _see(
        self, order: Order, report: ExecutionReport | None = None, fill: Execution | None = None
    ) -> None:
        """An order is otherwise than it was; its first fill counts once a report told of it."""
        one, core = self._open.get(order), order.core
        if fill is not None:
            self._fill(core, fill)
        if one is None:
            return
        if report is not None and core.cum_qty and not one.filled:
            one.filled = True
            self.first_fill.add(round((self._now_s() - one.began_s) * 1e9))
        if core.accepted and not one.acked:
            one.acked = True
            self.accepted += 1
            self.ack.add(round((self._now_s() - one.began_s) * 1e9))
        if one.held is not None:
            self._hold(order, one)
        if core.venue_status.terminal:
            self._over(order, one)

    on_report = _see

    def _slipped(self, fill: Execution, meant: Decimal) -> None:
        """Ticks beyond what was meant, times contracts; better than meant counts below zero."""
        away = EXACT.multiply(EXACT.subtract(fill.px, meant), fill.side.sign)
        ticks = _RATIO.divide(away, fill.instrument.tick_at(meant))
        self.slipped_ticks = EXACT.fma(ticks, fill.qty, self.slipped_ticks)

    def _hold(self, order: Order, one: Open) -> None:
        held, cum_qty = one.held, order.core.cum_qty
        assert held is not None
        new, one.counted = cum_qty - one.counted, cum_qty
        if new or one.duty == "stop":
            self.bare.changed(held, new if one.duty == "entry" else -new, self._now_s())

    def _over(self, order: Order, one: Open) -> None:
        """Count once how an order ended."""
        del self._open[order]
        if one.held is not None:
            self.bare.over(one.held, order)
        core = order.core
        status = core.venue_status
        if status is _FILLED:
            self.filled += 1
        elif status is _CANCELED:
            if core.wish.working:
                self.cancelled_by_venue += 1
            else:
                self.cancelled += 1
        elif status is _EXPIRED:
            self.expired += 1
        else:
            self.rejected += 1
            self.reasons[Reason(core.reason).name] += 1


def outcome(error: BaseException | None) -> Outcome:
    """How a command ended, in a word."""
    if error is None:
        return "done"
    if isinstance(error, NotSent):
        return "not_sent"
    if isinstance(error, Refused):
        return "refused"
    return "unknown" if isinstance(error, OutcomeUnknown) else "failed"
