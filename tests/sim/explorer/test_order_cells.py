"""The cells of an order's life: those that can be are reached, and no others."""

from pathlib import Path

import pytest

from dryfill.app.search.explored import Brief, play
from dryfill.sim.explorer import order_cells_page
from dryfill.sim.explorer.order_cells import (
    CELLS,
    COMMANDS,
    EVENTS,
    IMPOSSIBLE,
    NONE,
    POSSIBLE,
    RARE,
    STATES,
    Cell,
    by_pair,
    coverage,
    why_not,
)
from dryfill.testing.composing import head_of
from dryfill.trading.lifecycle import NEXT
from dryfill.trading.words import OrdStatus

PAGE = Path(__file__).resolve().parents[3] / "docs" / "order-cells.md"
FIDGET = Path(__file__).with_name("fidget.py")
SEARCHES = {
    "the manager's work": {"what": "manager"},
    "the manager's work, its brackets kept by the broker": {
        "what": "manager",
        "brackets": "native",
    },
    "plain orders": {
        "what": f"{FIDGET}:Fidget",
        "market": "volatile",
        "warmup": "0 s",
        "length": "3 min",
    },
}


def reached_by(name, seeds):
    """The cells that a search reaches."""
    brief = Brief(head=head_of(SEARCHES[name]), profile="crowded")
    return {cell for seed in seeds for cell in play(brief.plan(seed)).states}


def test_a_short_search_of_each_kind_reaches_each_state_event_and_command_and_nothing_strange():
    found = coverage(set().union(*(reached_by(name, range(4)) for name in SEARCHES)))
    assert found.strays == ()
    assert {cell.state for cell in found.reached} == set(STATES)
    assert {cell.event for cell in found.reached} == set(EVENTS)
    assert {cell.command for cell in found.reached} == {NONE, *COMMANDS}
    assert len(found.reached) > len(POSSIBLE) / 2


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_every_cell_that_can_be_is_reached_but_the_rare_ones_and_no_other():
    reached = set().union(*(reached_by(name, range(160)) for name in SEARCHES))
    found = coverage(reached)
    assert found.strays == ()
    assert set(found.missing) <= set(RARE), by_pair(found.missing)


def test_each_reason_is_needed_and_each_cell_has_one_or_none():
    for rule in IMPOSSIBLE:
        others = [each for each in IMPOSSIBLE if each is not rule]
        assert any(
            rule.holds(cell) and not any(each.holds(cell) for each in others) for cell in CELLS
        ), rule.why
    assert len(POSSIBLE) + sum(bool(why_not(cell)) for cell in CELLS) == len(CELLS)


def test_every_step_of_the_lifecycle_that_the_venue_tells_of_can_be():
    told = [
        (state, event)
        for state, event in NEXT
        if event.name in EVENTS and state.name in STATES and not state.terminal
    ]
    assert len(told) > 10
    never = {(OrdStatus.SUSPENDED.name, "EXPIRED")}
    for state, event in told:
        if event.name == "REJECTED" or (state.name, event.name) in never:
            continue  # the table takes from any broker what ours never says
        assert not why_not(Cell(state.name, event.name, NONE)), (state, event)


def test_what_is_rare_can_be():
    assert set(RARE) <= set(POSSIBLE)


def test_what_is_not_in_the_table_is_strange():
    found = coverage(["NEW TRADE -", "FILLED CANCELED -", "NEW NOTHING -"])
    assert found.reached == (Cell("NEW", "TRADE", NONE),)
    assert found.strays == ("FILLED CANCELED -", "NEW NOTHING -")


def test_the_page_is_made_of_the_table():
    assert PAGE.read_text(encoding="utf-8") == order_cells_page.page()
