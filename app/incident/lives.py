"""What became of each order of a recorded session, by everything that was told or learned of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...trading.orders import tags
from ...trading.words import ExecType, OrdStatus, OrdType, Side
from .recorded import Body, Call, Heard, Recorded

STOPS = (OrdType.STOP, OrdType.STOP_LIMIT, OrdType.TRAILING_STOP)


@dataclass(kw_only=True)
class Fill:
    """One fill. `at_ns`: the broker's time; `told_ns`, `learned_ns`: when the session heard of it
    by an event, and by asking; None: never."""

    exec_id: str
    qty: int
    at_ns: int
    told_ns: int | None = None
    learned_ns: int | None = None


@dataclass(frozen=True, kw_only=True)
class State:
    """How an order stood, at the broker's time; when the session heard of it, and whether it had to
    ask."""

    at_ns: int
    heard_ns: int
    learned: bool
    exec_type: ExecType | None
    status: OrdStatus
    cum_qty: int
    leaves_qty: int


@dataclass(kw_only=True)
class Life:
    """One order. `tag` is "" where it has none, `ours` whether we sent it; `parent_id`: the entry
    for which the broker itself keeps it."""

    order_id: str
    tag: str
    symbol: str
    side: Side
    ord_type: OrdType
    qty: int
    ours: bool
    parent_id: str | None = None
    calls: list[Call] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    fills: dict[str, Fill] = field(default_factory=dict)

    @property
    def placed(self) -> Call | None:
        """The call that sent it."""
        return next((call for call in self.calls if call.name == "place"), None)

    @property
    def begins_ns(self) -> int:
        """When the session first had to do with it."""
        return min([c.sent_ns for c in self.calls] + [s.heard_ns for s in self.states])

    @property
    def ends_ns(self) -> int:
        """When it last had."""
        return max([c.sent_ns for c in self.calls] + [s.heard_ns for s in self.states])

    @property
    def filled(self) -> int:
        return max([s.cum_qty for s in self.states] + [sum(f.qty for f in self.fills.values())])

    @property
    def name(self) -> str:
        """By what a person would ask for it."""
        return self.tag or self.order_id


def lives_of(recorded: Recorded) -> list[Life]:
    """Every order that the session had to do with, the first first."""
    by_id: dict[str, Life] = {}
    by_tag: dict[str, Life] = {}
    for call in recorded.calls:
        if call.name == "place":
            life = _placed(call)
            by_tag[life.tag] = life
            if life.order_id:
                by_id[life.order_id] = life
    for heard in recorded.heard:
        if heard.what in ("report", "order"):
            _state_of(heard, by_id, by_tag)
        elif heard.what == "fill":
            _learned_fill(heard, by_id, by_tag)
    for call in recorded.calls:
        if call.is_command and call.name != "place" and call.order_id in by_id:
            by_id[call.order_id].calls.append(call)
    found = {id(life): life for life in (*by_tag.values(), *by_id.values())}
    return sorted(found.values(), key=lambda life: life.begins_ns)


def changes_of(lives: list[Life]) -> Iterator[tuple[int, Life, State]]:
    """Each state of each order by the broker's time."""
    states = [(state.at_ns, life, state) for life in lives for state in life.states]
    yield from sorted(states, key=lambda each: each[0])


def _placed(call: Call) -> Life:
    body = call.body
    return Life(
        order_id=call.order_id or "", tag=call.tag or "", symbol=call.symbol or "",
        side=Side(body["side"]), ord_type=OrdType(body["ord_type"]), qty=body["order_qty"],
        ours=True, calls=[call],
    )  # fmt: skip


def _state_of(heard: Heard, by_id: dict[str, Life], by_tag: dict[str, Life]) -> None:
    report: Body = heard.body if heard.what == "report" else {"order": heard.body}
    order: Body = report["order"]
    life = by_id.get(order["order_id"])
    if life is None:
        life = by_tag.get(order["cl_ord_id"]) or _others(order)
        life.order_id = order["order_id"]
        by_id[life.order_id] = life
    life.tag = life.tag or _own(order)
    exec_type = ExecType(report["exec_type"]) if "exec_type" in report else None
    life.states.append(
        State(
            at_ns=order["time_ns"],
            heard_ns=heard.at_ns,
            learned=heard.learned,
            exec_type=exec_type,
            status=OrdStatus(order["ord_status"]),
            cum_qty=order["cum_qty"],
            leaves_qty=order["leaves_qty"],
        )
    )
    if exec_type is ExecType.TRADE and report.get("exec_id") is not None:
        fill = life.fills.setdefault(report["exec_id"], _fill(report["exec_id"], report, order))
        fill.told_ns = fill.told_ns or heard.at_ns


def _fill(exec_id: str, report: Any, order: Body) -> Fill:
    return Fill(exec_id=exec_id, qty=report["last_qty"], at_ns=order["time_ns"])


def _learned_fill(heard: Heard, by_id: dict[str, Life], by_tag: dict[str, Life]) -> None:
    body = heard.body
    life = by_id.get(body["order_id"]) or by_tag.get(body["cl_ord_id"])
    if life is None:
        order = {**body, "ord_type": OrdType.MARKET, "order_qty": body["qty"], "parent_id": None}
        life = _others(order)
    life.order_id = body["order_id"]
    by_id[life.order_id] = life
    made = Fill(exec_id=body["exec_id"], qty=body["qty"], at_ns=body["time_ns"])
    fill = life.fills.setdefault(body["exec_id"], made)
    fill.learned_ns = fill.learned_ns or heard.at_ns
    if not life.states:  # nothing else is known of when it was
        life.states.append(
            State(
                at_ns=made.at_ns,
                heard_ns=heard.at_ns,
                learned=True,
                exec_type=None,
                status=OrdStatus.FILLED,
                cum_qty=made.qty,
                leaves_qty=0,
            )
        )


def _others(order: Body) -> Life:
    """An order that we did not send: by another hand, in another life of ours, or the broker's."""
    return Life(
        order_id=order["order_id"], tag=_own(order), symbol=order["instrument"],
        side=Side(order["side"]), ord_type=OrdType(order["ord_type"]), qty=order["order_qty"],
        ours=False, parent_id=order.get("parent_id"),
    )  # fmt: skip


def _own(order: Body) -> str:
    tag = str(order["cl_ord_id"] or "")
    return tag if tags.parse(tag) is not None else ""
