"""The native engine says what the reference says, of the same commands and rows, at every step.

Compared are every report, every error, the whole book, the next moment and what is counted. What a
seed finds is printed in the fewest steps that show it; `DRYFILL_NIGHTLY=1` makes ten times as many.
"""

import os

import pytest
from engine_stories import draw_rules, draw_story, seeded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twin_engines import first_difference, shortest

from dryfill.matching.engines import native_is_there
from dryfill.matching.reference import ReferenceEngine
from dryfill.matching.rules import CME, QueueModel, Rules

if not native_is_there():
    pytest.skip("the native engine is not built here", allow_module_level=True)

from dryfill.matching.native.core import NativeEngine

NIGHTLY = os.environ.get("DRYFILL_NIGHTLY") == "1"
STEPS = 50


def difference(rules, story):
    """What the engines first say differently, in the fewest steps; None: nothing."""

    def parts(steps):
        return first_difference(ReferenceEngine, NativeEngine, rules, (suspects, steps))

    suspects, steps = story
    if parts(steps) is None:
        return None
    steps = shortest(lambda fewer: parts(fewer) is not None, steps)
    told = "\n".join(f"  {step}," for step in steps)
    return f"{parts(steps)}\n{rules}\nsuspects {sorted(suspects)[:1]}\n{told}"


@pytest.mark.parametrize("part", range(20))
def test_a_market_by_a_seed_is_told_the_same_by_both_engines(part):
    stories = 2000 // STEPS * (10 if NIGHTLY else 1)
    for seed in range(part * stories, (part + 1) * stories):
        draw = seeded(seed)
        found = difference(draw_rules(draw), draw_story(draw, STEPS))
        assert found is None, f"seed {seed}: {found}"


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_market_that_hypothesis_draws_is_told_the_same_by_both_engines(data):
    choices = iter(data.draw(st.lists(st.integers(0, 65_535), min_size=60, max_size=900)))

    def draw(n):
        return next(choices, 0) % n

    found = difference(draw_rules(draw), draw_story(draw, STEPS // 2))
    assert found is None, found


def test_a_difference_is_found_and_told_in_few_steps():
    """Two engines that are not twins: their queue models differ."""

    def front(rules, suspects):
        return NativeEngine(Rules(profile=CME, protection=3, queue=QueueModel.FRONT), suspects)

    rules = Rules(profile=CME, protection=3, queue=QueueModel.BACK)

    def parts(steps):
        return first_difference(ReferenceEngine, front, rules, (frozenset(), steps)) is not None

    stories = (draw_story(seeded(seed), STEPS) for seed in range(100))
    fewest = shortest(parts, next(steps for _, steps in stories if parts(steps)))
    assert 1 < len(fewest) < 8
    assert not any(parts(fewest[:n] + fewest[n + 1 :]) for n in range(len(fewest)))
