"""What the gateway is asked, and that no answer, or half of one, is never taken for a no."""

import asyncio
from decimal import Decimal

import httpx
import pytest
from live_wire import (
    ACCOUNT,
    MNQ,
    START_NS,
    Venue,
    error_of,
    fill_json,
    mnq,
    order_json,
    position_json,
    refusal,
    run_live,
    wanted,
)

from dryfill.live.rest.requests import stamp
from dryfill.trading import instruments
from dryfill.trading.broker import AccountState
from dryfill.trading.errors import (
    NotSent,
    OutcomeUnknown,
    ProtocolError,
)

ES = instruments.find("ES")
HOUR_NS = 3600 * 10**9


@pytest.mark.exact_times("it asks since the microsecond of a day ago")
def test_an_order_by_its_tag_is_looked_for_since_a_day_before_it_was_sent(wire):
    async def script(at):
        instrument = await mnq(at)
        wire.answers["Order/place"] = httpx.ReadTimeout("slow")
        await error_of(at.broker.place(wanted(instrument)), OutcomeUnknown)
        wire.answers["Order/search"] = {"orders": [order_json(9003), order_json(customTag="8#1")]}
        state = await at.broker.order(instrument, cl_ord_id="7#1")
        assert state.order_id == "9003"
        asked = wire.bodies("Order/search")[-1]["startTimestamp"]
        assert asked == stamp(START_NS - 24 * HOUR_NS)
        assert await at.broker.order(instrument, cl_ord_id="of another life") is None
        assert wire.bodies("Order/search")[-1]["startTimestamp"].startswith("1970-01-01")

    run_live(wire, script)


def test_of_two_orders_under_one_tag_the_rejected_one_is_not_meant(wire):
    async def script(at):
        found = [order_json(9001), order_json(9002, status=5)]
        wire.answers["Order/search"] = {"orders": found}
        state = await at.broker.order(await mnq(at), cl_ord_id="7#1")
        assert state.order_id == "9001"

    run_live(wire, script)


def test_an_order_by_id_is_none_only_where_the_gateway_says_so(wire):
    async def script(at):
        instrument = await mnq(at)
        wire.answers["Order/searchById"] = lambda body: refusal(1)
        assert await at.broker.order(instrument, order_id="9001") is None
        assert await at.broker.order(instrument, order_id="7#1") is None
        for answer, kind in (
            (httpx.Response(503), OutcomeUnknown),
            (httpx.ConnectError("no"), NotSent),
            ({"order": None}, ProtocolError),
            ({"order": order_json(9002)}, ProtocolError),
            ({"order": order_json(9001, status=42)}, ProtocolError),
            ({"order": {"id": 9001}}, ProtocolError),
        ):
            wire.answers["Order/searchById"] = answer
            await error_of(at.broker.order(instrument, order_id="9001"), kind)

    run_live(wire, script)


def test_half_an_answer_is_no_answer(wire):
    async def script(at):
        wire.answers["Order/searchOpen"] = {"orders": [order_json(), {"id": 2, "accountId": 1001}]}
        await error_of(at.broker.open_orders(), ProtocolError)
        wire.answers["Position/searchOpen"] = {"positions": [position_json(kind=9)]}
        await error_of(at.broker.positions(), ProtocolError)
        wire.answers["Trade/search"] = {"trades": [fill_json(price=0.1)]}
        await error_of(at.broker.executions_since(0), ProtocolError)

    run_live(wire, script)


def test_fills_are_oldest_first_with_our_tag_and_what_was_voided_is_among_them(wire):
    async def script(at):
        instrument = await mnq(at)
        wire.answers["Order/place"] = {"orderId": 9001}
        await at.broker.place(wanted(instrument))
        late = fill_json(5002, creationTimestamp="2026-11-20T15:00:05Z")
        void = fill_json(5003, creationTimestamp="2026-11-20T15:00:06Z", voided=True)
        other = fill_json(5004, accountId=77)
        wire.answers["Trade/search"] = {"trades": [void, late, other, fill_json(5001)]}
        fills = await at.broker.executions_since(0)
        assert [(f.exec_id, f.voided) for f in fills] == [
            ("5001", False),
            ("5002", False),
            ("5003", True),
        ]
        assert {f.cl_ord_id for f in fills} == {"7#1"}
        assert fills[0].fee == Decimal("0.62")
        assert await at.broker.executions_since(fills[1].time_ns) == fills[1:]
        assert await at.broker.executions_since(fills[2].time_ns + 1) == []

    run_live(wire, script)


def test_contracts_that_are_told_of_are_looked_up_once(wire):
    async def script(at):
        wire.answers["Order/searchOpen"] = {"orders": [order_json(), order_json(9002)]}
        found = await at.broker.open_orders()
        assert [state.instrument.symbol for state in found] == ["MNQZ6"] * 2
        assert await at.broker.open_orders(ES) == []
        assert len(wire.bodies("Contract/searchById")) == 1

    run_live(wire, script)


def test_the_accounts_money_is_the_gateways_balance_and_the_sums_of_fills_since_we_began(wire):
    old = fill_json(4000, profitAndLoss=-900, fees=50)
    wire.answers["Trade/search"] = {"trades": [old]}

    async def script(at):
        venue = Venue(at)
        instrument = await mnq(at)
        venue.fills = [old, fill_json(5001), fill_json(5002, side=1, size=1, profitAndLoss=20.5)]
        held = position_json(1)
        wire.answers["Position/searchOpen"] = {"positions": [held]}
        bar = {"t": "2026-11-20T15:00:00Z", "o": 1, "h": 30000, "l": 1, "c": 20001.25, "v": 4}
        wire.answers["History/retrieveBars"] = {"bars": [bar]}
        state = await at.broker.account()
        assert (state.cash, state.realised, state.fees) == (
            50_000,
            Decimal("20.5"),
            Decimal("1.24"),
        )
        assert state.open_profit == instrument.point_value
        at.tell("GatewayUserTrade", fill_json(5001))  # counted already
        at.tell("GatewayUserTrade", fill_json(5003, profitAndLoss=-0.5))
        at.tell("GatewayUserAccount", ACCOUNT | {"balance": 50_018.14})
        await at.settle()
        told = [event for event in at.events if isinstance(event, AccountState)][-1]
        assert (told.cash, told.realised) == (Decimal("50018.14"), Decimal(20))
        assert told.fees == Decimal("1.86")

    run_live(wire, script)


@pytest.mark.parametrize("days", [30, 1.0001], ids=["a month ago", "just before the window"])
def test_fills_from_before_we_began_do_not_count_however_old_they_are(wire, days):
    """No fill in the day before: the question after them then asked for the whole past."""
    at_ns = START_NS - round(days * 24 * HOUR_NS)
    old = fill_json(4000, profitAndLoss=-900, fees=50, creationTimestamp=stamp(at_ns))

    def since(body):
        return {"trades": [old] if old["creationTimestamp"] >= body["startTimestamp"] else []}

    wire.answers["Trade/search"] = since

    async def script(at):
        for _ in range(2):
            state = await at.broker.account()
            assert (state.realised, state.fees) == (0, 0)
            at.tell("GatewayUserTrade", fill_json(4001, profitAndLoss=0, fees=0, commissions=0))
            await at.settle()

    run_live(wire, script)


@pytest.mark.exact_times("a deadline is compared to the microsecond")
def test_a_question_is_not_repeated_and_its_deadline_is_kept(wire):
    async def script(at):
        wire.answers["Position/searchOpen"] = asyncio.get_running_loop().create_future()
        began_s = asyncio.get_running_loop().time()
        await error_of(at.broker.positions(deadline_s=1.5), OutcomeUnknown)
        assert asyncio.get_running_loop().time() - began_s == pytest.approx(1.5)
        assert len(wire.bodies("Position/searchOpen")) == 2  # one at the start

    run_live(wire, script)


QUESTIONS = {
    "account": lambda broker, instrument, **how: broker.account(**how),
    "positions": lambda broker, instrument, **how: broker.positions(**how),
    "open orders": lambda broker, instrument, **how: broker.open_orders(**how),
    "orders since": lambda broker, instrument, **how: broker.orders_since(0, **how),
    "executions since": lambda broker, instrument, **how: broker.executions_since(0, **how),
    "an order": lambda broker, instrument, **how: broker.order(
        instrument, order_id="9001", cl_ord_id="another's", **how
    ),
}


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.exact_times("a deadline is compared to the microsecond")
def test_one_deadline_ends_a_question_however_many_requests_it_is(wire, name):
    """Each request began it anew: an account that was to be told in 2 s took 7.6 s."""
    months = [f"CON.F.US.MNQ.{code}26" for code in "FGHJK"]

    async def script(at):
        instrument = await mnq(at)
        wire.answers |= {
            "Position/searchOpen": {"positions": [position_json(contractId=m) for m in months]},
            "Order/searchOpen": {"orders": [order_json(contractId=m) for m in months]},
            "Order/search": {"orders": [order_json(contractId=m) for m in months]},
            "Order/searchById": {"order": order_json(contractId=months[0])},
            "Trade/search": {"trades": [fill_json(contractId=m) for m in months]},
            "Contract/searchById": lambda body: {"contract": MNQ | {"id": body["contractId"]}},
        }
        at_once = wire.answer

        async def slowly(endpoint, body):
            await asyncio.sleep(1.2)
            return await at_once(endpoint, body)

        wire.answer = slowly
        began_s = asyncio.get_running_loop().time()
        await error_of(QUESTIONS[name](at.broker, instrument, deadline_s=2.0), OutcomeUnknown)
        assert asyncio.get_running_loop().time() - began_s == pytest.approx(2.0)

    run_live(wire, script)
