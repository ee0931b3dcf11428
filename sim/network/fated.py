"""A plan's faults of calls, in bytes: which call of the plan a request is, and how it goes then."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx
from msgspec import structs

from ...scenarios.plan import Fault
from ...trading.broker import AccountState, Ack
from ...trading.errors import Refused
from ...trading.order import OrderRequest
from ...trading.words import Reason
from ..faults.injector import Faults
from ..faults.passing import Call, Fate
from ..gateway.rest import bodies
from ..gateway.rest.bodies import moment_ns, read_body
from ..gateway.rest.endpoints import ENDPOINTS
from ..gateway.rest.error_codes import Failed, Failure
from ..gateway.rest.order_entry import refusal, requested
from ..gateway.rest.rest import failure, success
from ..gateway.venue.paper_account import PaperAccount
from ..gateway.venue.venue import Venue
from ..gateway.words.wire_models import order_model
from ..loop.timers import Timers
from .application import Answer
from .rest import Course, Courses, Ends

CALL_NAMES: Mapping[str, str] = {
    "order/place": "place",
    "order/modify": "modify",
    "order/cancel": "cancel",
    "position/closecontract": "close-position",
    "position/partialclosecontract": "close-position",
    "order/searchopen": "open-orders",
    "order/searchbyid": "order",
    "order/search": "orders-since",
    "order/v2/query": "orders-since",
    "trade/search": "executions-since",
    "position/searchopen": "positions",
    "account/search": "account",
}
_HTML = [(b"content-type", b"text/html")]
_SECOND_NS = 10**9


class FatedCourses(Courses):
    """Asks a run's faults about every request of its account's client. `meant_ns`: the market's
    time that a client means by the one that it was shown, where the two differ."""

    def __init__(
        self,
        loop: Timers,
        venue: Venue,
        account: PaperAccount,
        faults: Faults,
        meant_ns: Callable[[int], int] = lambda shown_ns: shown_ns,
    ) -> None:
        self._loop = loop
        self._venue = venue
        self._account = account
        self._faults = faults
        self._meant_ns = meant_ns

    def of(self, request: httpx.Request, body: bytes) -> Course | None:
        path = request.url.path.removeprefix("/api/").strip("/").lower()
        call = self._call(path, body)
        fate = self._faults.fate_of(call)
        if fate is None:
            return None
        course = Course(
            request_ns=fate.request_ns,
            response_ns=fate.response_ns,
            leaves=fate.leaves,
            arrives=fate.arrives,
            when_sent=fate.when_sent,
            when_acted=fate.when_acted,
        )
        if fate.act is not None:
            assert fate.fault is not None, "a fault has settled it"
            course.instead = partial(self._instead, path, call, fate.act, fate.fault)
        elif fate.fault is not None:
            _settle(course, fate, fate.fault, request)
        return course

    # --- what is asked ----------------------------------------------------------------------------

    def _call(self, path: str, raw: bytes) -> Call:
        name = CALL_NAMES.get(path, "login" if path.startswith("auth/") else "lookup")
        if path not in CALL_NAMES:
            return Call(name=name)
        body = read_body(raw, ENDPOINTS[path][0])
        if isinstance(body, bodies.Place):
            order = self._order(body)
            tag = body.custom_tag if order is None else None
            return Call(name=name, request=order, cl_ord_id=tag)
        if isinstance(body, bodies.OneOrder | bodies.Modify):
            return Call(name=name, order_id=str(body.order_id))
        if isinstance(body, bodies.Orders | bodies.Trades):
            text = body.start_timestamp
            since_ns = 0 if text is None else self._meant_ns(moment_ns(text, "startTimestamp"))
            return Call(name=name, time_ns=since_ns)
        return Call(name=name)

    def _order(self, body: bodies.Place) -> OrderRequest | None:
        """What is to be placed; None where the gateway would not even read it."""
        try:
            return requested(self._venue, self._account, body)
        except (Failed, Refused):
            return None

    # --- what is done in place of it --------------------------------------------------------------

    def _instead(self, path: str, call: Call, act: Callable[[], object], fault: Fault) -> Answer:
        """Do another thing at the broker, and answer in the gateway's words."""
        try:
            with self._venue.acting(self._account):
                response = success(self._payload(call, act(), fault))
        except Refused as refused:
            record = None if call.request is None else self._rejected(call.request)
            response = failure(path, refusal(Reason(refused.reason), str(refused), record))
        except Failed as failed:
            response = failure(path, failed)
        return Answer(response.status_code, list(response.raw_headers), bytes(response.body))

    def _rejected(self, request: OrderRequest) -> str | None:
        state = self._account.desk.order(None, request.cl_ord_id)
        return None if state is None else state.order_id

    def _payload(self, call: Call, found: Any, fault: Fault) -> dict[str, Any]:
        account, view = self._account, self._venue.view
        if isinstance(found, Ack):
            return {"orderId": int(found.order_id)}
        if isinstance(found, AccountState):
            return {"accounts": [view.account(found, account.id, account.spec.can_trade)]}
        if call.name == "order":
            if found is None:
                raise Failed(Failure.ORDER_NOT_FOUND)
            return {"order": self._model(found)}
        if call.name in ("open-orders", "orders-since"):
            return {"orders": [self._model(state) for state in found]}
        if call.name == "positions":
            return {"positions": [account.position_model(position) for position in found]}
        until_ns = self._loop.now_ns - fault.lag
        turns = [t for t in account.turns.all if call.time_ns <= t.fill.time_ns <= until_ns]
        return {"trades": [view.half_turn(t.fill, account.id, t.profit) for t in turns[::-1]]}

    def _model(self, state: Any) -> dict[str, Any]:
        """An order as it was."""
        record, account = self._account.desk.orders[int(state.order_id)], self._account
        view = self._venue.view
        now = view.order(record, account.id)
        shown = structs.replace(state, time_ns=view.shown_ns(state.time_ns))
        then = order_model(shown, account.id, created_ns=record.entered_ns, profile=view.profile)
        kept = ("creationTimestamp", "trailDistance", "trailPrice", "linkedOrderId")
        return then | {name: now[name] for name in kept if name in now}


def _settle(course: Course, fate: Fate, fault: Fault, request: httpx.Request) -> None:
    """Put in bytes how a fault ends a call."""
    form = fault.form or ""
    if fault.kind in ("ack-lost", "request-lost"):
        _lose(course, form or "timeout", fault, request)
        return
    ends: Ends
    if fault.kind == "rate-limited":
        ends = Answer(429, _retry_after(fault.retry_after), b"")
    elif fault.kind == "server-error":
        ends = Answer(fault.status, _HTML, b"<html><h1>Server Error</h1></html>")
    elif form == "connect-timeout":
        ends = httpx.ConnectTimeout("no connection in time", request=request)
    else:
        assert fault.kind == "unreachable", fault
        why = "the name could not be resolved" if form == "dns" else "the connection was refused"
        ends = httpx.ConnectError(why, request=request)
    course.ends, course.ends_after_ns = ends, fate.error_after_ns


def _lose(course: Course, form: str, fault: Fault, request: httpx.Request) -> None:
    """The answer is lost. How long a client waits for one that does not come is its own matter,
    unless the plan says so."""
    if form == "cut":
        course.cut = fault.cut
    elif form == "reset":
        course.ends = httpx.ReadError("the connection was reset", request=request)
    elif form != "timeout":
        course.ends = Answer(int(form), _HTML, b"<html><h1>Bad Gateway</h1></html>")
    elif fault.after is None:
        course.silent = True
    else:
        course.ends = httpx.ReadTimeout("no answer came", request=request)
        course.ends_after_ns = fault.after


def _retry_after(wait_ns: int | None) -> list[tuple[bytes, bytes]]:
    """In whole seconds, as HTTP has it, and no less than was meant."""
    return [] if wait_ns is None else [(b"retry-after", b"%d" % -(-wait_ns // _SECOND_NS))]
