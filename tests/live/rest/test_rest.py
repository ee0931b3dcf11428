"""How a request ends, whatever httpx or the gateway makes of it, and that none is sent twice."""

import asyncio
import json

import httpx
import pytest
from live_rest import play
from live_wire import KEY, make_token, refusal

from dryfill.trading.broker import Urgency
from dryfill.trading.errors import NotSent, OutcomeUnknown, Refused

PLACE, PRESSING = {"customTag": "7.stop#1"}, Urgency.RISK_REDUCING
WRITES = [
    "Order/place",
    "Order/modify",
    "Order/cancel",
    "Position/closeContract",
    "Position/partialCloseContract",
]


NEVER_LEFT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("full"),
    httpx.UnsupportedProtocol("ftp"),
]
MAY_HAVE_LEFT = [
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.CloseError("reset"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    httpx.DecodingError("gzip"),
    OSError("what httpx forgot to map"),
    RuntimeError("a fault of somebody's"),
]


@pytest.mark.parametrize("endpoint", WRITES)
@pytest.mark.parametrize("error", MAY_HAVE_LEFT, ids=lambda e: type(e).__name__)
def test_what_may_have_left_is_unknown_and_sent_once(wire, endpoint, error):
    wire.answers[endpoint] = error

    async def script(session):
        with pytest.raises(OutcomeUnknown, match="it may have been acted upon"):
            await session.call(endpoint, PLACE)
        await asyncio.sleep(120)

    play(wire, script)
    assert wire.bodies(endpoint) == [PLACE]


@pytest.mark.parametrize("endpoint", WRITES)
@pytest.mark.parametrize("status", [500, 502, 503, 504, 302])
def test_a_server_that_fails_is_not_asked_again(wire, endpoint, status):
    wire.answers[endpoint] = httpx.Response(status, html="<p>down</p>")

    async def script(session):
        with pytest.raises(OutcomeUnknown):
            await session.call(endpoint, PLACE)
        await asyncio.sleep(120)

    play(wire, script)
    assert len(wire.bodies(endpoint)) == 1


@pytest.mark.parametrize("error", NEVER_LEFT, ids=lambda e: type(e).__name__)
def test_what_never_left_is_not_sent_and_whose_turn_it_is_to_try_again_is_the_callers(wire, error):
    wire.answers["Order/place"] = error

    async def script(session):
        with pytest.raises(NotSent) as caught:
            await session.call("Order/place", PLACE)
        assert not caught.value.limited
        await asyncio.sleep(120)

    play(wire, script)
    assert len(wire.bodies("Order/place")) == 1


def test_a_question_that_nobody_answered_proves_nothing(wire):
    wire.answers["Order/search"] = httpx.ReadTimeout("slow")

    async def script(session):
        with pytest.raises(OutcomeUnknown, match="nothing was learnt"):
            await session.call("Order/search", {})

    play(wire, script)


def test_an_expired_session_is_renewed_once_for_all_and_each_call_goes_again_under_its_tag(wire):
    wire.answers |= {"Order/place": {"orderId": 1}, "Order/search": {"orders": []}}

    async def script(session):
        wire.good = {"another session took over"}
        bodies = [{"customTag": f"{n}#1"} for n in range(5)]
        calls = [session.call("Order/place", body) for body in bodies]
        calls.append(session.call("Order/search", {}))
        await asyncio.gather(*calls)
        assert wire.logins == 2
        assert wire.bodies("Order/place") == bodies * 2
        assert set(wire.tokens[-6:]) == {session.login.token}

    play(wire, script)


def test_a_deadline_ends_a_call_that_left_in_unknown_and_the_answer_comes_to_nobody(wire):
    async def script(session):
        wire.answers["Order/place"] = asyncio.get_running_loop().create_future()
        call = session.call("Order/place", PLACE, deadline_s=2.0)
        await asyncio.sleep(1.9)
        assert not call.done()
        await asyncio.sleep(0.2)
        assert isinstance(call.exception(), OutcomeUnknown)
        wire.answers["Order/place"].set_result({"orderId": 1})
        await asyncio.sleep(5)
        assert len(wire.bodies("Order/place")) == 1

    play(wire, script)


def test_a_call_whose_deadline_is_over_before_its_turn_was_not_sent_and_takes_no_room(wire):
    wire.answers["Order/search"] = {"orders": []}

    async def script(session):
        for _ in range(2):  # the login was the first of three
            await session.call("Order/search", {})
        late = [session.call("Order/search", {}, deadline_s=1.0) for _ in range(50)]
        await asyncio.sleep(2)
        assert all(isinstance(call.exception(), NotSent) for call in late)
        assert all(call.exception().limited for call in late)
        assert session.turnstile.waiting == 0
        await asyncio.sleep(59)
        await asyncio.gather(*(session.call("Order/search", {}) for _ in range(3)))
        assert len(wire.bodies("Order/search")) == 5

    play(wire, script, general=3, reserve=0)


def test_an_outage_of_the_way_there_uses_no_room_up(wire):
    wire.answers["Order/search"] = [*[httpx.ConnectError("no such name")] * 9, {"orders": []}]

    async def script(session):
        for _ in range(9):
            with pytest.raises(NotSent, match="nobody was reached"):
                await session.call("Order/search", {})
        await session.call("Order/search", {})
        assert asyncio.get_running_loop().time() < 1  # there was room for two beside the login

    play(wire, script, general=3, reserve=0)


def test_what_is_long_on_its_way_has_its_room_until_a_window_after_its_answer(wire):
    """It may have come just before that, and what goes then may be quicker on its way."""

    async def script(session):
        slow = asyncio.get_running_loop().create_future()
        wire.answers["Order/search"] = [slow, {"orders": []}]
        first = session.call("Order/search", {})
        await asyncio.sleep(20)
        slow.set_result({"orders": []})
        await first
        for gone_s in (60, 80):  # a window after the login, and one after the slow answer
            await session.call("Order/search", {})
            assert asyncio.get_running_loop().time() == pytest.approx(gone_s, abs=0.1)

    play(wire, script, general=2, reserve=0)


def test_what_reduces_risk_uses_the_reserve_and_goes_before_what_waits(wire):
    wire.answers |= {"Order/search": {"orders": []}, "Order/cancel": {}}

    async def script(session):
        polls = [session.call("Order/search", {}) for _ in range(5)]
        await session.call("Order/cancel", {}, urgency=PRESSING, deadline_s=1.0)
        assert sum(poll.done() for poll in polls) == 2
        await asyncio.gather(*polls)
        assert asyncio.get_running_loop().time() >= 60

    play(wire, script, general=5, reserve=2)


def test_a_429_holds_back_what_is_ordinary_for_as_long_as_was_asked(wire):
    limited = httpx.Response(429, headers={"Retry-After": "7"})
    wire.answers |= {"Order/search": [limited, {"orders": []}], "Order/cancel": {}}

    async def script(session):
        with pytest.raises(NotSent) as caught:
            await session.call("Order/search", {})
        assert caught.value.retry_after_s == 7
        await session.call("Order/cancel", {}, urgency=PRESSING)
        assert asyncio.get_running_loop().time() < 1
        await session.call("Order/search", {})
        assert asyncio.get_running_loop().time() == pytest.approx(7, abs=0.1)

    play(wire, script)


def test_a_deadline_that_ends_while_a_new_login_is_waited_for_ends_in_not_sent(wire):
    """The 401 was the proof that nothing was done, and what was to go again has not."""

    async def script(session):
        wire.good = {"nobody's"}
        wire.answers["Auth/loginKey"] = asyncio.get_running_loop().create_future()
        with pytest.raises(NotSent):
            await session.call("Order/place", PLACE, deadline_s=2.0)
        wire.answers["Auth/loginKey"].set_result(wire.login({}))
        await asyncio.sleep(5)
        assert len(wire.bodies("Order/place")) == 1

    play(wire, script)


def test_a_caller_who_gives_up_while_he_waits_costs_no_room(wire):
    wire.answers["Order/search"] = {"orders": []}

    async def script(session):
        await asyncio.gather(*(session.call("Order/search", {}) for _ in range(2)))
        waits = session.call("Order/search", {})
        waits.cancel()
        await asyncio.sleep(61)
        assert len(wire.bodies("Order/search")) == 2
        assert session.turnstile.waiting == 0

    play(wire, script, general=3, reserve=0)


def test_an_answer_that_comes_drop_by_drop_ends_all_the_same(wire):
    async def script(session):
        wire.answers["Order/place"] = asyncio.get_running_loop().create_future()
        with pytest.raises(OutcomeUnknown, match="TimeoutError"):
            await session.call("Order/place", PLACE)
        assert asyncio.get_running_loop().time() == pytest.approx(60, abs=0.1)

    play(wire, script)


def test_closing_ends_every_call(wire):
    wire.answers["Order/search"] = {"orders": []}

    async def script(session):
        wire.answers["Order/place"] = asyncio.get_running_loop().create_future()
        left = session.call("Order/place", PLACE)
        await session.call("Order/search", {})
        waits = session.call("Order/search", {})
        await asyncio.sleep(1)
        await session.rest.close()
        assert isinstance(left.exception(), OutcomeUnknown)
        assert isinstance(waits.exception(), NotSent)
        with pytest.raises(NotSent, match="the session is closed"):
            await session.call("Order/search", {})

    play(wire, script, general=3, reserve=0)


def test_neither_key_nor_token_is_in_an_error_whatever_the_gateway_echoes(wire, caplog):
    caplog.set_level(0)
    canary = make_token(1)
    echoes = [
        httpx.Response(400, text=f"bad {KEY} {canary}"),
        httpx.ConnectError(f"no route for {canary}"),
        httpx.ReadError(f"cut {canary}"),
        refusal(2, f"what is {canary}?"),
    ]

    async def script(session):
        for echo in echoes:
            wire.answers["Order/place"] = echo
            with pytest.raises((Refused, OutcomeUnknown)) as caught:
                await session.call("Order/place", PLACE)
            seen = json.dumps([repr(caught.getrepr(style="long")), str(caught.value)])
            assert KEY not in seen
            assert canary not in seen
        assert "***" in str(caught.value)
        assert KEY not in caplog.text
        assert canary not in caplog.text

    play(wire, script)
