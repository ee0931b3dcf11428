"""INV-22: a flatten only ever makes a position smaller."""

import asyncio

import pytest

from dryfill.trading.order import Buy, OrderChange
from dryfill.trading.orders.exits.flatten_core import FlattenResult
from dryfill.trading.price import Ticks

from .conftest import MNQ, request


class Flattens:
    """A desk whose flatten does what the test says."""

    instrument = MNQ

    def __init__(self, client, how, result=None):
        self._client, self._how = client, how
        self._result = result or FlattenResult(True, 0, "")

    async def flatten(self, **given):
        await self._how(self._client)
        return self._result


async def flatten_by(client, case, how, result=None):
    await client.enter(qty=2, tag="9#1")
    client.send("8#1", "buy", 1, limit="19990")
    await client.at(500)
    await case.watch.flatten(Flattens(client, how, result))
    await client.at(5000)


async def cancel_all(client):
    for order in await client.broker.open_orders():
        await client.cancel(order.order_id)


async def well(client):
    await cancel_all(client)
    client.send("5.exit#1", "sell", 2)
    await asyncio.sleep(1)


async def too_much(client):
    await cancel_all(client)
    client.send("5.exit#1", "sell", 3)
    await asyncio.sleep(1)


async def the_wrong_way(client):
    await cancel_all(client)
    client.send("5.exit#1", "buy", 2)
    await asyncio.sleep(1)


async def nothing_at_all(client):
    pass


async def without_the_orders(client):
    client.send("5.exit#1", "sell", 2)
    await asyncio.sleep(1)


async def with_two_orders(client, second="6.exit#1"):
    await cancel_all(client)
    client.send("5.exit#1", "sell", 1, limit="20100")
    client.send(second, "sell", 1, limit="20100")
    await asyncio.sleep(1)
    await cancel_all(client)
    client.send("7.exit#1", "sell", 2)
    await asyncio.sleep(1)


async def with_a_close_at_a_limit(client):
    await with_two_orders(client, "6.close#1")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (well, []),
        (too_much, ["took the position from 2 to -1", "a flatten ended well, and -1"]),
        (the_wrong_way, ["took the position from 2 to 4", "a flatten ended well, and 4"]),
        (nothing_at_all, ["a flatten ended well, and 2 MNQ are held, 1 orders work"]),
        (without_the_orders, ["a flatten ended well, and 0 MNQ are held, 1 orders work"]),
        (with_two_orders, ["several orders at work: 5.exit#1, 6.exit#1"]),
        (with_a_close_at_a_limit, ["several orders at work: 5.exit#1, 6.close#1"]),
    ],
)
def test_a_flatten_only_makes_smaller_and_ends_with_nothing(look, how, said):
    async def script(client, case):
        await flatten_by(client, case, how)

    found = look(script)
    texts = [v.text for v in found.violations if v.oracle == "INV-22"]
    assert found.premises["INV-22"] == 1
    assert len(texts) == len(said)
    assert all(part in text for part, text in zip(said, texts, strict=True))


def test_what_worked_before_a_flatten_may_fill_until_its_cancel_arrives(look):
    market = """
        0 quote 80000x50 80001x50
        10 trade 80000x1
        510 quote 79950x50 79951x50
        60000 quote 79950x50 79951x50
    """

    async def all_there_is(client):
        await cancel_all(client)
        client.send("6.exit#1", "sell", 3)
        await asyncio.sleep(1)

    async def script(client, case):
        await flatten_by(client, case, all_there_is)

    async def too_soon(client, case):
        async def before(client):
            client.send("5.exit#1", "sell", 2, limit="20100")
            await asyncio.sleep(0.04)
            await all_there_is(client)

        await client.at(20)
        await flatten_by(client, case, before)

    found = look(script, market)
    assert (found.premises["INV-22"], found.counts["INV-22"]) == (1, 0)
    assert look(too_soon, market.replace("510", "560")).counts["INV-22"] > 0


@pytest.mark.parametrize(("later_ms", "broken"), [(0, 0), (25, 0), (26, 1)])
def test_what_others_trade_during_a_flatten_is_not_its_fault(look, later_ms, broken):
    """It is told after 25 ms, in which very instant the flatten may have ended before."""

    async def script(client, case):
        async def and_another_buys(client):
            await well(client)
            case.world.desk.place(request("by hand", "buy", 1))
            await asyncio.sleep(later_ms / 1000)

        await flatten_by(client, case, and_another_buys)

    found = look(script)
    assert (found.premises["INV-22"], found.counts["INV-22"]) == (1, broken)


@pytest.mark.parametrize(
    ("told", "tag", "found"),
    [
        (True, "7.stop#1", ["during a flatten 7.stop#1 took the position from -1 to -3"]),
        (False, "7.stop#1", []),
        (False, "7.exit#1", ["during a flatten 7.exit#1 took the position from -1 to -3"]),
    ],
)
def test_a_stop_that_a_flatten_waits_under_is_judged_by_what_was_known(look, told, tag, found):
    market = """
        0 quote 80000x50 80001x50
        10 trade 80000x1
        900 quote 79950x50 79951x50
        910 trade 79950x9
        60000 quote 79950x50 79951x50
    """

    async def script(client, case):
        async def under_a_stop(client):
            client.send(tag, "sell", 2, stop="19990")
            await asyncio.sleep(1)

        await client.enter(qty=2, tag="9#1")
        await client.at(300)
        if not told:
            case.world.desk.tell = lambda event: None
        client.send("8.target#1", "sell", 3, limit="20000")
        await client.at(500)
        await case.watch.flatten(Flattens(client, under_a_stop))

    texts = [v.text for v in look(script, market).violations if v.oracle == "INV-22"]
    assert [text for text in texts if text.startswith("during")] == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [(False, []), (True, ["during a flatten 7.stop#1 took the position from -1 to -2"])],
)
def test_a_stop_that_is_changed_is_judged_by_what_was_known_then(look, changed, found):
    market = """
        0 quote 80000x50 80001x50
        10 trade 80000x1
        900 quote 79950x50 79951x50
        910 trade 79950x9
        60000 quote 79950x50 79951x50
    """

    async def script(client, case):
        async def under_a_stop(client):
            client.send("7.stop#1", "sell", 2, stop="19990")
            await asyncio.sleep(0.1)
            await client.broker.executions_since(0)  # and with it the target's fill
            [stop] = [o for o in await client.broker.open_orders() if o.cl_ord_id == "7.stop#1"]
            if changed:
                await client.broker.modify(MNQ, stop.order_id, OrderChange(order_qty=1))
            await asyncio.sleep(1)

        await client.enter(qty=2, tag="9#1")
        await client.at(300)
        case.world.desk.tell = lambda event: None
        client.send("8.target#1", "sell", 3, limit="20000")
        await client.at(500)
        await case.watch.flatten(Flattens(client, under_a_stop))

    texts = [v.text for v in look(script, market).violations if v.oracle == "INV-22"]
    assert [text for text in texts if text.startswith("during")] == found


def test_a_flatten_that_gives_up_is_found_unless_the_broker_was_out_of_reach(look):
    gave_up = FlattenResult(False, 2, "")

    async def script(client, case):
        await flatten_by(client, case, nothing_at_all, gave_up)

    async def out_of_reach(client, case):
        now_ns = case.world.loop.now_ns
        case.watch.unreachable(now_ns, now_ns + 3 * 10**9)

        async def waits(client):
            await asyncio.sleep(1)

        await flatten_by(client, case, waits, gave_up)

    assert look(script).counts["INV-22"] == 1
    assert look(out_of_reach).counts["INV-22"] == 0


@pytest.mark.parametrize(
    ("tag", "prices", "found"),
    [
        ("7.stop#1", {"stop": "19900"}, []),  # owed while its cancels do not arrive
        ("5.exit#1", {}, ["during a flatten 8#1 took the position from 0 to 1"]),
    ],
)
def test_what_worked_before_is_judged_once_the_closing_order_is_there(look, tag, prices, found):
    market = """
        0 quote 80000x50 80001x50
        10 trade 80000x1
        600 quote 79950x50 79951x50
        60000 quote 79950x50 79951x50
    """

    async def script(client, case):
        async def sends(client):
            client.send(tag, "sell", 2, **prices)
            await asyncio.sleep(1)

        await flatten_by(client, case, sends)

    texts = [v.text for v in look(script, market).violations if v.oracle == "INV-22"]
    assert [text for text in texts if text.startswith("during")] == found


UNCONFIRMED = FlattenResult(True, 0, "", confirmed=False)


@pytest.mark.parametrize(
    ("result", "asks", "own", "said"),
    [
        (UNCONFIRMED, False, False, []),  # nobody told, and nobody could be asked
        (FlattenResult(True, 0, ""), False, False, ["ended well, and 2 MNQ are held"]),
        (UNCONFIRMED, False, True, ["ended well, and 2 MNQ are held"]),  # its own it has to know
        (UNCONFIRMED, True, False, ["nobody confirmed it, and somebody did", "ended well, and 2"]),
    ],
)
def test_a_flatten_that_nobody_confirmed_may_miss_what_others_traded(look, result, asks, own, said):
    async def script(client, case):
        async def waits(client):
            if asks:
                await client.broker.executions_since(0)
            await asyncio.sleep(20)

        case.world.desk.tell = lambda event: None
        await client.at(100)
        if own:
            client.send("9#1", "buy", 2)
        else:
            case.world.desk.place(request("by hand", "buy", 2))
        await client.at(500)
        await case.watch.flatten(Flattens(client, waits, result))

    texts = [v.text for v in look(script).violations if v.oracle == "INV-22"]
    assert len(texts) == len(said)
    assert all(part in text for part, text in zip(said, texts, strict=True))


def test_concurrent_flattens_of_the_manager_are_one(look):
    async def script(client, case):
        await client.at(100)
        await client.desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(40))
        await client.at(500)
        await asyncio.gather(*(case.watch.flatten(client.desk) for _ in range(3)))
        await client.at(5000)

    found = look(script)
    assert found.premises["INV-22"] == 3
    assert found.violations == []
