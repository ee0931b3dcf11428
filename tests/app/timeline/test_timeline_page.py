"""The timeline's page as text: whole in itself, and inert towards what it shows."""

import json
import re
from html import escape
from typing import Any

import pytest
from msgspec import structs
from rehearsing import setup_of, trade_a_bracket

from dryfill.app.timeline.page import timeline_page
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.backtest import World
from dryfill.sim.tracing.rows import Complaint, Kind, Trace
from dryfill.sim.tracing.tracer import trace
from dryfill.testing.wire_world import Rehearsal

HOSTILE = '</script><img src=x onerror="document.title=1">&amp;'


def data_of(page: str) -> dict[str, Any]:
    """What the page's script draws."""
    found = re.search(r'<script type="application/json" id="run">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


@pytest.fixture(scope="module")
def page(told: Any) -> str:
    return timeline_page(told.trace, "a bare bracket", told.complaints, command="dryfill replay x")


def test_the_page_asks_nothing_of_a_network(page: str) -> None:
    ours = page.replace("http://www.w3.org/2000/svg", "")  # a name, which nobody fetches
    assert not re.findall(r"""\b(?:src|href)\s*=|url\((?!#)|@import|https?://""", ours)


def test_the_page_says_what_was_broken_and_how_to_repeat_it(page: str, told: Any) -> None:
    assert told.complaints
    for each in told.complaints:
        assert escape(each.text) in page
    assert "<code>dryfill replay x</code>" in page


def test_text_from_outside_cannot_become_markup(told: Any) -> None:
    row = structs.replace(told.trace.rows[0], text=HOSTILE, tag=HOSTILE, detail={HOSTILE: HOSTILE})
    trace = structs.replace(told.trace, rows=(row,), latency=HOSTILE)
    page = timeline_page(trace, HOSTILE, [Complaint(HOSTILE, row.at_ns, HOSTILE)], command=HOSTILE)
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert data_of(page)["rows"][0][4] == HOSTILE


def test_every_message_is_drawn_with_both_its_ends(page: str, told: Any) -> None:
    trace: Trace = told.trace
    latency = trace.latencies()
    arrived = [message for message in data_of(page)["messages"] if message[1] is not None]
    assert {message[4]: message[1] - message[0] for message in arrived} == latency


def traced(world_of: Any, *faults: Any) -> Trace:
    """A bracket under a plan, until its target is filled."""
    world = world_of(setup_of(plan=make_plan(*faults)))
    tracing = trace(world)
    world.run(trade_a_bracket)
    return tracing.finish()


@pytest.mark.parametrize("world_of", [World, Rehearsal])
def test_what_never_arrived_is_drawn_as_lost_and_nothing_else_is(world_of: Any) -> None:
    lost = {"kind": "request-lost", "form": "reset", "call": "place", "role": "stop"}
    found = traced(world_of, lost, {"kind": "drop", "event": "new", "role": "target"})
    messages = data_of(timeline_page(found, "lost"))["messages"]
    failed = [(m[2], m[6]) for m in messages if m[1] is None and m[8]]
    assert failed == [("up", "place 1.stop#1"), ("down", "new 1.target#1")]


def test_what_was_on_its_way_when_the_run_ended_is_no_failure() -> None:
    async def trader(desk: Any) -> list[str]:
        desk.broker.open_orders(deadline_s=5)
        return []

    world = World(setup_of())
    tracing = trace(world)
    world.run(trader)
    messages = data_of(timeline_page(tracing.finish(), "ended"))["messages"]
    assert [(m[1], m[6], m[8]) for m in messages] == [(None, "open-orders", 0)]


def test_the_spans_and_the_position_are_the_exchanges(page: str, told: Any) -> None:
    data, trace = data_of(page), told.trace
    assert data["bare"] == [
        [span.qty, span.from_ns - trace.start_ns, span.to_ns - trace.start_ns, 1]
        for span in trace.bare
    ]
    fills = [
        row for row in trace.rows if row.kind is Kind.REPORT and row.detail["exec type"] == "TRADE"
    ]
    expected = [[row.at_ns - trace.start_ns, int(row.detail["position after"])] for row in fills]
    assert data["position"] == [[0, 0], *expected]


def test_an_order_has_its_states_at_the_exchange_and_as_they_were_told(page: str) -> None:
    orders = {order["tag"]: order for order in data_of(page)["orders"]}
    stop = orders["1.stop#1"]
    assert stop["says"] == "1.stop#1 sell 2 stop 19990.25"
    assert [state for _, state, _ in stop["exchange"]] == ["NEW", "CANCELED"]
    assert [state for _, state, _ in stop["manager"]] == ["SENT", "NEW", "CANCELED"]
    for (here, _, _), (there, _, _) in zip(stop["exchange"], stop["manager"][1:], strict=True):
        assert there > here
    assert stop["over"] == stop["exchange"][-1][0]


def test_what_is_left_out_is_said(told: Any) -> None:
    assert "were not kept" not in timeline_page(told.trace, "x")
    market = structs.replace(told.trace.market, left_out=7)
    page = timeline_page(structs.replace(told.trace, dropped=1234, market=market), "x")
    assert "The 1,234 oldest rows of this run were not kept." in page
    assert "Of the market 7 rows are left out" in page


def test_a_run_in_which_nothing_happened_still_makes_a_page(told: Any) -> None:
    page = timeline_page(structs.replace(told.trace, rows=(), bare=()), "nothing")
    assert data_of(page)["messages"] == []
    assert "0 orders" in page
