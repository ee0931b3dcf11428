"""Calls of a recorded session that were not answered, refused, not sent, or answered late."""

from collections.abc import Iterator, Sequence
from typing import Any

from ...scenarios.plan import REASONS
from ...scenarios.plan_kinds import WRITES
from ...trading.words import OrdStatus, Reason
from .lives import Life
from .naming import Naming
from .recorded import Call, Recorded
from .sign import LATE_NS, STILL_COMING_NS, Struck, about, in_words, span, usual_ns

_TIMES_USUAL = 4
_TOGETHER_NS = 5 * 10**9
"""Failures of the same kind that are not further apart are one outage."""

_TOO_LATE = (Reason.TOO_LATE, Reason.UNKNOWN_ORDER)
_WORDS = {reason: word for word, reason in REASONS.items()}


def of_calls(
    recorded: Recorded, lives: Sequence[Life], naming: Naming, start_ns: int
) -> Iterator[Struck]:
    by_call = {call.number: life for life in lives for call in life.calls}
    late_ns = max(LATE_NS, _TIMES_USUAL * usual_ns(recorded))
    outages = _outages([call for call in recorded.calls if _kind_of(call) is not None])
    for outage in outages:
        if len(outage) > 1 or not outage[0].is_command:
            yield _outage(outage, start_ns)
    alone = {outage[0].number for outage in outages if len(outage) == 1}
    for call in recorded.calls:
        life = by_call.get(call.number)
        if not call.is_command:
            continue
        said = f"{call.name} of {life.name if life else call.symbol}"
        if call.number in alone:
            what = _kind_of(call)
            assert what is not None, "it is one of those that failed"
            fault = {**what, **_moment(call, life)}
            yield _of_call(call, life, f"{said}: {_told_of(call)}", naming, fault)
        elif call.end == "unknown":
            fault = {**_lost_answer(call, life), **_moment(call, life)}
            yield _of_call(call, life, f"{said}: no answer, or none that says", naming, fault)
        elif call.end == "refused" and _by_the_broker(call):
            reason = _WORDS.get(Reason(call.answer.get("reason", 0)), "none")
            fault = {"kind": "refused", "reason": reason, **_moment(call, life)}
            yield _of_call(call, life, f"{said}: refused, {reason}", naming, fault)
        elif call.end == "done" and call.took_ns > usual_ns(recorded) + late_ns:
            more_ns = call.took_ns - usual_ns(recorded)
            leg = _slow_leg(call, life)
            fault = {"kind": "latency", leg: span(more_ns), **_moment(call, life)}
            says = f"{said}: the answer took {in_words(call.took_ns)}, by its {leg}"
            yield _of_call(call, life, says, naming, fault)
        elif not call.end and call.sent_ns < recorded.ended_ns - STILL_COMING_NS:
            yield Struck(at_ns=call.sent_ns, says=f"{said}: it has no end", fault=None)
    yield from _rejected_later(lives, naming)


def _of_call(
    call: Call, life: Life | None, says: str, naming: Naming, fault: dict[str, Any]
) -> Struck:
    if life is None:  # a close is of no order that is known before
        shown = {key: value for key, value in fault.items() if (key, value) != ("nth", 1)}
        return Struck(at_ns=call.sent_ns, says=says, fault=shown)
    return about(life, call.sent_ns, says, naming, fault)


def _moment(call: Call, life: Life | None) -> dict[str, Any]:
    """Which call it is: the so manieth of its name that is about its order."""
    if life is None:
        return {"call": call.name}
    same = [each.number for each in life.calls if each.name == call.name]
    return {"call": call.name, "nth": same.index(call.number) + 1}


def _kind_of(call: Call) -> dict[str, Any] | None:
    """The fault of a call that was not sent, or that a server failed; None for other ends."""
    said = call.answer
    if said.get("limited"):
        retry = said.get("retry_after_s")
        more = {} if retry is None else {"retry_after": span(round(retry * 1e9))}
        return {"kind": "rate-limited", **more}
    if said.get("error") == "NotSent":
        return {"kind": "unreachable", "form": "refused"}
    if call.end == "unknown" and not call.is_command:
        return {"kind": "server-error", "status": 503}
    return None


def _outages(calls: list[Call]) -> list[list[Call]]:
    """Failures that belong together: of one kind, and not far apart."""
    found: list[list[Call]] = []
    for call in sorted(calls, key=lambda each: each.sent_ns):
        last = found[-1][-1] if found else None
        near = last is not None and call.sent_ns - last.sent_ns <= _TOGETHER_NS
        if near and last is not None and _kind_of(last) == _kind_of(call):
            found[-1].append(call)
        else:
            found.append([call])
    return found


def _outage(calls: list[Call], start_ns: int) -> Struck:
    first, last = calls[0], calls[-1]
    kind = _kind_of(first)
    writes = [call.name in WRITES for call in calls]
    on = "write" if all(writes) else "any" if any(writes) else "read"
    lasts_ns = last.sent_ns - first.sent_ns + 10**6
    names = ", ".join(dict.fromkeys(call.name for call in calls))
    says = f"{names}: {_told_of(first)}, {len(calls)} times in {in_words(lasts_ns)}"
    when = {"at": span(max(first.sent_ns - start_ns, 0)), "duration": span(lasts_ns), "on": on}
    return Struck(at_ns=first.sent_ns, says=says, fault={**(kind or {}), **when})


def _told_of(call: Call) -> str:
    kind = _kind_of(call)
    words = {"rate-limited": "too many requests", "unreachable": "nobody was reached"}
    return words.get("" if kind is None else kind["kind"], "the server failed")


def _by_the_broker(call: Call) -> bool:
    """Whether the broker refused by itself: not our own gate, and not because it was too late,
    which a replay finds out again."""
    mine = call.answer.get("error") in ("RefusedByUs", "SessionExpired", "NotSent")
    return not mine and call.answer.get("reason", 0) not in _TOO_LATE


def _lost_answer(call: Call, life: Life | None) -> dict[str, Any]:
    """The answer of a command is lost; whether it was acted upon, what came later says."""
    acted = life is not None and any(
        state.heard_ns >= call.sent_ns for state in life.states if state.at_ns
    )
    text = str(call.answer.get("text", "")).lower()
    form = next((each for each in ("502", "504") if each in text), None)
    if form is None:
        form = "reset" if call.took_ns < 10**9 else "timeout"
    after = {"after": span(call.took_ns)} if form == "timeout" else {}
    return {"kind": "ack-lost" if acted else "request-lost", "form": form, **after}


def _slow_leg(call: Call, life: Life | None) -> str:
    """Whether the way there was slow, or the way back: what was told of the order meanwhile."""
    heard = [] if life is None else [s.heard_ns for s in life.states if not s.learned]
    half_ns = call.sent_ns + call.took_ns // 2
    return "response" if any(call.sent_ns < at_ns < half_ns for at_ns in heard) else "request"


def _rejected_later(lives: Sequence[Life], naming: Naming) -> Iterator[Struck]:
    for life in lives:
        placed = life.placed
        rejected = [s for s in life.states if s.status is OrdStatus.REJECTED]
        if placed is None or placed.end != "done" or not rejected:
            continue
        after_ns = max(rejected[0].heard_ns - placed.ended_ns, 0)
        fault = {"kind": "rejected-later", "call": "place", "after": span(after_ns)}
        says = f"{life.name} was acknowledged, and rejected {in_words(after_ns)} later"
        yield about(life, placed.sent_ns, says, naming, fault)
