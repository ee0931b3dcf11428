"""A halt (RS-53): no storm of requests, and one warning for each incident and change (INV-30)."""

import asyncio
import io
import json
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from dryfill.trading.errors import Refused
from dryfill.trading.orders.figures.order_logger import order_logger
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import Reason

GUARDED = """
    do bracket buy 1 loss 40t target 80t
    > place 1.entry#1 buy 1 market
    < new 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    > place 1.target#1 sell 1 limit 20020
    < ack 1.entry#1
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
"""


def halt(broker, reason):
    """From now on every order and cancel is refused 20 ms later; times by request and order."""
    asked = defaultdict(list)
    loop = asyncio.get_running_loop()

    def answer(kind, tag, result):
        asked[kind, tag].append(loop.time())
        future = loop.create_future()
        loop.call_later(0.02, lambda: future.done() or result(future))
        return future

    def refused(future):
        future.set_exception(Refused("the market is halted", reason=reason))

    broker.place = lambda r, **_: answer("place", r.cl_ord_id.partition("#")[0], refused)
    broker.cancel = lambda i, order_id, **_: answer("cancel", broker._tag(order_id), refused)
    broker.order = lambda i, *, cl_ord_id, **_: answer(
        "look", cl_ord_id, lambda future: future.set_result(broker.truth[cl_ord_id])
    )
    return asked


@pytest.mark.parametrize("reason", [Reason.MARKET_CLOSED, Reason.NONE])
def test_in_a_halt_of_a_minute_no_order_is_asked_for_more_than_once_a_second(reason, on_stage, mnq):
    async def go(stage):
        file = io.StringIO()
        stage.manager.figures.log(order_logger(file, json=True))
        await stage.play(GUARDED)
        asked = halt(stage.broker, reason)
        began_s = asyncio.get_running_loop().time()
        await stage.play("do flatten")
        await asyncio.sleep(60)
        assert stage.manager.view.held(mnq) == 1
        return asked, began_s, file.getvalue(), stage.manager.view.incidents

    asked, began_s, text, incidents = on_stage(go, OrderSettings())
    assert ("cancel", "1.target#1") in asked
    assert ("cancel", "1.stop#1") not in asked  # it goes last
    for request, times in asked.items():
        assert len(times) <= 60, (request, len(times))
        late = [at_s for at_s in times if at_s - began_s >= 2]  # once the first pauses have grown
        assert all(after - before >= 1 for before, after in pairwise(late))
    warned = Counter((i.kind, i.tag) for i in incidents)
    assert set(warned.values()) <= {1}
    assert ("cancel_failed", "1.target#1") in warned or reason is Reason.MARKET_CLOSED
    lines = [json.loads(line) for line in text.splitlines()]
    assert sum(line["level"] == "warning" for line in lines) == len(incidents)
