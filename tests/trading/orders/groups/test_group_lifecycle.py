"""The lifecycle of a group: its table, and the diagram made from it."""

from itertools import product
from pathlib import Path

import pytest

from dryfill.trading.orders.groups.lifecycle import NEXT, Happened, Phase, diagram, step

PAGE = Path(__file__).resolve().parents[4] / "docs" / "order-groups.md"


def test_the_diagram_in_the_docs_is_the_one_made_from_the_table():
    shown = PAGE.read_text(encoding="utf-8").split("```mermaid\n")[1].split("\n```")[0]
    assert shown == diagram(), "print it anew: python -m dryfill.trading.orders.groups.lifecycle"


def test_exactly_the_steps_of_the_table_are_taken():
    for phase, happened in product(Phase, Happened):
        if (phase, happened) in NEXT:
            assert step(phase, happened) is NEXT[phase, happened]
        else:
            with pytest.raises(AssertionError, match=f"that is {phase.value} goes on by"):
                step(phase, happened)


def test_from_every_phase_a_group_can_end_and_be_let_go():
    for phase in Phase:
        if phase is not Phase.DONE:
            assert NEXT[phase, Happened.ENDED] is Phase.DONE
        if phase is not Phase.RELEASED:
            assert NEXT[phase, Happened.LET_GO] is Phase.RELEASED


def test_a_group_that_is_done_wakes_for_what_is_told_late():
    late = {happened for phase, happened in NEXT if phase is Phase.DONE}
    assert late == {Happened.TOO_MUCH, Happened.TRIGGERED, Happened.FILLED, Happened.LET_GO}
