"""What others do: the venue cancels and halts, a trader trades by hand, the client dies."""

import asyncio

import pytest

from dryfill.matching.commands import SetStatus
from dryfill.trading import instruments
from dryfill.trading.errors import Refused
from dryfill.trading.words import OrdStatus, TradingStatus

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000
MS = 1_000_000


@pytest.fixture
def resting(order):
    """Place resting orders with these tags, then wait."""

    def script_of(*tags, wait_s=3):
        async def script(broker):
            for tag in tags:
                await broker.place(order(tag, limit=90))
            await asyncio.sleep(wait_s)
            return [o.cl_ord_id for o in await broker.open_orders()]

        return script

    return script_of


# --- the venue ----------------------------------------------------------------------------------


def test_the_venue_cancels_the_nth_matching_order_at_a_time(stage, resting, reports):
    at = stage(
        {"kind": "venue-cancel", "at": "1 s", "target": "*.stop", "which": 2, "text": "risk"}
    )
    heard = reports(at.broker)
    left = at.play(resting("1.stop#1", "2.target#1", "2.stop#1", "3.stop#1"))
    assert left == ["1.stop#1", "2.target#1", "3.stop#1"]
    assert at.log[-1] == ("canceled of 2.stop#1", 1005)
    assert (heard[-1].order.ord_status, heard[-1].order.text) == (OrdStatus.CANCELED, "risk")


def test_the_venue_cancels_the_order_whose_moment_it_is(stage, resting):
    at = stage({"kind": "venue-cancel", "event": "new", "role": "stop", "after": "40 ms"})
    assert at.play(resting("1.target#1", "1.stop#1")) == ["1.target#1"]


FALLS = """
    0 quote 100x5 101x5
    0 trade 101x1
    500 trade 99x1
    900 trade 99x1
    5000 quote 100x5 101x5
"""


@pytest.mark.parametrize(("thaw", "heard"), [({}, []), ({"thaw": "700 ms"}, [905])])
def test_the_venue_freezes_an_order_that_works_on_by_its_word(stage, order, thaw, heard):
    plan = {"kind": "frozen", "event": "new", "role": "", "after": "100 ms", **thaw}
    at = stage(plan, text=FALLS)

    async def script(broker):
        await broker.place(order("1#1", limit=100))
        await asyncio.sleep(0.6)
        return [o.cl_ord_id for o in await broker.open_orders()]

    assert at.play(script) == ["1#1"]
    assert [ms for what, ms in at.log if what == "fill of 1#1"] == heard


def test_an_act_within_a_report_waits_until_the_exchange_has_told_all(stage, order):
    at = stage({"kind": "trader", "event": "fill", "act": "close"})

    async def script(broker):
        await broker.place(order(qty=2))

    at.play(script)
    assert [what for what, _ in at.orders] == [
        "new of 1#1",
        "fill of 1#1",
        "new of broker-2",
        "fill of broker-2",
    ]
    assert [what for what, _ in at.log if "position" in str(what)] == ["position 2", "position 0"]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("halt", TradingStatus.HALT),
        ("pre-open", TradingStatus.PRE_OPEN),
        ("no-cancel", TradingStatus.NO_CANCEL),
        ("close", TradingStatus.CLOSE),
    ],
)
def test_a_halt_changes_the_markets_state_for_a_while(stage, order, state, status):
    at = stage({"kind": "halt", "at": "1 s", "duration": "2 s", "state": state})

    async def script(broker):
        await asyncio.sleep(1.5)
        during = at.exchange.book("ES").status
        await asyncio.sleep(2)
        await at.unless(broker.place(order("2#1")))
        return during, at.exchange.book("ES").status

    assert at.play(script) == (status, TradingStatus.OPEN)
    assert at.log[-1][0] == "ok"


def test_nothing_trades_in_a_halt(stage, order):
    at = stage({"kind": "halt", "at": "1 s", "duration": "2 s"})

    async def script(broker):
        await asyncio.sleep(1.5)
        error = await at.unless(broker.place(order()))
        assert isinstance(error, Refused)

    at.play(script)


def test_the_end_of_a_halt_does_not_open_a_market_that_has_closed_meanwhile(stage):
    at = stage({"kind": "halt", "at": "1 s", "duration": "2 s"})
    at.exchange.schedule("ES", T0 + 2000 * MS, SetStatus(TradingStatus.CLOSE))

    async def script(broker):
        await asyncio.sleep(4)
        return at.exchange.book("ES").status

    assert at.play(script) is TradingStatus.CLOSE


# --- a trader by hand ---------------------------------------------------------------------------


def test_a_trader_buys_sells_and_closes_by_hand(stage, resting):
    at = stage(
        {"kind": "trader", "at": "1 s", "act": "buy", "qty": 3},
        {"kind": "trader", "at": "2 s", "act": "sell"},
        {"kind": "trader", "at": "3 s", "act": "close"},
    )
    at.play(resting())
    positions = [line for line in at.log if "position" in str(line[0])]
    assert positions == [("position 3", 1005), ("position 2", 2005), ("position 0", 3005)]
    tags = [record.request.cl_ord_id for record in at.desk.orders.values()]
    assert tags == ["manual-1", "manual-2", "broker-3"]


def test_a_trader_cancels_an_order_by_its_role(stage, resting):
    at = stage({"kind": "trader", "at": "1 s", "act": "cancel", "target": "2.stop"})
    assert at.play(resting("1.stop#1", "2.stop#1")) == ["1.stop#1"]


def test_a_refused_trader_is_in_the_log(stage, resting):
    at = stage({"kind": "trader", "at": "1 s", "act": "close"})
    at.play(resting())
    assert "the trader is refused: 0 ES are held" in str(at.faults.log)


# --- the client dies ----------------------------------------------------------------------------


def crashing(stage, plan, order, restart=None):
    """Place two orders one after the other under a plan that kills the client."""
    at = stage(plan)

    async def script(broker):
        for tag in ("1#1", "2#1"):
            await at.unless(broker.place(order(tag, limit=90)))
        await asyncio.sleep(60)

    at.faults.on_crash = restart or (lambda: at.note("dead"))
    at.play(script)
    return at, [record.request.cl_ord_id for record in at.desk.orders.values()]


@pytest.mark.parametrize(
    ("point", "placed", "dead_ms"),
    [("before", ["1#1"], 30), ("sent", ["1#1", "2#1"], 30), ("acted", ["1#1", "2#1"], 40)],
)
def test_a_client_dies_before_or_after_its_order_left_or_was_acted_on(
    stage, order, point, placed, dead_ms
):
    plan = {"kind": "crash", "call": "place", "nth": 2, "point": point}
    at, tags = crashing(stage, plan, order)
    assert tags == placed
    assert at.log == [("new of 1#1", 15), ("ok", 30), ("dead", dead_ms)]
    assert not at.process.alive


@pytest.mark.parametrize(("point", "dead_ms"), [("told", 10), ("heard", 15)])
def test_a_client_dies_as_an_event_is_told_or_heard_and_reads_nothing_of_it(
    stage, order, point, dead_ms
):
    plan = {"kind": "crash", "event": "new", "point": point}
    at, _ = crashing(stage, plan, order)
    assert at.log == [("dead", dead_ms)]


def test_a_client_dies_some_time_after_a_moment_or_at_a_time(stage, order):
    plan = {"kind": "crash", "call": "place", "after": "7 ms"}
    assert crashing(stage, plan, order)[0].log == [("dead", 7)]
    assert crashing(stage, {"kind": "crash", "at": "20 ms"}, order)[0].log == [
        ("new of 1#1", 15),
        ("dead", 20),
    ]


def test_a_client_may_die_before_any_of_its_steps(stage, order):
    ends = []
    for step in range(1, 50):
        at = stage({"kind": "crash", "step": step}, strict=False)

        async def script(broker, at=at):
            for tag in ("1#1", "2#1"):
                await at.unless(broker.place(order(tag, limit=90)))

        at.play(script)
        ends.append((len(at.desk.orders), [what for what, _ in at.log]))
        if at.process.alive:
            assert at.faults.steps.count == step - 1
            break
    # Each step dies a little later than the one before, and the last of them is not reached.
    assert ends[0] == (0, [])
    assert ends[-1] == (2, ["new of 1#1", "ok", "new of 2#1", "ok"])
    assert ends == sorted(ends, key=lambda end: (end[0], len(end[1])))
    assert 5 < len(ends) < 49


def test_after_a_restart_the_new_client_hears_the_events_and_counting_goes_on(stage, order):
    at = stage(
        {"kind": "crash", "call": "place", "nth": 1},
        {"kind": "drop", "event": "new", "nth": 2},
        {"kind": "crash", "call": "place", "nth": 3},
    )

    async def script(broker):
        for n in range(at.started, at.started + 2):
            await at.unless(broker.place(order(f"{n}#1", limit=90)))

    def restart():
        at.note("dead")
        at.connect()
        at.started += 1
        at.process.spawn(script(at.broker))

    at.started = 1
    at.faults.on_crash = restart
    at.play(script)
    # The first dies after its first order was sent, whose event the second hears; the second's
    # first event is dropped, its second order kills it; the third's are told as they should be.
    assert [what for what, _ in at.log] == [
        "dead",
        "new of 1#1",
        "ok",
        "dead",
        "new of 3#1",
        "Refused",
        "new of 4#1",
        "ok",
    ]


def test_a_stream_that_was_down_when_the_client_died_is_no_matter_of_the_next_one(stage, order):
    at = stage(
        {"kind": "stream-down", "at": "1 ms", "duration": "1 s"},
        {"kind": "crash", "at": "100 ms"},
    )

    async def script(broker):
        await broker.place(order("1#1", limit=90))
        await asyncio.sleep(60)

    async def again(broker):
        await broker.place(order("2#1", limit=90))

    def restart():
        at.connect()
        at.process.spawn(again(at.broker))

    at.faults.on_crash = restart
    at.play(script)
    assert [what for what, _ in at.log] == ["stream down", "new of 2#1"]


def test_a_client_does_not_die_of_an_act_that_never_was(stage, order):
    at = stage(
        {"kind": "request-lost", "call": "place", "form": "reset"},
        {"kind": "crash", "call": "place", "point": "acted"},
        strict=False,
    )

    async def script(broker):
        await at.unless(broker.place(order(limit=90)))

    at.play(script)
    assert at.log == [("OutcomeUnknown", 30)]
    assert at.faults.log.counts == (1, 0)


def test_what_was_to_kill_a_dead_client_spares_the_next_one(stage, order):
    at = stage(
        {"kind": "crash", "call": "place", "nth": 1, "point": "acted"},
        {"kind": "crash", "at": "5 ms"},
        strict=False,
    )
    at.faults.on_crash = at.connect

    async def script(broker):
        await broker.place(order("1#1", limit=90))

    at.play(script)
    assert at.faults.log.counts == (0, 1)
    assert at.process.alive
    assert at.log == [("new of 1#1", 15)]


def test_a_dead_client_dies_once(stage, order):
    at = stage({"kind": "crash", "at": "1 ms"}, {"kind": "crash", "at": "2 ms"}, strict=False)

    async def script(broker):
        await asyncio.sleep(1)

    at.play(script)
    assert at.faults.log.counts == (1, 0)


def test_the_loop_of_a_plan_without_steps_is_untouched(stage):
    at = stage({"kind": "crash", "at": "1 s"})
    assert at.faults.steps is None
    assert "call_soon" not in vars(at.loop)


def test_the_venue_liquidates_all_orders_first_then_the_position(stage, order):
    at = stage({"kind": "liquidation", "at": "1 s"})

    async def script(broker):
        await broker.place(order("1.entry#1", qty=2))
        await broker.place(order("1.stop#1", "sell", qty=2, stop=90))
        await asyncio.sleep(3)
        return await broker.positions(), await broker.open_orders()

    assert at.play(script) == ([], [])
    assert [what for what, _ in at.orders][-3:] == [
        "canceled of 1.stop#1",
        "new of broker-3",
        "fill of broker-3",
    ]


def test_what_the_venue_liquidates_while_the_market_is_shut_is_left_open(stage, order):
    at = stage(
        {"kind": "halt", "at": "1 s", "state": "close", "duration": "1 s"},
        {"kind": "liquidation", "at": "1500 ms"},
    )

    async def script(broker):
        await broker.place(order("1.entry#1", qty=2))
        await asyncio.sleep(3)
        return [held.qty for held in await broker.positions()]

    assert at.play(script) == [2]
    assert at.faults.log.counts == (1, 1)


def test_a_liquidation_of_nothing_did_not_happen(stage):
    at = stage({"kind": "liquidation", "at": "1 s"}, strict=False)

    async def script(broker):
        await asyncio.sleep(2)

    at.play(script)
    assert not at.faults.log


@pytest.mark.parametrize(("qty", "filled"), [(1, 1), (5, 3)])
def test_a_fill_is_told_after_the_cancel_was_confirmed(stage, order, reports, qty, filled):
    at = stage({"kind": "late-fill", "event": "canceled", "qty": qty, "after": "900 ms"})

    async def script(broker):
        ack = await broker.place(order("1#1", qty=3, limit=90))
        heard = reports(broker)
        await broker.cancel(ES, ack.order_id)
        await asyncio.sleep(3)
        return heard, await broker.positions()

    (_, late), (position,) = at.play(script)
    assert (late.last_qty, late.last_px) == (filled, ES.decimal(90))
    assert (late.order.ord_status, late.order.cum_qty) == (OrdStatus.CANCELED, filled)
    assert position.qty == filled
