"""Events that never came, or came late, in a recorded session."""

from collections.abc import Iterator, Sequence
from statistics import median

from ...trading.words import ExecType
from .lives import Life, State
from .naming import Naming
from .recorded import Recorded
from .sign import EVENTS, LATE_NS, STILL_COMING_NS, Struck, about, down_spans, in_words, span


def lost_events(recorded: Recorded, lives: Sequence[Life], naming: Naming) -> Iterator[Struck]:
    """What the session had to ask for, because nobody told it while the stream was up."""
    until_ns = recorded.ended_ns - STILL_COMING_NS
    down = down_spans(recorded)
    for life in lives:
        told = [state for state in life.states if not state.learned]
        filled = 0
        for nth, fill in enumerate(sorted(life.fills.values(), key=lambda f: f.at_ns), 1):
            filled += fill.qty
            heard = fill.told_ns is not None or any(s.cum_qty >= filled for s in told)
            if not heard and (fill.learned_ns or until_ns) < until_ns:
                yield from _lost(life, "fill", nth, fill.at_ns, fill.learned_ns, naming, down)
        for state in life.states:
            event = EVENTS.get(state.status)
            if state.learned and event and all(s.status is not state.status for s in told):
                if state.heard_ns < until_ns:
                    yield from _lost(life, event, 1, state.at_ns, state.heard_ns, naming, down)
                break


def lost_positions(recorded: Recorded, lives: Sequence[Life], start_ns: int) -> Iterator[Struck]:
    """Positions that were not told after a fill that was not told either: one that is told has the
    manager ask, and shortens what a replay is to show. The broker tells of one after each fill; as
    the `nth` counts those from `start_ns` on."""
    until_ns = recorded.ended_ns - STILL_COMING_NS
    down = down_spans(recorded)
    told_ns = [h.at_ns for h in recorded.heard if h.what == "position" and not h.learned]
    fills = [fill for life in lives for fill in life.fills.values() if fill.at_ns >= start_ns]
    for nth, fill in enumerate(sorted(fills, key=lambda fill: fill.at_ns), 1):
        known_ns = fill.learned_ns or until_ns
        heard = fill.told_ns is not None or any(fill.at_ns <= at <= known_ns for at in told_ns)
        if heard or known_ns > until_ns or _within(down, fill.at_ns):
            continue
        fault = {"kind": "drop", "event": "position"} | ({"nth": nth} if nth > 1 else {})
        yield Struck(at_ns=fill.at_ns, says="nor was the position after it", fault=fault)


def _within(spans: list[tuple[int, int]], at_ns: int) -> bool:
    return any(from_ns <= at_ns < to_ns for from_ns, to_ns in spans)


def _lost(
    life: Life,
    event: str,
    nth: int,
    at_ns: int,
    learned_ns: int | None,
    naming: Naming,
    down: list[tuple[int, int]],
) -> Iterator[Struck]:
    if _within(down, at_ns):
        return  # the outage has it
    says = f"{event} of {life.name} was never told"
    if learned_ns is not None:
        says += f"; it was learned by asking, {in_words(learned_ns - at_ns)} later"
    yield about(life, at_ns, says, naming, {"kind": "drop", "event": event, "nth": nth})


def late_events(lives: Sequence[Life], naming: Naming) -> Iterator[Struck]:
    told = [(life, state) for life in lives for state in life.states if not state.learned]
    if not told:
        return
    # The two clocks differ by who knows what; what is usual has that in it.
    usual = int(median(state.heard_ns - state.at_ns for _, state in told))
    for life in lives:
        seen: dict[str, int] = {}
        filled = 0
        for state in (state for state in life.states if not state.learned):
            event, before = _event_of(state, filled), filled
            filled = max(filled, state.cum_qty)
            if event is None or (event == "fill" and state.cum_qty == before):
                continue
            nth = seen[event] = seen.get(event, 0) + 1
            late_ns = state.heard_ns - state.at_ns - usual
            if late_ns > LATE_NS:
                says = f"{event} of {life.name} came {in_words(late_ns)} late"
                fault = {"kind": "late", "event": event, "nth": nth, "delay": span(late_ns)}
                yield about(life, state.at_ns, says, naming, fault)


def _event_of(state: State, filled: int) -> str | None:
    if state.exec_type is ExecType.TRADE:
        return "fill"
    return None if state.exec_type is None else EVENTS.get(state.status)
