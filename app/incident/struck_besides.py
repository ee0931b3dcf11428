"""What struck a recorded session and is of no one call or event of ours: the stream, and other
hands."""

from collections.abc import Iterator, Sequence

from ...trading.words import OrdStatus
from .lives import Life
from .naming import Naming
from .recorded import Recorded
from .sign import Struck, down_spans, in_words, span


def of_the_stream(recorded: Recorded, start_ns: int) -> Iterator[Struck]:
    for from_ns, to_ns in down_spans(recorded):
        when = {"at": span(max(from_ns - start_ns, 0)), "duration": span(to_ns - from_ns)}
        says = f"no events for {in_words(to_ns - from_ns)}: the stream was down"
        yield Struck(at_ns=from_ns, says=says, fault={"kind": "stream-down", **when})
    for heard in recorded.heard:
        missed = heard.what == "stream" and heard.body["up"] and heard.body["gap"]
        if missed and all(to_ns != heard.at_ns for _, to_ns in down_spans(recorded)):
            says = "something of the stream was missed or not understood; what, is not recorded"
            yield Struck(at_ns=heard.at_ns, says=says, fault=None)


def of_other_hands(lives: Sequence[Life], naming: Naming, start_ns: int) -> Iterator[Struck]:
    for life in lives:
        if not life.ours and life.parent_id is None:
            act = life.side.name.lower()
            for fill in life.fills.values():
                if fill.at_ns < start_ns:
                    continue
                says = f"another hand: {act} {fill.qty} {life.symbol}"
                fault = {"kind": "trader", "act": act, "qty": fill.qty}
                when = {"at": span(fill.at_ns - start_ns)}
                yield Struck(at_ns=fill.at_ns, says=says, fault={**fault, **when})
        asked = any(call.name in ("cancel", "close-position") for call in life.calls)
        canceled = [s for s in life.states if s.status is OrdStatus.CANCELED]
        if life.ours and canceled and not asked:
            name = naming.of(life)
            says = f"{life.name} was cancelled, and not by us"
            if name is None:
                yield Struck(at_ns=canceled[0].at_ns, says=says, fault=None)
                continue
            target = ".".join(part for part in name if part)
            when = {"at": span(max(canceled[0].at_ns - start_ns, 0)), "target": target}
            yield Struck(at_ns=canceled[0].at_ns, says=says, fault={"kind": "venue-cancel", **when})
