"""Between the order manager and its risk gate: asks before an order, tells what happens, flattens.

The gate is a plain object; here is the wire around it. The manager asks `admit` and `admit_change`
before it sends what its trader wants. Protective and closing orders of the manager's own are never
asked about: they only reduce.
"""

from asyncio import CancelledError, Future, get_running_loop
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from ...broker import AccountState, BrokerEvent
from ...calendar import Calendar
from ...events import MarketEvent, Quote, Trade
from ...instrument import Instrument
from ...last_prices import LastPrices
from ...market import Channel, Market, Subscription
from ...order import ExecutionReport, OrderRequest
from ...words import ExecType
from ..agreement import Wish
from ..handle import Order
from ..manager import OrderManager
from ..positions import execution_of, fill_of
from .exposure import GateState, MarketView, OrderView, working_views
from .gate import RiskGate
from .limits import RiskLimits

_LOOK_S = 1.0
_FILLS_MOST = 10_000  # remembered, so that a fill told twice is told on once


async def keep_within(
    limits: RiskLimits,
    hours: Calendar,
    manager: OrderManager,
    market: Market,
    instrument: Instrument,
    now_ns: Callable[[], int],
) -> None:
    """Trade within limits from now on. `hours`: the trading hours by which a day's loss and the
    flat-by time are counted. Raises what the broker's first answers may end in."""
    gate = RiskGate(limits, calendar=hours)
    await RiskKeeper(gate, manager, market, instrument, now_ns).open()


class RiskKeeper:
    """Keeps an account's trading within a gate's limits, in every instrument that is traded.

    When the gate trips, or the time of day says flat, everything is cancelled and closed once, and
    an incident says why; the gate itself refuses what would open again. The manager's kill switch
    is the gate's, too.
    """

    def __init__(
        self,
        gate: RiskGate,
        manager: OrderManager,
        market: Market,
        instrument: Instrument,
        now_ns: Callable[[], int],
    ) -> None:
        self._gate = gate
        self._manager = manager
        self._market = market
        self._instrument = instrument
        self._now_ns = now_ns
        self._prices = LastPrices()
        self._followed: set[str] = set()  # symbols
        self._fills: OrderedDict[str, None] = OrderedDict()
        self._voids: OrderedDict[str, None] = OrderedDict()  # those that were taken back
        self._flattened = ""  # the reason for which everything was flattened already
        self._looked_s = float("-inf")
        manager.admit = self._admit
        manager.admit_change = self._admit_change
        manager.switch.heard = self._switched
        manager.broker.listen(self._on_event)

    async def open(self) -> None:
        """Ask for the account as it is, and follow the market's price in the instrument that is
        traded first, and in those held."""
        broker, most_s = self._manager.broker, self._manager.settings.read_deadline_s
        for subscribing in self._follow(self._instrument):
            await subscribing
        self._gate.note_account(await broker.account(deadline_s=most_s))
        for position in await broker.positions(deadline_s=most_s):
            self._gate.note_position(position.instrument, position.qty)
            self._follow_later(position.instrument)

    # --- before an order --------------------------------------------------------------------------

    def _admit(self, request: OrderRequest) -> None:
        self._follow_later(request.instrument)
        view, state = OrderView.of(request), self._state(request.instrument, None)
        self._gate.check(view, state)
        self._gate.note_sent(view, state)

    def _admit_change(self, order: Order, wish: Wish) -> None:
        before, after = OrderView.working(order), OrderView.wished(order, wish)
        self._gate.check_change(before, after, self._state(order.instrument, order))

    def _state(self, instrument: Instrument, without: Order | None) -> GateState:
        """The account as it stands, `without` one of its orders; the market of one instrument."""
        view, prices = self._manager.view, self._prices
        quote, trade = prices.quote(instrument), prices.trade(instrument)
        return GateState(
            now_ns=self._now_ns(),
            steady_ns=round(get_running_loop().time() * 1e9),
            positions=tuple((each.instrument, each.qty) for each in view.positions()),
            working=working_views(view.orders(), view.holdings(), without=without),
            market=MarketView(
                None if quote is None else quote.bid,
                None if quote is None else quote.ask,
                None if trade is None else trade.price,
            ),
        )

    # --- what happens -----------------------------------------------------------------------------

    def _follow_later(self, instrument: Instrument) -> None:
        """Follow an instrument's price from now on; where that fails, an incident says so."""
        for subscribing in self._follow(instrument):
            subscribing.add_done_callback(partial(self._subscribed, instrument))

    def _follow(self, instrument: Instrument) -> "list[Future[Subscription]]":
        if instrument.symbol in self._followed:
            return []
        self._followed.add(instrument.symbol)
        offers = self._market.offers.channels
        channels = [each for each in (Channel.QUOTES, Channel.TRADES) if each in offers]
        return [self._market.subscribe(instrument, each, self._on_price) for each in channels]

    def _subscribed(self, instrument: Instrument, done: "Future[Subscription]") -> None:
        error = CancelledError() if done.cancelled() else done.exception()
        if error is not None:
            text = f"the risk gate is not told the prices of {instrument.symbol}: {error}"
            self._manager.incident("risk_blind", text)

    def _on_event(self, event: BrokerEvent) -> None:
        if isinstance(event, AccountState):
            self._gate.note_account(event)
        elif isinstance(event, ExecutionReport):
            if not self._told(event):
                return
            if event.exec_type is ExecType.TRADE_CANCEL and self._manager.view.positions():
                self._flattened = ""  # what was closed is held again
        self._watch()

    def _told(self, report: ExecutionReport) -> bool:
        """Whether a report is of a fill, or of one taken back, that was not told before."""
        back = report.exec_type is ExecType.TRADE_CANCEL
        fill = execution_of(report) if back else fill_of(report)
        if (
            fill is None
            or fill.exec_id in self._voids
            or (not back and fill.exec_id in self._fills)
        ):
            return False
        if not back:
            self._gate.note_fill(fill)
        elif fill.exec_id in self._fills:  # else it counts nothing when it comes
            self._gate.note_void(fill)
        told = self._voids if back else self._fills
        told[fill.exec_id] = None
        if len(told) > _FILLS_MOST:
            told.popitem(last=False)
        return True

    def _on_price(self, event: MarketEvent) -> None:
        self._prices.see(event)
        price: Decimal | None = None
        held = self._manager.view.held(event.instrument)
        if isinstance(event, Trade):
            price = event.price
        elif isinstance(event, Quote) and self._prices.trade(event.instrument) is None:
            price = event.bid if held > 0 else event.ask  # where it would be closed
        if held and price is not None:
            self._gate.note_mark(event.instrument, price, self._now_ns())
            self._watch()
        elif get_running_loop().time() - self._looked_s >= _LOOK_S:
            self._watch()

    def _switched(self, killed: str | None) -> None:
        """The manager's kill switch was pulled (and flattens by itself), or released."""
        if killed is None:
            self._gate.release()
        else:
            self._gate.kill(killed)
        self._flattened = self._gate.tripped or ""

    def _watch(self) -> None:
        self._looked_s = get_running_loop().time()
        reason = self._gate.tripped or ""
        if not reason and self._gate.due_flat(self._now_ns()):
            reason = "the time of day by which everything is to be flat"
        if reason and not self._flattened:
            self._manager.incident("risk_flatten", reason)
            self._manager.flatten_all(reason)
        self._flattened = reason
