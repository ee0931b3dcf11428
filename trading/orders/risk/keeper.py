"""Between the order manager and its risk gate: asks before an order, tells what happens, flattens.

The gate is a plain object; here is the wire around it. The manager asks `admit` and `admit_change`
before it sends what its trader wants. Protective and closing orders of the manager's own are never
asked about: they only reduce.
"""

from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal

from ...broker import AccountState, BrokerEvent
from ...events import MarketEvent, Quote, Trade
from ...instrument import Instrument
from ...market import Channel, Market
from ...order import ExecutionReport, OrderRequest
from ..agreement import Wish
from ..handle import Order
from ..manager import OrderManager
from ..positions import fill_of
from .exposure import GateState, MarketView, OrderView, working_views
from .gate import RiskGate

_SECOND_NS = 10**9
_FILLS_MOST = 10_000  # remembered, so that a fill told twice is told on once


class RiskKeeper:
    """Keeps one instrument's trading within a gate's limits.

    When the gate trips, or the time of day says flat, everything is cancelled and closed once, and
    an incident says why; the gate itself refuses what would open again.
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
        self._bid: Decimal | None = None
        self._ask: Decimal | None = None
        self._last: Decimal | None = None
        self._fills: OrderedDict[str, None] = OrderedDict()
        self._flattened = ""  # the reason for which everything was flattened already
        self._looked_ns = 0
        manager.admit = self._admit
        manager.admit_change = self._admit_change
        manager.broker.listen(self._on_event)

    async def open(self) -> None:
        """Ask for the account as it is, and follow the market's price."""
        offers = self._market.offers.channels
        for channel in (Channel.QUOTES, Channel.TRADES):
            if channel in offers:
                await self._market.subscribe(self._instrument, channel, self._on_price)
        broker, most_s = self._manager.broker, self._manager.settings.read_deadline_s
        self._gate.note_account(await broker.account(deadline_s=most_s))
        for position in await broker.positions(deadline_s=most_s):
            self._gate.note_position(position.instrument, position.qty)

    # --- before an order --------------------------------------------------------------------------

    def _admit(self, request: OrderRequest) -> None:
        view, state = OrderView.of(request), self._state(None)
        self._gate.check(view, state)
        self._gate.note_sent(view, state)

    def _admit_change(self, order: Order, wish: Wish) -> None:
        before, after = OrderView.working(order), OrderView.wished(order, wish)
        self._gate.check_change(before, after, self._state(order))

    def _state(self, without: Order | None) -> GateState:
        """The account as it stands, `without` one of its orders."""
        manager, instrument = self._manager, self._instrument
        brackets = manager.view.brackets_of(instrument)
        holdings = [(b.intent, b.plan.instrument, b.position) for b in brackets]
        return GateState(
            now_ns=self._now_ns(),
            positions=((instrument, manager.view.held(instrument)),),
            working=working_views(manager.view.orders_of(instrument), holdings, without=without),
            market=MarketView(self._bid, self._ask, self._last),
        )

    # --- what happens -----------------------------------------------------------------------------

    def _on_event(self, event: BrokerEvent) -> None:
        if isinstance(event, AccountState):
            self._gate.note_account(event)
        elif isinstance(event, ExecutionReport):
            fill = fill_of(event)
            if fill is None or fill.exec_id in self._fills:
                return
            self._fills[fill.exec_id] = None
            if len(self._fills) > _FILLS_MOST:
                self._fills.popitem(last=False)
            self._gate.note_fill(fill)
        self._watch()

    def _on_price(self, event: MarketEvent) -> None:
        price: Decimal | None = None
        if isinstance(event, Quote):
            self._bid, self._ask = event.bid, event.ask
            price = event.bid if self._last is None else None
        elif isinstance(event, Trade):
            price = self._last = event.price
        now_ns = self._now_ns()
        held = self._manager.view.held(self._instrument) != 0
        if held and price is not None:
            self._gate.note_mark(self._instrument, price, now_ns)
            self._watch()
        elif now_ns - self._looked_ns >= _SECOND_NS:
            self._watch()

    def _watch(self) -> None:
        now_ns = self._looked_ns = self._now_ns()
        reason = self._gate.tripped or ""
        if not reason and self._gate.due_flat(now_ns):
            reason = "the time of day by which everything is to be flat"
        if reason and not self._flattened:
            self._manager.incident("risk_flatten", reason)
            self._manager.start_flatten(self._instrument, reason)
        self._flattened = reason
