"""One thing that struck a recorded session, and how a plan writes it."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from ...scenarios.plan_time import time_text
from ...trading.words import OrdStatus
from .lives import Life
from .naming import Naming
from .recorded import Recorded

STILL_COMING_NS = 2 * 10**9
"""What was not told so shortly before the recording's end may have been told after it."""

LATE_NS = 500_000_000
"""An answer or event that takes so much longer than is usual is late; less is the wire's own."""

EVENTS = {
    OrdStatus.CANCELED: "canceled",
    OrdStatus.REJECTED: "rejected",
    OrdStatus.EXPIRED: "expired",
}
"""How an order ends, other than filled, as plans call the event."""


@dataclass(frozen=True, kw_only=True)
class Struck:
    """One thing that went wrong, `says` what. `fault`: keys and values of a plan's fault; None
    where a plan cannot say it."""

    at_ns: int
    says: str
    fault: dict[str, Any] | None


def about(
    life: Life, at_ns: int, says: str, naming: Naming, fault: dict[str, Any] | None
) -> Struck:
    """A fault of one order, by the name that the order has in the run; none where it has none."""
    name = naming.of(life)
    if name is None or fault is None:
        return Struck(at_ns=at_ns, says=says, fault=None)
    intent, role = name
    chosen = {"intent": intent} | ({"role": role} if role else {})
    shown = {key: value for key, value in fault.items() if (key, value) != ("nth", 1)}
    return Struck(at_ns=at_ns, says=says, fault=shown | chosen)


def usual_ns(recorded: Recorded) -> int:
    """How long an answer usually takes, there and back."""
    took = [call.took_ns for call in recorded.calls if call.end == "done"]
    return int(median(took)) if took else 0


def down_spans(recorded: Recorded) -> list[tuple[int, int]]:
    """From when to when the stream of events was down, as far as it was said."""
    found, since = [], None
    for heard in recorded.heard:
        if heard.what != "stream":
            continue
        if not heard.body["up"] and since is None:
            since = heard.at_ns
        elif heard.body["up"] and since is not None:
            found.append((since, heard.at_ns))
            since = None
    return found if since is None else [*found, (since, recorded.ended_ns)]


def span(ns: int) -> str:
    """A span in a plan, to the millisecond where it is longer than one."""
    return time_text(max(round(ns, -6) or ns, 1))


def in_words(ns: int) -> str:
    """A span in words."""
    return f"{ns / 1e9:.3f} s"
