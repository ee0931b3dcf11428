"""Scenarios played: steps, what they wait for, what is true at the end, crashes and families."""

import re
from pathlib import Path

import pytest

from dryfill.matching.engines import native_is_there
from dryfill.scenarios import synthetic, write_market
from dryfill.scenarios.scenario_text import scenario_from_toml
from dryfill.sim.backtest import World
from dryfill.sim.scenario.play import play
from dryfill.trading import instruments
from dryfill.trading.errors import ScenarioError, UsageError
from dryfill.trading.order import Buy
from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.price import Ticks
from dryfill.trading.tape import make_tape

PAGE = Path(__file__).resolve().parents[3] / "docs" / "scenarios.md"
BRACKET = """
[[do]]
act = "bracket buy 2 stop 19990 target 20010"
name = "one"
"""


def steps(*acts):
    """Steps of which each is an act, or keys and values."""
    rows = [each if isinstance(each, dict) else {"act": each} for each in acts]
    return "\n".join(
        "[[do]]\n" + "".join(f"{key} = {value!r}\n" for key, value in row.items()) for row in rows
    )


def checks(*always, **given):
    lines = [f"{key} = {str(value).lower()}" for key, value in given.items()]
    return "\n[checks]\n" + "\n".join([*lines, f"always = {list(always)!r}"])


def test_what_is_true_is_no_complaint_and_what_is_not_is_one(played):
    true = checks("held = 2", "working stop = 2", "price target = 20010", "sent = 3")
    assert played(BRACKET + true).ok
    run = played(BRACKET + checks("held = 1", "filled stop + 1 > 3", "working = 4"))
    assert run.complaints == (
        "not so: held = 1 (2 = 1)",
        "not so: filled stop + 1 > 3 (1 > 3)",
    )
    assert (run.ending, run.ok) == ("protected", False)


def held(act, qty):
    return {"when": f"order filled {qty}", "act": act}


EVERY_ACT = [
    (("buy 2", held("close 1", 2)), ("held = 1", "sent close + sent exit = 1")),
    (("buy 2", held("close", 2)), ("held = 0",)),
    (("buy 2 limit 19999", "modify limit 19998.5 qty 3"), ("price order = 19998.5", "working = 3")),
    (
        ("buy 1 limit 19999", "cancel"),
        ("working = 0", "cancels order = 1", "order stands canceled"),
    ),
    (("buy 1 limit 19999 gtc", "sell 1 limit 20009", "cancel all"), ("working = 0", "cancels = 2")),
    (
        (
            "bracket buy 1 stop 19990",
            "buy 1 limit 19999",
            {"when": "stop working", "act": "cancel all but protection"},
        ),
        ("working stop = 1", "working = 1"),
    ),
    (("buy 1", held("protect stop 19990 target 20010", 1)), ("working stop + working target = 2",)),
    (("buy 1", held("protect stop 40 ticks", 1), "unprotect"), ("working = 0", "held = 1")),
    (("buy 1", held("oco sell 1 stop 19990, sell 1 limit 20010", 1)), ("working leg = 2",)),
    (
        ("bracket buy 1 stop 19990", {"when": "stop working", "act": "move stop 19995"}),
        ("stop moved to 19995",),
    ),
    (("bracket buy 1 stop 40 ticks trail 40 ticks", "flatten"), ("held = 0", "working = 0")),
    (("bracket sell 1 trigger 19990 stop 20000 target 40 ticks",), ("working entry = 1",)),
    (("bracket buy 2 stop 19990 target 20010 target 20020",), ("working target2 = 1",)),
    (("buy 1 limit 19999", {"act": "wind-down", "name": "out"}), ("out gives nothing left",)),
]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("acts", "true"), EVERY_ACT, ids=[str(acts[-1]) for acts, _ in EVERY_ACT])
def test_every_act_does_what_it_says_on_the_page_and_in_a_family(played, acts, true, seed):
    assert played(steps(*acts) + checks(*true), seed=seed).complaints == ()


def test_a_step_begins_at_its_time_after_the_one_before_or_when_something_happened(played):
    run = played(
        steps(
            {"act": "buy 1 limit 20000", "name": "order"},
            {"at": "2 s", "act": "modify limit 20000.25", "name": "moved"},
            {"when": "order filled 1", "name": "told"},
            {"after": "500 ms", "act": "flatten", "name": "out"},
        )
        + checks("end order = 50 ms", "end told = 2050 ms", "end out > 2550 ms", "out gives flat")
    )
    assert run.complaints == ()


def test_what_is_waited_for_gives_its_result(played):
    waits = ("answered", "protected", "stop working", "closed")
    run = played(
        BRACKET
        + steps(*({"when": each, "name": each.split()[0]} for each in waits))
        + checks("protected gives protected(2)", "end stop > 75 ms", "end closed > 300 ms"),
        market="0 quote 20000x9 20000.25x9\n1 trade 20000.25\n300 trade 20010.25x9\n",
    )
    assert run.complaints == ()


def test_an_exception_inside_the_manager_is_a_complaint_whatever_becomes_of_it(played, monkeypatch):
    whole, settles = Bracket.settle, []

    def broken(bracket):
        settles.append(bracket)
        if len(settles) == 2:
            raise LookupError("a mistake")
        whole(bracket)

    monkeypatch.setattr(Bracket, "settle", broken)
    run = played(BRACKET + steps({"after": "5 s", "act": "flatten"}) + checks("held = 0"))
    assert [found.oracle for found in run.violations] == ["FAULT"] * 2
    assert "raised LookupError('a mistake')" in run.complaints[0]


def test_an_act_that_fails_is_a_complaint_unless_it_may(played):
    bad = {"act": "bracket buy 1 limit 19990 stop 19995"}
    (complaint,) = played(steps("buy 1", bad)).complaints
    assert complaint.startswith("step 2 (bracket buy 1 limit 19990 stop 19995) failed: UsageError")
    assert played(steps("buy 1", {**bad, "fails": "may"})).ok
    assert played(
        steps("buy 1", {**bad, "fails": "must", "name": "no"}) + checks("no has 19995")
    ).ok
    (complaint,) = played(steps({"act": "buy 1", "fails": "must"})).complaints
    assert complaint == "step 1 (buy 1) was to fail, and gives filled"


def test_who_has_no_patience_goes_away(played):
    fault = '[[fault]]\nkind = "latency"\ncall = "place"\nresponse = "3 s"\n'
    late = '[[fault]]\nkind = "late"\nevent = "order"\ntimes = 2\ndelay = "3 s"\n'
    late += late.replace("order", "position").replace("times = 2\n", "")
    step = {"act": "bracket buy 1 stop 19990", "patience": "1 s", "fails": "must", "name": "one"}
    run = played(steps(step) + fault + late + checks("end one = 1 s", "incidents caller_gone = 1"))
    assert run.complaints == ()


def test_a_check_says_why_there_is_nothing_to_say(played):
    run = played(
        BRACKET
        + checks("price entry = 1", "first cancel stop < 1 s", "stop moved to 1", "exit stands new")
    )
    assert run.complaints == (
        "not so: price entry = 1 (0 orders of entry work)",
        "not so: first cancel stop < 1 s (no cancel of stop left)",
        "not so: stop moved to 1 (it was moved to nothing)",
        "not so: exit stands new (it stands nowhere)",
    )


def test_the_traders_hands_and_the_venue_are_on_the_page(played):
    by_hand = [{"who": "trader", "at": "1 s", "act": "sell 1"}]
    venue = [{"who": "venue", "at": "2 s", "act": "cancel 1.target"}]
    run = played(BRACKET + steps(*by_hand, *venue) + checks("held = 1", "working stop = 1"))
    assert run.complaints == ()
    assert 'kind = "trader"' in run.plan


def test_a_fault_that_did_not_happen_makes_it_stale(played):
    run = played(BRACKET + '[[fault]]\nkind = "drop"\nevent = "fill"\nnth = 9\n')
    assert run.complaints[0].startswith("StalePlan: ")


def test_an_invariant_that_is_broken_is_a_complaint(played):
    run = played(BRACKET + "\n[checks.bounds]\nprotect_s = 0.001\n")
    assert "INV-01" in run.complaints[0]
    assert run.trace


def test_contracts_may_be_unprotected_for_so_long_and_no_longer(played):
    assert played(BRACKET + '\n[checks]\nunprotected = "75 ms"').ok
    (complaint,) = played(BRACKET + '\n[checks]\nunprotected = "20 ms"').complaints
    assert complaint.startswith("contracts were unprotected for 0.05")


CRASH = """
[[fault]]
kind = "crash"
event = "fill"
"""


@pytest.mark.parametrize("where", ["direct", "wire"])
def test_after_a_crash_the_next_life_goes_on_with_the_steps_that_had_not_begun(played, where):
    later = steps({"at": "5 s", "act": "flatten", "name": "out"})
    run = played(BRACKET + later + CRASH + checks("out gives flat", "sent entry = 1"), where=where)
    assert run.complaints == ()
    kept = played(BRACKET + CRASH + checks("sent entry = 1", "working stop = 2"), where=where)
    assert (kept.complaints, kept.ending) == ((), "protected")


def test_the_same_run_has_the_same_digest_and_a_seed_has_its_own(played):
    first, again, other = (played(BRACKET, seed=seed).digest for seed in (3, 3, 4))
    assert first == again != other


@pytest.mark.skipif(not native_is_there(), reason="the native engine was not built")
@pytest.mark.parametrize("where", ["direct", "wire"])
def test_both_engines_play_the_same(played, where):
    one, other = (
        played(BRACKET, seed=5, where=where, engine=engine) for engine in ("native", "reference")
    )
    assert one.digest == other.digest


def test_a_generated_market_is_played_and_another_one_by_seed(played):
    body = steps({"at": "60 s", "act": "bracket buy 1 stop 40 ticks target 40 ticks"})
    text = f'title = "t"\nwhy = "w"\n[run]\nmarket = "trend"\nlength = "5 min"\n{body}'
    scenario = scenario_from_toml(text, "this")
    runs = [play(scenario, seed, World) for seed in (0, 1)]
    assert [run.complaints for run in runs] == [(), ()]
    assert runs[0].digest != runs[1].digest


def test_recorded_data_is_played_and_what_it_leaves_open_must_be_named(tmp_path):
    es = instruments.find("ES")
    tape = synthetic(es, seed=5, hours="08:30-08:40")
    full = write_market(tape, es, tmp_path / "es.parquet")
    quotes = write_market(make_tape(tape.quotes, None), es, tmp_path / "quotes.parquet")
    body = steps({"at": "60 s", "act": "bracket buy 1 stop 40 ticks", "name": "one"})

    def run(path, more=""):
        text = f'title = "t"\nwhy = "w"\n[run]\ninstrument = "ES"\ndata = ["{path}"]\n{more}'
        return play(scenario_from_toml(text + body + checks("sent entry = 1"), "this"), 0, World)

    assert run(full).complaints == ()
    with pytest.raises(ScenarioError, match="stop_trigger='quote'"):
        run(quotes)
    assert run(quotes, "stop_trigger = 'quote'\n").complaints == ()


def test_a_strategy_trades_instead_of_steps():
    text = 'title = "t"\nwhy = "w"\n[run]\nmarket = "trend"\nlength = "5 min"\nwhat = "s.py"\n'
    scenario = scenario_from_toml(text + checks("sent entry = 1", rests=False), "this")
    with pytest.raises(UsageError, match=r"s\.py"):
        play(scenario, 0, World)

    async def trader(desk):
        await desk.bracket(Buy(1), stop=Ticks(40))
        return []

    assert play(scenario, 0, World, trader=trader).complaints == ()


def test_a_bound_that_is_none_is_an_error_of_the_file(played):
    with pytest.raises(ScenarioError, match=r"bounds: .*protekt_s"):
        played(BRACKET + "\n[checks.bounds]\nprotekt_s = 1\n")


def test_the_scenario_of_the_page_ends_as_it_says():
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    scenario = scenario_from_toml(text, "page")
    for seed in range(6):
        run = play(scenario, seed, World)
        assert run.complaints == ()
        assert run.premises["INV-01"]
