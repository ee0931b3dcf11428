"""Which order a fault's moment is about: by its id, where it has no tag to tell it by."""

import asyncio

from dryfill.trading import instruments
from dryfill.trading.words import ExecType

ES = instruments.find("ES")


def test_the_moment_of_an_order_without_a_tag_is_its_own(stage, order, reports):
    at = stage(
        {"kind": "late-fill", "event": "canceled", "after": "900 ms"},
        {"kind": "venue-cancel", "event": "new", "nth": 3},
    )

    async def script(broker):
        acks = [await broker.place(order("", qty=3, limit=px)) for px in (80, 90)]
        heard = reports(broker)
        await broker.cancel(ES, acks[1].order_id)
        third = await broker.place(order("", qty=1, limit=70))
        await asyncio.sleep(3)
        return acks, third, heard

    acks, third, heard = at.play(script)
    fills = [each for each in heard if each.last_qty]
    assert [each.order.order_id for each in fills] == [acks[1].order_id]
    gone = [each.order.order_id for each in heard if each.exec_type is ExecType.CANCELED]
    assert gone == [acks[1].order_id, third.order_id]
