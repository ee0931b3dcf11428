"""A session: its streams, which account may be traded, which contract a name means."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
from live_wire import (
    ACCOUNT,
    MNQ,
    error_of,
    mnq,
    order_json,
    run_live,
    wanted,
)

from dryfill.trading.broker import StreamState
from dryfill.trading.errors import (
    ConnectionLost,
    NotSent,
    OutcomeUnknown,
    Refused,
    UsageError,
)
from dryfill.trading.order import ExecutionReport


def test_a_lost_hub_is_told_and_its_return_is_a_gap(wire):
    async def script(at):
        at.user.link.cut("reset by peer")
        await asyncio.sleep(3)
        states = [(e.up, e.gap) for e in at.events if isinstance(e, StreamState)]
        assert states == [(False, True), (True, True)]

    run_live(wire, script)


def test_a_logout_is_answered_by_one_login_and_both_hubs_come_back_with_its_token(wire):
    async def script(at):
        await at.session.market.subscribe(await mnq(at), "quotes", lambda event: None)
        at.user.link.call("GatewayLogout", "taken elsewhere")
        await asyncio.sleep(5)
        assert wire.logins == 2
        for hub in (at.user, at.market):
            assert hub.link.url.endswith(at.session.login.token)
            assert len(hub.links) == 2
        assert at.session.notices == ["the gateway logged us out: taken elsewhere"]
        assert [e.up for e in at.events if isinstance(e, StreamState)] == [False, True]

    run_live(wire, script)


def test_a_listener_that_fails_leaves_a_gap_and_the_hub_stands(wire):
    async def script(at):
        await mnq(at)

        def fails(event):
            if isinstance(event, ExecutionReport):
                raise RuntimeError("a fault of the listener's")

        at.broker.listen(fails)
        at.tell("GatewayUserOrder", order_json())
        await at.settle()
        assert len(at.user.links) == 1
        assert [e.gap for e in at.events if isinstance(e, StreamState)] == [True]

    run_live(wire, script)


def test_a_session_that_is_closed_ends_every_command_and_question_in_words(wire):
    """A bare cancellation would be the caller's own, and say nothing of what may have happened."""

    async def script(at):
        instrument, never = await mnq(at), asyncio.get_running_loop().create_future()
        wire.answers |= dict.fromkeys(
            ("Order/place", "Position/closeContract", "Position/searchOpen", "Contract/search"),
            never,
        )
        other = replace(instrument, symbol="MNQH7")
        under_way = [
            at.broker.place(wanted(instrument)),
            at.broker.place(wanted(other, tag="8#1")),
            at.broker.close_position(instrument),
            at.broker.positions(),
        ]
        await at.settle()
        under_way.append(at.broker.close_position(instrument, 1))  # which has not begun
        await at.session.close()
        for call in under_way:
            assert "the session was closed" in str(await error_of(call, OutcomeUnknown))
        for call in (at.broker.close_position(instrument), at.broker.positions()):
            await error_of(call, NotSent)

    run_live(wire, script)


def test_a_broker_that_is_closed_tells_no_gap_and_looks_nothing_up(wire):
    async def script(at):
        await mnq(at)
        await at.broker.close()
        at.tell("GatewayUserOrder", order_json(contractId="CON.F.US.OTHER.Z26"))
        at.tell("GatewayUserOrder", {"accountId": 1001})
        await at.settle()
        heard = []
        at.broker.listen(heard.append)
        await asyncio.sleep(60)
        assert heard == []
        assert not wire.bodies("Contract/searchById")

    run_live(wire, script)


# --- accounts -----------------------------------------------------------------------------------

ACCOUNTS = {
    "one that may not trade": ({"canTrade": False}, {}, "may not trade"),
    "one that is not simulated": ({"simulated": False}, {}, "is not simulated"),
    "one that is not said to be": ({"simulated": None}, {}, "say simulated = true"),
    "one whose word is against ours": (
        {"simulated": False},
        {"simulated": True},
        "is not simulated",
    ),
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_an_account_in_which_a_stop_could_not_be_cancelled_is_not_traded(wire, name):
    changes, settings, why = ACCOUNTS[name]
    wire.answers["Account/search"] = {"accounts": [ACCOUNT | changes]}

    async def script(at):
        await error_of(at.session.broker(), UsageError)
        with pytest.raises(UsageError, match=why):
            await at.session.broker("PRAC-1")
        if changes.get("canTrade", True):
            assert (await at.session.broker(1001, needs_cancel=False)).account_name == "PRAC-1"

    run_live(wire, script, broker=False, **settings)


def test_an_account_is_named_where_there_are_several(wire):
    wire.answers["Account/search"] = {"accounts": [ACCOUNT, ACCOUNT | {"id": 7, "name": "X"}]}

    async def script(at):
        with pytest.raises(UsageError, match=r"name the account to trade; .* PRAC-1 \(1001\), X"):
            await at.session.broker()
        with pytest.raises(UsageError, match="there is no active account 'Y'"):
            await at.session.broker("Y")
        first, second = await at.session.broker("X"), await at.session.broker(1001)
        assert await at.session.broker("X") is first
        assert (first.account_name, second.account_name) == ("X", "PRAC-1")
        heard = []
        first.listen(heard.append)
        await mnq(at)
        at.tell("GatewayUserOrder", order_json())
        await at.settle()
        assert heard == []

    run_live(wire, script, broker=False)


# --- contracts ----------------------------------------------------------------------------------


def contract(name, contract_id, active=True, **changes):
    return MNQ | {"name": name, "id": contract_id, "activeContract": active} | changes


def test_a_root_is_its_active_contract_and_a_name_itself(wire):
    es = {"tickValue": 12.5, "symbolId": "F.US.EP"}
    wire.answers["Contract/search"] = {
        "contracts": [
            contract("MESZ6", "CON.F.US.MES.Z26", tickValue=1.25, symbolId="F.US.MES"),
            contract("ESU6", "CON.F.US.EP.U26", active=False, **es),
            contract("ESZ6", "CON.F.US.EP.Z26", **es),
            contract("ESH7", "CON.F.US.EP.H27", active=False, **es),
        ]
    }

    async def script(at):
        found = await at.session.market.find("ES")
        assert (found.symbol, found.root) == ("ESZ6", "ES")
        assert at.session.contracts.id_of(found) == "CON.F.US.EP.Z26"
        assert at.session.notices == []
        assert (await at.session.market.find("ESU6")).symbol == "ESU6"
        (warning,) = at.session.notices
        assert "ESU6 is not the active contract any more" in warning
        await error_of(at.session.market.find("YM"), Refused)

    run_live(wire, script, broker=False)


def test_a_contract_whose_delivery_month_has_begun_is_warned_of(wire):
    wire.answers["Contract/search"] = {"contracts": [contract("MNQX6", "CON.F.US.MNQ.X26")]}

    async def script(at):
        await at.session.market.find("MNQ")
        (warning,) = at.session.notices
        assert "MNQX6 delivers in November 2026, which has begun" in warning

    run_live(wire, script, broker=False)


def test_a_contract_of_another_tick_or_worth_than_ours_is_not_traded(wire):
    async def script(at):
        for change in ({"tickSize": 0.5}, {"tickValue": 5}):
            wire.answers["Contract/search"] = {"contracts": [MNQ | change]}
            with pytest.raises(UsageError, match="the gateway says a tick of"):
                await at.session.market.find("MNQ")

    run_live(wire, script, broker=False)


def test_a_contract_that_our_table_has_not_is_as_the_gateway_describes_it(wire):
    wire.answers["Contract/search"] = {
        "contracts": [contract("ZZZZ6", "CON.F.US.ZZZ.Z26", tickSize=0.005, symbolId="F.US.ZZZ")]
    }

    async def script(at):
        found = await at.session.market.find("ZZZ")
        assert (found.symbol, found.tick, found.point_value) == ("ZZZZ6", Decimal("0.005"), 100)

    run_live(wire, script, broker=False)


def test_contracts_and_bars_are_those_of_the_data_that_practice_accounts_have(wire):
    wire.answers["Contract/search"] = {"contracts": []}

    async def script(at):
        instrument = await mnq(at)
        await at.session.market.history(instrument, 60 * 10**9, 5)
        asked = ("Contract/search", "Contract/available", "History/retrieveBars")
        for endpoint in asked:
            assert wire.bodies(endpoint)
            assert not any(body["live"] for body in wire.bodies(endpoint))

    run_live(wire, script, broker=False)


def test_two_who_ask_for_one_accounts_broker_have_the_same(wire):
    async def script(at):
        first, second = await asyncio.gather(at.session.broker(), at.session.broker(1001))
        assert first is second

    run_live(wire, script, broker=False)


def test_a_hub_that_does_not_come_up_is_said_and_can_be_tried_again(wire):
    async def script(at):
        at.user.confirms = False
        error = await error_of(at.session.broker(), ConnectionLost)
        assert "the user hub is not up after 30 s" in str(error)
        at.user.confirms = True
        assert (await at.session.broker()).account_name == "PRAC-1"

    run_live(wire, script, broker=False)


def say_nothing_of(hub, account_id):
    """The hub confirms no stream of this account."""
    react = hub.react

    def deaf(link, fields):
        if fields.get("arguments") != [account_id]:
            react(link, fields)

    hub.react = deaf
    return react


def test_a_broker_that_failed_to_open_leaves_the_hub_to_those_that_are_open(wire):
    """Its streams were wanted on and never confirmed, so after a reconnect nobody was up again."""
    wire.answers["Account/search"] = {"accounts": [ACCOUNT, ACCOUNT | {"id": 7, "name": "X"}]}

    async def script(at):
        healthy, events = await at.session.broker("PRAC-1"), []
        healthy.listen(events.append)
        answers = say_nothing_of(at.user, 7)
        await error_of(at.session.broker("X"), ConnectionLost)
        at.user.link.cut()
        await asyncio.sleep(40)
        assert [e.up for e in events if isinstance(e, StreamState)] == [False, True]
        asked = [f["target"] for f in at.user.link.sent if f.get("type") == 1]
        streams = ["Accounts", "Orders", "Positions", "Trades"]
        assert asked == [f"Subscribe{each}" for each in streams]
        at.user.react = answers
        assert (await at.session.broker("X")).account_name == "X"

    run_live(wire, script, broker=False)


def test_the_last_broker_that_failed_to_open_leaves_nothing_wanted(wire):
    async def script(at):
        at.user.confirms = False
        await error_of(at.session.broker(), ConnectionLost)
        at.user.link.cut()
        await asyncio.sleep(40)
        assert [f for f in at.user.link.sent if f.get("type") == 1] == []

    run_live(wire, script, broker=False)
