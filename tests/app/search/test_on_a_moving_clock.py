"""The search on a clock that moves at each reading: what virtual time hides, with faults drawn."""

import os

import pytest
from moving_clock import moves_at_each_reading

from dryfill.app.search.explored import Brief, play
from dryfill.testing.composing import head_of

BY_NIGHT = os.environ.get("DRYFILL_NIGHTLY") == "1"
# What is explored, and how far by night; by day the first three seeds of each.
SEARCHES = {
    "swarm": ({}, "swarm", 100),
    "hostile": ({}, "hostile", 60),
    "all kinds of orders": ({"work": "all"}, "swarm", 30),
    "brackets of the broker's": ({"brackets": "native"}, "hostile", 60),
}


@pytest.mark.parametrize("step_ns", [1, 1_000, 50_000])
@pytest.mark.parametrize("name", SEARCHES)
def test_no_rule_is_broken(name, step_ns):
    head, profile, by_night = SEARCHES[name]
    brief = Brief(head=head_of({"what": "manager", **head}), profile=profile)
    with moves_at_each_reading(step_ns):
        for seed in range(by_night if BY_NIGHT else 3):
            verdict = play(brief.plan(seed))
            assert not verdict.failed, (
                f"seed {seed}: {verdict.rule or verdict.kind}: {verdict.text}"
            )


def test_who_asks_again_a_second_after_he_was_not_answered_asked_in_time():
    """The next question left just when it must in virtual time, and a nanosecond too late here."""
    brief = Brief(head=head_of({"what": "manager"}), profile="hostile")
    with moves_at_each_reading():
        assert not play(brief.plan(7)).failed
