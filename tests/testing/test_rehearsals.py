"""`@rehearsal`: a test of a strategy over many seeds, as pytest runs it."""

import pytest

from dryfill.scenarios.plan_text import read_plan
from dryfill.testing import rehearsal
from dryfill.trading.errors import UsageError
from dryfill.trading.strategy import Strategy

pytest_plugins = ["pytester"]

STRATEGIES = """
from dryfill import Buy, Sell, Strategy, Ticks


class Once(Strategy):
    guarded = True

    async def on_start(self):
        await self.subscribe_trades()
        self.sent = False

    async def on_trade(self, trade):
        if self.sent:
            return
        self.sent = True
        if self.guarded:
            await self.bracket(Buy(2), stop=Ticks(400), target=Ticks(400))
        else:
            await self.place(Buy(2))


class Broken(Strategy):
    async def on_start(self):
        raise LookupError("no such bar")
"""

ONCE = 'Once, market="trend", warmup="0 s", length="1 min", seeds={seeds}, {more}'


@pytest.fixture
def ran(pytester):
    """A test module with one rehearsal, run by pytest."""

    def run(body, *, of="Once", seeds=2, more="", **environment):
        given = f'{of}, market="trend", warmup="0 s", length="1 min", seeds={seeds}, {more}'
        pytester.makepyfile(
            once=STRATEGIES,
            test_once=f"""
from dryfill.testing import rehearsal
from once import Broken, Once

@rehearsal({given})
def test_it(run):
    {body}
""",
        )
        pytester.syspathinsert()
        return pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")

    return run


def test_a_strategy_passes_on_all_its_seeds(ran):
    body = "assert run.unprotected.longest < 2 and run.ends in ('flat', 'protected')"
    ran(body, seeds=5, more='profile="live"').assert_outcomes(passed=1)


def test_the_tests_own_complaint_is_shrunk_and_says_how_to_replay_it(ran, pytester, monkeypatch):
    body, more = "assert run.bare_longest < 2", 'params={"guarded": False}'
    result = ran(body, more=more)
    result.assert_outcomes(failed=1)
    said = result.stdout.str()
    assert "assert run.bare_longest < 2" in said
    assert "in hostile, seed 0, shrunk in" in said
    assert "broker    1#1 TRADE" in said
    kept = "dryfill-plans/test_it-0.toml"
    assert f"DRYFILL_PLAN={kept} python -m pytest test_once.py::test_it" in said
    plan = read_plan(pytester.path / kept)
    assert (plan.faults, plan.run.fails) == ((), "TEST")
    assert plan.run.what == "once.py:Once"
    monkeypatch.setenv("DRYFILL_PLAN", kept)
    ran(body, more=more).assert_outcomes(failed=1)
    ran("pass", more=more).assert_outcomes(passed=1)


def test_what_is_expected_of_every_run_is_judged_before_the_test(ran):
    result = ran("raise OSError", more='params={"guarded": False}, bare="5 s", profile="calm"')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*violation BARE: 2 MNQ held, and stops for 0 work, for more than 5 s",
            "*  dryfill replay dryfill-plans/test_it-*.toml",
        ]
    )


def test_a_strategy_that_raises_fails_its_test(ran):
    result = ran("pass", of="Broken", more='profile="calm"')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*raised LookupError: LookupError: no such bar (*once.py*"])


def test_fixtures_and_methods_work_beside_the_run(pytester):
    pytester.makepyfile(
        once=STRATEGIES,
        test_both="""
import pytest
from dryfill.testing import rehearsal
from once import Once

@pytest.fixture
def least():
    return 0

class TestOnce:
    @rehearsal(Once, market="trend", warmup="0 s", length="1 min", seeds=range(3, 4), wire=True)
    def test_it(self, run, least):
        assert run.seed == 3
        assert run.record.fill_count > least
""",
    )
    pytester.syspathinsert()
    pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("given", "story"),
    [
        ({"market": "calm"}, "market is 'calm'"),
        ({"profile": "wild"}, "no profile of faults is named 'wild'"),
        ({"schedule": "lifo"}, "schedule 'lifo' is not known"),
        ({"length": "soon"}, "length is 'soon'"),
        ({"instrument": "XX"}, "XX"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(given, story):
    with pytest.raises(UsageError) as refused:
        rehearsal(Strategy, **given)
    assert story in str(refused.value)


def test_a_test_without_a_run_is_refused():
    with pytest.raises(UsageError, match="takes no argument named run"):

        @rehearsal(Strategy, seeds=1, warmup="0 s", length="1 min")
        def test_it():
            pass
