"""A run with a planted naked span and a few faults, and its page in a real browser."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browser import CHROMIUM, Tab, browser
from rehearsing import setup_of

from dryfill.app.timeline.page import write_timeline
from dryfill.app.timeline.written import complaints
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.backtest import World
from dryfill.sim.oracles import Bounds, watch
from dryfill.sim.tracing.rows import Complaint, Trace
from dryfill.sim.tracing.tracer import trace
from dryfill.trading.order import Buy
from dryfill.trading.price import Ticks


class Told(NamedTuple):
    """A run's trace, and what the oracles said."""

    trace: Trace
    complaints: list[Complaint]


async def leave_it_bare(desk: Any) -> list[str]:
    """A bracket whose stop the trader takes away, as no trader should."""
    bracket = await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
    await bracket.protected(5)
    await asyncio.sleep(1)
    await desk.broker.cancel(desk.instrument, bracket.stop.order_id, deadline_s=5)
    await asyncio.sleep(20)
    return []


@pytest.fixture(scope="session")
def told() -> Told:
    plan = make_plan(
        {"kind": "ack-lost", "form": "timeout", "call": "place", "role": "stop"},
        {"kind": "duplicate", "event": "new", "role": "target", "gap": "2 s"},
        {"kind": "refused", "call": "place", "role": "stop", "nth": 2},
        {"kind": "refused", "call": "place", "role": "stop", "nth": 3},
        strict=False,
    )
    world = World(setup_of(seed=1, plan=plan))
    tracing, watching = trace(world), watch(world, Bounds(protect_s=0.3, flat_s=0.4))
    world.run(leave_it_bare)
    return Told(tracing.finish(), complaints(watching.report().violations))


@pytest.fixture(scope="session")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    if CHROMIUM is None:
        pytest.skip("no chromium here to open the page with")
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def shown(tab: Tab, told: Told, tmp_path: Path) -> Tab:
    """The browser with the run's page in it."""
    tab.errors.clear()
    tab.asked.clear()
    tab.open(write_timeline(tmp_path / "run.html", told.trace, "a bare bracket", told.complaints))
    return tab
