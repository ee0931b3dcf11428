"""One login for all, made again where nobody answered, and not where the key was refused."""

import asyncio

import httpx
import pytest
from live_rest import play
from live_wire import DAY_S, make_token, refusal

from dryfill.trading.broker import Urgency
from dryfill.trading.errors import SessionExpired

PLACE, PRESSING = {"customTag": "7.stop#1"}, Urgency.RISK_REDUCING


def test_nobody_is_logged_in_twice_by_those_who_begin_at_once(wire):
    wire.answers["Order/search"] = {"orders": []}

    async def script(session):
        await asyncio.gather(*(session.call("Order/search", {}) for _ in range(8)))
        assert wire.logins == 1

    play(wire, script, login=False)


def test_a_login_that_fails_for_a_while_is_repeated_for_what_waits_is_a_stop(wire):
    """RS-41: the first try of the new login ends in a 503."""
    wire.answers["Order/place"] = {"orderId": 1}

    async def script(session):
        wire.good = {"none"}
        wire.answers["Auth/loginKey"] = [httpx.Response(503), wire.login]
        began_s = asyncio.get_running_loop().time()
        await session.call("Order/place", PLACE, urgency=PRESSING)
        assert asyncio.get_running_loop().time() - began_s < 1.0

    play(wire, script)


def test_a_key_that_was_refused_is_not_tried_again_at_once(wire):
    wire.answers["Order/search"] = {"orders": []}
    wire.answers["Auth/loginKey"] = lambda body: refusal(3)

    async def script(session):
        for _ in range(10):
            with pytest.raises(SessionExpired, match="InvalidCredentials"):
                await session.call("Order/search", {})
            await asyncio.sleep(1)
        assert len(wire.bodies("Auth/loginKey")) == 1
        await asyncio.sleep(60)
        with pytest.raises(SessionExpired):
            await session.call("Order/search", {})
        assert len(wire.bodies("Auth/loginKey")) == 2

    play(wire, script, login=False)


def test_a_fresh_token_and_an_expired_one_at_once_make_one_login(wire):
    wire.answers |= {"Auth/validate": httpx.Response(401), "Order/search": {"orders": []}}

    async def script(session):
        wire.good = {"nobody's"}
        login = asyncio.get_running_loop().create_future()
        wire.answers["Auth/loginKey"] = login
        calls = [session.login.refresh(), session.call("Order/search", {})]
        both = asyncio.gather(*calls)
        await asyncio.sleep(1)
        login.set_result(wire.login({}))
        await both
        assert len(wire.bodies("Auth/loginKey")) == 2, "the first one was at the start"

    play(wire, script)


@pytest.mark.exact_times("how long a token has left is compared to the nanosecond")
def test_the_token_is_validated_before_it_ends_and_the_fresh_one_is_used(wire):
    wire.answers["Auth/loginKey"] = {"token": make_token(1, ends_s=DAY_S)}
    wire.answers["Auth/validate"] = {"newToken": make_token(2, ends_s=2 * DAY_S)}

    async def script(session):
        assert session.login.refresh_in_s == DAY_S - 900
        await session.login.refresh()
        assert session.login.token == make_token(2, ends_s=2 * DAY_S)
        assert session.login.refresh_in_s == 2 * DAY_S - 900
        assert wire.tokens[-1] == make_token(1, ends_s=DAY_S)

    play(wire, script)


def test_by_a_clock_that_is_a_day_ahead_no_storm_of_logins_follows(wire):
    wire.answers["Auth/loginKey"] = {"token": make_token(1, ends_s=60)}

    async def script(session):
        await asyncio.sleep(59)
        assert session.login.refresh_in_s == 30

    play(wire, script)


def test_where_the_gateway_gives_no_fresh_token_the_key_logs_in(wire):
    wire.answers["Auth/validate"] = httpx.Response(401)

    async def script(session):
        await session.login.refresh()
        assert wire.logins == 2
        assert session.login.token == make_token(2)

    play(wire, script)


@pytest.mark.parametrize("token", ["opaque", "a.b", "a.!!.c", "a.e30.c", "a.bnVsbA.c"])
@pytest.mark.exact_times("how long a token has left is compared to the nanosecond")
def test_a_token_that_does_not_say_when_it_ends_ends_in_a_day(wire, token):
    wire.answers["Auth/loginKey"] = {"token": token}

    async def script(session):
        assert session.login.refresh_in_s == DAY_S - 900

    play(wire, script)
