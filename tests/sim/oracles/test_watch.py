"""The watch as a whole: what it reports, that it disturbs nothing, and its clocks."""

import asyncio
from contextvars import Context
from dataclasses import fields

import pytest

from dryfill import synthetic
from dryfill.app.backtest import Backtest
from dryfill.app.demo_strategy import JoinTheTrend
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.backtest import World
from dryfill.sim.oracles import Bounds, OracleError, watch
from dryfill.sim.oracles.knowable import Backlog, Knowledge, Reachable, Stopwatch
from dryfill.trading import instruments
from dryfill.trading.errors import UsageError
from dryfill.trading.order import Buy
from dryfill.trading.price import Ticks
from dryfill.trading.strategy import make_strategy, run_strategy

from .conftest import QUIET, T0, Case, Client

S = 10**9


async def bare(client, case):
    await client.enter()
    await client.at(5000)


# --- what it reports ------------------------------------------------------------------------------


def test_check_raises_with_every_violation_and_the_trace_of_the_first(case):
    made = case()
    made.run(bare)
    with pytest.raises(OracleError) as raised:
        made.watch.check()
    text = str(raised.value)
    assert "INV-01 at " in text
    assert "sent      place" in text
    assert "broker    9.entry#1 TRADE -> FILLED 2/2, position 2" in text
    assert "delivered 9.entry#1 TRADE -> FILLED 2/2" in text
    assert raised.value.violations == made.watch.report().violations


def test_check_says_nothing_where_nothing_is_broken(case):
    async def script(client, case):
        await client.at(500)
        await client.desk.place(Buy(1, limit="19990"))

    made = case()
    made.run(script)
    made.watch.check()


def test_a_violation_carries_as_much_of_the_trace_as_the_bounds_say(look):
    short = look(bare, bounds=Bounds(trace_lines=2)).violations[0]
    assert [line.split()[1] for line in short.trace] == ["delivered", "answered"]
    assert len(look(bare).violations[0].trace) > 2


def test_every_violation_is_counted_and_so_many_of_one_oracle_are_kept(look):
    async def script(client, case):
        await client.at(100)
        for n in range(5):
            client.send(f"{n}#1", "buy", 1, limit="19990.10")

    found = look(script, bounds=Bounds(kept_most=3))
    assert found.counts["INV-14"] == 5
    assert len(found.violations) == 3


def test_what_is_still_wrong_when_the_run_ends_is_found(look):
    async def script(client, case):
        await client.enter()
        await client.at(2200)  # the bound is over, and nothing has happened since

    assert look(script).counts["INV-01"] == 1


@pytest.mark.parametrize("name", [field.name for field in fields(Bounds)])
def test_bounds_that_are_no_bounds_are_refused(name):
    for value in (0, -1, float("nan"), float("inf")):
        with pytest.raises(UsageError, match=name):
            Bounds(**{name: value})


@pytest.mark.parametrize("name", ["repeats_most", "trace_lines", "kept_most"])
def test_counts_are_whole_numbers(name):
    with pytest.raises(UsageError, match="whole number"):
        Bounds(**{name: 1.5})


# --- quiescence -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("quiet_s", "moments"), [(4.849, 2), (4.85, 1)])
def test_it_is_quiet_when_nothing_has_happened_for_so_long(look, quiet_s, moments):
    async def script(client, case):
        await client.at(100)
        await client.desk.place(Buy(1, limit="19990"))  # told at 150: the last that happens
        await client.at(5000)
        await client.desk.place(Buy(1, limit="19991"))
        await client.at(12_000)

    assert look(script, bounds=Bounds(quiet_s=quiet_s)).quiet == moments


def test_it_is_not_quiet_while_a_write_has_no_answer(look):
    async def lost(client, case):
        await client.at(100)
        case.inner.place = lambda request, **given: asyncio.get_running_loop().create_future()
        client.send("9#1", "buy", 1, limit="19990")
        await client.at(20_000)

    assert look(lost).quiet == 0


def test_a_harness_may_say_itself_that_it_is_quiet(look):
    async def script(client, case):
        await client.at(150)
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(1000)
        case.watch.quiescent()

    found = look(script)
    assert (found.quiet, found.counts["INV-03"]) == (1, 1)


# --- clocks ---------------------------------------------------------------------------------------


def test_reachable_time_leaves_out_what_is_marked_once_however_it_overlaps():
    reachable = Reachable()
    assert reachable.between(0, 100) == 100
    for span in ((50, 60), (10, 20), (15, 30), (90, 200), (40, 40)):
        reachable.unreachable(*span)
    assert reachable.between(0, 100) == 100 - 20 - 10 - 10
    assert reachable.between(12, 16) == 0
    assert reachable.between(20, 55) == 20
    assert reachable.between(100, 250) == 50
    assert reachable.between(9, 5) == 0


@pytest.mark.parametrize(("hours", "broken"), [("always", 1), ("cme-equity", 0)])
def test_time_in_which_the_market_is_shut_does_not_count(hours, broken):
    shut_ms = 7 * 3_600_000  # 22:00 UTC, 16:00 in Chicago
    market = f"""
        {shut_ms - 2000} quote 80000x50 80001x50
        {shut_ms - 1900} trade 80000x1
        {shut_ms + 9000} quote 80000x50 80001x50
    """

    async def script(client, case):
        await client.at(shut_ms - 1000)
        client.send("9.entry#1", "buy", 2)
        await client.at(shut_ms + 8000)

    found = Case(market, None, "25ms", hours=hours).run(script)
    assert found.premises["INV-01"] == 1
    assert found.counts["INV-01"] == broken


def test_a_stopwatch_counts_from_knowing_and_speaks_once_for_each_span():
    reachable = Reachable()
    knowledge = Knowledge(5 * S, S, 20 * S, reachable)
    stopwatch = Stopwatch(knowledge, reachable, 2 * S)
    moment = knowledge.happened("1", 0, 1, terminal=False)
    assert stopwatch.hold(True, moment)
    assert not stopwatch.hold(True, knowledge.happened("1", S, 2, terminal=False))
    assert not stopwatch.overrun(7 * S)  # never told: T_look and the bound
    assert stopwatch.overrun(7 * S + 1)
    assert not stopwatch.overrun(9 * S)
    stopwatch.hold(False, moment)
    assert stopwatch.hold(True, moment)
    assert stopwatch.overrun(9 * S)


def test_a_backlog_times_each_part_and_lets_the_oldest_go_first():
    reachable = Reachable()
    knowledge = Knowledge(5 * S, S, 20 * S, reachable)
    backlog = Backlog(knowledge, reachable, 2 * S)
    first, second = (knowledge.told_at(at_ns) for at_ns in (0, S))
    assert backlog.set(3, first)
    assert backlog.set(5, second)
    assert not backlog.set(4, second)  # one of the first three goes
    assert backlog.amount == 4
    assert not backlog.set(2, second)
    assert (backlog.amount, backlog.overrun(3 * S)) == (2, False)
    assert backlog.overrun(3 * S + 1)
    backlog.restart(knowledge.told_at(9 * S), 3 * S)
    assert (backlog.amount, backlog.overrun(12 * S)) == (2, False)
    assert backlog.overrun(12 * S + 1)
    assert not backlog.set(0, second)
    assert not backlog.overrun(99 * S)


# --- whole sessions -------------------------------------------------------------------------------


def test_watching_changes_nothing_that_happens():
    async def script(client, case):
        await client.at(500)
        await client.desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
        await client.at(20_000)
        await client.desk.flatten()

    watched = Case(QUIET, None, "live")
    watched.run(script)
    bare = Case(QUIET, None, "live", watched=False)
    bare.run(script)
    assert watched.record.digest == bare.record.digest
    assert watched.record.desk.executions == bare.record.desk.executions


@pytest.mark.parametrize(("stands", "broken"), [(True, 0), (False, 1)])
def test_a_client_that_comes_back_after_a_crash_is_watched_on(case, stands, broken):
    made = case()
    world = made.world

    async def first_life(client, case):
        world.loop.call_at_ns(T0 + S, back, context=Context())
        await client.enter(qty=2)
        await client.at(20_000)

    async def second_life(desk):
        client = Client(desk)
        await client.at(1500)
        client.send("9.stop#1", "sell", 2, stop="19990")
        await client.at(5000)
        return []

    def back():
        world.process.crash()
        world.restart(second_life)
        if stands:
            made.watch.restarted()

    found = made.run(first_life)
    assert found.premises["INV-01"] == 1
    assert found.counts["INV-01"] == broken


def test_an_exit_in_doubt_when_the_client_died_stops_no_clock_of_its_next_life(case):
    made = case(plan=make_plan({"kind": "request-lost", "call": "place", "nth": 3}))
    world = made.world

    async def first_life(client, case):
        world.loop.call_at_ns(T0 + 3 * S, back, context=Context())
        await client.at(500)
        bracket = await client.desk.bracket(Buy(2), stop=Ticks(40))
        await bracket.protected(timeout=1)
        await client.desk.flatten()

    async def second_life(desk):
        await Client(desk).at(30_000)
        return []

    def back():
        world.process.crash()
        world.restart(second_life)
        made.watch.restarted()

    found = made.run(first_life)
    assert found.premises["INV-01"] > 0
    assert found.counts["INV-01"] > 0


def test_the_demo_on_a_calm_wire_keeps_every_invariant():
    tape = synthetic(instruments.find("ES"), seed=9, hours="08:30-10:00")
    backtest = Backtest(JoinTheTrend, tape, instrument="ES", latency="calm", params={"size": 8})
    world = World(backtest.setup)
    watching = watch(world)

    async def trade(desk):
        return await run_strategy(make_strategy(JoinTheTrend, {"size": 8}, desk))

    world.run(trade)
    watching.check()
    found = watching.report()
    for name in ("INV-01", "INV-02", "INV-03", "INV-05", "INV-06", "INV-07", "INV-14", "INV-15"):
        assert found.premises[name] > 0, name
    assert found.quiet > 5


@pytest.mark.parametrize(
    ("asked_s", "answered_s", "shown", "overrun_s"),
    [
        (None, None, False, 7),  # never asked: T_look and the bound
        (6, 7, True, 7),  # asked too late
        (4, None, False, 11),  # no answer by its deadline, 5 s
        (4, 9, False, 12),  # answered by nobody: a second more
        (4, 4.1, True, 11.1),  # an old answer: T_look once more
    ],
)
def test_who_looked_in_time_and_was_not_told_may_look_again(asked_s, answered_s, shown, overrun_s):
    reachable = Reachable()
    knowledge = Knowledge(5 * S, S, 20 * S, reachable)
    stopwatch = Stopwatch(knowledge, reachable, 2 * S)
    stopwatch.hold(True, knowledge.happened("1", 0, 1, terminal=False, fill=True))

    def fills(order_id, moment):
        return moment.fill

    if asked_s is not None:
        knowledge.asked("q", asked_s * S, (asked_s + 5) * S, fills)
    if answered_s is not None and shown:
        knowledge.answered("q", round(answered_s * S), fills)
    elif answered_s is not None:
        knowledge.asked_in_vain("q", round(answered_s * S))
    assert not stopwatch.overrun(round(overrun_s * S))
    assert stopwatch.overrun(round(overrun_s * S) + 1)


@pytest.mark.parametrize(("late_ns", "judged_s"), [(0, 12), (10**7, 12.01), (10**7 + 1, 10)])
def test_who_asks_again_after_a_second_is_in_time_on_a_clock_that_goes_on(late_ns, judged_s):
    """In virtual time the next question leaves just when it must; live always a little later."""
    knowledge = Knowledge(5 * S, S, 20 * S, Reachable())
    moment = knowledge.happened("1", 0, 1, terminal=False, fill=True)
    knowledge.asked("q", 4 * S, 9 * S, lambda *_: True)
    knowledge.asked_in_vain("q", 9 * S)
    knowledge.asked("again", 10 * S + late_ns, 11 * S + late_ns, lambda *_: True)
    knowledge.asked_in_vain("again", 11 * S + late_ns)
    assert knowledge.from_ns(moment) == round(judged_s * S)


def test_an_answer_that_does_not_tell_of_a_change_gives_no_time():
    reachable = Reachable()
    knowledge = Knowledge(5 * S, S, 20 * S, reachable)
    moment = knowledge.happened("1", 0, 1, terminal=True, fill=True)
    knowledge.asked("all that work", 4 * S, 9 * S, lambda *_: True)
    assert knowledge.from_ns(moment) == 9 * S
    knowledge.answered("all that work", 8 * S, lambda *_: False)
    assert knowledge.from_ns(moment) == 5 * S


@pytest.mark.parametrize(("down_s", "judged_s"), [(0, 23), (7, 30)])
@pytest.mark.parametrize("answers", [True, False])
def test_who_keeps_asking_is_judged_t_ask_after_it_first_asked(answers, down_s, judged_s):
    reachable = Reachable()
    reachable.unreachable(10 * S, (10 + down_s) * S)
    knowledge = Knowledge(5 * S, S, 20 * S, reachable)
    moment = knowledge.happened("1", 0, 1, terminal=False, fill=True)
    for at_s in range(3, 60):
        knowledge.asked(str(at_s), at_s * S, (at_s + 5) * S, lambda *_: True)
        if answers:
            knowledge.answered(str(at_s), at_s * S, lambda *_: True)
        else:
            knowledge.asked_in_vain(str(at_s), at_s * S)
    assert knowledge.from_ns(moment) == judged_s * S


def test_it_is_said_when_so_much_reachable_time_will_have_passed():
    reachable = Reachable()
    for span in ((50, 60), (10, 20), (15, 30)):
        reachable.unreachable(*span)
    assert [reachable.after(0, span) for span in (5, 10, 11, 30, 31)] == [5, 10, 31, 50, 61]
    assert reachable.after(12, 3) == 33


def test_a_condition_is_known_once_all_that_made_it_true_is():
    reachable = Reachable()
    knowledge = Knowledge(5 * S, S, 20 * S, reachable)
    stopwatch = Stopwatch(knowledge, reachable, 2 * S)
    fill = knowledge.happened("1", 0, 1, terminal=True, fill=True)
    stopwatch.hold(True, knowledge.told_at(S), fill)
    assert not stopwatch.overrun(7 * S)
    stopwatch.restart(knowledge.told_at(6 * S))
    assert not stopwatch.overrun(8 * S)
    assert stopwatch.overrun(8 * S + 1)
