"""What each command of the broker port sends to a played gateway, and how it ends."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest
from live_wire import (
    MNQ_ID,
    error_of,
    mnq,
    order_json,
    refusal,
    run_live,
    wanted,
)

from dryfill.trading import instruments
from dryfill.trading.broker import Urgency
from dryfill.trading.errors import (
    NotSent,
    OutcomeUnknown,
    Refused,
    RefusedByUs,
)
from dryfill.trading.order import Attached, OrderChange
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdStatus, OrdType, Reason, Side, TimeInForce

ES = instruments.find("ES")


def test_an_order_is_one_request_and_its_id_the_answer(wire):
    async def script(at):
        wire.answers["Order/place"] = {"orderId": 9001}
        ack = await at.broker.place(wanted(await mnq(at)))
        assert ack.order_id == "9001"
        (body,) = wire.bodies("Order/place")
        assert (body["accountId"], body["contractId"], body["customTag"]) == (1001, MNQ_ID, "7#1")

    run_live(wire, script)


@pytest.mark.parametrize("order_id", [None, "9001x", True])
def test_success_without_an_id_is_unknown_and_not_a_success(wire, order_id):
    async def script(at):
        wire.answers["Order/place"] = {"orderId": order_id}
        await error_of(at.broker.place(wanted(await mnq(at))), OutcomeUnknown)

    run_live(wire, script)


BRACKET_TEXTS = [
    "Brackets cannot be used with Position Brackets. You must enable Auto OCO Brackets.",
    "Invalid stop loss ticks (40). Ticks should be less than zero when longing.",
    "Invalid take profit ticks (30). Ticks should be less than zero when going short.",
    "Invalid stop loss type (Limit)",
]


@pytest.mark.parametrize("text", BRACKET_TEXTS)
def test_a_bracket_that_the_account_does_not_take_is_told_from_other_refusals(wire, text):
    async def script(at):
        wire.answers["Order/place"] = lambda body: refusal(2, text, orderId=9001)
        request = wanted(await mnq(at), attached=Attached(stop=Ticks(-40)))
        error = await error_of(at.broker.place(request), Refused)
        assert error.reason == Reason.BRACKET_REFUSED
        assert not error.retry_safe

    run_live(wire, script)


def test_an_id_in_a_refusal_is_no_success_and_why_is_known_of_the_rejected_order(wire):
    """F04: the rejected order exists all the same, and the gateway has no reason with it."""

    async def script(at):
        said = "Invalid stop price"
        wire.answers["Order/place"] = lambda body: refusal(2, said, orderId=9001)
        wire.answers["Order/search"] = {"orders": [order_json(9001, status=5)]}
        error = await error_of(at.broker.place(wanted(await mnq(at))), Refused)
        state = await at.broker.order(await mnq(at), cl_ord_id="7#1")
        assert (state.ord_status, state.reason) == (OrdStatus.REJECTED, error.reason)
        assert said in state.text

    run_live(wire, script)


def test_what_this_gateway_has_not_is_refused_and_nothing_is_sent(wire):
    async def script(at):
        instrument = await mnq(at)
        calls = [
            wanted(instrument, tif=TimeInForce.IOC),
            wanted(instrument, kind=OrdType.STOP_LIMIT),
            wanted(instrument, price=Decimal("20000.10")),
        ]
        for request in calls:
            await error_of(at.broker.place(request), RefusedByUs)
        change = OrderChange(price=Decimal("0.1"))
        await error_of(at.broker.modify(instrument, "9001", change), RefusedByUs)
        assert (await error_of(at.broker.cancel(instrument, "7#1"), RefusedByUs)).reason == 1
        await error_of(at.broker.place(wanted(ES)), Refused)
        assert not wire.bodies("Order/place")
        assert not wire.bodies("Order/modify")

    run_live(wire, script)


def test_offers_follow_the_settings(wire):
    async def script(at):
        offers = at.broker.offers
        assert OrdType.STOP_LIMIT in offers.ord_types
        assert (offers.auto_oco, offers.native_brackets) == (False, False)
        assert offers.modify_in_place
        assert not offers.lossless_stream
        request = wanted(await mnq(at), attached=Attached(stop=Ticks(-40)))
        error = await error_of(at.broker.place(request), RefusedByUs)
        assert error.reason == Reason.NOT_SUPPORTED

    run_live(wire, script, stop_limit=True, auto_oco=False)


def test_an_expired_session_places_again_under_the_same_tag_after_one_login(wire):
    async def script(at):
        wire.answers["Order/place"] = {"orderId": 9001}
        instrument = await mnq(at)
        wire.good = {"nobody's"}
        acks = await asyncio.gather(
            at.broker.place(wanted(instrument, "7#1")), at.broker.place(wanted(instrument, "8#1"))
        )
        assert len(acks) == 2
        tags = [body["customTag"] for body in wire.bodies("Order/place")]
        assert sorted(tags) == ["7#1", "7#1", "8#1", "8#1"]
        assert wire.logins == 2

    run_live(wire, script)


def test_a_trailing_stop_is_a_level_measured_from_the_last_price(wire):
    async def script(at):
        wire.answers["Order/place"] = {"orderId": 9001}
        bar = {"t": "2026-11-20T15:00:00Z", "o": 1, "h": 30000, "l": 1, "c": 20000.5, "v": 4}
        wire.answers["History/retrieveBars"] = {"bars": [bar]}
        request = wanted(await mnq(at), kind=OrdType.TRAILING_STOP, side=Side.SELL, trail=8)
        await at.broker.place(request)
        assert wire.bodies("Order/place")[-1]["trailPrice"] == 19998.5
        asked = len(wire.bodies("History/retrieveBars"))
        await at.session.market.subscribe(await mnq(at), "quotes", lambda event: None)
        at.market.link.call("GatewayQuote", MNQ_ID, {"lastPrice": 20010, "bestBid": 20009.75})
        await at.settle()
        await at.broker.place(request)
        assert wire.bodies("Order/place")[-1]["trailPrice"] == 20008
        assert len(wire.bodies("History/retrieveBars")) == asked, "the market told it"

    run_live(wire, script)


def test_a_trailing_stop_that_protects_does_not_wait_for_room_behind_downloads(wire):
    async def script(at):
        wire.answers |= {"Order/place": {"orderId": 9001}, "Order/modify": {}}
        wire.answers["Order/searchById"] = {"order": order_json(9001, type=5, side=1)}
        bar = {"t": "2026-11-20T15:00:00Z", "o": 1, "h": 30000, "l": 1, "c": 20000.5, "v": 4}
        wire.answers["History/retrieveBars"] = {"bars": [bar]}
        instrument, market = await mnq(at), at.session.market
        # As many as would take the whole bucket, and wait for it again.
        downloads = [market.history(instrument, 60 * 10**9, 1) for _ in range(60)]
        await at.settle()
        urgency, began_s = Urgency.RISK_REDUCING, asyncio.get_running_loop().time()
        stop = wanted(instrument, kind=OrdType.TRAILING_STOP, side=Side.SELL, trail=8)
        await at.broker.place(stop, urgency=urgency)
        await at.broker.modify(instrument, "9001", OrderChange(trail=4), urgency=urgency)
        assert asyncio.get_running_loop().time() - began_s < 1
        for download in downloads:
            download.cancel()

    run_live(wire, script)


@pytest.mark.parametrize("what", ["order", "change"])
def test_what_a_busy_loop_left_no_time_for_is_not_sent(wire, what):
    """The answer is read before the timer of its deadline rings, where both were waited for by a
    loop that was busy for longer."""

    async def script(at):
        loop, instrument = asyncio.get_running_loop(), await mnq(at)
        bar = {"t": "2026-11-20T15:00:00Z", "o": 1, "h": 30000, "l": 1, "c": 20000.5, "v": 4}

        def busy(body):
            loop.now_ns += 10 * 10**9
            return {"bars": [bar]}

        wire.answers |= {"Order/place": {"orderId": 9001}, "History/retrieveBars": busy}
        wire.answers["Order/modify"] = {}
        wire.answers["Order/searchById"] = {"order": order_json(9001, type=5, side=1)}
        if what == "change":
            call = at.broker.modify(instrument, "9001", OrderChange(trail=4), deadline_s=5.0)
        else:
            stop = wanted(instrument, kind=OrdType.TRAILING_STOP, side=Side.SELL, trail=8)
            call = at.broker.place(stop, deadline_s=5.0)
        await error_of(call, NotSent)
        await at.settle()
        assert not wire.bodies("Order/place") + wire.bodies("Order/modify")

    run_live(wire, script)


def test_a_trailing_stop_where_no_price_is_known_is_refused(wire):
    async def script(at):
        request = wanted(await mnq(at), kind=OrdType.TRAILING_STOP, trail=8)
        error = await error_of(at.broker.place(request), RefusedByUs)
        assert error.reason == Reason.NO_LAST_PRICE
        assert not wire.bodies("Order/place")

    run_live(wire, script)


def test_a_trailing_stops_new_distance_is_a_level_on_its_side(wire):
    async def script(at):
        instrument = await mnq(at)
        bar = {"t": "2026-11-20T15:00:00Z", "o": 1, "h": 30000, "l": 1, "c": 20000, "v": 4}
        wire.answers["History/retrieveBars"] = {"bars": [bar]}
        wire.answers["Order/modify"] = {}
        trailing = order_json(9001, type=5, side=1, limitPrice=None, stopPrice=19990)
        wire.answers["Order/searchById"] = {"order": trailing}
        await at.broker.modify(instrument, "9001", OrderChange(trail=4))
        assert wire.bodies("Order/modify")[-1]["trailPrice"] == 19999
        at.tell("GatewayUserOrder", order_json(9002, type=4, stopPrice=19990))
        await at.settle()
        await at.broker.modify(instrument, "9002", OrderChange(stop_px=Decimal(19995)))
        last = wire.bodies("Order/modify")[-1]
        assert (last["stopPrice"], last["trailPrice"]) == (19995, None)
        assert len(wire.bodies("Order/searchById")) == 1, "what it is was told"

    run_live(wire, script)


def test_a_stop_of_ours_of_which_nothing_was_told_is_changed_without_a_question(wire):
    """A list may be stale and not show it: that it is not there would be said of what was taken."""

    async def script(at):
        wire.answers |= {"Order/place": {"orderId": 9001}, "Order/modify": {}}
        wire.answers["Order/searchById"] = {"errorCode": 1, "success": False}
        instrument = await mnq(at)
        stop = wanted(instrument, kind=OrdType.STOP, side=Side.SELL, stop_px=Decimal(19990))
        await at.broker.place(stop)
        await at.broker.modify(instrument, "9001", OrderChange(stop_px=Decimal(19995)))
        assert wire.bodies("Order/modify")[-1]["stopPrice"] == 19995
        error = await error_of(
            at.broker.modify(instrument, "9002", OrderChange(stop_px=Decimal(19995))), RefusedByUs
        )
        assert error.reason == Reason.UNKNOWN_ORDER

    run_live(wire, script)


@pytest.mark.parametrize("told", [True, False], ids=["told", "asked for"])
def test_a_distance_for_what_does_not_trail_is_refused_and_nothing_is_sent(wire, told):
    """The gateway has no field for it: it would be answered with success, and nothing changed."""

    async def script(at):
        instrument = await mnq(at)
        stop = order_json(9002, type=4, side=1, limitPrice=None, stopPrice=19990)
        wire.answers["Order/searchById"] = {"order": stop}
        wire.answers["Order/modify"] = {}
        if told:
            at.tell("GatewayUserOrder", stop)
            await at.settle()
        for change in (OrderChange(trail=4), OrderChange(trail=4, stop_px=Decimal(19995))):
            error = await error_of(at.broker.modify(instrument, "9002", change), RefusedByUs)
            assert error.reason == Reason.NOT_SUPPORTED
            assert "order 9002 is no trailing stop" in str(error)
        assert not wire.bodies("Order/modify")

    run_live(wire, script)


def test_where_what_must_be_known_before_is_not_learnt_nothing_was_sent(wire):
    async def script(at):
        known = await mnq(at)
        instrument = replace(known, symbol="MNQH7")
        wire.answers["Contract/search"] = httpx.ReadTimeout("slow")
        wire.answers["Order/searchById"] = httpx.ReadTimeout("slow")
        await error_of(at.broker.place(wanted(instrument)), NotSent)
        await error_of(at.broker.close_position(instrument), NotSent)
        change = OrderChange(stop_px=Decimal(19990))
        await error_of(at.broker.modify(known, "9001", change), NotSent)
        sent = [endpoint for endpoint, _ in wire.asked]
        assert not {"Order/place", "Position/closeContract", "Order/modify"} & set(sent)

    run_live(wire, script)


# --- closing ------------------------------------------------------------------------------------


def closing(**changes):
    return order_json(9050, type=2, side=1, limitPrice=None, customTag=None, **changes)


def test_the_order_that_closes_is_the_one_that_appears(wire):
    async def script(at):
        instrument = await mnq(at)
        at.tell("GatewayUserOrder", order_json(9049, type=2, customTag=None))  # of before

        def close(body):
            at.tell("GatewayUserOrder", order_json(9048, type=2, customTag=None))  # late
            at.tell("GatewayUserOrder", order_json(9051, type=2, customTag="8#1"))  # ours
            at.tell("GatewayUserOrder", closing(status=6))
            return {}

        wire.answers["Position/closeContract"] = close
        await at.settle()
        ack = await at.broker.close_position(instrument)
        assert ack.order_id == "9050"

    run_live(wire, script)


def test_a_closing_order_that_nobody_told_of_is_looked_for(wire):
    async def script(at):
        instrument = await mnq(at)
        wire.answers["Position/partialCloseContract"] = {}
        wire.answers["Order/search"] = {"orders": [closing()]}
        ack = await at.broker.close_position(instrument, 1)
        assert ack.order_id == "9050"
        assert wire.bodies("Position/partialCloseContract")[0]["size"] == 1
        assert len(wire.bodies("Position/partialCloseContract")) == 1

    run_live(wire, script)


def test_two_closes_at_once_have_an_order_each(wire):
    async def script(at):
        instrument = await mnq(at)
        wire.answers["Position/partialCloseContract"] = {}
        calls = [at.broker.close_position(instrument, 1) for _ in range(2)]
        await at.settle()
        for number in (9050, 9051):
            for status in (6, 2):
                told = order_json(number, status, type=2, customTag=None, limitPrice=None)
                at.tell("GatewayUserOrder", told)
        acks = await asyncio.gather(*calls)
        assert [ack.order_id for ack in acks] == ["9050", "9051"]

    run_live(wire, script)


def test_a_close_whose_order_nobody_knows_is_unknown_and_a_refused_one_refused(wire):
    async def script(at):
        instrument = await mnq(at)
        wire.answers["Position/closeContract"] = {}
        error = await error_of(at.broker.close_position(instrument), OutcomeUnknown)
        assert "taken, but no order" in str(error)
        wire.answers["Position/closeContract"] = lambda body: refusal(2)
        await error_of(at.broker.close_position(instrument), Refused)
        assert len(wire.bodies("Position/closeContract")) == 2

    run_live(wire, script)


@pytest.mark.parametrize(
    "failed",
    [httpx.Response(429), httpx.ConnectError("nobody there"), httpx.Response(503)],
    ids=["too many requests", "nobody reached", "no answer"],
)
def test_a_close_that_was_taken_is_never_an_error_that_would_have_it_sent_again(wire, failed):
    """What fails is the question after its order: the position is being closed all the same."""

    async def script(at):
        instrument = await mnq(at)
        wire.answers["Position/closeContract"] = {}
        wire.answers["Order/search"] = failed
        error = await error_of(at.broker.close_position(instrument), OutcomeUnknown)
        assert not error.retry_safe
        assert "Position/closeContract: taken, but no order" in str(error)
        assert "asking for it failed" in str(error)

    run_live(wire, script)


def test_a_closing_order_that_is_told_of_while_the_question_fails_is_the_answer(wire):
    async def script(at):
        instrument = await mnq(at)
        wire.answers["Position/closeContract"] = {}

        def told_meanwhile(body):
            at.tell("GatewayUserOrder", closing(status=6))
            late = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.5, late.set_result, httpx.Response(429))
            return late

        wire.answers["Order/search"] = told_meanwhile
        assert (await at.broker.close_position(instrument)).order_id == "9050"

    run_live(wire, script)
