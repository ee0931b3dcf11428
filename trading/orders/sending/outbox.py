"""Everything that leaves the manager: orders to the broker, incidents to the listener, timers.

Owners and flattens know the manager as this (`exits.closing.Sender`).
"""

from collections import deque
from collections.abc import Callable
from math import inf
from random import Random
from typing import Protocol

from ...broker import Broker
from ...instrument import Instrument
from ...order import Execution, ExecutionReport, OrderRequest, OrderState
from .. import tags
from ..adopting import adopted
from ..commands import Do
from ..exits.closing import Kept
from ..handle import Order
from ..incident import Incident as Incident
from ..observing import Observers
from ..order_core import OrderCore
from ..positions import Ledger, Position
from ..recovery.differences import Differences
from ..registry import Registry
from ..settings import OrderSettings
from ..supervision import Supervision
from .backoff import doubled
from .blocked import Blocked
from .courier import Courier, Sorter
from .on_behalf import OnBehalf
from .path import Path
from .retries import unsent_pause_s
from .timers import Timers


class Listener(Protocol):
    """Who is told what happens, after the manager has acted on it."""

    def on_report(self, order: Order, report: ExecutionReport) -> None: ...
    def on_fill(self, order: Order, fill: Execution) -> None: ...
    def on_position(self, position: Position) -> None: ...
    def on_incident(self, incident: Incident) -> None: ...


class Outbox:
    """Sends, and keeps the order table and the ledger in step with what becomes of it.

    `sorter` hears of every answer of the broker's, `observers` of all that happens. `sends` is
    called before an order goes, `keeps` with what a journal is to keep. `look_around` asks what
    works and what was filled; once that is answered, or nobody answered, it calls back and lets an
    order's owner act. `ask_first` asks the same where something may not have been told, says
    whether it does, and calls back, after `told_within_s` at the latest. `ask_fills` asks what was
    filled and nothing else; what the answer shows is taken in by itself. `rounds`: how many of such
    questions have left; `told`: whether all that was filled before, when so many had,
    is known. `catch_up` takes in what was answered so far. `flattening` says whether an instrument
    is being flattened, `asking` whether that asks the broker what is held, `let_go` whether that
    closes by now, and the owners were let go. `lacking`: other hands traded more there than was
    told. `stop_noted` hears of every change of a stop. `asked` is told how a question ended that
    somebody else asked.
    """

    sends: Callable[[], None]
    keeps: Callable[[Kept], None]
    look_around: Callable[[Order, Callable[[], None]], None]
    ask_first: Callable[[Callable[[], None]], bool]
    ask_fills: Callable[[], None]
    rounds: Callable[[], int]
    told: Callable[[int], bool]
    catch_up: Callable[[], None]
    flattening: Callable[[Instrument], bool]
    asking: Callable[[Instrument], bool]
    lacking: Callable[[Instrument], bool]
    let_go: Callable[[Instrument], bool]
    stop_noted: Callable[[Order], None]

    def __init__(
        self,
        broker: Broker,
        listener: Listener,
        now_ns: Callable[[], int],
        settings: OrderSettings,
        sorter: Sorter,
        random: Random,
    ) -> None:
        self.orders = Registry(settings)
        self.supervision = Supervision(self.incident, self.orders, settings)
        failed = self.supervision.failed
        self.observers = Observers(self.supervision.told)
        self.ledger = Ledger(settings.executions_most)
        self.incidents: deque[Incident] = deque(maxlen=settings.incidents_most)
        self.incident_count = 0  # those included that are kept no more
        self.differences = Differences(now_ns, self.incident, settings.incidents_most)
        self.last_call = False
        self.closed = False
        self.in_place = broker.offers.modify_in_place
        self.stop_noted = lambda order: None
        self._listener = listener
        self._now_ns = now_ns
        self.settings = settings
        self._timers = Timers(failed)
        self.now_s = self._timers.now_s
        self.path = Path(settings, random, self.incident)
        self._blocked = blocked = Blocked(self._timers, settings)
        self._courier = Courier(
            broker,
            self._timers,
            blocked,
            self.path,
            settings,
            sorter,
            self.observers,
            failed,
            now_ns,
        )
        self.advance, self.hurry = self._courier.advance, self._courier.hurry
        self.asked = self._courier.asked

    def send(self, request: OrderRequest) -> Order:
        """Enter an order in the table and send it."""
        self.sweep()
        order = Order(OrderCore(request, self.settings))
        self.orders.add(order)
        self.sends()
        self.observers.on_intent(order)
        self._courier.advance(order)
        return order

    def adopt(self, tag: str, state: OrderState) -> Order:
        """Enter an order that the broker made for us, under a tag that is known here alone."""
        order = Order(adopted(tag, state, self.settings))
        self.orders.add(order)
        self.observers.on_adopted(order)
        return order

    def cancel(self, order: Order) -> None:
        """Have an order cancelled; one that was given up as stuck is tried anew."""
        if order.core.stuck:
            order.core.renew()
        order.core.want_gone()
        self.hurry(order)

    def noted(self, order: Order) -> None:
        """An order's core changed: the table and the ledger follow, and who waits is woken."""
        self.ledger.note(order)
        core = order.core
        if core.venue_status.terminal:
            self.orders.finish(order, self.now_s())
            self._courier.over(order)
        else:
            if self.orders.sweep_s != inf:
                self.sweep()
            if core.tried is not None and core.stuck and not order.alarmed:
                order.alarmed = True
                text = f"{order.describe()} cannot be cancelled"
                self.incident("cancel_failed", text, order.cl_ord_id)
        if core.agreement.now.stop_px is not None:
            self.stop_noted(order)
        if order.awaited is not None:
            order.tell()

    def held(self, instrument: Instrument) -> int:
        """Contracts held in an instrument, signed, as far as we were told."""
        return self.ledger.position(instrument).qty

    def sweep(self) -> None:
        """Let go of what is over age in the table."""
        orders = self.orders
        if orders.sweep_s != inf and (now_s := self.now_s()) > orders.sweep_s:
            orders.sweep(now_s)

    def pause_s(self, order: Order, nth: int, *, not_now: bool) -> float:
        """The pause before a new attempt takes the place of one that failed, the `nth` in a row.
        `not_now`: the market's state was the reason."""
        settings, unsent = self.settings, order.core.unsent
        if unsent.count:
            return unsent_pause_s(settings, nth, unsent.retry_after_s, self.path.draw())
        most_s = settings.closed_retry_s if not_now else settings.retry_most_s
        return doubled(settings.retry_s, most_s, nth)

    def pause(self, order: Order, pause_s: float, call: Callable[[], None], about: str = "") -> int:
        """As `later`, before what takes the place of an order that failed. Where that reached
        nobody the pause ends when somebody is reached."""
        return self._blocked.later(pause_s, call, order, Do.PLACE, about)

    def later(
        self, delay_s: float, call: Callable[[], None], about: str = "", *, standing: bool = False
    ) -> int:
        return self._timers.later(delay_s, call, about, standing=standing)

    def never(self, timer: int | None) -> None:
        self._timers.cancel(timer)

    def on_behalf(self, intent: str) -> OnBehalf:
        """As this, for the owner of one intent."""
        return OnBehalf(self, intent)

    def keep(self, owner: Kept) -> None:
        """What an owner is for changed: the journal is to know."""
        self.keeps(owner)

    def incident(self, kind: str, text: str, about: str = "") -> None:
        """Keep an incident and tell of it. `about`: the client tag or the intent concerned."""
        tag = tags.parse(about)
        intent, named = (about, "") if tag is None else (tag.intent, about)
        incident = Incident(self._now_ns(), kind, text, intent, named)
        self.incidents.append(incident)
        self.incident_count += 1
        self.observers.on_incident(incident)
        try:
            self._listener.on_incident(incident)
        except Exception as error:  # noqa: BLE001  isolated here (DESIGN 3)
            self.supervision.told(error, "the listener's on_incident", about)

    def close(self) -> None:
        """Send nothing more and leave no timer."""
        self.closed = True
        self._courier.stop()
        self._timers.stop()
        self.observers.on_close()

    @property
    def timers(self) -> int:
        """How many timers run, those that repeat by themselves apart."""
        return len(self._timers)
