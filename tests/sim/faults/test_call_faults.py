"""What becomes of calls: late, lost on either way, refused, and reads that lag behind."""

import asyncio

import pytest

from dryfill.sim.faults.log import StalePlan
from dryfill.trading import instruments
from dryfill.trading.errors import NotSent, OutcomeUnknown, Refused
from dryfill.trading.order import OrderChange
from dryfill.trading.words import OrdStatus, Reason

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000


def fault(kind, call="place", **keys):
    return {"kind": kind, "call": call, **keys}


@pytest.mark.parametrize(
    ("leg", "acted", "answered"), [("request", 115, 130), ("response", 15, 130)]
)
def test_latency_of_one_leg_moves_the_broker_or_only_the_answer(stage, order, leg, acted, answered):
    at = stage(fault("latency", **{leg: "100 ms"}))

    async def script(broker):
        await at.unless(broker.place(order(limit=90)))

    at.play(script)
    assert sorted(at.log, key=lambda line: line[1]) == [("new of 1#1", acted), ("ok", answered)]


@pytest.mark.parametrize(
    ("form", "ended"), [("timeout", 5000), ("reset", 30), ("502", 30), ("504", 30)]
)
def test_a_lost_ack_is_unknown_to_the_client_and_the_order_works(stage, order, form, ended):
    at = stage(fault("ack-lost", form=form))

    async def script(broker):
        error = await at.unless(broker.place(order(limit=90)))
        assert "it may have happened" in str(error)
        return await broker.order(ES, cl_ord_id="1#1")

    assert at.play(script).ord_status is OrdStatus.NEW
    assert at.log == [("new of 1#1", 15), ("OutcomeUnknown", ended)]


@pytest.mark.parametrize(("form", "ended"), [("timeout", 700), ("reset", 730)])
def test_a_lost_request_looks_the_same_and_nothing_is_there(stage, order, form, ended):
    at = stage(fault("request-lost", form=form, after="700 ms"))

    async def script(broker):
        await at.unless(broker.place(order(limit=90)))
        return await broker.order(ES, cl_ord_id="1#1")

    assert at.play(script) is None
    assert at.log == [("OutcomeUnknown", ended)]
    assert not at.desk.orders


def test_a_deadline_of_the_clients_ends_a_lost_call_before_the_timeout_does(stage, order):
    at = stage(fault("ack-lost"))

    async def script(broker):
        await at.unless(broker.place(order(limit=90), deadline_s=0.4))

    at.play(script)
    assert at.log[-1] == ("OutcomeUnknown", 400)


def test_a_lost_refusal_is_unknown_too(stage):
    at = stage(fault("ack-lost", "cancel", form="reset"))

    async def script(broker):
        await at.unless(broker.cancel(ES, "7"))

    at.play(script)
    assert at.log == [("OutcomeUnknown", 30)]


def test_the_second_place_of_one_brackets_stop_is_meant_and_no_other(stage, order):
    at = stage(fault("request-lost", role="stop", intent="1", nth=2, form="reset"))
    tags = ("1.stop#1", "1.target#1", "2.stop#1", "2.stop#2", "1.stop#2", "1.stop#3")

    async def script(broker):
        for tag in tags:
            await at.unless(broker.place(order(tag, limit=90)))

    at.play(script)
    placed = [record.request.cl_ord_id for record in at.desk.orders.values()]
    assert placed == [tag for tag in tags if tag != "1.stop#2"]


def test_faults_of_two_brackets_count_each_its_own(stage, order):
    at = stage(
        fault("request-lost", role="stop", intent="1", nth=2, form="reset"),
        fault("request-lost", role="stop", intent="2", nth=1, form="reset"),
    )

    async def script(broker):
        for tag in ("1.stop#1", "1.stop#2", "2.stop#1", "2.stop#2"):
            await at.unless(broker.place(order(tag, limit=90)))

    at.play(script)
    placed = [record.request.cl_ord_id for record in at.desk.orders.values()]
    assert placed == ["1.stop#1", "2.stop#2"]


def test_a_cancel_and_a_change_are_chosen_by_the_tag_of_their_order(stage, order):
    at = stage(
        fault("request-lost", "cancel", role="target", form="reset"),
        fault("request-lost", "modify", role="stop", form="reset"),
    )

    async def script(broker):
        for tag in ("1.stop#1", "1.target#1"):
            ack = await broker.place(order(tag, limit=90))
            change = OrderChange(price=ES.decimal(91))
            await at.unless(broker.modify(ES, ack.order_id, change))
            await at.unless(broker.cancel(ES, ack.order_id))

    at.play(script)
    ends = [what for what, _ in at.log if " of " not in what]
    assert ends == ["OutcomeUnknown", "ok", "ok", "OutcomeUnknown"]


def test_times_and_every_repeat_a_fault(stage, order):
    at = stage(fault("request-lost", nth=2, every=2, times=2, form="reset"))

    async def script(broker):
        for n in range(1, 8):
            await at.unless(broker.place(order(f"{n}#1", limit=90)))

    at.play(script)
    placed = [record.request.cl_ord_id for record in at.desk.orders.values()]
    assert placed == ["1#1", "3#1", "5#1", "6#1", "7#1"]


def test_all_has_no_end(stage):
    at = stage(fault("server-error", "read", times="all"))

    async def script(broker):
        for call in (broker.positions, broker.open_orders, broker.account, broker.positions):
            error = await at.unless(call())
            assert "it proves nothing" in str(error)

    at.play(script)
    assert [what for what, _ in at.log] == ["OutcomeUnknown"] * 4


@pytest.mark.parametrize("record", [True, False])
def test_a_refused_order_may_be_in_the_books_as_rejected(stage, order, reports, record):
    plan = fault("refused", reason="insufficient-funds", text="not enough", record=record)
    at = stage(plan)

    async def script(broker):
        heard = reports(broker)
        error = await at.unless(broker.place(order(limit=90)))
        assert isinstance(error, Refused)
        assert (error.reason, str(error)) == (Reason.INSUFFICIENT_FUNDS, "not enough")
        return heard, await broker.order(ES, cl_ord_id="1#1"), await broker.open_orders()

    heard, found, working = at.play(script)
    assert working == []
    assert at.engine.book().orders == ()
    if record:
        assert heard[0].order == found
        assert (found.ord_status, found.text) == (OrdStatus.REJECTED, "not enough")
        assert (found.leaves_qty, found.price) == (0, ES.decimal(90))
    else:
        assert (heard, found) == ([], None)


def test_a_refused_cancel_leaves_the_order_working(stage, order):
    at = stage(fault("refused", "cancel", reason="too-late"))

    async def script(broker):
        ack = await broker.place(order(limit=90))
        error = await at.unless(broker.cancel(ES, ack.order_id))
        assert error.reason == Reason.TOO_LATE
        assert "too late" in str(error)
        return await broker.open_orders()

    assert len(at.play(script)) == 1


def test_a_request_the_broker_would_refuse_is_refused_in_its_own_words(stage, order):
    at = stage(fault("refused", nth=2, text="no"))

    async def script(broker):
        await broker.place(order(limit=90))
        return await at.unless(broker.place(order(limit=90)))

    assert at.play(script).reason == Reason.DUPLICATE_TAG
    assert len(at.desk.orders) == 1


def test_an_order_is_acknowledged_and_rejected_later_by_an_event(stage, order, reports):
    at = stage(fault("rejected-later", after="300 ms", text="risk limit"))

    async def script(broker):
        heard = reports(broker)
        ack = await at.unless(broker.place(order(limit=90)))
        pending = await broker.order(ES, order_id=ack.order_id)
        await asyncio.sleep(1)
        return pending, heard, await broker.open_orders()

    pending, heard, working = at.play(script)
    assert pending.ord_status is OrdStatus.PENDING_NEW
    assert [(e.order.ord_status, e.order.text) for e in heard] == [
        (OrdStatus.REJECTED, "risk limit")
    ]
    assert working == []
    assert at.log == [("ok", 30), ("rejected of 1#1", 315)]


def test_429_is_not_sent_for_as_long_as_it_lasts(stage, order):
    at = stage(fault("rate-limited", nth=2, duration="1 s", on="write", retry_after="1 s"))

    async def script(broker):
        errors = []
        for n in range(1, 5):
            errors.append(await at.unless(broker.place(order(f"{n}#1", limit=90))))
            await at.unless(broker.positions())
            await asyncio.sleep(0.4)
        return errors

    errors = at.play(script)
    refused = [isinstance(error, NotSent) for error in errors]
    assert refused == [False, True, True, True]
    assert "429" in str(errors[1])
    assert "Retry-After 1 s" in str(errors[1])
    assert (errors[1].retry_after_s, errors[1].limited) == (1.0, True)
    assert [what for what, _ in at.log].count("ok") == 5
    assert len(at.desk.orders) == 1


def test_an_outage_ends(stage, order):
    at = stage({"kind": "rate-limited", "at": "100 ms", "duration": "1 s"})

    async def script(broker):
        for wait in (0, 0.2, 1.0):
            await asyncio.sleep(wait)
            await at.unless(broker.positions())

    at.play(script)
    assert [what for what, _ in at.log] == ["ok", "NotSent", "ok"]


@pytest.mark.parametrize("applied", [True, False])
def test_5xx_on_a_write_tells_nothing_of_what_happened(stage, order, applied):
    at = stage(fault("server-error", status=500, applied=applied))

    async def script(broker):
        error = await at.unless(broker.place(order(limit=90)))
        assert isinstance(error, OutcomeUnknown)
        assert "500" in str(error)

    at.play(script)
    assert bool(at.desk.orders) is applied


@pytest.mark.parametrize(
    ("form", "kind", "ended"),
    [
        ("refused", "NotSent", 30),
        ("dns", "NotSent", 0),
        ("connect-timeout", "OutcomeUnknown", 5000),
    ],
)
def test_an_unreachable_server_is_not_sent_or_unknown(stage, order, form, kind, ended):
    at = stage(fault("unreachable", "any", form=form))

    async def script(broker):
        await at.unless(broker.place(order(limit=90)))

    at.play(script)
    assert at.log == [(kind, ended)]
    assert not at.desk.orders


def test_of_two_faults_that_end_a_call_the_first_decides_and_the_other_is_stale(stage, order):
    at = stage(fault("rate-limited"), fault("ack-lost"), fault("latency", response="1 s"))

    async def script(broker):
        await at.unless(broker.place(order(limit=90)))

    with pytest.raises(StalePlan, match=r"fault 2: ack-lost .* fired 0 of 1"):
        at.play(script)
    assert at.log == [("NotSent", 1030)]


# --- reads --------------------------------------------------------------------------------------


def test_a_lagging_read_tells_what_was_true_before(stage, order):
    at = stage(*(fault("stale-read", call, nth=1, lag="1 s") for call in ALL_READS))

    async def script(broker):
        first = await broker.place(order("1#1", limit=90))
        await broker.place(order("2#1", qty=2))
        await asyncio.sleep(2)
        before = await read_all(broker)  # now the lag is past, nothing moved meanwhile
        await broker.cancel(ES, first.order_id)
        await broker.place(order("3#1", side="sell"))
        return before, await read_all(broker)

    stale, fresh = at.play(script)
    assert stale == ([("1#1", 0)], OrdStatus.NEW, ["1#1", "2#1"], 1, [2])
    assert fresh == ([], OrdStatus.CANCELED, ["1#1", "2#1", "3#1"], 2, [1])


def test_a_read_sees_nothing_of_the_last_second(stage, order):
    at = stage(*(fault("stale-read", call, nth=1, lag="1 s") for call in ALL_READS))

    async def script(broker):
        await broker.place(order("1#1", limit=90))
        await broker.place(order("2#1", qty=2))
        return await read_all(broker)

    assert at.play(script) == ([], None, [], 0, [])


def test_what_was_flat_is_no_position_of_the_past(stage, order):
    at = stage(fault("stale-read", "positions", lag="1 s"))

    async def script(broker):
        await broker.place(order("1#1"))
        await broker.place(order("2#1", side="sell"))
        await asyncio.sleep(2)
        return await broker.positions()

    assert at.play(script) == []


def test_a_stale_read_of_orders_begins_with_the_moment_asked_for(stage, order):
    at = stage(fault("stale-read", "orders-since", lag="1 s", times="all"))

    async def script(broker):
        await broker.place(order("1#1", limit=90))
        await asyncio.sleep(2)
        entered = at.desk.orders[1].entered_ns
        return [len(await broker.orders_since(entered + late)) for late in (0, 1)]

    assert at.play(script) == [1, 0]


def test_money_is_read_late_as_well(stage, order):
    at = stage(fault("stale-read", "account", nth=2, lag="1 s"), text=RISING)

    async def script(broker):
        await broker.place(order("1#1"))
        await asyncio.sleep(5)
        await broker.place(order("2#1", side="sell"))
        return [(await broker.account()).realised for _ in range(3)]

    now, stale, again = at.play(script)
    assert now == again == 75
    assert stale == 0


def test_a_snapshot_is_delivered_after_newer_events(stage, order):
    at = stage(fault("stale-read", "positions", lag="5 ms", response="200 ms"))

    async def script(broker):
        await broker.place(order("1#1"))
        asking = broker.positions()
        await asyncio.sleep(0)
        await broker.place(order("2#1", side="sell"))
        at.note(f"told {[p.qty for p in await asking]}")

    at.play(script)
    heard = [line for line in at.log if str(line[0]).startswith(("position", "told"))]
    assert heard == [("position 1", 15), ("position 0", 45), ("told [1]", 260)]


RISING = "0 quote 100x5 101x5\n0 trade 101x1\n3000 quote 107x5 108x5\n600000 quote 107x5 108x5"
ALL_READS = ("open-orders", "order", "orders-since", "executions-since", "positions")


async def read_all(broker):
    working = [(o.cl_ord_id, o.cum_qty) for o in await broker.open_orders(ES)]
    one = await broker.order(ES, cl_ord_id="1#1")
    since = [o.cl_ord_id for o in await broker.orders_since(T0)]
    fills = len(await broker.executions_since(T0))
    held = [p.qty for p in await broker.positions()]
    return working, one and one.ord_status, since, fills, held
