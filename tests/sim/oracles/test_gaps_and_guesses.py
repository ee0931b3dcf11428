"""INV-09 and 19: what is not known is asked for, and not made up."""

import asyncio
from types import SimpleNamespace

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.oracles import Bounds
from dryfill.sim.oracles.changes import UnprovedChanges
from dryfill.sim.oracles.port import Answered, Sent
from dryfill.trading.errors import OutcomeUnknown
from dryfill.trading.order import Buy, OrderChange
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdStatus

GAP = {"kind": "stream-down", "at": "1 s", "duration": "500 ms"}
LOST = {"kind": "request-lost", "call": "place", "form": "reset"}


# --- INV-09 ---------------------------------------------------------------------------------------


async def place_and_wait(client, case):
    order = client.desk.manager.place(client.desk.instrument, Buy(1, limit="19990"))
    await client.at(30_000)
    return order


def test_an_order_that_never_arrived_is_proven_lost(case):
    found = case(plan=make_plan(LOST)).run(place_and_wait)
    assert found.violations == []
    assert found.premises["INV-09"] == 2  # a lost answer, and an order called rejected


@pytest.mark.parametrize("settings", [{"misses": 1}, {"visible_s": 1.0}])
def test_a_manager_that_is_content_with_less_proof_is_found(case, settings):
    found = case(plan=make_plan(LOST), settings=OrderSettings(**settings)).run(place_and_wait)
    assert found.counts["INV-09"] == 1
    assert "nobody refused it" in found.violations[0].text


def test_a_refusal_is_proof_enough(case):
    found = case(plan=make_plan({"kind": "refused", "call": "place"})).run(place_and_wait)
    assert found.violations == []
    assert found.premises["INV-09"] == 1


def test_an_order_that_is_called_rejected_while_look_ups_fail_is_found(case):
    faults = LOST, {"kind": "server-error", "call": "order", "times": "all"}

    async def script(client, case):
        order = client.desk.manager.place(client.desk.instrument, Buy(1, limit="19990"))
        await client.at(3000)
        order.core.venue_status = OrdStatus.REJECTED
        await client.at(8000)

    found = case(plan=make_plan(*faults)).run(script)
    assert found.counts["INV-09"] == 1
    assert "0 look-ups late enough" in found.violations[0].text


def test_an_order_that_stays_unknown_while_the_broker_answers_is_found(case):
    faults = LOST, {"kind": "server-error", "call": "order", "times": "all"}
    found = case(plan=make_plan(*faults)).run(place_and_wait)
    assert found.counts["INV-09"] == 1
    texts = [violation.text for violation in found.violations]
    assert any("nobody knows what became of 1#1" in text for text in texts)


def test_while_nobody_can_be_asked_an_order_may_stay_unknown(case):
    down = {"kind": "unreachable", "at": "1 s", "duration": "40 s"}
    found = case(plan=make_plan(LOST, down)).run(place_and_wait)
    assert found.counts["INV-09"] == 0


LOST_CHANGE = {"kind": "request-lost", "call": "modify", "form": "reset"}


async def change(client):
    await client.at(100)
    order = await client.desk.place(Buy(2, limit="19990"))
    await client.at(1000)
    await client.desk.modify(order, limit="19980")  # made again, where a look shows that it was not
    return order


def test_a_change_without_an_answer_is_looked_up(case):
    async def script(client, case):
        order = await change(client)
        await client.at(3000)
        assert str(order.core.price) == "19980"

    found = case(plan=make_plan(LOST_CHANGE)).run(script)
    assert found.violations == []
    assert found.premises["INV-09"] == 1


def test_a_change_that_is_taken_for_made_without_an_answer_is_found(case, monkeypatch):
    monkeypatch.setattr(OrderCore, "unknown", lambda core, now_s: core.modified())

    async def script(client, case):
        await change(client)
        await client.at(3000)

    found = case(plan=make_plan(LOST_CHANGE)).run(script)
    assert found.counts["INV-09"] == 1
    assert "is taken for changed, and nobody said that it was" in found.violations[0].text


def test_a_change_that_a_newer_one_overtook_is_not_waited_for():
    """Explored, hostile 209: an old answer then shows the order as the older one wanted it."""
    core = SimpleNamespace(order_qty=1, price=None, stop_px=None)
    scene = SimpleNamespace(
        tag_of=lambda order_id: "1#1", order=lambda tag: SimpleNamespace(core=core)
    )
    for newer, waited_for in ((1, {}), (None, {"9": 4})):
        changes = UnprovedChanges(scene)
        older = Sent(do="modify", time_ns=1, order_id="9", change=OrderChange(order_qty=4))
        changes.on_command(older)
        if newer is not None:
            sent = Sent(do="modify", time_ns=2, order_id="9", change=OrderChange(order_qty=newer))
            changes.on_command(sent)
            changes.on_outcome(Answered(sent, 3, None, None))
        changes.on_outcome(Answered(older, 4, None, OutcomeUnknown("no answer")))
        assert changes.lost == 1
        assert {key: each.change.order_qty for key, each in changes.open.items()} == waited_for


# --- INV-19 ---------------------------------------------------------------------------------------


async def know_all(client, *, but=""):
    since_ns = client.desk.now_ns - 60 * 10**9
    asks = {
        "open-orders": lambda: client.broker.open_orders(deadline_s=5),
        "orders-since": lambda: client.broker.orders_since(since_ns, deadline_s=5),
        "executions-since": lambda: client.broker.executions_since(since_ns, deadline_s=5),
        "positions": lambda: client.broker.positions(deadline_s=5),
    }
    await asyncio.gather(*(ask() for name, ask in asks.items() if name != but))


@pytest.fixture
def after_a_gap(case):
    """Let a bare client, whose own manager looks at nothing, act 100 ms after a gap."""

    def go(act, bounds=None, held=0):
        made = case(plan=make_plan(GAP), bounds=bounds)

        async def script(client, case):
            client.desk.manager.close()
            if held:
                client.send("9#1", "buy", held)
            await client.at(1600)
            await act(client)
            await client.at(14_000)

        return made.run(script)

    return go


def test_an_entry_before_all_is_known_is_found(after_a_gap):
    async def act(client):
        await know_all(client, but="positions")
        client.send("9.entry#1", "buy", 1)

    found = after_a_gap(act)
    assert found.premises["INV-19"] == 1
    texts = [v.text for v in found.violations if v.oracle == "INV-19"]
    assert "left after a gap, before positions were known" in texts[0]
    assert "for more than 10.0 s, and positions are not known" in texts[1]


def test_an_entry_once_all_is_known_is_none_too_early(after_a_gap):
    async def act(client):
        await know_all(client)
        client.send("9#1", "buy", 1, limit="19990")

    assert after_a_gap(act).counts["INV-19"] == 0


@pytest.mark.parametrize(("qty", "broken"), [(2, 0), (3, 1)])
def test_what_can_only_close_may_leave_at_any_time(after_a_gap, qty, broken):
    async def act(client):
        client.send("8#1", "sell", qty)
        client.send("7.stop#1", "buy", 1, stop="20050")
        await know_all(client)

    assert after_a_gap(act, held=2).counts["INV-19"] == broken


@pytest.mark.parametrize(("at_ms", "qty", "broken"), [(1600, 2, 0), (1600, 3, 1), (8000, 2, 1)])
def test_an_exit_may_leave_while_nobody_can_know_that_the_other_closed_all(
    case, at_ms, qty, broken
):
    """What closes all that is held closes it in the gap: a second one goes before or after the
    client must have looked."""
    made = case(plan=make_plan(GAP))

    async def script(client, case):
        client.desk.manager.close()
        client.send("5#1", "sell", 2)
        await client.at(1100)
        client.send("6.leg1#1", "buy", 2)
        await client.at(at_ms)
        client.send("6.leg2#1", "buy", qty, stop="20050")
        await know_all(client)

    assert made.run(script).counts["INV-19"] == broken


def test_what_was_told_is_known_after_a_gap(after_a_gap):
    async def act(client):
        client.send("8.exit#1", "sell", 2)
        await client.at(1700)
        client.send("6.leg2#1", "sell", 2, stop="19950")
        await know_all(client)

    assert after_a_gap(act, held=2).counts["INV-19"] == 1


def test_answers_to_what_was_asked_before_the_gap_ended_are_no_knowledge(case):
    made = case(plan=make_plan(GAP), bounds=Bounds(sync_s=2))

    async def script(client, case):
        client.desk.manager.close()
        await client.at(1520)
        await know_all(client)
        await client.at(5000)

    found = made.run(script)
    assert found.counts["INV-19"] == 1
