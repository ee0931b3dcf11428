"""The order manager: the one place through which a trader's orders go, on every broker.

It owns the order table, the brackets and the positions it was told of. Events come in through
`on_event`, cores decide, the courier sends. Nothing here waits: whoever wants to wait holds a
handle.
"""

from collections.abc import Callable
from functools import partial
from random import Random

from ..broker import Broker, BrokerEvent, StreamState
from ..errors import RunEnded, UsageError
from ..instrument import Instrument
from ..order import ExecutionReport, OrderRequest, OrderSpec, Trail
from ..price import PriceLike
from ..words import TimeInForce, TradingStatus
from .admission import Admission
from .agreement import Wish
from .brackets.bracket import Bracket
from .brackets.plan import (
    NO_RULES,
    Level,
    Plan,
    Rules,
    Targets,
    check_levels,
    entry_prices,
    entry_type_fits,
    share_out,
)
from .drafts import change_refusal, changed, draft
from .exits.cancel_all import CancelAll, epoch
from .exits.falling_back import FallingBack
from .exits.flatten import Flatten
from .exits.flatten_all import FlattenAll
from .exits.flatten_core import FlattenResult
from .exits.flattens import Flattens
from .exits.orphans import Orphans
from .exits.winding_down import finish
from .groups.groups import Door, Groups
from .guards.position_orders import PositionOrders
from .handle import CancelResult, Order
from .incident import Incident as Incident
from .intake import Intake
from .observing import Observer
from .owners import Owners
from .recovery.watch import Watch
from .risk.switch import KillSwitch
from .sending.outbox import Listener, Outbox
from .settings import OrderSettings
from .view import View


class OrderManager:
    """Places, changes, cancels and guards orders on one account.

    `now_ns` is the wall clock, for stamps only; every wait uses the running loop's own clock.
    `prefix` goes before every client tag, so that tags stay unique in an account that outlives this
    process. `random` spreads the pauses before what never left is sent again. `view` says what is;
    `oco`, `oto` and `link` make groups of orders that depend on each other: see `groups`.
    """

    def __init__(
        self,
        broker: Broker,
        listener: Listener,
        *,
        now_ns: Callable[[], int],
        settings: OrderSettings | None = None,
        prefix: str = "",
        random: Random | None = None,
    ) -> None:
        if "." in prefix or "#" in prefix:
            raise UsageError(f"prefix {prefix!r} has a '.' or '#' in it; these divide a client tag")
        self.broker = broker
        self.settings = settings or OrderSettings()
        self.admit: Callable[[OrderRequest], None] = lambda request: None  # a risk gate's
        self.admit_change: Callable[[Order, Wish], None] = lambda order, wish: None
        self._prefix = prefix
        self._intents = 0
        self._intake = Intake(listener, self._settle, self._moved)
        self._outbox = self._intake.outbox = Outbox(
            broker, listener, now_ns, self.settings, self._intake, random or Random(prefix)
        )
        failed = self._outbox.supervision.failed
        self._owners = Owners(self.settings, failed)
        falling_back = FallingBack(self._owners, self._outbox, self.settings)
        self._outbox.supervision.fall_back = falling_back.begin
        self._outbox.supervision.go_on = self._intake.go_on
        self._watch = Watch(broker, self._outbox, self._intake, self.settings, now_ns)
        self.view = View(self._owners, self._outbox)
        self._flattens = Flattens(
            self.view, self._owners, self._outbox, self.settings, self._next_intent
        )
        self.switch = KillSwitch()
        self._killing: FlattenAll | None = None
        self._admission = Admission(
            self.view, self._flattens, self._watch, self._outbox, self.switch
        )
        self._orphans = Orphans(self.view, self._owners, self._outbox, self.settings)
        self._positions = positions = PositionOrders(
            self.view,
            self._owners,
            self._outbox,
            self.settings,
            broker.offers.tifs,
            self._next_intent,
            lambda instrument: self._flattens.under_way(instrument) is not None,
        )
        self.protect, self.unprotect = positions.protect, positions.unprotect
        self.close_position = positions.close_position
        door = Door(
            self._next_intent, self._admission.check, lambda r: self.admit(r), self._watch.ask
        )
        groups = Groups(self._owners, self._outbox, self.view, broker, self.settings, door)
        self.groups = groups
        self.oco, self.oto, self.link = groups.oco, groups.oto, groups.link
        broker.listen(self.on_event)

    # --- orders ---------------------------------------------------------------------------------

    def place(
        self, instrument: Instrument, spec: OrderSpec, *, market: PriceLike | None = None
    ) -> Order:
        """Send an order; wait on the handle for what becomes of it. `market`: the price that a
        trail's level is measured from, where it is known.

        Raises `OffGrid` or `UsageError` (nothing is sent) for prices that are not on the grid, and
        `RefusedByUs` while the instrument is being flattened, after the end, or where the broker
        offers no such order.
        """
        self._admission.check(instrument, spec)
        request = draft(f"{self._next_intent()}#1", instrument, spec, self.broker.offers, market)
        self.admit(request)
        return self._outbox.send(request)

    def modify(
        self,
        order: Order,
        *,
        qty: int | None = None,
        limit: PriceLike | None = None,
        stop: PriceLike | None = None,
        trail: Trail | None = None,
        market: PriceLike | None = None,
    ) -> None:
        """Change a working order; what is left out stays. `qty` is the new total, fills included;
        `market` as in `place`.

        Of several changes under way the latest wins. A bracket's stop or target can be moved; its
        size follows what is held. Raises `UsageError` for a change that the order has no room for,
        and `RefusedByUs` for an order that is over or being cancelled.
        """
        self._admission.check_change(order)
        wish = changed(order, qty=qty, limit=limit, stop=stop, trail=trail, market=market)
        owner = self._owners.of(order)
        if qty is not None and owner is not None and owner.sizes(order):
            raise UsageError(
                f"the size of {order.describe()} follows what {owner!r} holds; change its price"
            )
        self.admit_change(order, wish)
        order.core.refusal = ""
        if owner is None or not owner.move(order, wish):
            order.core.want(wish)
        self._outbox.advance(order)

    async def modify_and_wait(
        self,
        order: Order,
        *,
        qty: int | None = None,
        limit: PriceLike | None = None,
        stop: PriceLike | None = None,
        trail: Trail | None = None,
        market: PriceLike | None = None,
    ) -> None:
        """As `modify`, and wait until the broker agreed, the order is over, or a later change took
        this one's place. Raises `Refused` when the broker said no; the order is as it was then."""
        self.modify(order, qty=qty, limit=limit, stop=stop, trail=trail, market=market)
        core, wish = order.core, order.core.wish
        refusals = core.refusals
        await order.changed.until(
            lambda: core.terminal or core.change_refused or core.agreed or core.wish != wish
        )
        if core.change_refused and core.refusals > refusals:
            raise change_refusal(order)

    async def cancel(self, order: Order) -> CancelResult:
        """Take an order away and tell the truth about it: what was filled, and whether it is gone.

        A cancel given up by its caller goes on; an order not yet sent or answered is cancelled as
        soon as its id is known. One that was given up as stuck is tried anew.
        """
        self.start_cancel(order)
        return await self.cancel_result(order)

    def start_cancel(self, order: Order) -> None:
        """As `cancel`, without a wait for the outcome."""
        if not order.working:
            return
        self._admission.check_open()
        owner = self._owners.of(order)
        if owner is not None:
            owner.drop(order)
        self._outbox.cancel(order)

    async def cancel_result(self, order: Order) -> CancelResult:
        """Wait for the outcome of a cancel that was started."""
        await order.changed.until(lambda: not order.working or order.core.stuck)
        return CancelResult.of(order)

    def cancel_all(
        self, instrument: Instrument | None = None, *, keep_protection: bool = False
    ) -> CancelAll:
        """Take away every order that was sent so far, of one instrument or of all; `finished()` of
        what is returned waits for the result of each. One that is not answered yet is cancelled
        when it is. What is sent later stays: protection of an entry that is filled meanwhile.

        A stop is an order like any other here, unless `keep_protection`; closing orders at market
        go on.
        """
        self._admission.check_open()
        orders = self.view.orders() if instrument is None else self.view.orders_of(instrument)
        return CancelAll(epoch(orders, keep_protection=keep_protection), self.start_cancel)

    def bracket(
        self,
        instrument: Instrument,
        spec: OrderSpec,
        *,
        stop: Level,
        target: Targets,
        market: PriceLike | None = None,
        rules: Rules = NO_RULES,
    ) -> Bracket:
        """Send an entry that is protected as it fills. `market` is what a market entry's levels are
        checked against, where it is known. Rules on the stop need `Bracket.on_price` to be told.

        Raises `UsageError` for levels on the wrong side of the entry or of each other after
        alignment, and for entry types that cannot be protected; nothing is sent then. Else as
        `place`.
        """
        self._admission.check(instrument, spec)
        if not entry_type_fits(spec.ord_type):
            raise UsageError(
                f"a bracket's entry is a market, limit or stop order, not {spec.ord_type.name}"
            )
        offers = self.broker.offers
        intent = self._next_intent()
        request = draft(f"{intent}.entry#1", instrument, spec, offers)
        targets = share_out(target, spec.qty)
        plan = Plan(instrument, spec.side, spec.qty, stop, targets, rules)
        check_levels(plan, entry_prices(request, market))
        self.admit(request)
        # Protection outlives the day: a day order would leave the position bare at the close.
        tif = TimeInForce.GTC if TimeInForce.GTC in offers.tifs else TimeInForce.DAY
        bracket = Bracket(intent, plan, tif, self._outbox.on_behalf(intent), self.settings)
        self._owners.add(bracket)
        bracket.begin(request)
        return bracket

    async def flatten(self, instrument: Instrument, reason: str = "") -> FlattenResult:
        """Cancel everything that works in an instrument and close what is held; however many call,
        it is done once. Entries are refused meanwhile. Brackets are released: nothing guards what a
        flatten that fails leaves behind, and an incident says so."""
        return await self.start_flatten(instrument, reason).finished()

    def start_flatten(self, instrument: Instrument, reason: str) -> Flatten:
        """As `flatten`, without a wait for the outcome."""
        flatten = self._flattens.under_way(instrument)
        if flatten is None:
            self._admission.check_open()
            flatten = self._flattens.begin(instrument, reason)
        return flatten

    def flatten_all(self, reason: str = "", *, include_foreign: bool = False) -> FlattenAll:
        """Flatten every instrument in which something works or is held; `finished()` of what is
        returned waits for one result each. Orders of others on the account are left alone unless
        `include_foreign` says so."""
        self._admission.check_open()
        flattens = FlattenAll(self.view.instruments, lambda each: self.start_flatten(each, reason))
        if include_foreign:
            flattens.with_foreign(partial(self._flattens.foreign, self.broker))
        return flattens

    def kill(self, reason: str) -> FlattenAll:
        """Flatten everything, and refuse all that opens until `release`."""
        self.switch.pull(reason)
        self._killing = self.flatten_all(f"kill switch: {reason}")
        return self._killing

    def release(self) -> None:
        """End `kill`."""
        self._killing = None
        self.switch.release()

    # --- what happens -----------------------------------------------------------------------------

    def on_event(self, event: BrokerEvent) -> None:
        """Take an event of the broker's in. Account and position events say nothing that is not in
        reports and looks."""
        try:
            if isinstance(event, ExecutionReport):
                self._intake.report(event)
            elif isinstance(event, StreamState):
                self._watch.on_stream(event)
        except Exception as error:  # noqa: BLE001  isolated here (DESIGN 3); the next look mends it
            self._outbox.supervision.failed(error, f"an event {type(event).__name__}", "")

    def on_status(self, instrument: Instrument, status: TradingStatus) -> None:
        """The market moved to another state; what waited for one that takes orders goes on."""
        self._flattens.on_status(instrument, status)
        if self._outbox.closed or status not in (TradingStatus.PRE_OPEN, TradingStatus.OPEN):
            return
        for owner in self._owners.trading(instrument):
            self._owners.wake(owner)
        for order in self.view.orders_of(instrument):
            self._outbox.hurry(order)
        self._flattens.wake(instrument)

    def last_call(self) -> None:
        """The market has ended for us. What cannot be done within the tries of the settings is
        given up and said; nothing waits for the market's next state any more."""
        self._outbox.last_call = True

    def end_waits(self) -> None:
        """What is waited for now of orders and brackets will never be: each such wait raises
        `RunEnded`. A flatten ends by itself, or when the manager closes, with what is left."""
        text = "the run ended while this was waited for"
        for waits in (
            *(order.changed for order in self._outbox.orders.working()),
            *(owner.changed for owner in self._owners.all()),
        ):
            waits.end(RunEnded(text))

    async def wind_down(self, within_s: float | None = None) -> list[Incident]:
        """Take no entries any more, finish what is under way, protect what is held, then `close`;
        returns what was left to do after `within_s` seconds, as incidents."""
        self._admission.winding_down = True
        within_s = self.settings.close_within_s if within_s is None else within_s
        await finish(self._outbox, self._owners, self._flattens, within_s)
        before = list(self.view.incidents)
        self.close()
        return [incident for incident in self.view.incidents if incident not in before]

    def close(self) -> None:
        """Stop for good: nothing more is sent and no timer is left. What works at the broker stays
        there; an incident says what was still to be done."""
        if self._outbox.closed:
            return
        self._flattens.give_up()
        for order in self._outbox.orders.working():
            if order.core.unfinished:
                text = f"closed while {order!r} was still to be settled"
                self._outbox.incident("left_undone", text, order.cl_ord_id)
        for owner in self._owners.bare():
            text = f"closed while {owner!r} was not covered by a stop"
            self._outbox.incident("left_bare", text, owner.intent)
        self._outbox.close()

    def incident(self, kind: str, text: str, about: str = "") -> None:
        """Keep an incident and tell of it; `about` is a client tag or an intent."""
        self._outbox.incident(kind, text, about)

    def observe(self, observer: Observer) -> None:
        """Tell an observer everything from now on; see `observing.Observer`."""
        self._outbox.observers.add(observer)

    # --- how --------------------------------------------------------------------------------------

    def _next_intent(self) -> str:
        self._intents += 1
        return f"{self._prefix}{self._intents}"

    def _moved(self, instrument: Instrument) -> None:
        """Somebody else's fill moved a position, or what is ours is settled."""
        self._positions.settle(instrument)
        self._flattens.settle(instrument)
        self._orphans.settle(instrument)
        if self._killing is not None:
            self._killing.keep_flat(instrument, self.view.held(instrument))

    def _settle(self, order: Order) -> None:
        """Compare what should be with what is, for all that depends on an order, and send."""
        if self._outbox.closed:
            return
        owner = self._owners.of(order)
        if owner is not None:
            self._owners.settle(owner)
        elif not order.core.is_entry:
            self._orphans.suspect(order)
        if order.core.flight is None:
            self._outbox.advance(order)
        self._moved(order.instrument)
