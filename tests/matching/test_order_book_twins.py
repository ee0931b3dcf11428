"""Both order books say the same of the same messages, and show the same book after every one.

Compared are every report, every error, and all that a book shows: levels, orders, what is ahead of
each, and its own check. `DRYFILL_NIGHTLY=1` makes ten times as many.
"""

import os
from functools import partial

import pytest
from book_stories import columns, do, draw_messages, first_book_difference
from engine_stories import seeded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twin_engines import shortest

from dryfill.matching.engines import make_order_book, native_is_there
from dryfill.matching.order_book import ReportColumns, SelfMatch, fault_of

MANY = 10 if os.environ.get("DRYFILL_NIGHTLY") == "1" else 1
STEPS = 60
POLICIES = tuple(SelfMatch)

needs_native = pytest.mark.skipif(not native_is_there(), reason="not built here")


def made(kind):
    return partial(make_order_book, kind)


def parts(policy, messages):
    """Where the two books part; None: nowhere."""
    return first_book_difference(made("reference"), made("native"), policy, messages)


@needs_native
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_messages_by_a_seed_are_told_the_same_by_both_books(policy):
    for seed in range(100 * MANY):
        messages = draw_messages(seeded(seed), STEPS)
        if parts(policy, messages) is not None:
            fewer = shortest(lambda some: parts(policy, some) is not None, messages)
            pytest.fail(f"seed {seed}: {parts(policy, fewer)}\n{fewer}")


@needs_native
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(policy=st.sampled_from(POLICIES), data=st.data())
def test_messages_that_hypothesis_draws_are_told_the_same_by_both_books(policy, data):
    choices = iter(data.draw(st.lists(st.integers(0, 65_535), min_size=20, max_size=400)))
    messages = draw_messages(lambda n: next(choices, 0) % n, STEPS)
    assert parts(policy, messages) is None


@pytest.mark.parametrize("kind", ["reference", pytest.param("native", marks=needs_native)])
def test_columns_say_what_calls_say(kind):
    make = made(kind)
    for seed in range(30):
        drawn = draw_messages(seeded(seed), STEPS)
        messages = [m for m in drawn if fault_of(m[0], *m[2:5]) is None]
        called, told = make(), []
        for row, message in enumerate(messages):
            told += [(row, report) for report in do(called, message)]
        by_columns = make()
        found = by_columns.submit_many(columns(messages))
        assert found.row.tolist() == [row for row, _ in told]
        for name in ReportColumns._fields[1:]:
            values = [int(getattr(report, name) or 0) for _, report in told]
            assert getattr(found, name).tolist() == values, name
        assert by_columns.orders(1) == called.orders(1)
        assert by_columns.orders(2) == called.orders(2)
