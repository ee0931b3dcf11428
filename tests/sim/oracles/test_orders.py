"""INV-05, 06, 07, 10, 17 and 27: what is said of orders, positions and money is true."""

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from dryfill.scenarios.plan_text import make_plan
from dryfill.trading.errors import Refused
from dryfill.trading.order import Buy, ExecutionReport, Sell
from dryfill.trading.orders.exits.cancel_all import CancelAll, CancelAllResult
from dryfill.trading.orders.handle import CancelResult
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks
from dryfill.trading.words import ExecType, OrdStatus, Reason


def tamper(case, change):
    """Let every report of the desk's pass `change`, which returns the reports to tell instead."""
    tell = case.world.desk.tell

    def told(event):
        events = change(event) if isinstance(event, ExecutionReport) else [event]
        for each in events:
            tell(each)

    case.world.desk.tell = told


async def trade(client, case):
    """A limit order that rests, one that is filled, one that is cancelled."""
    await client.at(100)
    rests = await client.desk.place(Buy(1, limit="19990"))
    await client.desk.place(Buy(2))
    gone = await client.desk.place(Buy(3, limit="19980"))
    await case.watch.cancel(client.desk, gone)
    await client.at(15_000)
    return rests


def test_a_client_that_trades_breaks_nothing_and_every_premise_is_met(look):
    found = look(trade)
    assert found.violations == []
    met = ("INV-05", "INV-06", "INV-07", "INV-10", "INV-14", "INV-27")
    assert all(found.premises[name] > 0 for name in met)


# --- INV-05 ---------------------------------------------------------------------------------------


def test_an_order_that_ends_twice_at_the_broker_is_found(look):
    async def script(client, case):
        heard, ends = case.world.desk.heard, []

        def twice(record, report):
            heard(record, report)
            if report.ord_status.terminal and not ends:
                ends.append(report)
                heard(record, report)

        case.world.desk.heard = twice
        await trade(client, case)

    found = look(script)
    assert found.counts["INV-05"] == 1
    assert "no order goes from FILLED to FILLED" in found.violations[0].text


def test_a_manager_that_lets_an_order_end_otherwise_after_it_ended_is_found(look):
    async def script(client, case):
        await client.at(100)
        order = await client.desk.place(Buy(1, limit="19990"))
        await client.desk.cancel(order)
        await client.at(1000)
        order.core.venue_status = OrdStatus.REJECTED
        await client.broker.order(order.instrument, cl_ord_id=order.cl_ord_id, deadline_s=5)

    found = look(script)
    assert found.counts["INV-05"] == 1
    assert "had ended CANCELED for the manager and is REJECTED" in found.violations[0].text


def test_an_end_that_the_manager_never_hears_of_is_found_when_all_is_quiet(look):
    async def script(client, case):
        tamper(case, lambda e: [] if e.order.ord_status is OrdStatus.FILLED else [e])
        await client.at(100)
        client.desk.manager.place(client.desk.instrument, Buy(1))
        await client.at(15_000)

    found = look(script)
    assert (found.counts["INV-05"], found.counts["INV-06"]) == (1, 1)
    assert found.counts["INV-07"] == 2  # the order and the position


# --- INV-06 ---------------------------------------------------------------------------------------


def test_a_fill_that_is_told_under_two_ids_is_counted_once_too_often(look):
    async def script(client, case):
        def double(event):
            if event.exec_type is not ExecType.TRADE:
                return [event]
            return [event, structs.replace(event, exec_id=f"{event.exec_id}b")]

        tamper(case, double)
        await client.at(100)
        await client.desk.place(Buy(2))
        await client.at(1000)

    found = look(script)
    assert found.counts["INV-06"] > 0
    assert "the broker filled 2" in found.violations[0].text


def test_a_manager_that_books_a_fill_twice_is_found(look):
    async def script(client, case):
        await client.at(100)
        order = await client.desk.place(Buy(2))
        await client.at(1000)
        order.fills.append(order.fills[0])
        await client.broker.order(order.instrument, cl_ord_id=order.cl_ord_id, deadline_s=5)

    found = look(script)
    assert found.counts["INV-06"] == 1
    assert "its fills sum up to 4, told were 2" in found.violations[0].text


def test_filled_contracts_that_vanish_are_found(look):
    async def script(client, case):
        await client.at(100)
        order = await client.desk.place(Buy(2))
        await client.at(1000)
        order.core.cum_qty = 1
        await client.broker.order(order.instrument, cl_ord_id=order.cl_ord_id, deadline_s=5)

    found = look(script)
    assert found.counts["INV-06"] == 1
    assert "it was 2 before" in found.violations[0].text
    assert found.counts["INV-17"] == 1


# --- INV-17 ---------------------------------------------------------------------------------------


def test_old_news_told_again_changes_nothing_and_meets_the_premise(look):
    async def script(client, case):
        told = []
        tamper(case, lambda event: [told.append(event) or event])
        await client.at(100)
        order = await client.desk.place(Buy(2, limit="19990"))
        await client.desk.cancel(order)
        await client.at(1000)
        case.world.desk.tell(told[0])
        await client.at(2000)

    found = look(script)
    assert found.violations == []
    assert found.premises["INV-17"] > 0


def test_an_order_that_works_again_after_it_ended_is_found(look):
    async def script(client, case):
        await client.at(100)
        order = await client.desk.place(Buy(1, limit="19990"))
        await client.desk.cancel(order)
        await client.at(1000)
        order.core.venue_status = OrdStatus.NEW
        await client.broker.order(order.instrument, cl_ord_id=order.cl_ord_id, deadline_s=5)

    found = look(script)
    assert (found.counts["INV-17"], found.counts["INV-05"]) == (1, 1)


OLD = {"kind": "stale-read", "call": "order", "lag": "500 ms"}


@pytest.mark.parametrize("undone", [True, False])
def test_an_old_answer_that_brings_old_numbers_back_is_found(case, undone):
    """It is changed at 1000 ms; at 1200 ms a question is answered with how it was at 750 ms."""

    async def script(client, case):
        await client.at(100)
        order = await client.desk.place(Buy(2, limit="19990"))
        before = order.core.agreement.now
        await client.at(1000)
        await client.desk.modify(order, limit="19980")
        await client.at(1200)
        asked = client.broker.order(order.instrument, cl_ord_id=order.cl_ord_id, deadline_s=5)
        state = await asked
        assert state.price == before.price
        if undone:
            order.core.agreement.now = order.core.wish = before
        await client.at(3000)

    found = case(plan=make_plan(OLD)).run(script)
    assert found.premises["INV-17"] == 1
    assert found.counts["INV-17"] == undone


# --- INV-07 ---------------------------------------------------------------------------------------


def test_an_order_the_manager_knows_at_another_price_is_found(look):
    async def script(client, case):
        await client.at(100)
        order = await client.desk.place(Buy(1, limit="19990"))
        await client.at(1000)
        order.core.agreement.now = structs.replace(order.core.agreement.now, price=Decimal(1))
        await client.at(15_000)

    found = look(script)
    assert found.counts["INV-07"] == 1
    assert "of order 1#1 the manager knows" in found.violations[0].text


def test_a_mean_price_that_is_off_is_found(look):
    async def script(client, case):
        await client.at(100)
        await client.desk.place(Buy(2))
        holding = case.world.account.holdings["MNQ"]
        holding.lots[0].units += 1
        holding._worth += 1
        await client.at(15_000)

    found = look(script)
    assert found.counts["INV-07"] == 1
    assert found.counts["INV-27"] > 0


def test_mean_prices_agree_after_something_was_closed_in_part(look):
    market = """
        0 quote 80000x50 80001x50
        10 trade 80000x1
        1000 quote 80100x50 80101x50
        60000 quote 80100x50 80101x50
    """

    async def script(client, case):
        await client.at(100)
        await client.desk.place(Buy(1))
        await client.at(2000)
        await client.desk.place(Buy(1))
        await client.desk.place(Sell(1))
        await client.at(20_000)

    found = look(script, market)
    assert found.premises["INV-07"] == 1
    assert found.violations == []


# --- INV-10 ---------------------------------------------------------------------------------------


def result_of(state, filled):
    return classmethod(lambda cls, order: cls(state, filled))


@pytest.mark.parametrize(
    ("state", "filled", "broken"),
    [
        ("already_filled", 2, 0),
        ("already_filled", 1, 1),
        ("cancelled", 2, 1),
        ("cancelled", 0, 1),
        ("already_done", 2, 1),
        ("unknown", 2, 1),  # nothing was tried
        ("unknown", 3, 2),
    ],
)
def test_a_cancel_of_a_filled_order_has_to_say_so(look, monkeypatch, state, filled, broken):
    async def script(client, case):
        await client.at(100)
        order = await client.desk.place(Buy(2))
        monkeypatch.setattr(CancelResult, "of", result_of(state, filled))
        await case.watch.cancel(client.desk, order)

    found = look(script)
    assert found.premises["INV-10"] == 1
    assert found.counts["INV-10"] == broken


@pytest.mark.parametrize(
    ("state", "filled", "broken"),
    [
        ("cancelled", 0, 0),
        ("cancelled", 1, 1),
        ("already_filled", 0, 1),
        ("already_done", 0, 0),
        ("already_done", 1, 1),
    ],
)
def test_a_cancel_of_a_resting_order_has_to_say_so(look, monkeypatch, state, filled, broken):
    async def script(client, case):
        await client.at(100)
        order = await client.desk.place(Buy(2, limit="19990"))
        monkeypatch.setattr(CancelResult, "of", result_of(state, filled))
        await case.watch.cancel(client.desk, order)

    assert look(script).counts["INV-10"] == broken


def refuse_cancels(case):
    def refuse(order_id):
        raise Refused("not now", reason=Reason.MARKET_CLOSED)

    case.world.desk.cancel = refuse


@pytest.mark.parametrize(("tries", "broken"), [(2, 0), (3, 1)])
def test_a_cancel_is_not_given_up_before_it_was_tried_as_often_as_allowed(case, tries, broken):
    """The manager tries twice; it may have been told to try three times."""

    async def script(client, case):
        refuse_cancels(case)
        await client.at(100)
        order = await client.desk.place(Buy(2, limit="19990"))
        manager = client.desk.manager
        manager.settings = replace(manager.settings, cancel_tries=tries)
        result = await case.watch.cancel(client.desk, order)
        assert result.state == "unknown"

    found = case(settings=OrderSettings(cancel_tries=2)).run(script)
    assert found.counts["INV-10"] == broken


def test_of_many_cancels_each_is_judged_by_itself(look, monkeypatch):
    async def script(client, case):
        refuse_cancels(case)
        await client.at(100)
        orders = [await client.desk.place(Buy(2, limit="19990")) for _ in range(3)]
        monkeypatch.setattr(CancelAll, "finished", at_once)
        outcome = await case.watch.cancel_all(client.desk)
        assert outcome.unknown == orders

    found = look(script)
    assert (found.premises["INV-10"], found.counts["INV-10"]) == (3, 3)


async def at_once(cancel_all):
    return CancelAllResult({order: CancelResult.of(order) for order in cancel_all.orders})


def test_a_cancel_that_is_told_while_the_order_still_works_is_found(look):
    async def script(client, case):
        await client.at(100)
        order = await client.desk.place(Buy(2, limit="19990"))
        case.world.desk.cancel = lambda order_id: None  # the broker says yes and does nothing
        tell = case.world.desk.tell
        state = case.world.desk.orders[1].state()
        gone = structs.replace(state, ord_status=OrdStatus.CANCELED, leaves_qty=0)
        tell(ExecutionReport(exec_type=ExecType.CANCELED, order=gone))
        await client.at(300)
        case.world.desk.orders[1].status = OrdStatus.NEW
        await case.watch.cancel(client.desk, order)

    found = look(script)
    assert found.counts["INV-10"] == 1
    assert "ended as cancelled(0); at the broker it is NEW" in found.violations[0].text


# --- INV-27 ---------------------------------------------------------------------------------------


async def round_trip(client):
    await client.at(100)
    bracket = await client.desk.bracket(Buy(2), stop=Ticks(40))
    await bracket.protected(timeout=2)
    await client.desk.flatten()


@pytest.mark.parametrize("what", ["cash", "realised", "fees_paid"])
@pytest.mark.parametrize("wrong", [Decimal("0.01"), 0.0])
def test_money_that_appears_from_nowhere_is_found_and_so_is_a_float(look, what, wrong):
    async def script(client, case):
        await round_trip(client)
        account = case.world.account
        true = getattr(account, what)
        setattr(account, what, float(true) if isinstance(wrong, float) else true + wrong)

    found = look(script)
    assert found.premises["INV-27"] == 2
    assert found.counts["INV-27"] == 1


def test_a_fill_that_the_account_forgets_is_found_at_once(look):
    async def script(client, case):
        fill = case.world.account.fill

        def forgetful(instrument, side, qty, units, time_ns, tag):
            return fill(instrument, side, 1, units, time_ns, tag)

        case.world.account.fill = forgetful
        await round_trip(client)

    assert look(script).counts["INV-27"] > 0
