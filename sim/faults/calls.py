"""What becomes of a call: the fate that faults give it on its way to the broker and back."""

from collections.abc import Callable
from contextvars import Context

from ...scenarios.plan import REASONS, Fault
from ...scenarios.plan_kinds import READS
from ...scenarios.plan_time import time_text
from ...trading.broker import Ack
from ...trading.errors import NotSent, OutcomeUnknown, Refused
from ..desk.broker_desk import BrokerDesk
from ..desk.wording import said
from ..loop.moments import Tie
from ..loop.timers import Timers
from .passing import Call, Fate
from .past import Past

_PATIENCE_NS = 5 * 10**9  # how long a client waits for an answer or a connection that never comes
_REJECTED_AFTER_NS = 50 * 10**6


class CallFaults:
    """Gives fates; knows the desk and, where a plan reads the past, what was told of it."""

    def __init__(self, loop: Timers, desk: BrokerDesk, past: Past) -> None:
        self._loop = loop
        self._desk = desk
        self._past = past
        self._apply: dict[str, Callable[[Fault, Call, Fate], None]] = {
            "latency": self._latency,
            "ack-lost": self._ack_lost,
            "request-lost": self._request_lost,
            "refused": self._refused,
            "rejected-later": self._rejected_later,
            "rate-limited": self._rate_limited,
            "server-error": self._server_error,
            "unreachable": self._unreachable,
            "stale-read": self._stale_read,
        }

    def apply(self, fault: Fault, call: Call, fate: Fate) -> bool:
        """Let a fault change a fate; False where an earlier one has settled it."""
        if fate.settled and fault.kind != "latency":
            return False
        self._apply[fault.kind](fault, call, fate)
        if fate.settled and fate.fault is None:
            fate.fault = fault
        return True

    def _latency(self, fault: Fault, call: Call, fate: Fate) -> None:
        fate.request_ns += fault.request
        fate.response_ns += fault.response

    def _ack_lost(self, fault: Fault, call: Call, fate: Fate) -> None:
        form = fault.form or "timeout"
        fate.error = OutcomeUnknown(f"{call.name}: {_LOST_BY[form]}; it may have happened")
        if form == "timeout":
            fate.error_after_ns = _or(fault.after, _PATIENCE_NS)
        else:
            fate.response_ns += fault.after or 0

    def _request_lost(self, fault: Fault, call: Call, fate: Fate) -> None:
        self._ack_lost(fault, call, fate)
        fate.arrives = False

    def _refused(self, fault: Fault, call: Call, fate: Fate) -> None:
        reason = REASONS[fault.reason]
        text = fault.text or f"refused: {said(reason)}"

        def refuse() -> None:
            if call.request is not None and fault.record:
                self._desk.turn_down(self._desk.file(call.request), reason, text)
            raise Refused(text, reason=reason)

        fate.act = refuse

    def _rejected_later(self, fault: Fault, call: Call, fate: Fate) -> None:
        assert call.request is not None, "only place is rejected later"
        request, reason = call.request, REASONS[fault.reason]
        text = fault.text or f"rejected: {said(reason)}"

        def take() -> Ack:
            record = self._desk.file(request)
            at_ns = self._loop.now_ns + _or(fault.after, _REJECTED_AFTER_NS)
            turn_down = self._desk.turn_down
            self._loop.call_at_ns(
                at_ns, turn_down, record, reason, text, tie=Tie.REPORT, context=Context()
            )
            return Ack(str(record.number))

        fate.act = take

    def _rate_limited(self, fault: Fault, call: Call, fate: Fate) -> None:
        retry = "" if fault.retry_after is None else f", Retry-After {time_text(fault.retry_after)}"
        fate.arrives = False
        fate.error = NotSent(
            f"{call.name}: 429 Too Many Requests{retry}",
            retry_after_s=None if fault.retry_after is None else fault.retry_after / 1e9,
            limited=True,
        )

    def _server_error(self, fault: Fault, call: Call, fate: Fate) -> None:
        means = "it proves nothing" if call.name in READS else "it may have happened"
        fate.arrives = fault.applied
        fate.error = OutcomeUnknown(f"{call.name}: the server answered {fault.status}; {means}")

    def _unreachable(self, fault: Fault, call: Call, fate: Fate) -> None:
        fate.arrives = False
        if fault.form == "connect-timeout":
            fate.error = OutcomeUnknown(f"{call.name}: no connection in time; who knows what left")
            fate.error_after_ns = _or(fault.after, _PATIENCE_NS)
        elif fault.form == "dns":
            fate.error = NotSent(f"{call.name}: the server's name could not be resolved")
            fate.error_after_ns = fault.after or 0
        else:
            fate.error = NotSent(f"{call.name}: the connection was refused")
            fate.response_ns += fault.after or 0

    def _stale_read(self, fault: Fault, call: Call, fate: Fate) -> None:
        fate.response_ns += fault.response
        if fault.lag:
            fate.act = lambda: self._past.answer(call, self._loop.now_ns - fault.lag)


_LOST_BY = {
    "timeout": "no answer came in time",
    "reset": "the connection was reset before the answer",
    "502": "the gateway answered 502",
    "504": "the gateway answered 504",
    "cut": "the answer broke off",
}


def _or(given: int | None, usual: int) -> int:
    return usual if given is None else given
