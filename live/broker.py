"""`ProjectXBroker`: the broker port onto one account of ProjectX Gateway.

A command is one request, sent at once and never again; a question may be several. What the gateway
does not say is put together from what it does: an order by its tag is looked for among all since it
was sent, a close's order is the one that appears. Events come through the account's `UserStream`;
whatever may have been missed is told as a gap, and the order manager asks.
"""

import asyncio
from asyncio import Future
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import structs

from ..trading.broker import AccountState, Ack, BrokerEvent, Offers, StreamState, Urgency
from ..trading.errors import (
    DryfillError,
    OutcomeUnknown,
    Refused,
    RefusedByUs,
)
from ..trading.instrument import Instrument
from ..trading.order import (
    Execution,
    ExecutionReport,
    OrderChange,
    OrderRequest,
    OrderState,
    PositionState,
)
from ..trading.words import OrdType, Reason, TimeInForce
from .chaining import Running, failed, then
from .hubs.gaps import Gaps
from .meaning.inference import TYPES, Inference
from .meaning.models import AccountModel
from .meaning.money import Money
from .meaning.remembered import Remembered
from .meaning.user_stream import Heard, UserStream
from .questions.closing import Closings
from .questions.last_price import LastPrices
from .questions.lookup import Lookup
from .questions.questions import Questions
from .rest import requests
from .rest.rest import Answer, Rest
from .rest.terms import Terms, learnt
from .settings import LiveSettings

_NEVER_PLACED = frozenset({OrdType.STOP_LIMIT})  # in the gateway's enumeration, not in its list


def offers_of(settings: LiveSettings) -> Offers:
    """What an account of this gateway can do, as far as it is told. The stream may lose events."""
    return Offers(
        ord_types=frozenset(OrdType) - (frozenset() if settings.stop_limit else _NEVER_PLACED),
        tifs=frozenset({TimeInForce.DAY, TimeInForce.GTC}),
        modify_in_place=True,
        native_brackets=settings.auto_oco is not False,
        lossless_stream=False,
        auto_oco=settings.auto_oco,
        attached_ticks_least=4,
    )


class ProjectXBroker:
    """One account. Made by `ProjectXSession.broker`, which reads the account first."""

    def __init__(
        self,
        model: AccountModel,
        rest: Rest,
        lookup: Lookup,
        last_prices: LastPrices,
        now_ns: Callable[[], int],
        settings: LiveSettings,
    ) -> None:
        self.model = model
        self.offers = offers_of(settings)
        self._rest = rest
        self._lookup = lookup
        self._last_prices = last_prices
        self._now_ns = now_ns
        self._settings = settings
        self._sinks: list[Callable[[BrokerEvent], None]] = []
        self._running = Running()
        self._remembered = Remembered()
        self._closings = Closings(self._remembered.is_ours)
        find = lookup.contracts.instrument
        self._inference = Inference(find)
        self._money = Money(model.name, now_ns, last_prices.known)
        self.stream = UserStream(model.id, self._inference, find, self._money)
        self.stream.on_order = self._closings.saw
        self.gaps = Gaps(self._gap, settings.gap_every_s)
        self.questions = Questions(
            model.id, rest, lookup, self._inference, self._money, self._remembered, self._closings
        )
        self._looking_up: dict[str, None] = {}
        self._up = True

    @property
    def account_name(self) -> str:
        return self.model.name

    def listen(self, sink: Callable[[BrokerEvent], None]) -> None:
        self._sinks.append(sink)

    # --- commands ---------------------------------------------------------------------------------

    def place(
        self,
        request: OrderRequest,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        try:
            requests.check(request, self.offers)
        except RefusedByUs as error:
            return failed(error)
        how = Terms(urgency, deadline_s)
        contract_id = self._lookup.contracts.id_of(request.instrument)
        measures = request.ord_type is OrdType.TRAILING_STOP and request.stop_px is None
        if contract_id is None or measures:
            return self._running.run(self._place_after_looking(request, measures, how))
        return self._place(contract_id, request, None, how)

    def modify(
        self,
        instrument: Instrument,
        order_id: str,
        change: OrderChange,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        number = requests.order_number(order_id)
        if number is None:
            return failed(_no_such(order_id))
        try:
            requests.check_grid(instrument, change.price, change.stop_px)
        except RefusedByUs as error:
            return failed(error)
        how, known = Terms(urgency, deadline_s), self._type_of(order_id)
        stops = change.trail is not None or change.stop_px is not None
        if stops and known in (None, OrdType.TRAILING_STOP):
            return self._running.run(self._modify_stop(instrument, order_id, change, how))
        if change.trail is not None:
            return failed(_no_trail(order_id))
        return self._modify(order_id, change, None, how)

    def cancel(
        self,
        instrument: Instrument,
        order_id: str,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[None]":
        if requests.order_number(order_id) is None:
            return failed(_no_such(order_id))
        body = requests.cancel(self.model.id, order_id)
        how = Terms(urgency, deadline_s)
        return then(self._call("Order/cancel", body, how), lambda answer: None)

    def close_position(
        self,
        instrument: Instrument,
        qty: int | None = None,
        *,
        urgency: Urgency = Urgency.RISK_REDUCING,
        deadline_s: float | None = None,
    ) -> "Future[Ack]":
        how = Terms(urgency, deadline_s)
        return self._running.run(self._close(instrument, qty, how))

    # --- questions --------------------------------------------------------------------------------

    def open_orders(
        self,
        instrument: Instrument | None = None,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[OrderState]]":
        return self._running.run(self.questions.open_orders(instrument, Terms(urgency, deadline_s)))

    def order(
        self,
        instrument: Instrument,
        *,
        order_id: str | None = None,
        cl_ord_id: str | None = None,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[OrderState | None]":
        asked = self.questions.order(order_id, cl_ord_id, Terms(urgency, deadline_s))
        return self._running.run(asked)

    def orders_since(
        self,
        time_ns: int,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[OrderState]]":
        return self._running.run(self.questions.orders_since(time_ns, Terms(urgency, deadline_s)))

    def executions_since(
        self,
        time_ns: int,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[list[Execution]]":
        return self._running.run(
            self.questions.executions_since(time_ns, Terms(urgency, deadline_s))
        )

    def positions(
        self, *, urgency: Urgency = Urgency.ORDINARY, deadline_s: float | None = None
    ) -> "Future[list[PositionState]]":
        return self._running.run(self.questions.positions(Terms(urgency, deadline_s)))

    def account(
        self, *, urgency: Urgency = Urgency.ORDINARY, deadline_s: float | None = None
    ) -> "Future[AccountState]":
        asked = self.questions.account(self._last_prices, Terms(urgency, deadline_s))
        return self._running.run(asked)

    # --- the stream (called by the session) -------------------------------------------------------

    def on_up(self) -> None:
        """The user hub is up: what happened while it was not was not told."""
        self._up = True
        self._tell(StreamState(up=True, gap=True, text="the user hub is up again"))

    def on_down(self, why: str) -> None:
        """The user hub is down."""
        self._up = False
        self._tell(StreamState(up=False, gap=True, text=f"the user hub is down: {why}"))

    def on_told(self, target: str, arguments: list[Any]) -> None:
        """The user hub called one of our methods."""
        self._follow(self.stream.told(target, arguments))

    def on_bad(self, why: str, sample: str) -> None:
        """The user hub sent what is no message: it may have been our only fill."""
        self._follow(self.stream.bad(why, sample))

    async def close(self) -> None:
        """Nothing is told any more, and nothing runs."""
        self.gaps.close()
        self._sinks.clear()
        await self._running.close()

    # --- how commands go --------------------------------------------------------------------------

    def _place(
        self, contract_id: str, request: OrderRequest, last: Decimal | None, how: Terms
    ) -> "Future[Ack]":
        tag = request.cl_ord_id
        try:
            body = requests.place(self.model.id, contract_id, request, last)
        except RefusedByUs as error:
            return failed(error)
        self._remembered.sent(tag, self._now_ns(), request.ord_type)
        sent = self._call("Order/place", body, how)
        sent.add_done_callback(lambda done: self._note_refusal(tag, done))
        return then(sent, lambda answer: self._ack(tag, answer))

    async def _place_after_looking(self, request: OrderRequest, measures: bool, how: Terms) -> Ack:
        contract_id = await learnt(self._lookup.id_of(request.instrument, **how.now()))
        last = None
        if measures:
            last = await learnt(self._last_prices.of(request.instrument, how))
        how.check_left()
        return await self._place(contract_id, request, last, how)

    def _ack(self, tag: str, answer: Answer) -> Ack:
        order_id = answer.get("orderId")
        if not isinstance(order_id, int) or isinstance(order_id, bool):
            raise OutcomeUnknown(f"Order/place: success without an order's id, for {tag!r}")
        self._remembered.named(tag, str(order_id))
        return Ack(str(order_id))

    def _note_refusal(self, tag: str, done: "Future[Answer]") -> None:
        error = None if done.cancelled() else done.exception()
        if isinstance(error, Refused) and error.reason != Reason.DUPLICATE_TAG:
            self._remembered.refused(tag, error)

    def _modify(
        self, order_id: str, change: OrderChange, level: Decimal | None, how: Terms
    ) -> "Future[None]":
        body = requests.modify(self.model.id, order_id, change, level)
        return then(self._call("Order/modify", body, how), lambda answer: None)

    def _type_of(self, order_id: str) -> OrdType | None:
        """What kind of order it is, by the last that was told of it or by what we sent."""
        told = self._inference.last(order_id)
        if told is None:
            return self._remembered.type_of(order_id)
        return TYPES.get(told.type)

    async def _modify_stop(
        self, instrument: Instrument, order_id: str, change: OrderChange, how: Terms
    ) -> None:
        """A trailing stop's distance is sent as a level, for which its side must be known."""
        state = await learnt(self.questions.order(order_id, None, how))
        if state is None:
            raise _no_such(order_id)
        level = None
        if state.ord_type is OrdType.TRAILING_STOP:
            level = change.stop_px
            if level is None:
                last = await learnt(self._last_prices.of(instrument, how))
                level = requests.trail_level(instrument, state.side, change.trail, last)
        elif change.trail is not None:
            raise _no_trail(order_id)
        how.check_left()
        await self._modify(order_id, change, level, how)

    async def _close(self, instrument: Instrument, qty: int | None, how: Terms) -> Ack:
        contract_id = await learnt(self._lookup.id_of(instrument, **how.now()))
        endpoint, body = requests.close(self.model.id, contract_id, qty)
        named = self._closings.expect(contract_id)
        since_ns = self._now_ns()
        try:
            await self._call(endpoint, body, how)
            left_s, wait_s = how.left_s, self._settings.close_named_s
            try:
                async with asyncio.timeout(wait_s if left_s is None else min(wait_s, left_s)):
                    return Ack(await asyncio.shield(named))
            except TimeoutError:
                why = await self._closing_looked_for(since_ns, how)
            if named.done():
                return Ack(named.result())
        finally:
            named.cancel()
        raise OutcomeUnknown(
            f"{endpoint}: taken, but no order that closes {instrument.symbol} was told of yet{why}"
        )

    async def _closing_looked_for(self, since_ns: int, how: Terms) -> str:
        """Ask for orders; what is found is seen by `Closings` as an event would be. Says why it was
        not answered: the close was taken, so that is no ending of it, least of all `NotSent`."""
        try:
            await self.questions.orders_around(since_ns, how)
        except DryfillError as error:
            return f", and asking for it failed: {error}"
        return ""

    def _call(self, endpoint: str, body: requests.Body, how: Terms) -> "Future[Answer]":
        return self._rest.call(endpoint, body, **how.now())

    # --- how events go ----------------------------------------------------------------------------

    def _follow(self, heard: Heard) -> None:
        for event in heard.events:
            if isinstance(event, ExecutionReport):
                event = structs.replace(event, order=self._remembered.told(event.order))
            self._tell(event)
        for contract_id in heard.unknown:
            self._look_up(contract_id)
        if heard.gap is not None:
            self.gaps.mark(heard.gap)

    def _look_up(self, contract_id: str) -> None:
        """Learn what a contract is that somebody trades, and have what was said of it asked for."""
        if contract_id in self._looking_up:
            return
        self._looking_up[contract_id] = None
        asked = self._running.run(self._lookup.instrument(contract_id))
        asked.add_done_callback(lambda done: self._looked_up(contract_id, done))

    def _looked_up(self, contract_id: str, done: "Future[Instrument]") -> None:
        self._looking_up.pop(contract_id, None)
        if not done.cancelled() and done.exception() is None:
            self.gaps.mark(f"contract {contract_id!r} is known now")

    def _gap(self, why: str) -> None:
        self._tell(StreamState(up=self._up, gap=True, text=why))

    def _tell(self, event: BrokerEvent) -> None:
        for sink in self._sinks:
            sink(event)


def _no_such(order_id: str) -> DryfillError:
    return RefusedByUs(f"{order_id!r} is no order of this gateway", reason=Reason.UNKNOWN_ORDER)


def _no_trail(order_id: str) -> DryfillError:
    return RefusedByUs(
        f"order {order_id} is no trailing stop: it has no distance to change; give its price "
        f"(stop_px or price)",
        reason=Reason.NOT_SUPPORTED,
    )
