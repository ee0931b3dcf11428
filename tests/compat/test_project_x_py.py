"""The facade against the table of what it stands for, and every method of it at work."""

import asyncio
import inspect
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from small_world import small_world

from dryfill.compat.project_x_py import (
    NoCounterpart,
    OrderManager,
    OrderSide,
    OrderStatus,
    OrderType,
    ProjectXOrderError,
)
from dryfill.compat.project_x_shapes import ArgumentError
from dryfill.trading.errors import UsageError

SURFACE = tomllib.loads(Path(__file__).with_name("project_x_py_4_4_1.toml").read_text())
QUIET = """
    0      quote 80000x50 80001x50
    0      trade 80000x1
    900000 quote 80000x50 80001x50
    900000 trade 80000x1
"""
BUY, SELL = OrderSide.BUY, OrderSide.SELL
C = "MNQ"


@pytest.fixture
def at_work():
    """Run a script with the facade, in a quiet market 20000.00/20000.25; what it returned."""

    def go(script, market=QUIET, **changes):
        found = []

        async def trade(desk):
            await desk.subscribe_quotes()
            await desk.subscribe_trades()
            await asyncio.sleep(0.1)
            orders = OrderManager(desk)
            assert await orders.initialize()
            found.append(await script(orders, desk))
            await orders.cleanup()
            return []

        small_world(market, **changes).run(trade)
        return found[0]

    return go


@pytest.mark.parametrize("name", SURFACE)
def test_every_method_is_there_with_its_parameters(name):
    method = getattr(OrderManager, name)
    assert inspect.iscoroutinefunction(method) == (SURFACE[name]["kind"] == "async")
    given = list(inspect.signature(method).parameters.values())[1:]
    written = [
        p.name if p.default is inspect.Parameter.empty else f"{p.name}={p.default!r}" for p in given
    ]
    assert written == SURFACE[name]["parameters"]


def test_nothing_is_public_that_the_library_has_not():
    ours = {name for name in vars(OrderManager) if not name.startswith("_")}
    assert ours <= SURFACE.keys()


async def place_and_ask(o, called):
    """Orders that rest, and every question about them."""
    limit = await called("place_limit_order", C, BUY, 2, limit_price=19990.10)
    stop = await called("place_stop_order", C, BUY, 1, stop_price=20010.0)
    both = await called(
        "place_order", C, OrderType.STOP_LIMIT, BUY, 1, 20011.0, 20010.0, custom_tag="mine"
    )
    trail = await called("place_trailing_stop_order", C, SELL, 1, trail_price=10.0)
    bid = await called("place_join_bid_order", C, 1)
    ask = await called("place_join_ask_order", C, 1)
    found = await called("search_open_orders", C)
    assert {order.id for order in found} == {
        answer.orderId for answer in (limit, stop, both, trail, bid, ask)
    }
    mine = await called("get_order_by_id", both.orderId)
    assert (mine.customTag, mine.limitPrice, mine.status) == ("mine", 20011.0, OrderStatus.OPEN)
    assert (await o.get_order_by_id(limit.orderId)).limitPrice == 19990.0
    assert await o.get_order_by_id(424242) is None
    assert await called("is_order_filled", limit.orderId) is False
    with pytest.raises(ProjectXOrderError, match="whether it filled is unknown"):
        await o.is_order_filled(424242)
    assert (await called("get_tracked_order_status", str(limit.orderId)))["status"] == 1
    assert len(await called("search_orders", datetime(2024, 3, 4, tzinfo=UTC))) == 6
    assert [order.id for order in await called("query_orders", [1], page_size=2)] == [
        ask.orderId,
        bid.orderId,
    ]
    assert await called("modify_order", limit.orderId, limit_price=19991.0, size=3)
    assert (await o.get_order_by_id(limit.orderId)).size == 3
    assert await called("cancel_order", limit.orderId) is True
    assert await o.cancel_order(limit.orderId) is True
    await called("track_oco_pair", str(stop.orderId), str(both.orderId))
    assert await called("get_oco_linked_order", stop.orderId) == both.orderId
    called("_link_oco_orders", bid.orderId, ask.orderId)
    swept = await called("cancel_all_orders", C)
    assert (swept["total"], swept["cancelled"], swept["failed"]) == (5, 5, 0)


async def hold_and_guard(o, called):
    """A position, its orders, its end."""
    told = []
    await called("add_callback", "order_filled", told.append)
    await called("register_order_callback", "order_partial_fill", told.append)
    await called("unregister_order_callback", "order_partial_fill", told.append)
    entry = await called("place_market_order", C, BUY, 2)
    await asyncio.sleep(1)
    assert [data["order_id"] for data in told] == [str(entry.orderId)]
    assert await o.cancel_order(entry.orderId) is False
    stop = await called("add_stop_loss", C, 19990.0)
    target = await called("add_take_profit", C, 20020.0)
    await asyncio.sleep(1)
    assert await called("get_position_orders", C) == {
        "entry_orders": [],
        "stop_orders": [stop.orderId],
        "target_orders": [target.orderId],
    }
    both = {str(stop.orderId), str(target.orderId)}
    assert set((await called("update_position_order_sizes", C, 2))["updated"]) == both
    assert set((await called("sync_orders_with_position", C, 2))["updated"]) == both
    await called("on_position_changed", C, 0, 2)
    gone = await called("cancel_position_orders", C, ["target"])
    assert gone == {"cancelled_count": 1, "cancelled_orders": [str(target.orderId)]}
    assert (await called("close_position", C)).success
    await asyncio.sleep(1)
    assert await o.close_position(C) is None
    await called("on_position_closed", C)
    assert await o.search_open_orders(C) == []


async def bracket(o, called):
    """A bracket, protected when the call returns."""
    found = await called("place_bracket_order", C, BUY, 1, None, 19990.0, 20020.0, "market")
    assert found.success
    assert None not in (found.entry_order_id, found.stop_order_id, found.target_order_id)
    assert await o.is_order_filled(found.entry_order_id)
    await o.close_position(C)


async def look(o, called):
    """The figures."""
    assert called("get_order_statistics")["orders_filled"] > 0
    assert await called("get_order_statistics_async") == o.get_order_statistics()
    assert (await called("get_health_status"))["status"] == "healthy"
    assert called("get_circuit_breaker_status")["is_open"] is False
    assert called("get_memory_stats")["working"] == 0
    assert called("get_task_monitoring_stats")["failed_tasks"] == 0
    assert called("get_realtime_validation_status")["realtime_enabled"] is True
    assert called("get_recovery_statistics")["retries"] == 0
    assert called("get_average_fill_time") > 0
    assert isinstance(called("get_average_slippage"), float)
    assert sum(called("get_order_type_distribution").values()) == pytest.approx(1)
    assert called("get_top_rejection_reasons") == []
    assert await called("get_operation_status", "x") is None
    assert await called("cleanup_stale_operations") == 0
    called("clear_order_tracking")
    await called("shutdown_background_tasks")


def test_nine_in_ten_methods_do_their_work_as_they_are_called_there(at_work):
    async def script(o, desk):
        done = {"initialize", "cleanup"}

        def called(name, *args, **named):
            done.add(name)
            return getattr(o, name)(*args, **named)

        for part in (place_and_ask, hold_and_guard, bracket, look):
            await part(o, called)
        assert not desk.position
        return done

    done = at_work(script)
    assert len(done) >= 0.9 * len(SURFACE)
    assert done | set(REFUSED) == SURFACE.keys()


REFUSED = {
    "track_order_for_position": ((C, 1), "add_stop_loss"),
    "untrack_order": ((1,), "desk.unprotect"),
    "force_rollback_operation": (("x",), "desk.flatten"),
    "configure_memory_limits": ((10,), "OrderSettings"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_counterpart_names_what_to_do(name, at_work):
    args, way = REFUSED[name]

    async def script(o, desk):
        async def call():
            result = getattr(o, name)(*args)
            if inspect.isawaitable(result):
                await result

        with pytest.raises(NoCounterpart, match=way) as caught:
            await call()
        assert name in str(caught.value)

    at_work(script)


WRONG = {
    "order_type is 9": lambda o: o.place_order(C, 9, BUY, 1),
    "side is 3": lambda o: o.place_market_order(C, 3, 1),
    "size is 0": lambda o: o.place_market_order(C, BUY, 0),
    "a LIMIT order needs limit_price": lambda o: o.place_order(C, OrderType.LIMIT, BUY, 1),
    "contract 'ES' is none of those here": lambda o: o.place_market_order("ES", BUY, 1),
    "account 7 is not this desk's": lambda o: o.place_market_order(C, BUY, 1, account_id=7),
    "entry_type is 'maybe'": lambda o: o.place_bracket_order(C, BUY, 1, 1, 1, 1, "maybe"),
    "a limit entry needs entry_price": lambda o: o.place_bracket_order(C, BUY, 1, None, 1, 2),
    "has no ticks": lambda o: o.place_order(C, 2, BUY, 1, stop_loss_bracket={"type": 4}),
    "give both": lambda o: o.place_order(C, 2, BUY, 1, take_profit_bracket={"ticks": 4}),
    "method is 'now'": lambda o: o.close_position(C, "now"),
    "a close by limit needs limit_price": lambda o: o.close_position(C, "limit"),
    "order type 'x'": lambda o: o.get_position_orders(C, ["x"]),
    "event 'x' is none of": lambda o: o.add_callback("x", print),
}


@pytest.mark.parametrize("message", WRONG)
def test_arguments_that_mean_nothing_are_refused(message, at_work):
    async def script(o, desk):
        with pytest.raises(ArgumentError, match=message):
            await WRONG[message](o)
        assert desk.manager.figures.statistics().orders == 0

    at_work(script)


def test_a_refusal_is_their_error_with_ours_behind_it(at_work):
    async def script(o, desk):
        with pytest.raises(ProjectXOrderError) as caught:
            await o.place_stop_order(C, BUY, 1, stop_price=19000.0)
        return type(caught.value.__cause__).__name__

    assert at_work(script) == "Refused"


def test_native_ticks_of_either_sign_protect_a_fill(at_work):
    async def script(o, desk):
        for ticks in (-40, 40):
            await o.place_order(
                C,
                OrderType.MARKET,
                BUY,
                1,
                stop_loss_bracket={"ticks": ticks, "type": 4},
                take_profit_bracket={"ticks": 80, "type": 1},
            )
            await asyncio.sleep(1)
            [stop] = [x for x in await o.search_open_orders(C) if x.type == OrderType.STOP]
            assert stop.stopPrice == 19990.25
            await desk.flatten()

    at_work(script)


def test_a_callback_that_raises_costs_the_others_nothing(at_work):
    async def script(o, desk):
        told = []

        async def wait(data):
            told.append(data["status"])

        await o.add_callback("order_placed", lambda data: 1 / 0)
        await o.add_callback("order_placed", wait)
        await o.place_limit_order(C, BUY, 1, 19990.0)
        await asyncio.sleep(1)
        assert [i.kind for i in desk.manager.view.incidents] == ["callback_failed"]
        return told

    assert at_work(script) == [OrderStatus.OPEN]


@pytest.mark.parametrize(
    ("contract_id", "known"),
    [
        ("CON.F.US.MNQ.Z26", True),
        ("MNQ", True),
        ("CON.F.US.ENQ.Z26", False),
        ("MNQ.Z26", False),
    ],
)
def test_contract_ids_of_the_gateway_are_understood(contract_id, known, at_work):
    async def script(o, desk):
        if not known:
            with pytest.raises(UsageError, match="is none of those here"):
                await o.place_market_order(contract_id, BUY, 1)
            return
        answer = await o.place_limit_order(contract_id, BUY, 1, 19990.0)
        assert (await o.get_order_by_id(answer.orderId)).contractId == contract_id

    at_work(script)
