"""Finding 9, logging levels: scenario 1a at INFO, and what may not be in a log.

One INFO when the broker has an order, one for each fill, one when it is over; a WARNING only for
what somebody should look at, once; no line a message; with ids off, no id.
"""

import io
import json
from collections import Counter

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.orders.figures.order_logger import order_logger
from dryfill.trading.orders.settings import OrderSettings

# 1a: bracket buy 5; 2 filled; the client cancels, and 1 more is filled before the cancel arrives.
SCENARIO_1A = """
    do bracket buy 5 limit 20000 loss 19990 target 20020
    > place 1.entry#1 buy 5 limit 20000
    < new 1.entry#1
    < ack 1.entry#1
    wait 1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
    wait 59
    do cancel 1.entry#1
    > cancel 1.entry#1
    wait 0.05
    < fill 1.entry#1 1 @ 20000
    > modify 1.stop#1 order_qty 3
    > modify 1.target#1 order_qty 3
    wait 0.05
    < canceled 1.entry#1
    < ack 1.entry#1
    < replaced 1.stop#1 order_qty 3
    < ack 1.stop#1
    < replaced 1.target#1 order_qty 3
    < ack 1.target#1
    = position 3
"""
REFUSED = """
    do place buy 1
    > place 2#1 buy 1 market
    < refuse 2#1 NO_LAST_PRICE
    = got place 2#1 -> Refused
    do flatten
    > cancel 1.target#1
    < canceled 1.target#1
    > cancel 1.stop#1
    < ack 1.target#1
    < refuse 1.stop#1 NONE
    > look 1.stop#1
    < found 1.stop#1
"""


@pytest.fixture
def log(stage_kind):
    def run(script, **settings):
        async def main():
            stage, file = stage_kind(OrderSettings(**settings)), io.StringIO()
            stage.manager.figures.log(order_logger(file, json=True))
            await stage.play(script)
            ids = [*stage.broker.truth, *(s.order_id for s in stage.broker.truth.values())]
            return file.getvalue(), ids, [i.kind for i in stage.manager.view.incidents]

        return run_virtual(main(), origin_ns=0)

    return run


def test_scenario_1a_at_info_is_one_line_on_accept_one_a_fill_one_at_the_end(log):
    text, _, _ = log(SCENARIO_1A)
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["level"] for line in lines} == {"info"}
    assert Counter((line["order"], line["event"]) for line in lines) == {
        ("1.entry#1", "accepted"): 1,
        ("1.entry#1", "fill"): 2,
        ("1.entry#1", "over"): 1,
        ("1.stop#1", "accepted"): 1,
        ("1.target#1", "accepted"): 1,
    }


def test_a_warning_is_one_incident_and_each_incident_one_warning(log):
    text, _, incidents = log(SCENARIO_1A + REFUSED, cancel_tries=1)
    lines = [json.loads(line) for line in text.splitlines()]
    warnings = [line["event"] for line in lines if line["level"] == "warning"]
    assert warnings == incidents
    assert "cancel_failed" in warnings


def test_in_redacted_mode_there_is_no_order_id(log):
    text, ids, _ = log(SCENARIO_1A + REFUSED, log_ids=False, cancel_tries=1)
    assert len(ids) == 8
    for line in map(json.loads, text.splitlines()):
        for value in line.values():
            assert not any(each in str(value) for each in ids if not str(value)[:1].isdigit())
            assert "#" not in str(value)
    for order_id in ids:
        assert f'"{order_id}"' not in text


def test_no_order_means_no_line_however_much_goes_over_the_wire(log):
    text, _, _ = log("< stream up\n" * 50)
    assert text == ""
