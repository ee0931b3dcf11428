"""Faults that are put into a session are recovered from its recording: the same kinds, of the same
orders."""

import pytest
from recorded_world import Busy, record

from dryfill.app.incident.bare import Bare, bare_spans
from dryfill.app.incident.lives import Fill, Life, State, lives_of
from dryfill.app.incident.naming import Naming, prefix_of, short_name
from dryfill.app.incident.recorded import Heard, Recorded, read_recorded
from dryfill.app.incident.sign import Struck
from dryfill.app.incident.struck import struck_in
from dryfill.app.incident.telling import unknown_lines
from dryfill.scenarios.plan_time import read_time
from dryfill.trading.words import OrdStatus, OrdType, Side

FILL = {"event": "fill", "intent": "1"}
PLACE = {"call": "place", "intent": "1"}
STRUCK = {
    "an event that never comes": {"kind": "drop", **FILL},
    "the end of an order that is never told": {"kind": "drop", "event": "canceled", "intent": "3"},
    "an event that comes late": {"kind": "late", "delay": "3 s", **FILL},
    "an answer that is lost": {"kind": "ack-lost", "form": "timeout", "after": "4 s", **PLACE},
    "an answer that breaks off": {"kind": "ack-lost", "form": "reset", **PLACE},
    "a request that is lost": {"kind": "request-lost", "form": "reset", **PLACE},
    "a refusal": {"kind": "refused", "reason": "insufficient-funds", **PLACE},
    "a later rejection": {"kind": "rejected-later", "after": "2 s", **PLACE},
    "too many requests": {"kind": "rate-limited", "retry_after": "1 s", **PLACE},
    "nobody reached": {"kind": "unreachable", "form": "refused", **PLACE},
    "a slow way there": {"kind": "latency", "request": "3 s", **PLACE},
    "a slow way back": {"kind": "latency", "response": "3 s", "call": "place", "intent": "3"},
    "a stream that is down": {"kind": "stream-down", "at": "4 s", "duration": "3 s"},
    "another hand": {"kind": "trader", "act": "sell", "qty": 1, "at": "15 s"},
    "the venue": {"kind": "venue-cancel", "target": "2", "at": "30 s"},
}


READS = {"kind": "server-error", "at": "15 s", "duration": "12 s", "on": "read", "status": 503}


def recovered(folder):
    (session,) = read_recorded(folder, None, skip_damaged=False)
    lives = lives_of(session)
    struck = struck_in(session, lives, session.began_ns, session.ended_ns)
    return [each.fault for each in struck]


def apart_ms(fault, other):
    """How far apart the moments of two faults are; they are the same but for those."""
    one, two = dict(fault), dict(other)
    at, there = (read_time(each.pop("at", "0 ns")) for each in (one, two))
    assert one == two
    return abs(at - there) / 10**6


@pytest.mark.parametrize("name", STRUCK)
def test_what_struck_is_recovered_and_nothing_else(tmp_path, name):
    fault = STRUCK[name]
    assert record(tmp_path, Busy, fault) == [fault["kind"]]
    (found,) = recovered(tmp_path)
    assert apart_ms(fault, found) <= 60


def test_where_nothing_struck_nothing_is_recovered(tmp_path):
    assert record(tmp_path, Busy) == []
    assert recovered(tmp_path) == []


def test_questions_that_fail_one_after_the_other_are_one_outage(tmp_path):
    record(tmp_path, Busy, READS)
    (found,) = recovered(tmp_path)
    assert (found["kind"], found["on"]) == ("server-error", "read")
    at, lasts = read_time(found["at"]), read_time(found["duration"])
    # from the first question that failed to the last: nobody asked outside
    assert read_time("15 s") <= at < at + lasts <= read_time("27 s")


def test_a_position_that_never_comes_is_recovered_beside_its_fill(tmp_path):
    position = {"kind": "drop", "event": "position"}
    record(tmp_path, Busy, STRUCK["an event that never comes"], position)
    assert recovered(tmp_path) == [STRUCK["an event that never comes"], position]


def test_several_things_that_struck_are_recovered_in_order(tmp_path):
    names = ("an event that never comes", "another hand", "the venue")
    faults = [STRUCK[name] for name in names]
    record(tmp_path, Busy, *faults)
    assert [each["kind"] for each in recovered(tmp_path)] == ["drop", "trader", "venue-cancel"]


@pytest.mark.parametrize(
    ("intents", "prefix"),
    [
        (["1", "2", "10", "11"], ""),
        (["7"], ""),
        (["k3x9-1", "k3x9-12", "k3x9-120"], "k3x9-"),
        (["k3x9-12", "k3x9-13"], "k3x9-"),
        ([], ""),
    ],
)
def test_the_prefix_of_a_journal_is_what_stands_before_the_numbers(intents, prefix):
    given = {"symbol": "ESH4", "side": Side.BUY, "ord_type": OrdType.MARKET, "qty": 1}
    lives = [Life(order_id="", tag=f"{each}.stop#1", ours=True, **given) for each in intents]
    assert prefix_of(lives) == prefix
    names = [short_name(life, lives) for life in lives]
    assert names == [f"{each.removeprefix(prefix)}.stop" for each in intents]


def test_orders_are_counted_from_the_first_of_the_run(tmp_path):
    record(tmp_path, Busy)
    (session,) = read_recorded(tmp_path, None, skip_damaged=False)
    lives = lives_of(session)
    assert [Naming(lives, session.began_ns).of(life) for life in lives] == [
        ("1", ""),
        ("2", ""),
        ("3", ""),
    ]
    later = Naming(lives, lives[1].begins_ns)
    assert [later.of(life) for life in lives] == [None, ("1", ""), ("2", "")]


def test_time_without_a_stop_is_measured_by_the_brokers_own_times(tmp_path):
    late = {"kind": "late", "event": "fill", "intent": "1", "delay": "3 s"}
    record(tmp_path, Busy, late, {"kind": "drop", "event": "position"})
    (session,) = read_recorded(tmp_path, None, skip_damaged=False)
    (span,) = bare_spans(session, lives_of(session))
    # bought, told of it three seconds later, and the stop is there a round trip after that
    assert span.most == 2
    assert 3.0 < span.lasts_ns(session.ended_ns) / 10**9 < 3.2


def life_of(side, ord_type, status, *, at_ns, filled=0):
    """An order of two that stands so from a moment on; `filled`: then, too."""
    life = Life(
        order_id=f"{at_ns}", tag="", symbol="ESH4", side=side, ord_type=ord_type, qty=2, ours=True
    )
    state = State(
        at_ns=at_ns, heard_ns=at_ns, learned=False, exec_type=None, status=status,
        cum_qty=filled, leaves_qty=0 if status.terminal else 2,
    )  # fmt: skip
    life.states.append(state)
    if filled:
        life.fills["1"] = Fill(exec_id="1", qty=filled, at_ns=at_ns)
    return life


COVERS = {
    "a stop on the closing side": (Side.SELL, OrdType.STOP, OrdStatus.NEW, True),
    "a trailing one": (Side.SELL, OrdType.TRAILING_STOP, OrdStatus.NEW, True),
    "a stop on the other side": (Side.BUY, OrdType.STOP, OrdStatus.NEW, False),
    "a target": (Side.SELL, OrdType.LIMIT, OrdStatus.NEW, False),
    "a stop that is kept back": (Side.SELL, OrdType.STOP, OrdStatus.SUSPENDED, False),
    "a stop that is over": (Side.SELL, OrdType.STOP, OrdStatus.CANCELED, False),
}


@pytest.mark.parametrize("name", COVERS)
def test_what_covers_a_position(tmp_path, name):
    side, ord_type, status, covers = COVERS[name]
    lives = [
        life_of(Side.BUY, OrdType.MARKET, OrdStatus.FILLED, at_ns=10, filled=2),
        life_of(side, ord_type, status, at_ns=30),
    ]
    none = Recorded(
        folder=tmp_path, run="", session=None, began_ns=0, ended_ns=100, calls=[], heard=[],
        market={}, notes=[],
    )  # fmt: skip
    assert bare_spans(none, lives) == [Bare("ESH4", 10, 30 if covers else None, 2)]


def test_what_a_session_began_with_is_said_not_to_be_in_the_plan(tmp_path):
    lives = [
        life_of(Side.SELL, OrdType.MARKET, OrdStatus.FILLED, at_ns=10, filled=2),
        life_of(Side.SELL, OrdType.STOP, OrdStatus.NEW, at_ns=5),
    ]
    lives[1].ours, lives[1].tag = False, "3.stop#1"
    body = {"instrument": "ESH4", "qty": 2}
    began = Recorded(
        folder=tmp_path, run="", session={"settings": {"misses": 9}}, began_ns=0, ended_ns=100,
        calls=[], heard=[Heard(what="position", at_ns=3, learned=True, body=body)], market={},
        notes=["a note"],
    )  # fmt: skip
    missed = Struck(at_ns=7, says="something was missed", fault=None)
    told = "\n".join(unknown_lines(began, [missed], None, lives))
    for each in (
        "something was missed",
        "settings misses were not the usual ones",
        "+2 ESH4 that was held when the session began",
        "orders of an earlier session of ours",
        "a note",
    ):
        assert each in told
    assert bare_spans(began, lives) == []
