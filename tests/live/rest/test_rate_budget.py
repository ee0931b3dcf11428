"""The budget of requests: at the limit, one below, and the reserve that is never lent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfill.live.rest.rate_budget import Bucket, RateBudget, RateLimits
from dryfill.trading.broker import Urgency
from dryfill.trading.errors import UsageError

ORDINARY, PRESSING = Urgency.ORDINARY, Urgency.RISK_REDUCING
GENERAL, HISTORY = Bucket.GENERAL, Bucket.HISTORY


def spend(budget, bucket, count, at_s=0.0):
    for _ in range(count):
        budget.sent(bucket, at_s)


@pytest.mark.parametrize(
    ("bucket", "urgency", "count", "wait_s"),
    [
        (GENERAL, ORDINARY, 179, 0.0),
        (GENERAL, ORDINARY, 180, 60.0),
        (GENERAL, PRESSING, 199, 0.0),
        (GENERAL, PRESSING, 200, 60.0),
        (HISTORY, ORDINARY, 26, 0.0),
        (HISTORY, ORDINARY, 27, 30.0),
        (HISTORY, PRESSING, 29, 0.0),
        (HISTORY, PRESSING, 30, 30.0),
    ],
)
def test_the_limit_is_where_the_settings_have_it(bucket, urgency, count, wait_s):
    budget = RateBudget(RateLimits())
    spend(budget, bucket, count)
    assert budget.wait_s(bucket, urgency, 0.0) == wait_s


def test_a_request_counts_until_its_window_is_over_and_not_at_its_end():
    budget = RateBudget(RateLimits(general=2, reserve=0, general_s=10))
    budget.sent(GENERAL, 0.0)
    budget.sent(GENERAL, 4.0)
    assert budget.wait_s(GENERAL, ORDINARY, 9.0) == 1.0
    assert budget.used(GENERAL, 9.9) == 2
    assert budget.used(GENERAL, 10.0) == 1
    assert budget.wait_s(GENERAL, ORDINARY, 10.0) == 0.0


def test_what_never_left_counts_no_more():
    budget = RateBudget(RateLimits(general=2, reserve=0, general_s=10))
    budget.sent(GENERAL, 0.0)
    budget.sent(GENERAL, 4.0)
    budget.never_left(GENERAL, 0.0)
    assert budget.wait_s(GENERAL, ORDINARY, 5.0) == 0.0
    budget.never_left(GENERAL, 0.0)  # out of its window meanwhile: nothing to give back
    assert budget.used(GENERAL, 5.0) == 1


def test_one_that_is_answered_counts_from_then_on():
    """It may have been on its way for as long."""
    budget = RateBudget(RateLimits(general=2, reserve=0, general_s=10))
    budget.sent(GENERAL, 0.0)
    budget.sent(GENERAL, 4.0)
    budget.answered(GENERAL, 0.0, 6.0)
    assert budget.wait_s(GENERAL, ORDINARY, 6.0) == 8.0  # the second is not answered yet
    assert budget.used(GENERAL, 15.9) == 1
    assert budget.wait_s(GENERAL, ORDINARY, 16.0) == 0.0
    budget.answered(GENERAL, 4.0, 20.0)  # out of its window meanwhile, and there late
    assert budget.used(GENERAL, 29.9) == 1
    assert budget.used(GENERAL, 30.0) == 0


def test_the_buckets_do_not_share():
    budget = RateBudget(RateLimits())
    spend(budget, HISTORY, 30)
    assert budget.wait_s(GENERAL, ORDINARY, 0.0) == 0.0


@pytest.mark.parametrize(("asked", "pause_s"), [(7.0, 7.0), (None, 5.0), (0.0, 0.0)])
def test_after_a_429_ordinary_requests_wait_and_pressing_ones_do_not(asked, pause_s):
    budget = RateBudget(RateLimits())
    budget.limited(asked, 100.0)
    assert budget.wait_s(GENERAL, ORDINARY, 100.0) == pause_s
    assert budget.wait_s(GENERAL, PRESSING, 100.0) == 0.0


@given(
    st.lists(st.tuples(st.integers(0, 500), st.booleans()), max_size=200),
    st.integers(1, 8),
    st.integers(0, 3),
)
def test_no_window_ever_holds_more_than_the_limit(wishes, most, reserve):
    """Whoever waits as long as he is told never goes beyond the limit, ordinary requests never
    into the reserve."""
    reserve = min(reserve, most - 1)
    budget = RateBudget(RateLimits(general=most, reserve=reserve, general_s=10))
    now_s, sent = 0.0, []
    for step, pressing in wishes:
        now_s += step / 100
        urgency = PRESSING if pressing else ORDINARY
        now_s += budget.wait_s(GENERAL, urgency, now_s)
        assert budget.wait_s(GENERAL, urgency, now_s) <= 1e-9
        budget.sent(GENERAL, now_s)
        sent.append((now_s, pressing))
    for at_s, pressing in sent:
        window = [s for s, _ in sent if at_s - 10 + 1e-9 < s <= at_s]
        assert len(window) <= most
        if not pressing:
            assert len([s for s, _ in sent if at_s - 10 + 1e-9 < s < at_s]) < most


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 500), st.integers(0, 200)), max_size=100
    ),
    st.integers(1, 8),
)
def test_no_window_of_the_gateways_does_however_long_each_is_on_its_way(wishes, most):
    """Those that were answered, that is: which of the others came, nobody knows."""
    budget = RateBudget(RateLimits(general=most, reserve=0, general_s=10))
    now_s, came, under_way = 0.0, [], []
    for step, there, back in wishes:
        now_s += step / 100
        while True:
            for answered_s, sent_s in sorted(under_way):
                if answered_s <= now_s:
                    budget.answered(GENERAL, sent_s, answered_s)
                    under_way.remove((answered_s, sent_s))
            wait_s = budget.wait_s(GENERAL, ORDINARY, now_s)
            if wait_s <= 0:
                break
            now_s = min([now_s + wait_s, *(answered_s for answered_s, _ in under_way)])
        budget.sent(GENERAL, now_s)
        came.append(now_s + there / 100)
        under_way.append((now_s + there / 100 + back / 100, now_s))
    for at_s in came:
        assert len([each for each in came if at_s - 10 + 1e-9 < each <= at_s]) <= most


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"general": 0}, "RateLimits.general is 0; it must be above zero"),
        ({"history_s": 0}, "RateLimits.history_s is 0; it must be above zero"),
        ({"limited_s": -1}, "RateLimits.limited_s is -1; it must be above zero"),
        ({"reserve": 200}, "RateLimits.reserve is 200; give 0 or more, and fewer than general"),
        ({"reserve": -1}, "RateLimits.reserve is -1"),
        (
            {"history_reserve": 30},
            "RateLimits.history_reserve is 30; give 0 or more, and fewer than history",
        ),
    ],
)
def test_limits_that_cannot_be_are_refused(change, message):
    with pytest.raises(UsageError, match=message):
        RateLimits(**change)
