"""One instrument at the broker, by its word alone: what is held, and what of the client's works."""

from msgspec import Struct

from ...matching.reports import Report
from ...trading.instrument import Instrument
from ...trading.order import OrderRequest
from ...trading.orders import tags
from ...trading.orders.tags import Tag
from ...trading.words import OrdStatus, OrdType, Side
from ..desk.orders import OrderRecord
from ..record.intents import Intents
from .knowable import Moment

CLOSING = ("stop", "target", "exit", "close")
"""Duties of orders that only ever close what an entry opened, or what is held; several targets have
one duty."""

STOPS = (OrdType.STOP, OrdType.STOP_LIMIT, OrdType.TRAILING_STOP)
_COVERS = (*STOPS, OrdType.MARKET)


class Contract:
    """One instrument at the broker: what is held, and the client's own orders that work.

    Its own are those that it sent and those that the broker attached to them. `suspended` are such
    as wait for their entry.
    `position` is the sum of fills that stand, whoever made them; `meant` what of it brackets
    opened. `awaited` are entries that left the client and are not at the broker yet, by tag.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.position = 0
        self.sign = 0
        self.meant = 0
        self.working: dict[int, OrderRecord] = {}
        self.closers: dict[int, OrderRecord] = {}
        self._legs: dict[int, tuple[Tag, str]] = {}  # tag and duty of each of them
        self.suspended: dict[int, OrderRecord] = {}
        self.awaited: dict[str, OrderRequest] = {}
        self._brackets: dict[str, None] = {}  # intents that had an entry
        self._intents = Intents()
        self.moved: Moment | None = None  # when the position last changed
        self.fills: list[Moment] = []  # changes of it of which the client may not know yet
        self.came: list[Moment] = []  # the same of orders that came into the books

    @property
    def busy(self) -> bool:
        """Whether something is held, or an order of the client's works or is on its way."""
        return bool(self.position or self.working or self.awaited)

    @property
    def cover(self) -> int:
        """Contracts that working stops of the client's would close; or that the rest of a market
        order will, which works at the price where its protection ends, as that of a stop does that
        was set off: there was nobody to trade with, and what is more cannot be
        done. What gives back what was closed too much closes nothing that is held."""
        if not self.sign:
            return 0
        other = Side.SELL if self.sign > 0 else Side.BUY
        covering = [
            record.leaves_qty
            for record in self.working.values()
            if record.request.side is other
            and record.request.ord_type in _COVERS
            and not (record.tag and self._intents.owes(record.tag.intent))
        ]
        return sum(covering)

    @property
    def protection(self) -> int:
        """Contracts that the stops of brackets would close."""
        return self._stops(of_brackets=True)

    @property
    def guarded(self) -> int:
        """Contracts that the stops of guards would close: what no bracket holds."""
        return self._stops(of_brackets=False)

    def _stops(self, *, of_brackets: bool) -> int:
        return sum(
            record.leaves_qty
            for record in self.closers.values()
            if self._legs[record.number][1] == "stop"
            and record.request.side.sign == -self.sign
            and (self._legs[record.number][0].intent in self._brackets) is of_brackets
        )

    @property
    def closing(self) -> int:
        """Contracts that closing orders could close, of each bracket its stops or its targets,
        whichever are more, and its closing orders; on both sides while nothing is held. Guards and
        closes at a limit are one group, these being targets to that."""
        legs: dict[str, dict[str, int]] = {}
        for number, record in self.closers.items():
            if record.request.side.sign == self.sign:
                continue
            tag, duty = self._legs[number]
            name = tag.intent if tag.intent in self._brackets else "of no bracket"
            group = legs.setdefault(f"{tag.intent}.exit" if tag.role == "exit" else name, {})
            duty = "target" if duty == "close" else duty
            group[duty] = group.get(duty, 0) + record.leaves_qty
        return sum([max(group.values()) for group in legs.values()])

    @property
    def against(self) -> int:
        """Contracts that a bracket holds against another, so that both closing them is right though
        less is held: what is taken back of an older one may be on the other side."""
        return self._intents.against(self.sign)

    @property
    def perhaps(self) -> int:
        """Contracts that are taken for a bracket's and may be nobody's: an order of no bracket's
        had closed them, and a fill of that was taken back."""
        return abs(self._intents.perhaps)

    def closes_its_own(self, number: int) -> bool:
        """Whether the bracket of a closing order holds something, whatever is held in all."""
        return self._intents.held(self._legs[number][0].intent) != 0

    def is_brackets(self, record: OrderRecord) -> bool:
        """Whether an order is one of a bracket's."""
        return record.tag is not None and record.tag.intent in self._brackets

    def closed_its_own(self, record: OrderRecord) -> bool:
        """Whether an order that was filled closed what its bracket held against another, and no
        more than that."""
        tag = record.tag
        against = self._intents.against(record.request.side.sign * -1)
        return tag is not None and against > 0 and not self._intents.owes(tag.intent)

    @property
    def wrong_sided(self) -> list[OrderRecord]:
        """Stops, targets and closes at a limit that would add to what is held, and whose bracket
        holds nothing that they close: what they were for was turned over. Where an order of
        nobody's had closed what is held again, nobody can say whose of them it is (explored, all,
        swarm 4)."""
        if not self.sign or self.perhaps:
            return []
        return [
            record
            for number, record in self.closers.items()
            if record.request.side.sign == self.sign
            and self._legs[number][1] != "exit"
            and self._intents.held(self._legs[number][0].intent) * self.sign >= 0
        ]

    @property
    def entries(self) -> bool:
        """Whether an order of the client's that may open something works or is on its way."""
        return len(self.working) > len(self.closers) or bool(self.awaited)

    def own(self, record: OrderRecord, tag: Tag | None) -> None:
        """Take in how an order of the client's stands now."""
        number = record.number
        self.suspended.pop(number, None)
        if tag is not None and tag.role == "entry":
            self._brackets[tag.intent] = None
        if record.status.terminal:
            self.working.pop(number, None)
            self.closers.pop(number, None)
            self._legs.pop(number, None)
        elif record.status is OrdStatus.SUSPENDED:
            self.suspended[number] = record
        elif number not in self.working:
            self.working[number] = record
            if tag is not None and tag.duty in CLOSING:
                self.closers[number] = record
                self._legs[number] = tag, tag.duty

    def fill(self, tag_text: str, signed: int) -> None:
        """Take in that an order filled so many contracts; 0 where it did not."""
        if signed:
            self.position += signed
            self.sign = (self.position > 0) - (self.position < 0)
            self._intents.fill(tag_text, signed)
        self.meant = self._intents.settle(self.position)

    def flattened(self) -> None:
        """A flatten ended well: what a bracket holds against another is closed with it."""
        if not self.position:
            self._intents.flattened()

    def void(self, tag_text: str, signed: int) -> None:
        """Take in that an order's fill of so many contracts was taken back."""
        self.position -= signed
        self.sign = (self.position > 0) - (self.position < 0)
        self._intents.void(tag_text, signed)
        self.meant = self._intents.settle(self.position)


class BrokerSaid(Struct, frozen=True):
    """An order changed at the broker. `own`: the client sent it. `before`: the position before;
    `filled`: contracts filled by this report, signed; of a fill that is taken back, as its opposite
    would be. `voids`: it is such a report.
    `moments`: this change and the last of the position, which must be known, too, to judge by."""

    record: OrderRecord
    report: Report
    tag: Tag | None
    own: bool
    moment: Moment
    moments: tuple[Moment, ...]
    contract: Contract
    before: int
    filled: int
    voids: bool = False


def duty_of(record: OrderRecord) -> str:
    """What an order does in its bracket; "" for one that has none."""
    return "" if record.tag is None else record.tag.duty


def duty_in(tag_text: str) -> str:
    """The same, by its tag."""
    tag = tags.parse(tag_text)
    return "" if tag is None else tag.duty
