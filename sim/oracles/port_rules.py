"""INV-14, 15, 21 and 24: what may leave the client's port at all."""

import re
from collections import deque
from decimal import Decimal

from ...trading.errors import UsageError
from ...trading.instrument import Instrument
from ...trading.order import OrderChange, OrderRequest
from ...trading.orders import tags
from ...trading.price import price_text
from ...trading.words import OrdType
from .bounds import in_ns
from .contract import BrokerSaid
from .oracle import Oracle
from .port import Sent
from .scene import Scene

_PLAIN = re.compile(r"-?\d+(\.\d+)?")


_PRICED = (
    ((OrdType.LIMIT, OrdType.STOP_LIMIT), "price"),
    ((OrdType.STOP, OrdType.STOP_LIMIT), "stop_px"),
)
"""Orders that need a price, and which; zero is one."""


class OnTick(Oracle):
    """INV-14: every price that leaves is a finite Decimal on the tick, and its text is plain and
    reads back as the same number; an order that needs one has it. Premise: prices that left."""

    name = "INV-14"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._right: dict[tuple[str, Decimal], None] = {}  # what was found to be: most leave often

    def on_command(self, event: Sent) -> None:
        if event.request is not None:
            self._has_its_prices(event.request)
        for source in (event.request, event.change):
            for price in (source.price, source.stop_px) if source is not None else ():
                if price is not None:
                    self.premise += 1
                    why = self._fault(event.instrument, price)
                    if why:
                        self._scene.violate(self.name, f"{event.do} with price {price!r}: {why}")

    def _has_its_prices(self, request: OrderRequest) -> None:
        for kinds, name in _PRICED:
            if request.ord_type in kinds and getattr(request, name) is None:
                kind = request.ord_type.name.lower()
                self._scene.violate(self.name, f"{request.cl_ord_id} is {kind}, and has no {name}")

    def _fault(self, instrument: Instrument | None, price: Decimal) -> str:
        if not isinstance(price, Decimal):
            return f"it is a {type(price).__name__}, no Decimal"
        assert instrument is not None, "a command names one"
        if not price.is_finite():
            return "it is not finite"
        if (instrument.symbol, price) in self._right:
            return ""
        text = price_text(price)
        if not _PLAIN.fullmatch(text) or Decimal(text) != price:
            return f"its text {text!r} is not plain"
        try:
            instrument.units(price)
        except UsageError as error:
            return str(error)
        self._right[instrument.symbol, price] = None
        return ""


class Relation(Oracle):
    """INV-15: a bracket's stop is beyond its entry and its target on the other side, each at least
    one tick away. Premise: first stops and targets that were sent.

    The entry's reference is its limit or trigger, or else the mean of its fills so far: a leg is
    wrong when it is on the wrong side of both. What the trader moves later is the trader's. A
    target may be where the stop was, once that has moved away: it follows the mean of the fills.
    """

    name = "INV-15"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._entries: dict[str, OrderRequest] = {}
        self._stops: dict[str, Decimal] = {}

    def on_command(self, event: Sent) -> None:
        request = event.request
        if event.change is not None:
            self._moved(event.order_id, event.change)
        tag = None if request is None else tags.parse(request.cl_ord_id)
        if request is None or tag is None:
            return
        if tag.role == "entry":  # the last one: a broker may refuse what is attached to the first
            self._entries[tag.intent] = request
        elif tag.attempt == 1 and tag.duty in ("stop", "target") and tag.intent in self._entries:
            price = request.stop_px if tag.duty == "stop" else request.price
            if price is not None:
                self.premise += 1
                self._check(tag.intent, tag.duty, price)

    def _moved(self, order_id: str, change: OrderChange) -> None:
        tag, stop_px = tags.parse(self._scene.tag_of(order_id)), change.stop_px
        if tag is None or tag.duty != "stop" or stop_px is None or tag.intent not in self._stops:
            return
        sign = self._entries[tag.intent].side.sign
        if sign * (stop_px - self._stops[tag.intent]) < 0:
            self._stops[tag.intent] = stop_px

    def _check(self, intent: str, role: str, price: Decimal) -> None:
        entry = self._entries[intent]
        record = self._scene.record(entry.cl_ord_id)
        known = (entry.price, entry.stop_px, None if record is None else record.avg_px)
        references = [px for px in known if px is not None]
        # Above for the target of a long bracket and the stop of a short one.
        sign = entry.side.sign * (1 if role == "target" else -1)
        if references and not any(sign * (price - px) > 0 for px in references):
            said = ", ".join(price_text(px) for px in references)
            self._say(f"{role} of {entry.side.name} bracket {intent} at {price}, entry at {said}")
        if role == "stop":
            self._stops[intent] = price
        elif intent in self._stops and sign * (price - self._stops[intent]) <= 0:
            self._say(f"bracket {intent}: target {price} is not beyond stop {self._stops[intent]}")

    def _say(self, text: str) -> None:
        self._scene.violate(self.name, text)


class HandsOff(Oracle):
    """INV-21: the client changes and cancels its own orders only. Premise: its changes and cancels
    while somebody else's order works.

    That closing orders follow a position that was closed by hand is judged by INV-02 and 03.
    """

    name = "INV-21"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._foreign: dict[int, None] = {}

    def on_broker(self, said: BrokerSaid) -> None:
        if said.own:
            return
        if said.record.status.terminal:
            self._foreign.pop(said.record.number, None)
        else:
            self._foreign[said.record.number] = None

    def on_command(self, event: Sent) -> None:
        if event.do in ("modify", "cancel"):
            self.premise += bool(self._foreign)
            if not self._scene.owns(event.order_id):
                tag_text = self._scene.tag_of(event.order_id)
                self._scene.violate(
                    self.name, f"{event.do} of order {event.order_id} ({tag_text}), not its own"
                )


class RetriesBounded(Oracle):
    """INV-24, its count: no request is made more than so many times within a second for one order
    or intent, where it asks for nothing new; nor a question about all orders. Premise:
    repetitions."""

    name = "INV-24"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._asked: dict[tuple[str, str], object] = {}
        self._times: dict[tuple[str, str], deque[int]] = {}

    def on_command(self, event: Sent) -> None:
        self._count(event)

    def on_question(self, event: Sent) -> None:
        self._count(event)

    def _count(self, event: Sent) -> None:
        key, asked = _asks(event)
        bounds = self._scene.bounds
        if key not in self._asked or self._asked[key] != asked:
            self._asked[key] = asked
            self._times[key] = deque([event.time_ns], maxlen=bounds.repeats_most + 1)
            return
        self.premise += 1
        times = self._times[key]
        times.append(event.time_ns)
        if len(times) > bounds.repeats_most and times[-1] - times[0] <= in_ns(bounds.repeat_s):
            self._scene.violate(
                self.name, f"{key[0]} of {key[1]}: {len(times)} times within {bounds.repeat_s} s"
            )
            times.clear()

    def at_quiescence(self) -> None:
        self._asked.clear()
        self._times.clear()


def _asks(event: Sent) -> tuple[tuple[str, str], object]:
    """What a request is about, and what it asks for."""
    request = event.request
    if request is None:
        return (event.read or event.do, event.order_id or event.key), event.change
    tag = tags.parse(request.cl_ord_id)
    about = request.cl_ord_id if tag is None else f"{tag.intent}.{tag.role}"
    return (event.do, about), (request.side, request.order_qty, request.price, request.stop_px)
