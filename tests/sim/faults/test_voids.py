"""The venue takes a fill back: the desk books again without it, and tells of it once."""

import asyncio

from dryfill.trading.words import ExecType


def test_a_fill_is_taken_back_and_what_works_of_its_order_works_on(stage, order, reports):
    at = stage({"kind": "void", "event": "fill", "after": "900 ms"})

    async def script(broker):
        heard = reports(broker)
        await broker.place(order("1#1", qty=2))
        await asyncio.sleep(3)
        fills = await broker.executions_since(0)
        account = await broker.account()
        return heard, await broker.positions(), fills, account.fees + account.realised

    heard, positions, fills, money = at.play(script)
    back = heard[-1]
    assert (back.exec_type, back.last_qty) == (ExecType.TRADE_CANCEL, fills[0].qty)
    assert back.exec_id == fills[0].exec_id
    assert fills[0].voided
    assert sum(held.qty for held in positions) == back.order.cum_qty == 2 - fills[0].qty
    assert back.order.order_qty == back.order.cum_qty
    assert money == 0


def test_a_fill_is_taken_back_once(stage, order):
    void = {"kind": "void", "event": "fill", "after": "100 ms"}
    at = stage(void, void | {"after": "200 ms"}, strict=False)

    async def script(broker):
        await broker.place(order("1#1", qty=1))
        await asyncio.sleep(3)

    at.play(script)
    assert at.faults.log.counts == (1, 0)
