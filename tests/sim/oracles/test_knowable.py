"""What a client was told counts as known, also where the wire cut its time off."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from dryfill.sim.oracles.knowable import Knowledge, Reachable
from dryfill.trading import instruments
from dryfill.trading.order import Execution, OrderState
from dryfill.trading.words import OrdStatus, OrdType, Side

S = 10**9
AT_NS = 10 * S + 142
MNQ = instruments.find("MNQ")


def state(time_ns):
    """A filled order as a client was told of it."""
    return OrderState(
        instrument=MNQ,
        order_id="1",
        cl_ord_id="1#1",
        side=Side.BUY,
        ord_type=OrdType.MARKET,
        ord_status=OrdStatus.FILLED,
        order_qty=1,
        cum_qty=1,
        leaves_qty=0,
        price=None,
        stop_px=None,
        avg_px=Decimal(20_000),
        time_ns=time_ns,
    )


def fill(time_ns):
    """Its fill, as a client was told of it."""
    return Execution(
        exec_id="1",
        instrument=MNQ,
        order_id="1",
        cl_ord_id="1#1",
        side=Side.BUY,
        qty=1,
        px=Decimal(20_000),
        time_ns=time_ns,
        fee=None,
    )


@pytest.mark.parametrize("tell", ["order", "fill"])
@pytest.mark.parametrize(
    ("told_ns", "known"),
    [(AT_NS, True), (AT_NS - 42, True), (AT_NS - 99, True), (AT_NS - 100, False)],
)
def test_a_time_cut_off_at_a_hundred_nanoseconds_still_tells_of_the_change(tell, told_ns, known):
    knowledge = Knowledge(5 * S, S, 20 * S, Reachable())
    moment = knowledge.happened("1", AT_NS, 1, terminal=True, fill=True)
    if tell == "order":
        knowledge.told(state(told_ns), 11 * S)
    else:
        knowledge.told_fill(fill(told_ns), 11 * S)
    assert knowledge.from_ns(moment) == (11 * S if known else AT_NS + 5 * S)


def child(status, time_ns):
    """A child of a bracket that the broker keeps, as a client was told of it."""
    return structs.replace(
        state(time_ns), ord_type=OrdType.STOP, ord_status=status, cum_qty=0, leaves_qty=1
    )


@pytest.mark.parametrize(
    ("told", "known"),
    [(OrdStatus.SUSPENDED, False), (OrdStatus.NEW, True), (OrdStatus.CANCELED, True)],
)
@pytest.mark.parametrize("later_ns", [0, 1_000_000])
def test_that_a_child_waits_does_not_tell_that_it_works_since_the_same_instant(
    told, known, later_ns
):
    knowledge = Knowledge(5 * S, S, 20 * S, Reachable())
    brought = knowledge.happened("1", AT_NS, 0, terminal=False, waits=True)
    begun = knowledge.happened("1", AT_NS, 0, terminal=False)
    knowledge.told(child(told, AT_NS + later_ns), 11 * S)
    assert knowledge.from_ns(brought) == 11 * S
    assert knowledge.from_ns(begun) == (11 * S if known else AT_NS + 5 * S)


@pytest.mark.parametrize(
    ("status", "told", "denied"),
    [
        (OrdStatus.CANCELED, False, 2),
        (OrdStatus.CANCELED, True, 0),
        (OrdStatus.FILLED, False, 0),  # its end is that fill, and no word denied it
    ],
)
def test_a_fill_that_the_end_denied_is_in_nobodys_answer_until_it_is_told(status, told, denied):
    knowledge = Knowledge(5 * S, S, 20 * S, Reachable())
    knowledge.happened("1", AT_NS - S, 1, terminal=False, fill=1)
    knowledge.happened("1", AT_NS, 3, terminal=True, fill=2)
    if told:
        knowledge.told_fill(fill(AT_NS), AT_NS)
    assert knowledge.denied(SimpleNamespace(number=1, status=status)) == denied


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


@given(SPANS, st.integers(0, 60), st.integers(0, 60))
def test_reachable_time_is_what_no_span_covers_however_the_spans_came(spans, from_ns, to_ns):
    reachable, down = Reachable(), set()
    for down_ns, up_ns in spans:
        reachable.unreachable(down_ns, up_ns)
        down |= set(range(down_ns, up_ns))
        up = [ns for ns in range(from_ns, to_ns) if ns not in down]
        assert reachable.between(from_ns, to_ns) == len(up)
        if up:  # the last of them is over when so much has passed
            assert reachable.after(from_ns, len(up)) == up[-1] + 1


@pytest.mark.parametrize(("late_ns", "asked"), [(1, True), (10_000_000, True), (10_000_001, False)])
def test_who_asks_a_step_after_he_must_asked_in_time(late_ns, asked):
    """On a real clock a question leaves a little after it is due (explored on one, hostile 7)."""
    knowledge = Knowledge(5 * S, S, 20 * S, Reachable())
    moment = knowledge.happened("1", 0, 1, False)
    sent_ns = moment.due_ns + late_ns
    knowledge.asked("question", sent_ns, sent_ns + 3 * S, lambda *_: True)
    assert (knowledge.from_ns(moment) > 5 * S) is asked
