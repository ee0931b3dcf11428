"""A hub that repeats our token, as whole frames or cut: no text of ours has it."""

import asyncio
import json

import pytest
from live_hub import END
from live_wire import mnq, run_live

from dryfill.live.hubs.carrier import CarrierLost
from dryfill.trading.errors import DryfillError

SECRET = "canary"  # how every token begins


def closes(link, token):
    link.say({"type": 7, "error": f"no session {token}"})


def is_cut(link, token):
    link.cut(f"lost wss://hub?access_token={token}")


def calls_an_unknown_method(link, token):
    link.call(f"{'x' * 50}{token}")


def says_no_json(link, token):
    link.say("x" * 190 + token + END)


def says_no_json_in_bytes(link, token):
    link.deliver(f"no json {token}{END}".encode())


def tells_an_order_of_a_status_that_is_none(link, token):
    link.call("GatewayUserOrder", {"accountId": 1001, "id": "x" * 30 + token})


def tells_of_a_contract_that_is_none(link, token):
    link.call("GatewayUserOrder", {"accountId": 1001, "contractId": "x" * 50 + token})


def logs_out(link, token):
    link.call("GatewayLogout", f"{token} was taken elsewhere")


ECHOES = (
    closes, is_cut, calls_an_unknown_method, says_no_json, says_no_json_in_bytes,
    tells_an_order_of_a_status_that_is_none, tells_of_a_contract_that_is_none, logs_out,
)  # fmt: skip


def texts_of(at):
    hubs = (at.session.user_hub, at.session.market_hub)
    yield from (hub.last_error for hub in hubs)
    yield from at.session.notices
    yield from at.broker.stream.samples
    yield from (repr(event) for event in at.events)


@pytest.mark.parametrize("echo", ECHOES)
def test_what_a_hub_echoes_is_in_no_text(wire, echo):
    async def script(at):
        await mnq(at)
        seen = []
        token = at.session.login.token
        assert token.startswith(SECRET)
        echo(at.user.link, token)
        for _ in range(300):
            await asyncio.sleep(0.01)
            seen.extend(texts_of(at))
        assert any(seen), "something was said of it"
        assert [text for text in seen if SECRET in text] == []

    run_live(wire, script)


def test_a_stream_that_is_refused_with_our_token_is_refused_without_it(wire):
    async def script(at):
        at.market.refuses["SubscribeContractTrades"] = f"no {at.session.login.token}"
        with pytest.raises(DryfillError) as refused:
            await at.session.market.subscribe(await mnq(at), "trades", print)
        assert "SubscribeContractTrades: no ***" in str(refused.value)

    run_live(wire, script)


def test_a_handshake_that_is_refused_with_our_token_is_told_without_it(wire):
    async def script(at):
        at.user.greets = False
        at.user.link.cut()
        await asyncio.sleep(1)
        link = at.user.link
        link.say(json.dumps({"error": f"who is {link.url}"}) + END)
        await at.settle()
        assert at.session.user_hub.last_error.startswith("the server refused the handshake: who is")
        assert SECRET not in at.session.user_hub.last_error

    run_live(wire, script)


def test_a_dial_that_ends_with_the_address_is_told_without_the_token(wire):
    async def script(at):
        at.user.fails.extend(CarrierLost(at.user.link.url) for _ in range(3))
        at.user.link.cut()
        await asyncio.sleep(1)
        assert at.session.user_hub.last_error.endswith("access_token=***")

    run_live(wire, script)
