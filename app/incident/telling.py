"""An incident in lines: what the recording shows of an order, what was recovered, and what not."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ...scenarios.plan import Plan
from ...trading.words import ExecType, OrdType
from .bare import Bare, held_before
from .lives import Life
from .recorded import Recorded
from .sign import Struck

_SHOWN = 12


def clock(ns: int) -> str:
    """A moment as it is shown: time of the day, UTC."""
    at = datetime.fromtimestamp(ns // 10**9, UTC)
    return f"{at:%H:%M:%S}.{ns // 10**6 % 1000:03d}"


def order_line(life: Life) -> str:
    """An order in a line."""
    kind = OrdType(life.ord_type).name.lower().replace("_", "-")
    whose = "" if life.ours else ", not sent by this session"
    return (
        f"{life.symbol} {life.name}: {life.side.name.lower()} {life.qty} {kind}, "
        f"filled {life.filled}{whose}"
    )


def life_lines(life: Life) -> list[str]:
    """What was sent and told of an order, in order."""
    lines = [*_sent(life), *_told(life), *_filled(life)]
    return [f"  {clock(at_ns)} {text}" for at_ns, text in sorted(lines, key=lambda each: each[0])]


def _sent(life: Life) -> Iterator[tuple[int, str]]:
    for call in life.calls:
        yield call.sent_ns, f"sent      {call.name}"
        if call.end:
            yield call.ended_ns, f"answered  {call.name}: {call.end}"


def _told(life: Life) -> Iterator[tuple[int, str]]:
    for state in life.states:
        if state.exec_type is ExecType.TRADE:
            continue
        how = "learned  " if state.learned else "told     "
        what = state.status.name if state.exec_type is None else state.exec_type.name
        yield state.heard_ns, f"{how} {what}, filled {state.cum_qty}"


def _filled(life: Life) -> Iterator[tuple[int, str]]:
    for fill in life.fills.values():
        if fill.told_ns is not None:
            how = f"told at {clock(fill.told_ns)}"
        elif fill.learned_ns is not None:
            how = f"never told; learned by asking at {clock(fill.learned_ns)}"
        else:
            how = "never told"
        yield fill.at_ns, f"broker    fill of {fill.qty}, {how}"


def bare_line(bare: Bare, end_ns: int) -> str:
    """A span without a stop in a line."""
    to = "the recording's end" if bare.to_ns is None else clock(bare.to_ns)
    return (
        f"{bare.most} {bare.symbol} held without a working stop from {clock(bare.from_ns)} "
        f"to {to}, {bare.lasts_ns(end_ns) / 1e9:.3f} s"
    )


def struck_lines(struck: Sequence[Struck]) -> list[str]:
    """What struck, and is a fault of the plan."""
    faults = [each for each in struck if each.fault is not None]
    if not faults:
        return ["recovered  nothing: the recording has no sign that anything struck"]
    many = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
    lines = [f"recovered  {many}"]
    lines += [f"  {clock(each.at_ns)} {each.says}" for each in faults[:_SHOWN]]
    more = len(faults) - _SHOWN
    return [*lines, f"  and {more} more"] if more > 0 else lines


def unknown_lines(
    recorded: Recorded, struck: Sequence[Struck], plan: Plan | None, lives: Sequence[Life]
) -> list[str]:
    """What could not be recovered: never taken for something that was not."""
    lines = [f"{clock(each.at_ns)} {each.says}" for each in struck if each.fault is None]
    settings = (recorded.session or {}).get("settings") or {}
    if settings:
        names = ", ".join(sorted(settings))
        lines.append(
            f"the order manager's settings {names} were not the usual ones; a plan has those"
        )
    for symbol in dict.fromkeys(life.symbol for life in lives):
        held = held_before(recorded, symbol, lives)
        if held:
            lines.append(f"{held:+d} {symbol} that was held when the session began; a plan is flat")
    if any(life.tag and not life.ours for life in lives):
        lines.append("orders of an earlier session of ours; only their fills are in the plan")
    foreign = [each for each in lives if not (each.ours or each.tag or each.parent_id)]
    if foreign:
        lines.append("what other hands did to their own orders; only their fills are in the plan")
    lines += recorded.notes
    lines += [
        "what came twice, or in another order on the wire: the adapter takes that away before "
        "it is recorded",
        "halts of the market: no feed tells of them",
        "the risk gate and the account's money: a plan has an account of its own",
    ]
    if plan is not None and plan.run is not None and plan.run.world == "direct":
        lines.append("bytes: it fails at the simulated broker, without them")
    return ["not in it  " + lines[0], *(f"           {line}" for line in lines[1:])]
