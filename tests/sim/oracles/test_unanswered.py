"""What of the time before an outage was reachable: a request that waited when it began says."""

from decimal import Decimal

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.trading import instruments
from dryfill.trading.order import OrderChange

MNQ = instruments.find("MNQ")
SLOW = {"kind": "latency", "call": "cancel", "response": "9 s"}
LOST = {"kind": "request-lost", "call": "cancel", "form": "timeout", "after": "9 s"}
REFUSED = {"kind": "refused", "call": "cancel"}
LIMITED = {"kind": "rate-limited", "call": "cancel", "nth": 2, "duration": "4 s"}


@pytest.mark.parametrize(
    ("faults", "asked_ms", "broken"),
    [
        # An orphan is known at 150 ms, and gone 25 ms after the last cancel left.
        ((SLOW, REFUSED, LIMITED), (200, 1300, 7000), 0),  # nobody from 200 on; 1.7 s at the end
        ((LOST, LIMITED), (200, 1300, 7000), 0),
        ((LOST, LIMITED), (200, 1300, 7300), 1),  # 2.0 s at the end, and some before 200
        ((LOST, LIMITED), (200, 1100, 7000), 1),  # it waited for less than a second
        ((REFUSED, LIMITED), (200, 1300, 7000), 1),  # it had been answered
    ],
)
def test_who_waits_for_an_answer_as_the_next_request_reaches_nobody_could_reach_none(
    case, faults, asked_ms, broken
):
    found = case(plan=make_plan(*faults)).run(_cancels(asked_ms))
    assert found.premises["INV-03"] > 0
    assert found.counts["INV-03"] == broken


def test_where_another_request_was_answered_meanwhile_somebody_could_be_reached(case):
    found = case(plan=make_plan(LOST, LIMITED)).run(_cancels((200, 1300, 7000), changed_ms=(700,)))
    assert found.counts["INV-03"] == 1


def _cancels(asked_ms, changed_ms=()):
    async def script(client, case):
        await client.at(100)
        stop = client.send("9.stop#1", "sell", 1, stop="19990")
        for at_ms in sorted((*asked_ms, *changed_ms)):
            await client.at(at_ms)
            order_id = stop.result().order_id
            if at_ms in changed_ms:
                change = OrderChange(stop_px=Decimal(19980))
                future = client.broker.modify(MNQ, order_id, change, deadline_s=15)
            else:
                future = client.broker.cancel(MNQ, order_id, deadline_s=15)
            future.add_done_callback(lambda done: done.exception())
        await client.at(12_000)

    return script
