"""One paper account: its orders, its money, its exchange, and what its user is told of them.

Every account trades against the recorded market alone, on engines of its own: two accounts that
take opposite sides do not meet, and what one takes is still there for the other, as when many
practice accounts trade on one feed.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from ....matching.commands import SetStatus
from ....matching.engines import make_engine
from ....trading.broker import BrokerEvent
from ....trading.errors import UsageError
from ....trading.order import ExecutionReport, PositionState
from ....trading.words import ExecType, OrdType, TradingStatus
from ...desk.account import Account
from ...desk.broker_desk import BrokerDesk
from ...desk.fees import fee_schedule
from ...desk.orders import OrderRecord
from ...digest import DomainDigest
from ...exchange import Exchange
from ..words.wire_models import Wire
from ..words.wire_view import WireView
from .accounts import AccountSpec
from .half_turns import HalfTurns
from .listing import Listing

FIRST, LATER, ENDED = 0, 1, 2
"""`action` of a user event: the first of an id, a later one, its end (gateway-protocol 14)."""


class UserEvent(Struct, frozen=True):
    """What a user's hub tells. `stream` as in `hub_methods.STREAMS`."""

    account_id: int
    stream: str
    model: Wire
    action: int


class Numbers:
    """The ids that the venue gives, each kind a row of its own that no two accounts share."""

    def __init__(self) -> None:
        self.orders, self.fills, self.positions = 9000, 5000, 700

    def order(self) -> int:
        self.orders += 1
        return self.orders

    def fill(self) -> int:
        self.fills += 1
        return self.fills

    def position(self) -> int:
        self.positions += 1
        return self.positions


class Held(Struct):
    """The position of one contract as it was told last; a closed one keeps its side and price."""

    position_id: int
    long: bool
    opened_ns: int
    avg_px: Decimal
    is_open: bool


class PaperAccount:
    """The desk, the exchange and the half turns of one account. `tell` hears its user's events;
    `acted` is called after each act, with the numbers of the orders that it touched in
    `changed`. `triggers`: where the trailing stops that work stand now; the market moves them, and
    nobody is told. `told`: the orders that the user has heard of."""

    def __init__(
        self,
        spec: AccountSpec,
        listings: Mapping[str, Listing],
        now_ns: Callable[[], int],
        *,
        view: WireView,
        numbers: Numbers,
        digest: DomainDigest,
    ) -> None:
        assert spec.id is not None, "people() numbers them"
        self.id = spec.id
        self.spec = spec
        self.tell: Callable[[UserEvent], None] = lambda event: None
        self.held: dict[str, Held] = {}
        self._view = view
        self._numbers = numbers
        self.acted: Callable[[PaperAccount], None] = lambda account: None
        self.changed: dict[int, None] = {}
        self.triggers: dict[int, Decimal] = {}
        self.told: dict[int, None] = {}
        self._money_moved = False
        fees = fee_schedule(spec.fees)
        for listing in listings.values():
            fees.fee(listing.instrument, 1)  # better refused now than at the first fill
        money = Account(spec.name, spec.cash, fees, _one_currency(listings))
        self.turns = HalfTurns(money, numbers.fill)
        self.desk = BrokerDesk(money, now_ns, spec.margin, spec.bracket_rules(), numbers.order)
        self.desk.tell = self._heard
        engines = {
            symbol: make_engine(each.engine, each.rules) for symbol, each in listings.items()
        }
        self.exchange = Exchange(now_ns, dict(engines), digest, self.desk.on_report)
        self.desk.connect(self.exchange)
        for symbol, listing in listings.items():
            engines[symbol].extend(listing.tape.between(listing.book_ns, listing.tape.end_ns + 1))
            for at_ns, status in session_of(listing):
                self.exchange.schedule(symbol, at_ns, SetStatus(status))

    def records(self) -> list[OrderRecord]:
        """Every order, oldest first."""
        return list(self.desk.orders.values())

    def account_model(self) -> Wire:
        """The account as a client is told of it."""
        return self._view.account(self.desk.account_state(), self.id, self.spec.can_trade)

    def position_models(self) -> list[Wire]:
        """Open positions."""
        return [self.position_model(position) for position in self.desk.positions()]

    def told_all(self) -> None:
        """All that follows from one act was told; the money it moved is told last (protocol
        10.5), and then what changed is kept by whoever keeps it."""
        if self._money_moved:
            self._money_moved = False
            self.tell(UserEvent(self.id, "accounts", self.account_model(), LATER))
        for number, trigger in self._trailed():
            if trigger != self.triggers[number]:
                self.triggers[number] = trigger
                self.changed[number] = None
        if self.changed:
            self.acted(self)
            self.changed.clear()

    # --- what the desk says ----------------------------------------------------------------------

    def _heard(self, event: BrokerEvent) -> None:
        if isinstance(event, ExecutionReport):
            record = self.desk.orders[int(event.order.order_id)]
            self._order(record, fills=event.exec_type is ExecType.TRADE)
            if event.exec_type is ExecType.TRADE_CANCEL:
                self._take_back(event.exec_id or "")
        elif isinstance(event, PositionState):
            self._position(event)

    def _order(self, record: OrderRecord, *, fills: bool) -> None:
        action = LATER if record.number in self.told else FIRST
        self.told[record.number] = self.changed[record.number] = None
        if record.request.ord_type is OrdType.TRAILING_STOP:
            self.triggers.pop(record.number, None)
            if record.stop_px is not None and not record.status.terminal:
                self.triggers[record.number] = record.stop_px
        self.tell(UserEvent(self.id, "orders", self._view.order(record, self.id), action))
        if not fills:
            return
        for turn in self.turns.booked(self.desk.executions[-1]):
            model = self._view.half_turn(turn.fill, self.id, turn.profit)
            self.tell(UserEvent(self.id, "trades", model, FIRST))
            self._money_moved |= turn.profit is not None

    def _take_back(self, exec_id: str) -> None:
        """The venue took a fill back: its trades are told again, as voided."""
        for turn in self.turns.voided(exec_id):
            model = self._view.half_turn(turn.fill, self.id, turn.profit)
            self.tell(UserEvent(self.id, "trades", model, LATER))
        self._money_moved = True

    def _trailed(self) -> list[tuple[int, Decimal]]:
        """The trailing stops that work, each with where it stands."""
        instruments = [self.desk.orders[number].request.instrument for number in self.triggers]
        return [
            (stop.order_id, instrument.decimal(stop.stop_px))
            for symbol, instrument in {each.symbol: each for each in instruments}.items()
            for stop in self.exchange.book(symbol).stops
            if stop.order_id in self.triggers and stop.stop_px is not None
        ]

    def _position(self, position: PositionState) -> None:
        symbol, avg_px = position.instrument.symbol, position.avg_px
        held = self.held.get(symbol)
        action = LATER
        if avg_px is None:
            assert held is not None, "what is closed was open"
            held.is_open, action = False, ENDED
        elif held is None or not held.is_open:
            number = self._numbers.position()
            self.held[symbol] = Held(number, position.qty > 0, position.time_ns, avg_px, True)
            action = FIRST
        else:
            if held.long != (position.qty > 0):
                held.opened_ns = position.time_ns
            held.long, held.avg_px = position.qty > 0, avg_px
        self.tell(UserEvent(self.id, "positions", self.position_model(position), action))

    def position_model(self, position: PositionState) -> Wire:
        """A position as its user is told of it."""
        held = self.held[position.instrument.symbol]
        shown = PositionState(
            instrument=position.instrument,
            qty=position.qty,
            avg_px=held.avg_px,
            time_ns=held.opened_ns,
        )
        return self._view.position(shown, self.id, held.position_id, held.long)


def session_of(listing: Listing) -> list[tuple[int, TradingStatus]]:
    """The states of a listing's market: its calendar's, until its tape is over. Then it is closed:
    nobody knows the price."""
    start_ns, end_ns = listing.start_ns, listing.tape.end_ns + 1
    hours = listing.calendar
    changes = hours.changes(start_ns + 1, end_ns)
    return [(start_ns, hours.status_at(start_ns)), *changes, (end_ns, TradingStatus.CLOSE)]


def _one_currency(listings: Mapping[str, Listing]) -> str:
    currencies = dict.fromkeys(listing.instrument.currency for listing in listings.values())
    if len(currencies) > 1:
        raise UsageError(f"an account has one currency, and the contracts have {list(currencies)}")
    return next(iter(currencies))
