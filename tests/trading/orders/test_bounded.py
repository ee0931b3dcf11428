"""Memory: what is finished leaves, what works stays, and nothing else grows."""

import asyncio

from dryfill.sim.loop_run import run_virtual
from dryfill.trading.order import Buy
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks

BOUND = 20


def test_orders_and_brackets_that_are_over_leave_and_those_at_work_stay(stage_kind, mnq):
    async def main():
        stage = stage_kind(OrderSettings(finished_most=BOUND, executions_most=BOUND))
        manager, broker = stage.manager, stage.broker
        resting = [manager.place(mnq, Buy(1, limit="19000")) for _ in range(3)]
        for order in resting:
            broker.happen("new", order.cl_ord_id, [])
            broker.tell()
            broker.answer("ack", order.cl_ord_id)
        for _ in range(300):
            bracket = manager.bracket(mnq, Buy(1), stop=Ticks(40), target=None)
            for what, role, words in (
                ("fill", "entry", ["1", "@", "20000"]),
                ("fill", "stop", ["1", "@", "19990"]),
            ):
                tag = f"{bracket.intent}.{role}#1"
                broker.happen("new", tag, [])
                broker.happen(what, tag, words)
                broker.tell()
                broker.tell()
                broker.answer("ack", tag)
                await asyncio.sleep(0)
        outbox = manager._outbox
        registry, ledger = outbox.orders, outbox.ledger
        sizes = {
            "finished": len(registry._finished),
            "tombstones": len(registry._tombstones),
            "executions": len(ledger._booked),
        }
        assert sizes == dict.fromkeys(sizes, BOUND)
        assert len(registry._tag_by_id) == BOUND + 3
        assert list(registry.working()) == resting
        assert not manager.view.brackets_of(mnq)
        assert not ledger._ahead
        assert not ledger._strangers
        assert manager.view.timers == 0
        assert not outbox._courier._pauses

    run_virtual(main(), origin_ns=0)


def test_a_quoter_that_changes_its_order_all_day_keeps_nothing_of_it(stage_kind, mnq):
    async def main():
        stage = stage_kind(OrderSettings(held_most=5))
        manager, broker = stage.manager, stage.broker
        order = manager.place(mnq, Buy(1, limit="19000"))
        broker.happen("new", "1#1", [])
        broker.tell()
        broker.answer("ack", "1#1")
        await asyncio.sleep(0)
        for n in range(200):
            manager.modify(order, limit=str(19_001 + n))
            told = ("replaced", "1#1", ["price", str(19_001 + n)])
            if n % 2:  # told before its answer
                broker.happen(*told)
                broker.tell()
                broker.answer("ack", "1#1")
            else:  # answered, and never told
                broker.answer("ack", "1#1")
            await asyncio.sleep(0)
        assert order.core.agreed
        assert len(order.core.agreement._untold) <= 5
        assert not order.changed.waited_for

    run_virtual(main(), origin_ns=0)


def test_a_market_that_is_shut_for_a_weekend_leaves_no_trail(play):
    shut = "".join(
        f"wait 30\n> place 2.exit#{n} sell 2 market\n< refuse 2.exit#{n} MARKET_CLOSED\n"
        for n in range(9, 1300)  # ten hours and more: 2**n would be no float any more
    )
    stage = play(
        """
        do place buy 2
        > place 1#1 buy 2 market
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
        do flatten
        > place 2.exit#1 sell 2 market
        < refuse 2.exit#1 MARKET_CLOSED
        """
        + "".join(
            f"wait {0.25 * 2**n}\n> place 2.exit#{n + 2} sell 2 market\n"
            f"< refuse 2.exit#{n + 2} MARKET_CLOSED\n"
            for n in range(7)
        )
        + shut
    )
    (flatten,) = stage.manager._flattens._flattens.values()
    assert not flatten._closer.orders
    assert len(stage.manager.view.incidents) == 1


def test_two_hundred_brackets_that_fill_in_one_instant_all_end(stage_kind, mnq):
    """Finding 4c."""

    async def main():
        stage = stage_kind()
        manager, broker = stage.manager, stage.broker
        tasks = len(asyncio.all_tasks())
        made = [manager.bracket(mnq, Buy(1), stop=Ticks(4), target=Ticks(4)) for _ in range(200)]
        for role, words in (("entry", ["1", "@", "20000"]), ("target", ["1", "@", "20001"])):
            for bracket in made:
                tag = f"{bracket.intent}.{role}#1"
                broker.happen("new", tag, [])
                broker.happen("fill", tag, words)
                broker.tell()
                broker.tell()
                broker.answer("ack", tag)
            await asyncio.sleep(0)
        for bracket in made:
            tag = f"{bracket.intent}.stop#1"
            broker.happen("new", tag, [])
            broker.tell()
            broker.answer("ack", tag)
        await asyncio.sleep(0)
        cancels = [line for line in broker.sent if line.startswith("cancel")]
        assert len(cancels) == len(set(cancels)) == 200
        for bracket in made:
            broker.happen("canceled", f"{bracket.intent}.stop#1", [])
            broker.tell()
        await asyncio.sleep(0)
        assert not manager.view.brackets_of(mnq)
        assert not manager.view.orders_of(mnq)
        assert manager.view.held(mnq) == 0
        assert len(asyncio.all_tasks()) == tasks

    run_virtual(main(), origin_ns=0)
