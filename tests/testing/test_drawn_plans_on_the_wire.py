"""Drawn plans in bytes: the trader's minute of `drawn_run`, through the live adapter.

`make test` plays a few seeds of each profile, `make nightly` a hundred of each.
"""

from collections import Counter

import pytest
from drawn_run import run

from dryfill.testing.wire_world import Rehearsal

SEEDS = {"calm": 1, "live": 2, "hostile": 3, "swarm": 3}
PREMISES = ("INV-01", "INV-02", "INV-03", "INV-06", "INV-09", "INV-19", "INV-24")


def test_a_drawn_plan_breaks_no_invariant_in_bytes_either():
    judged = Counter()
    for profile, count in SEEDS.items():
        for seed in range(count):
            judged.update(run(seed, profile, world_of=Rehearsal).premises)
    assert [name for name in PREMISES if not judged[name]] == []


@pytest.mark.nightly
@pytest.mark.parametrize("profile", list(SEEDS))
def test_a_hundred_drawn_plans_break_no_invariant_in_bytes(profile):
    for seed in range(100):
        run(seed, profile, world_of=Rehearsal)
