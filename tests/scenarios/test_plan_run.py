"""A plan's head, `[run]`: written and read again, and what is wrong with one."""

import pytest

from dryfill.scenarios.plan_text import (
    plan_from_json,
    plan_from_toml,
    plan_to_json,
    plan_to_toml,
)
from dryfill.trading.errors import ScenarioError

PLAN = """
name = "hostile, seed 9"

[run]
what = "examples/dip_buyer.py:DipBuyer"
params = ["size=3"]
market = "mixed"
warmup = "2 min"
length = "7 min"
seed = 9
quiet = "219107 ms"
bare = "30 s"
ends = ["flat", "protected"]
fails = "BARE"

[[fault]]
kind = "drop"
event = "fill"
nth = 2
"""


def test_a_head_is_read_and_written_as_it_was():
    plan = plan_from_toml(PLAN)
    assert (plan.run.length, plan.run.bare, plan.run.params) == (
        420 * 10**9,
        3 * 10**10,
        ("size=3",),
    )
    assert plan_from_toml(plan_to_toml(plan)) == plan
    assert plan_from_json(plan_to_json(plan)) == plan
    assert plan_to_toml(plan) == PLAN.lstrip()


def test_steps_say_when_they_begin():
    plan = plan_from_toml('[run]\nsteps = ["3 at 12500 ms", "5 at 20 s"]')
    assert [(step.number, step.at_ns) for step in plan.run.steps] == [
        (3, 12_500_000_000),
        (5, 20_000_000_000),
    ]
    assert 'steps = ["3 at 12500 ms", "5 at 20 s"]' in plan_to_toml(plan)


@pytest.mark.parametrize(
    ("text", "story"),
    [
        ("run = 3", "plan: run is 3; give a table of keys and values"),
        ("[run]\nwrold = 'wire'", "plan:2: run: wrold is not a key; known are what, params"),
        ("[run]\nseed = 1\nworld = 'wires'", "plan:3: run: world is 'wires'"),
        ("[run]\nmarket = 'calm'", "no market is made like that; known are walk, trend"),
        ("[run]\nwhat = 'breakout'", "give FILE.py:Class, or manager"),
        ("[run]\nparams = ['a=1']", "they are a strategy's"),
        ("[run]\nwhat = 'a.py'\nsteps = ['1 at 0 s']", "they are the manager's workload's"),
        ("[run]\nsteps = ['one']", "write a step and its time, like '3 at 12500 ms'"),
        ("[run]\ndata = ['a.csv']\nmarket = 'trend'", "give data or a market, not both"),
        ("[run]\nlength = '30 years'", "write a number and ns, us, ms, s or min"),
        ("[run]\nseed = -1", "plan:2: run: seed is -1"),
    ],
)
def test_what_is_wrong_with_a_head_is_said_with_its_line(text, story):
    with pytest.raises(ScenarioError) as refused:
        plan_from_toml(text)
    assert story in str(refused.value)
