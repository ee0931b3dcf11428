"""STOP-BACK: a bracket's stop that was brought nearer to the market does not go back."""

from decimal import Decimal

from ...trading.instrument import Instrument
from ...trading.order import OrderState
from ...trading.orders import tags
from ...trading.price import Ticks, price_text
from ...trading.words import ExecType, OrdType
from .contract import BrokerSaid
from .oracle import Oracle
from .port import Answered, Delivered, Sent, StopMove
from .scene import Scene

_FIXED = (OrdType.STOP, OrdType.STOP_LIMIT)  # a trailing stop's trigger is the broker's to move


class _Bracket:
    """One bracket's stop: which way is nearer, and the nearest price that the client knows it to
    have had. `low`, `high`: between which prices its entry was filled or could be."""

    def __init__(self) -> None:
        self.sign = 0  # above zero: a stop below the market, of which a higher one is nearer
        self.first: Decimal | None = None
        self.best: Decimal | None = None
        self.low: Decimal | None = None
        self.high: Decimal | None = None
        self.other_hands = False

    def entered_at(self, price: Decimal | None) -> None:
        """What distances count from may be as low or as high as this."""
        if price is not None:
            self.low = price if self.low is None else min(self.low, price)
            self.high = price if self.high is None else max(self.high, price)

    def slack(self, instrument: Instrument) -> Decimal:
        """By how much a stop at a distance from the entry's mean may follow that: as far as its
        fills lie apart, and a tick of rounding."""
        if self.low is None or self.high is None or self.low == self.high:
            return Decimal(0)
        return self.high - self.low + instrument.tick_at(self.high)

    def level(self, level: Ticks | Decimal, instrument: Instrument) -> Decimal:
        """Where a stop at a level is, at the furthest."""
        far = self.low if self.sign > 0 else self.high
        if isinstance(level, Decimal) or far is None:
            return Decimal(0) if isinstance(level, Ticks) else level
        return far - self.sign * level.n * instrument.tick_at(far)

    def knows(self, price: Decimal) -> None:
        """The client knows that the broker has the stop at this price."""
        if self.first is None:
            self.first = price
        if self.best is None or self.sign * (price - self.best) > 0:
            self.best = price


class StopStays(Oracle):
    """STOP-BACK: once the client knows that a bracket's stop works at a price, nothing it sends
    puts it further from the market again, be it a change, a substitute or a new stop after a death;
    a distance from the entry's mean may follow that. And a caller who is told that a stop was moved
    has it there. A rule of ours beside the fault model's: what was given away so would be seen by
    no other, as the manager's view and the broker agree on it.

    Brackets whose stop other hands moved are not judged: theirs holds (docs/decisions/0019).
    Premise: prices sent for a stop that had been brought nearer, and moves that were told as done.
    """

    name = "STOP-BACK"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._brackets: dict[str, _Bracket] = {}  # by intent
        self._asked: dict[str, list[Decimal]] = {}  # triggers that the client asked for, by id
        self._leaving: dict[str, None] = {}  # orders that it asked away

    def on_broker(self, said: BrokerSaid) -> None:
        tag, record = said.tag, said.record
        if tag is None or not said.own:
            return
        if tag.duty == "entry":
            bracket = self._brackets.setdefault(tag.intent, _Bracket())
            bracket.sign = record.request.side.sign
            if record.request.price is not None:  # else it is the protection of the venue's
                bracket.entered_at(record.price)
            bracket.entered_at(record.stop_px)
            if said.filled and not said.voids:
                bracket.entered_at(record.request.instrument.decimal(said.report.last_px))
        elif tag.duty == "stop" and said.report.exec_type is ExecType.REPLACED:
            moved = self._brackets.get(tag.intent)
            ours = self._asked.get(record.order_id, [])
            if moved is not None and record.stop_px not in (record.request.stop_px, *ours):
                moved.other_hands = True

    def on_command(self, event: Sent) -> None:
        if event.do == "cancel":
            self._leaving[event.order_id] = None
        tag_text, stop_px = self._meant(event)
        if stop_px is None:
            return
        if event.change is not None:
            self._asked.setdefault(event.order_id, []).append(stop_px)
        bracket = self._judged(tag_text)
        if bracket is None or bracket.best is None or event.instrument is None:
            return
        slack = bracket.slack(event.instrument)
        self.premise += abs(bracket.best - (bracket.first or bracket.best)) > slack
        if bracket.sign * (bracket.best - stop_px) > slack:
            self._scene.violate(
                self.name,
                f"{event.do} sends {tag_text} back to {price_text(stop_px)}; the broker was known "
                f"to have it at {price_text(bracket.best)}",
            )

    def on_outcome(self, event: Answered) -> None:
        tag_text, stop_px = self._meant(event.sent)
        bracket = self._judged(tag_text)
        if event.error is None and stop_px is not None and bracket is not None:
            bracket.knows(stop_px)

    def on_report(self, event: Delivered) -> None:
        state = event.report.order
        bracket = self._judged(state.cl_ord_id or self._scene.tag_of(state.order_id))
        if bracket is not None and state.stop_px is not None and _works(state):
            bracket.knows(state.stop_px)

    def on_stop_move(self, event: StopMove) -> None:
        bracket = self._brackets.get(event.intent)
        if bracket is None or bracket.other_hands:
            return
        px = bracket.level(event.level, event.instrument)
        contract = self._scene.contract(event.instrument)
        if contract.moved is None or contract.moved.known_ns is None:
            return  # before the first fill is known only the plan changes
        working = [
            record.stop_px
            for record in contract.closers.values()
            if record.tag is not None
            and (record.tag.intent, record.tag.duty) == (event.intent, "stop")
            and record.request.ord_type in _FIXED
            and record.stop_px is not None
            and record.cum_qty == 0
            and record.order_id not in self._leaving
            and contract.closes_its_own(record.number)  # else it is over, and about to leave
        ]
        self.premise += bool(working)
        slack = bracket.slack(event.instrument)
        if working and not any(bracket.sign * (px - at) <= slack for at in working):
            at = ", ".join(map(price_text, working))
            self._scene.violate(
                self.name,
                f"a caller was told that the stop of {event.intent} is at {price_text(px)} or "
                f"nearer to the market, and it works at {at}",
            )

    def _meant(self, sent: Sent) -> tuple[str, Decimal | None]:
        """Of which order a command sets the trigger, and to what; None: of none."""
        request, change = sent.request, sent.change
        if request is not None:
            return request.cl_ord_id, request.stop_px if request.ord_type in _FIXED else None
        if change is None:
            return "", None
        record = self._scene.record_of(sent.order_id)
        fixed = record is not None and record.request.ord_type in _FIXED
        return self._scene.tag_of(sent.order_id), change.stop_px if fixed else None

    def _judged(self, tag_text: str) -> _Bracket | None:
        """The bracket of which an order is the stop; None for any other order."""
        tag = tags.parse(tag_text)
        if tag is None or tag.duty != "stop":
            return None
        bracket = self._brackets.get(tag.intent)
        return None if bracket is None or bracket.other_hands else bracket


def _works(state: OrderState) -> bool:
    return not state.ord_status.terminal and state.ord_type in _FIXED and state.cum_qty == 0
