"""Scenarios as text, played."""

import pytest

from dryfill.scenarios.scenario_text import scenario_from_toml
from dryfill.sim.backtest import World
from dryfill.sim.scenario.play import play
from dryfill.testing.wire_world import Rehearsal

CALM = """
0     quote 20000x90 20000.25x90
1     trade 20000.25x1
9000  quote 20000x90 20000.25x90
"""


@pytest.fixture
def played():
    """Play steps in a market; what came of it."""

    def run(body, *, seed=0, market=CALM, run="", where="direct", engine="auto"):
        text = f'title = "t"\nwhy = "w"\n[run]\nmarket = """{market}"""\n{run}\n{body}'
        world_of = {"direct": World, "wire": Rehearsal}[where]
        scenario = scenario_from_toml(text, "this")
        return play(scenario, seed, world_of, where=where, engine=engine)

    return run
