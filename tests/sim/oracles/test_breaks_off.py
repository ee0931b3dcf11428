"""INV-23: how little is asked of a broker that does not answer, and who is taken for silent."""

import asyncio
from contextvars import Context

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.trading.broker import StreamState, Urgency
from dryfill.trading.errors import OutcomeUnknown
from dryfill.trading.order import Buy

from .conftest import MNQ, T0, Client, ask

DOWN = make_plan({"kind": "server-error", "at": "100 ms", "duration": "20 s"})


def test_a_client_that_goes_on_asking_who_does_not_answer_is_found(case):
    made = case(plan=DOWN)

    async def script(client, case):
        await client.at(200)
        for _ in range(5):
            await ask(client)
        await ask(client, n=2)
        await client.at(21_000)

    found = made.run(script)
    assert found.counts["INV-23"] == 1
    assert "5 ordinary requests in a row had none" in found.violations[0].text


@pytest.mark.parametrize(("next_ms", "broken"), [(1000, 0), (999, 1)])
def test_a_trial_is_waited_for_for_a_second(case, next_ms, broken):
    made = case(plan=DOWN)

    async def script(client, case):
        await client.at(200)
        for _ in range(5):
            await ask(client)
        case.inner.cancel = lambda *about, **given: asyncio.get_running_loop().create_future()
        await client.at(2000)
        for after_ms in (0, next_ms):
            await client.at(2000 + after_ms)
            client.broker.cancel(MNQ, str(after_ms), urgency=Urgency.ORDINARY, deadline_s=5)
        await client.at(21_000)

    assert made.run(script).counts["INV-23"] == broken


def test_another_life_is_not_judged_by_the_silence_that_an_earlier_one_met(case):
    made = case(plan=DOWN)
    world = made.world

    async def first_life(client, case):
        world.loop.call_at_ns(T0 + 2 * 10**9, back, context=Context())
        await client.at(200)
        for _ in range(6):
            await ask(client)
        await client.at(20_000)

    async def second_life(desk):
        await ask(Client(desk), n=2)
        return []

    def back():
        world.process.crash()
        world.restart(second_life)
        made.watch.restarted()

    found = made.run(first_life)
    assert (found.premises["INV-23"], found.counts["INV-23"]) == (1, 0)


def test_one_trial_at_a_time_is_no_fault_and_the_other_kind_is_counted_apart(case):
    made = case(plan=DOWN)

    async def script(client, case):
        await client.at(200)
        for _ in range(7):
            await ask(client)
            await asyncio.sleep(1)
        await ask(client, n=2, urgency=Urgency.RISK_REDUCING)
        await client.at(21_000)
        await ask(client)
        await ask(client, n=3)

    found = made.run(script)
    assert found.counts["INV-23"] == 0
    assert found.premises["INV-23"] == 1


def test_a_breaker_that_is_open_while_the_broker_answers_is_found_and_said_once(look):
    async def script(client, case):
        figures = client.desk.manager.figures
        closed, opened = figures.breakers(), figures.breakers() | {"ordinary": "open"}
        for shown in (closed, opened, opened, closed, opened):
            figures.breakers = shown.copy
            await ask(client, urgency=Urgency.RISK_REDUCING)

    found = look(script)
    assert found.counts["INV-23"] == 2
    said = "ordinary requests wait for a broker that answers; 0 in a row had no answer"
    assert found.violations[0].text == said


@pytest.mark.parametrize(("silences", "wrong"), [(5, 0), (4, 1)])
def test_a_breaker_is_open_after_as_many_silences_as_the_settings_say(case, silences, wrong):
    made = case(plan=DOWN)

    async def script(client, case):
        figures = client.desk.manager.figures
        await client.at(200)
        await ask(client, n=silences)
        figures.breakers = (figures.breakers() | {"ordinary": "open"}).copy
        await client.at(21_000)
        await ask(client, n=2, urgency=Urgency.RISK_REDUCING)
        await ask(client)  # it is answered
        await ask(client, urgency=Urgency.RISK_REDUCING)
        figures.breakers = (figures.breakers() | {"ordinary": "closed"}).copy
        await ask(client)

    assert made.run(script).counts["INV-23"] == wrong


class Ends:
    """Ends cancels as it is told: "." is an answer, "x" is none."""

    def __init__(self, client, case):
        self._client = client
        self.asked = []
        case.inner.cancel = self._cancel

    def _cancel(self, *about, **given):
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]

    async def at(self, ms, ends):
        """They end at one instant, in this order."""
        for _ in ends:
            self._client.broker.cancel(MNQ, "90", urgency=Urgency.ORDINARY, deadline_s=5)
        await self._client.at(ms)
        for end, future in zip(ends, self.asked[-len(ends) :], strict=True):
            if end == ".":
                future.set_result(None)
            else:
                future.set_exception(OutcomeUnknown("who knows"))
        await self._client.at(ms + 1)


@pytest.mark.parametrize(("ends", "broken"), [((".xxxxx",), 0), ((".", "xxxxx"), 1)])
def test_what_ends_in_one_instant_may_have_ended_with_an_answer(case, ends, broken):
    made = case()

    async def script(client, case):
        told = Ends(client, case)
        for n, each in enumerate(ends, 1):
            await told.at(1000 * n, each)
        for n in range(2):
            client.broker.cancel(MNQ, str(n), urgency=Urgency.ORDINARY, deadline_s=5)

    assert made.run(script).counts["INV-23"] == broken


@pytest.mark.parametrize(
    ("silent", "on_event", "broken"), [(5, True, 0), (6, True, 1), (5, False, 1)]
)
def test_who_acts_on_an_event_may_not_have_heard_what_ended_in_that_instant(
    case, silent, on_event, broken
):
    made, heard = case(), []

    async def script(client, case):
        def act(event):
            for n in range(2):
                client.broker.cancel(MNQ, str(n), urgency=Urgency.ORDINARY, deadline_s=5)

        told, case.inner.listen = Ends(client, case), heard.append
        client.broker.listen(act)
        await told.at(1000, "x" * (silent - 1))
        client.broker.cancel(MNQ, "90", urgency=Urgency.ORDINARY, deadline_s=5)
        await client.at(2000)
        told.asked[-1].set_exception(OutcomeUnknown("who knows"))
        await asyncio.sleep(0)
        event = StreamState(up=True, gap=False)
        heard[0](event) if on_event else act(event)
        await client.at(2001)

    assert made.run(script).counts["INV-23"] == broken


@pytest.mark.parametrize(("ends", "wrong"), [(("xxxx", ".x"), 0), (("xxxx", ".", "x"), 1)])
def test_what_ends_in_one_instant_may_have_opened_a_breaker_first(case, ends, wrong):
    made = case()

    async def script(client, case):
        told, figures = Ends(client, case), client.desk.manager.figures
        for n, each in enumerate(ends, 1):
            await told.at(1000 * n, each)
        figures.breakers = (figures.breakers() | {"ordinary": "open"}).copy
        client.broker.cancel(MNQ, "1", urgency=Urgency.RISK_REDUCING, deadline_s=5)

    assert made.run(script).counts["INV-23"] == wrong


@pytest.mark.parametrize(
    ("fault", "opens"), [({"kind": "rate-limited"}, False), ({"kind": "server-error"}, True)]
)
def test_the_manager_takes_a_broker_for_silent_by_silence_and_not_by_429(case, fault, opens):
    made = case(plan=make_plan(fault | {"at": "100 ms", "duration": "20 s", "on": "place"}))
    shown = []

    async def script(client, case):
        await client.at(200)
        orders = [client.desk.place(Buy(1, limit="19990")) for _ in range(5)]
        each = asyncio.gather(*orders, return_exceptions=True)
        await client.at(1_000)
        shown.append(client.desk.manager.figures.breakers()["ordinary"] != "closed")
        await each

    found = made.run(script)
    assert shown == [opens]
    assert found.counts["INV-23"] == 0
    assert found.premises["INV-23"] > 0
