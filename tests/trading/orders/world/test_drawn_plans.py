"""Drawn plans end well: a trader's minute under what a seed draws, judged by every oracle.

`make test` plays some seeds of each profile, `make nightly` two thousand. A failure prints the
seed, what of its plan fired, what happened, and the command that replays it (`DRAWN_SEED`).
"""

import os
from collections import Counter

import pytest
from drawn_run import run

PREMISES = {
    "calm": ("INV-01", "INV-02", "INV-03", "INV-05", "INV-06", "INV-15", "INV-22"),
    "live": ("INV-01", "INV-02", "INV-03", "INV-06", "INV-09", "INV-17", "INV-24"),
    "hostile": ("INV-01", "INV-02", "INV-03", "INV-04", "INV-08", "INV-09", "INV-19", "INV-23"),
    "swarm": ("INV-01", "INV-02", "INV-03", "INV-08", "INV-09", "INV-17", "INV-19", "INV-30"),
}
"""What a run of many seeds must have had to judge, by profile."""

SEEDS = {"calm": 5, "live": 20, "hostile": 40, "swarm": 40}

WITHOUT = ("trader",)
"""Other hands on the account: whose a fill of theirs is, nobody can tell by a net position, and
what the order manager does about them has tests of its own."""

OPEN = {"hostile": (26, 34)}
"""Seeds that show what is not mended yet; each is played, and must be taken out when it is.

hostile 26: a target that is sent for the ninth time is in doubt for longer than 20 s. hostile 34: a
target that a lagging question does not show works on for 2 s after the stop was filled.
"""


@pytest.mark.parametrize("profile", list(SEEDS))
def test_a_drawn_plan_breaks_no_invariant(profile):
    one = os.environ.get("DRAWN_SEED")
    seeds = range(SEEDS[profile]) if one is None else [int(one)]
    judged = Counter()
    for seed in seeds:
        if one is not None or seed not in OPEN.get(profile, ()):
            judged.update(run(seed, profile, without=WITHOUT).premises)
    if one is None:
        assert [name for name in PREMISES[profile] if not judged[name]] == []


@pytest.mark.parametrize(
    ("profile", "seed"), [(profile, seed) for profile, seeds in OPEN.items() for seed in seeds]
)
@pytest.mark.xfail(strict=True, reason="not mended yet: OPEN says what it shows")
def test_an_open_seed_is_still_open(profile, seed):
    run(seed, profile, without=WITHOUT)


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(0, 2000, 100))
@pytest.mark.parametrize("profile", ["calm", "live"])
def test_two_thousand_plans_break_no_invariant(profile, first):
    for seed in range(first, first + 100):
        run(seed, profile, without=WITHOUT)
