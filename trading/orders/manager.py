"""The order manager: the one place through which a trader's orders go, on every broker.

It holds together the order table, the owners of orders, and the positions it was told of. Events
come in through `on_event`, cores decide, the courier sends. Nothing here waits: whoever wants to
wait holds a handle.
"""

from collections.abc import Callable
from random import Random

from ..broker import Broker, BrokerEvent, StreamState
from ..errors import UsageError
from ..instrument import Instrument
from ..instruments import find
from ..order import ExecutionReport, OrderRequest, OrderSpec, OrderState, PositionState
from ..price import PriceLike
from ..words import TradingStatus
from .admission import Admission
from .agreement import Wish
from .attribution import Attribution
from .brackets.adoption import Adoption
from .brackets.brackets import Brackets
from .changing import Changing
from .door import Door
from .drafts import draft
from .exits.falling_back import FallingBack
from .exits.flattens import Flattens
from .exits.leaving import Leaving
from .exits.orphans import Orphans
from .exits.winding_down import close, end_waits, finish
from .figures.figures import Figures
from .figures.stream import EventStream, Reader
from .groups.groups import Groups
from .guards.position_orders import PositionOrders
from .handle import Order
from .incident import Incident as Incident
from .intake import Intake
from .journal.codec import Find
from .journal.port import Journal
from .observing import Observer
from .owners import Owners
from .recovery.asking import look_up
from .recovery.life import Life
from .recovery.told_positions import ToldPositions
from .recovery.watch import Watch
from .risk.locks import Locks
from .risk.switch import KillSwitch
from .sending.outbox import Listener, Outbox
from .settings import OrderSettings
from .settling import Settling
from .stops.prices import Prices
from .stops.traded_through import TradedThrough
from .view import View


class OrderManager:
    """Places, changes, cancels and guards orders on one account.

    `now_ns` is the wall clock, for stamps only; every wait uses the running loop's own clock.
    `prefix` goes before every client tag, so that tags stay unique in an account that outlives this
    process; a journal may bring one of its own. `random` spreads the pauses before what never left
    is sent again. `view` says what is.

    `journal` keeps what has to outlive the process: then `recover` before anything else. Without
    one nothing does, and the account's orders of before must have another prefix: a broker refuses
    a tag that was used. `find` gives the instrument of a symbol in the journal.

    What it does beside `place` stands in the rooms: `modify`, `cancel` (`changing`), `bracket`
    (`brackets/brackets`), `oco`, `oto`, `link` (`groups/groups`), `protect`, `unprotect`,
    `close_position` (`guards/position_orders`), `cancel_all`, `flatten`, `flatten_all`, `kill`,
    `release` (`exits/leaving`).
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
        journal: Journal | None = None,
        find: Find = find,
    ) -> None:
        if "." in prefix or "#" in prefix:
            raise UsageError(f"prefix {prefix!r} has a '.' or '#' in it; these divide a client tag")
        self.broker = broker
        self.settings = settings or OrderSettings()
        self.admit: Callable[[OrderRequest], None] = lambda request: None  # a risk gate's
        self.admit_change: Callable[[Order, Wish], None] = lambda order, wish: None
        settling = Settling()
        self._intake = Intake(listener, settling.settle, settling.moved)
        self._outbox = self._intake.outbox = Outbox(
            broker, listener, now_ns, self.settings, self._intake, random or Random(prefix)
        )
        failed = self._outbox.supervision.failed
        self._owners = Owners(self.settings, failed)
        self._locks = Locks()
        self._attribution = Attribution(self._owners, self._outbox, self._locks)
        falling_back = FallingBack(self._owners, self._outbox, self.settings)
        self._outbox.supervision.fall_back = falling_back.begin
        self._outbox.supervision.go_on = self._intake.go_on
        self._intake.adopt = adoption = Adoption(self._owners)
        self._intake.others.may_lack = adoption.lacks
        self._watch = Watch(broker, self._outbox, self._intake, self.settings, now_ns)
        self._told_positions = ToldPositions(self._outbox, self._watch)
        self.view = View(self._owners, self._outbox)
        sure = broker.offers.sure_stops
        self.stops = TradedThrough(self._owners, self._outbox, self.settings, sure=sure)
        self.prices = Prices(self.view, self._outbox, self.stops)
        self.on_price = self.prices.on_price
        self._life = Life(journal, prefix, find, self._outbox, self._intake, self._owners)
        self._flattens = Flattens(
            self.view,
            self._owners,
            self._outbox,
            self.settings,
            self._life,
            self._attribution.look,
        )
        self.switch = KillSwitch()
        self._admission = Admission(
            self.view,
            self._flattens,
            self._watch,
            self._outbox,
            self.switch,
            self._life,
            self._locks,
        )
        self.stream = EventStream(
            now_ns, self._outbox.observers, self._outbox.orders, self.settings
        )
        self.figures = Figures(broker, self._owners, self._outbox, self._watch, self.stream)
        self._open_doors()
        self._join(settling)
        self.keeps = journal is not None  # there was a life before, perhaps: `recover` first
        if self.keeps:
            self._life.tell_on(self.stream)
        self._life.join(self._watch, self._flattens, self._positions, self.kill, again=self.keeps)
        self.recover, self.state = self._life.recover, self._life.state
        broker.listen(self.on_event)

    def _open_doors(self) -> None:
        """The rooms that send orders, and their calls as the manager's own."""
        broker = self.broker
        self._positions = positions = PositionOrders(
            self.view,
            self._owners,
            self._outbox,
            self.settings,
            broker.offers.tifs,
            self._life.next_intent,
            lambda instrument: self._flattens.under_way(instrument) is not None,
        )
        self.protect, self.unprotect = positions.protect, positions.unprotect
        self.close_position = positions.close_position
        self._intake.voids.reopen = positions.reopen, self._flattens.held_again
        door = Door(self._life, self._admission.check, lambda r: self.admit(r), self._watch.ask)
        changing = Changing(
            self._owners, self._outbox, self._admission, lambda o, w: self.admit_change(o, w)
        )
        self.modify, self.modify_and_wait = changing.modify, changing.modify_and_wait
        self.cancel, self.start_cancel = changing.cancel, changing.start_cancel
        self.cancel_result = changing.cancel_result
        self._leaving = leaving = Leaving(
            broker,
            self._outbox,
            self.view,
            self._flattens,
            self._admission,
            self.switch,
            self._life,
            changing.start_cancel,
            self._locks,
        )
        self.flatten, self.start_flatten = leaving.flatten, leaving.start_flatten
        self.flatten_all, self.cancel_all = leaving.flatten_all, leaving.cancel_all
        self.kill, self.release = leaving.kill, leaving.release
        brackets = Brackets(self._owners, self._outbox, broker, self.settings, door)
        self.bracket = brackets.send
        groups = Groups(self._owners, self._outbox, self.view, broker, self.settings, door)
        self.groups = groups
        self.oco, self.oto, self.link = groups.oco, groups.oto, groups.link

    def _join(self, settling: Settling) -> None:
        """Whoever acts on what happens is known to who lets them."""
        settling.join(
            self._owners,
            self._outbox,
            self._watch,
            self._attribution,
            self.stops,
            Orphans(self.view, self._owners, self._outbox, self.settings),
            self._positions,
            self._flattens,
            self._leaving,
        )

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
        opens = self._admission.check(instrument, spec)
        intent = self._life.next_intent()
        request = draft(f"{intent}#1", instrument, spec, self.broker.offers, market)
        self.admit(request)
        self._life.begins([request], None, opens)
        return self._outbox.send(request)

    def events(self, since: int | None = None) -> Reader:
        """What becomes of orders from now on, as typed events (`orders/events.py`), for `async
        for`; each call is a reader of its own, and a slow one delays nobody. With `since`, the
        events after that number come first, those of earlier lives too: a journal keeps them, and
        what it has let go since is told as `Missed`."""
        return self.stream.open(since)

    async def look_up(self, key: str, instrument: Instrument) -> Order | OrderState | None:
        """An order by its client tag or the broker's id; the broker is asked where it is not known
        here. None: the broker answered that there is none such. Raises `OutcomeUnknown` where that
        was not answered: it may exist."""
        return await look_up(self.broker, self.view, self.settings, key, instrument)

    # --- what happens -----------------------------------------------------------------------------

    def on_event(self, event: BrokerEvent) -> None:
        """Take an event of the broker's in. Account events say nothing that is not in reports and
        looks, and position events nothing but that there is something to look at."""
        try:
            if isinstance(event, ExecutionReport):
                self._intake.report(event)
            elif isinstance(event, StreamState):
                self._watch.on_stream(event)
            elif isinstance(event, PositionState):
                self._told_positions.told(event)
        except Exception as error:  # noqa: BLE001  isolated here (DESIGN 3); the next look mends it
            self._outbox.supervision.failed(error, f"an event {type(event).__name__}", "")

    def on_status(self, instrument: Instrument, status: TradingStatus) -> None:
        """The market moved to another state; what waited for one that takes orders goes on. That it
        was halted is an incident where something is held: nothing protects that until it opens."""
        self._flattens.on_status(instrument, status)
        self.stops.on_status(instrument, status)
        held = self.view.position(instrument).qty
        if status is TradingStatus.HALT and held and not self._outbox.closed:
            text = f"{instrument.symbol} is halted with {held} held: no stop acts until it opens"
            self._outbox.incident("halted", text, "")
        if self._outbox.closed or status not in (TradingStatus.PRE_OPEN, TradingStatus.OPEN):
            return
        if not self._watch.resuming:  # else the restart asks first, and lets all go on after that
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
        end_waits(self._outbox, self._owners)
        self._life.end_waits()

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
        """Stop for good: nothing more is sent, no timer is left, and whoever waits for an order or
        a bracket gets `RunEnded`. What works at the broker stays there; an incident says what was
        still to be done."""
        if not self._outbox.closed:
            close(self._outbox, self._owners, self._flattens)
            self.stream.close()
            self._life.end()

    def incident(self, kind: str, text: str, about: str = "") -> None:
        """Keep an incident and tell of it; `about` is a client tag or an intent."""
        self._outbox.incident(kind, text, about)

    def observe(self, observer: Observer) -> None:
        """Tell an observer everything from now on; see `observing.Observer`."""
        self._outbox.observers.add(observer)
