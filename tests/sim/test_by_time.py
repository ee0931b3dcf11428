"""What the broker's desk has of orders and fills since a moment."""

import pytest

from dryfill.sim.desk.by_time import ByTime

IN_ORDER = [(10, "a"), (20, "b"), (20, "c"), (30, "d")]
SET_BACK = [(10, "a"), (30, "b"), (20, "c"), (30, "d")]


@pytest.mark.parametrize("since", [0, 10, 11, 20, 21, 30, 31])
@pytest.mark.parametrize("rows", [IN_ORDER, SET_BACK], ids=["in order", "a clock was set back"])
def test_what_came_since_is_what_is_no_older_in_the_order_in_which_it_came(rows, since):
    things = ByTime()
    for time_ns, thing in rows:
        things.add(time_ns, thing)
    assert things.since(since) == [thing for time_ns, thing in rows if time_ns >= since]
    assert things.all == [thing for _, thing in rows]
