"""Worlds that somebody else makes and runs, traced on the way."""

from pathlib import Path
from typing import Any

import pytest
from rehearsing import setup_of, trade_a_bracket

from dryfill.app.timeline.written import TracedWorlds, timeline_of
from dryfill.sim.backtest import World
from dryfill.sim.oracles import Bounds, OracleError, watch
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading.errors import UsageError


@pytest.mark.parametrize("world_of", [World, Rehearsal])
def test_the_last_world_that_was_made_is_drawn(world_of: Any, tmp_path: Path) -> None:
    worlds = TracedWorlds(world_of)
    for seed in (3, 4):
        worlds(setup_of(seed=seed)).run(trade_a_bracket)
    text = worlds.write(tmp_path / "run.html", "two runs").read_text(encoding="utf-8")
    assert "seed 4, latency live" in text
    assert "1.stop#1 sell 2 stop" in text


def test_nothing_can_be_drawn_of_what_never_ran(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing has run yet that .*run.html could show"):
        TracedWorlds(World).write(tmp_path / "run.html", "nothing")


def test_what_oracles_found_and_what_was_raised_stand_on_the_page(tmp_path: Path) -> None:
    world = World(setup_of(seed=1))
    watching = watch(world, Bounds(protect_s=0.01))
    page = tmp_path / "run.html"

    def run() -> None:
        with timeline_of(world, page, "late", watching=watching):
            world.run(trade_a_bracket)
            watching.check()

    with pytest.raises(OracleError):
        run()
    text = page.read_text(encoding="utf-8")
    assert ">INV-01</button>" in text
    assert ">OracleError</button>" in text
