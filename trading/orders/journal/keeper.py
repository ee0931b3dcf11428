"""Writes the journal: each thing when it happens, an intent before it is sent.

What reduces risk never waits for the journal. While it cannot be written one incident says so,
entries are refused, and what was to be written is kept here and tried again.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from ...errors import JournalError, RefusedByUs
from ...order import Execution, ExecutionReport, OrderRequest, OrderState, PositionState
from ..commands import CANCEL, Command, Do
from ..events import OrderEvent
from ..exits.closing import Kept
from ..handle import Order
from ..happened import Happened
from ..incident import Incident
from ..observing import Observer
from ..owners import Owners
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from .codec import pack
from .port import Journal, Loaded
from .records import (
    EVENTS,
    INCIDENTS,
    OWNERS,
    STANDING,
    STATE,
    STRANGERS,
    Entry,
    EventKept,
    Gone,
    Lost,
    Lots,
    NewEntry,
    OrderStood,
    OwnerKept,
    Standing,
    StateKept,
)
from .waiting import Waiting

_AT_ONCE = 100  # finished orders of which each becomes one record, and that leave together
_RECORDS_MOST = 50  # of one order, before they become one
_EVENTS_IN_A_PART = 1_000  # events that are forgotten together
_OVER = (STANDING, STRANGERS)  # what a new standing takes the place of


class Keeper(Observer):
    """The one who writes. `failing`: the journal could not be written and is not whole yet.

    `counted()`: how many intents there were, and the broker's newest time.
    """

    def __init__(
        self,
        journal: Journal,
        outbox: Outbox,
        owners: Owners,
        settings: OrderSettings,
        counted: Callable[[], tuple[int, int]],
    ) -> None:
        self.failing = False
        self._journal = journal
        self._outbox = outbox
        self._owners = owners
        self._settings = settings
        self._counted = counted
        self._writes: Journal | Waiting = journal  # while failing: who keeps it until it can be
        self._intended: dict[str, None] = {}  # tags whose requests are kept already
        self._resent = ""  # the tag that reached nobody, in whose place the next one goes
        self._records: dict[str, int] = {}  # how many are kept of each order that is not over
        self._over: list[Order] = []  # the newest of those that are; the others as they leave, …
        self._leaving: deque[tuple[float, list[str]]] = deque()  # … by the time when they were over
        self._incidents: deque[int] = deque()
        self._part, self._part_ends = "", 0  # what the newest event is about, and until which

    # --- before something is sent -----------------------------------------------------------------

    def first(self, requests: Sequence[OrderRequest], owner: Kept | None = None) -> None:
        """Keep orders that open something, and what answers for them, before they are sent. Raises
        `RefusedByUs` where that cannot be done: they are not to be sent then."""
        entries: list[Entry] = [] if owner is None else [_owner_entry(owner)]
        entries += [(request.cl_ord_id, request) for request in requests]
        if not self.failing:
            try:
                self._journal.append(entries)
            except JournalError as error:
                self._fails(error)
        if self.failing:
            raise RefusedByUs("the journal cannot be written; no entries until it can")
        for request in requests:
            self._intended[request.cl_ord_id] = None
            self._records[request.cl_ord_id] = 1

    def keep(self, owner: Kept) -> None:
        """Keep what an owner is for, in place of what it was."""
        entry = _owner_entry(owner)
        self._write([entry], drop=[entry[0]])

    def left(self, owner: Kept) -> None:
        """An owner is finished: forget it."""
        self._write([], drop=[_owner_key(owner.intent)])

    def state(self, body: bytes) -> None:
        """Keep the strategy's state in place of what it was."""
        self._write([(STATE, StateKept(body))], drop=[STATE])

    def event(self, event: Happened | OrderEvent) -> None:
        """Keep the next event of the manager's stream; the oldest leave when there are many."""
        if event.n >= self._part_ends:
            old = self._next_part(event.n)
            self._write([(self._part, event)], old)
            return
        try:  # as `_write`, for what comes most often
            self._writes.keep(self._part, event)
        except JournalError as error:
            self._fails(error, [(self._part, event)])

    # --- what happens (`Observer`) ----------------------------------------------------------------

    def on_intent(self, order: Order) -> None:
        old, self._resent = self._resent, ""
        if self._intended.pop(order.cl_ord_id, self) is self:
            self._write([(order.cl_ord_id, order.request)], drop=[old] if old else [])
            self._records[order.cl_ord_id] = 1
            self._records.pop(old, None)
            if self.failing and order.core.is_entry and old:
                # An entry does not go out again while nobody writes it down: it ends here.
                order.core.want_gone()
                self._outbox.advance(order)

    def on_adopted(self, order: Order) -> None:
        self._write([(order.cl_ord_id, stood(order))])
        self._records[order.cl_ord_id] = 1

    def on_resent(self, order: Order, tag: str) -> None:
        self._resent = tag

    def on_command(self, order: Order, command: Command) -> None:
        if command.do is CANCEL:
            self._of(order, Gone())

    def on_answer(self, order: Order, do: Do, error: BaseException | None, took_s: float) -> None:
        if order.core.terminal and not order.ended:
            self._of(order, Lost() if order.core.lost else stood(order).state())

    def on_unsent(self, order: Order) -> None:
        self._of(order, stood(order).state())

    def _of(
        self,
        order: Order,
        report: ExecutionReport | OrderState | Gone | Lost,
        fill: Execution | None = None,
    ) -> None:
        """Keep something that became of an order; many records of it become one. A report has its
        fill in it."""
        core = order.core
        tag, over = core.request.cl_ord_id, core.venue_status.terminal
        count = self._records.get(tag, 0) + 1
        if count <= _RECORDS_MOST:
            try:  # as `_write`, for what comes most often
                self._writes.keep(tag, report)
            except JournalError as error:
                self._fails(error, [(tag, report)])
        else:
            count = 1
            self._write([(tag, stood(order)), self._standing()], drop=[tag, *_OVER])
        if not over:
            self._records[tag] = count
        elif self._records.pop(tag, None) is not None:
            self._over.append(order)
            if len(self._over) >= _AT_ONCE:
                self._gather()

    on_report = _of

    def on_void(
        self, order: Order, report: ExecutionReport, fill: Execution, counted: bool
    ) -> None:
        self._of(order, report)

    def on_strange_fill(self, fill: Execution) -> None:
        self._write([(STRANGERS, fill)])

    def on_strange_void(self, fill: Execution) -> None:
        self._write([(STRANGERS, structs.replace(fill, voided=True))])

    def on_taken_over(self, told: PositionState) -> None:
        self._write([(STRANGERS, told)])

    def on_incident(self, incident: Incident) -> None:
        if self.failing:
            return
        self._incidents.append(self._incidents[-1] + 1 if self._incidents else 1)
        many = len(self._incidents) > self._settings.held_most
        old = [f"{INCIDENTS}{self._incidents.popleft()}"] if many else []
        self._write([(f"{INCIDENTS}{self._incidents[-1]}", incident)], drop=old)

    # --- reading ----------------------------------------------------------------------------------

    def events(self, since: int) -> list[tuple[int, bytes]]:
        """The events kept, encoded, from the one after the `since`-th on, with their numbers."""
        found = [record for _, record in self._journal.load().entries]
        kept = [(record.n, record.body) for record in found if isinstance(record, EventKept)]
        return [(n, body) for n, body in kept if n > since]

    def resume(self, loaded: Loaded, orders: Mapping[str, Order]) -> None:
        """Go on with what another life kept; `orders` as they came out of it."""
        for about, _ in loaded.entries:
            if about.startswith(INCIDENTS):
                self._incidents.append(int(about.removeprefix(INCIDENTS)))
            elif about in orders and not orders[about].core.terminal:
                self._records[about] = self._records.get(about, 0) + 1
        over = [tag for tag, order in orders.items() if order.core.terminal]
        for n in range(0, len(over), _AT_ONCE):
            self._leaving.append((self._outbox.now_s(), over[n : n + _AT_ONCE]))

    # --- how --------------------------------------------------------------------------------------

    def _next_part(self, n: int) -> Sequence[str]:
        """Events go into another part from the `n`-th on; the part that leaves, if one does."""
        part, place = divmod(n, _EVENTS_IN_A_PART)
        self._part, self._part_ends = f"{EVENTS}{part}", n - place + _EVENTS_IN_A_PART
        most = self._settings.events_most // _EVENTS_IN_A_PART
        return [f"{EVENTS}{part - most - 1}"] if place == 0 and part > most else []

    def _gather(self) -> None:
        """Of many orders that are over, each becomes one record: what it was made of is not needed
        any more once a standing holds its fills."""
        over, self._over = self._over, []
        tags = [each.core.request.cl_ord_id for each in over]
        self._leaving.append((self._outbox.now_s(), tags))
        gone = dict.fromkeys(self._leave())
        kept: list[NewEntry] = [
            (tag, stood(each))
            for tag, each in zip(tags, over, strict=True)
            if tag not in gone and _all_is_known(each)
        ]
        self._write([*kept, self._standing()], drop=[*gone, *[tag for tag, _ in kept], *_OVER])

    def _leave(self) -> list[str]:
        """The oldest finished orders, which leave as they leave the manager's table, but not before
        what answers for them."""
        now_s, settings, gone = self._outbox.now_s(), self._settings, list[str]()
        many = sum([len(tags) for _, tags in self._leaving]) - settings.finished_most
        for _ in range(len(self._leaving)):
            since_s, oldest = self._leaving[0]
            if many <= 0 and now_s - since_s <= settings.finished_s:
                break
            self._leaving.popleft()
            needed = [tag for tag in oldest if self._needed(tag)]
            if needed:
                self._leaving.append((now_s, needed))
            gone += [tag for tag in oldest if tag not in needed]
            many -= len(oldest) - len(needed)
        return gone

    def _needed(self, tag: str) -> bool:
        """Whether something answers for an order that was over, or it works again."""
        return tag in self._records or self._owners.answering(tag) is not None

    def _standing(self) -> Entry:
        """Where everything stands now: older fills need not be kept for it any more."""
        intents, last_ns = self._counted()
        ledger = self._outbox.ledger
        standing = Standing(
            intents=intents,
            last_ns=last_ns,
            lots=tuple(Lots(symbol, lots) for symbol, lots in ledger.lots()),
            booked=ledger.newest(self._settings.held_most),
            voided=ledger.newest_voided(self._settings.held_most),
        )
        return STANDING, standing

    def _write(self, entries: Sequence[NewEntry], drop: Sequence[str] = ()) -> None:
        try:
            if drop:
                self._writes.compact(drop, entries)
            else:
                self._writes.append(entries)
        except JournalError as error:
            self._fails(error, entries, drop)

    def _fails(
        self, error: JournalError, entries: Sequence[NewEntry] = (), drop: Sequence[str] = ()
    ) -> None:
        """These could not be written; they and what comes from now on wait until they can."""
        self.failing = True
        self._writes = waiting = Waiting()
        text = f"{error}; entries are refused until it can, what reduces risk goes out"
        self._outbox.incident("journal_failed", text)
        self._try_later(waiting)
        waiting.compact(drop, entries)

    def _try_later(self, waiting: Waiting) -> None:
        self._outbox.later(self._settings.journal_retry_s, lambda: self._retry(waiting))

    def _retry(self, waiting: Waiting) -> None:
        try:
            self._journal.compact(list(waiting.drop), waiting.entries)
        except JournalError:
            self._try_later(waiting)
        else:
            self.failing, self._writes = False, self._journal


def _all_is_known(order: Order) -> bool:
    """Whether an order that was over is so, and nothing of it is still to be told."""
    core = order.core
    return core.venue_status.terminal and not core.lost and core.told.qty >= core.cum_qty


def _owner_key(intent: str) -> str:
    return f"{OWNERS}{intent}"


def _owner_entry(owner: Kept) -> Entry:
    return _owner_key(owner.intent), OwnerKept(kind=owner.kind, body=pack(owner.kept()))


def stood(order: Order) -> OrderStood:
    """All that is known of an order now."""
    core = order.core
    return OrderStood(
        core.request,
        core.order_id,
        core.venue_status,
        core.accepted,
        core.agreement.now,
        core.wish,
        core.cum_qty,
        core.avg_px,
        core.time_ns,
        core.reason,
        core.text,
        core.adopted,
        core.entered_ns,
        tuple(order.executions or ()),
        order.covered,
        core.told.voided,
        core.voided_ns,
    )
