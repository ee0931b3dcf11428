"""Memory: what is finished leaves, what works stays, and nothing else grows."""

import asyncio

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.order import Buy
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks

BOUND = 20


def test_orders_and_brackets_that_are_over_leave_and_those_at_work_stay(stage_kind, mnq):
    async def main():
        stage = stage_kind(
            OrderSettings(finished_most=BOUND, executions_most=BOUND, tombstones_most=BOUND)
        )
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
        assert len(registry.tag_by_id) == 2 * BOUND + 3  # finished, let go lately, at work
        assert list(registry.working()) == resting
        assert not manager.view.brackets_of(mnq)
        assert not ledger._ahead
        assert not ledger._strangers
        assert not ledger._filled
        # Of 300 finished brackets a fill has only the newest looked at.
        assert len(manager._owners.late(mnq)) == 300
        assert manager._owners.stirring(mnq) == manager._owners.late(mnq)[-1:]
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
        + shut,
        OrderSettings(reconcile_lossless_s=1e9),  # no question comes between
    )
    (flatten,) = stage.manager._flattens.running.values()
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


LET_GO = """
    do place buy 1 limit 20000
    > place 1#1 buy 1 limit 20000
    < new 1#1
    < ack 1#1
    < canceled 1#1
    do place buy 1 limit 20000
    > place 2#1 buy 1 limit 20000
    < new 2#1
    < ack 2#1
    < canceled 2#1
"""
AND_ANOTHER = LET_GO[LET_GO.index("do place", 20) :].replace("2#1", "3#1")


@pytest.mark.parametrize("tagged", [True, False])
def test_a_fill_of_an_order_let_go_is_known_for_what_it_is(tagged, play):
    stage = play(
        LET_GO
        + """
        < fill 1#1 1 @ 20000
        = incidents late_fill
        = position 1
        < again
        = incidents late_fill
        = position 1
        """,
        OrderSettings(finished_most=1),
        tagged=tagged,
    )
    (incident,) = stage.manager.view.incidents
    assert ("1#1" if tagged else "100") in incident.text
    assert not stage.manager._outbox.orders._held


@pytest.mark.parametrize(
    ("bound", "pause"), [({"late_s": 10.0}, "wait 11"), ({"tombstones_most": 1}, AND_ANOTHER)]
)
def test_late_s_and_tombstones_most_bound_how_long_an_id_let_go_is_known(bound, pause, play):
    """After that it is a stranger's: its fill moves the position, and nothing else is said."""
    script = LET_GO + pause + "\n< fill 1#1 1 @ 20000\n= position 1\n= incidents"
    stage = play(script, OrderSettings(finished_most=1, **bound), tagged=False)
    assert "100" not in stage.manager._outbox.orders.tag_by_id
    play(script + " late_fill", OrderSettings(finished_most=1), tagged=False)


@pytest.mark.parametrize("bound", [{"finished_s": 2.0}, {"finished_most": 1}])
def test_an_order_stays_until_each_of_its_fills_was_told(bound, stage_kind):
    """Else the fill would be counted once as the order's, and again as a stranger's."""

    async def main():
        stage = stage_kind(OrderSettings(**bound))
        await stage.play("""
            do place buy 2 limit 20000
            > place 1#1 buy 2 limit 20000
            < new 1#1
            < ack 1#1
            x fill 1#1 1 @ 20000
            """)
        late = stage.broker.on_its_way.popleft()
        await stage.play("""
            < canceled 1#1
            = position 1
            wait 3
            do place buy 1 limit 19999
            > place 2#1 buy 1 limit 19999
            < new 2#1
            < ack 2#1
            < canceled 2#1
            """)
        stage.broker.sink(late)
        await stage.play("""
            = position 1
            wait 3
            do place buy 1 limit 19998
            > place 3#1 buy 1 limit 19998
            < new 3#1
            < ack 3#1
            < canceled 3#1
            """)
        assert stage.manager.view.order("1#1") is None

    run_virtual(main(), origin_ns=0)


def test_held_s_bounds_how_long_a_report_waits_for_its_order(play):
    script = """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < fill 1#1 1 @ 20000
        wait 11
        < ack 1#1
        = position 1
        = fills 1#1 {n}
    """
    play(script.format(n=1), tagged=False)
    stage = play(script.format(n=0), OrderSettings(held_s=10.0), tagged=False)
    assert not stage.manager._outbox.orders._held


@pytest.mark.parametrize(("over_s", "kept"), [(-1, ["2#1"]), (1, [])])
def test_finished_orders_leave_by_age_though_nothing_finishes_any_more(over_s, kept, play):
    """The next report of any order is enough."""
    stage = play(
        f"""
        do place buy 9 limit 20000
        > place 1#1 buy 9 limit 20000
        < new 1#1
        < ack 1#1
        do place buy 1 limit 20000
        > place 2#1 buy 1 limit 20000
        < new 2#1
        < ack 2#1
        < canceled 2#1
        wait {OrderSettings().finished_s + over_s}
        < fill 1#1 1 @ 20000
        = working 1#1
        """,
        OrderSettings(reconcile_lossless_s=1e9),  # no question comes between
    )
    table = stage.manager._outbox.orders
    assert list(table._finished) == kept
    assert len(table._tombstones) == 1 - len(kept)


def test_incidents_most_bounds_what_is_kept_of_incidents_and_differences(stage_kind):
    stage = stage_kind(OrderSettings(incidents_most=3))
    for n in range(5):
        stage.manager.incident("told", str(n))
        stage.manager._outbox.differences.note("position_differs", "MNQ", ours=n, theirs=9)
    assert len(stage.manager.view.incidents) == len(stage.manager.view.differences) == 3
    assert [found.ours for found in stage.manager.view.differences] == ["2", "3", "4"]
    assert len(stage.listener.lines) == 10  # all were told
