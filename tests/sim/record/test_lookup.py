"""What stood at a moment: found in groups and blocks as it would be row by row."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfill.sim.feed.spans import Spans
from dryfill.sim.record import lookup
from dryfill.sim.record.lookup import known_places, places_at, values_at
from dryfill.trading.tape import NO_PRICE

ROWS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from([NO_PRICE, 1, 2])), max_size=40)


@pytest.fixture(autouse=True, scope="module")
def small_groups():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup, "_TOGETHER", 3)
        patch.setattr(lookup, "_BLOCK", 4)
        yield


@given(ROWS, st.lists(st.integers(-2, 42), max_size=12))
def test_the_last_price_at_a_moment_is_the_one_a_walk_would_find(rows, moments):
    rows = sorted(rows, key=lambda row: row[0])
    times, prices = (np.array([row[n] for row in rows], np.int64) for n in (0, 1))
    asked = np.array(moments, np.int64)
    places = places_at(times, asked)
    known = known_places(prices, places)
    walked = [[n for n, (at, _) in enumerate(rows) if at <= moment] for moment in moments]
    priced = [[n for n in before if rows[n][1] != NO_PRICE] for before in walked]
    assert places.tolist() == [before[-1] if before else -1 for before in walked]
    assert known.tolist() == [before[-1] if before else -1 for before in priced]
    assert values_at(prices, known).tolist() == [rows[b[-1]][1] if b else 0 for b in priced]


@given(ROWS, st.lists(st.integers(0, 40), max_size=4))
def test_spans_do_not_depend_on_where_their_rows_are_cut(rows, cuts):
    rows = sorted(rows, key=lambda row: row[0])
    columns = np.array(rows, np.int64).reshape(-1, 2).T

    def spans(bounds):
        found = Spans(7)
        for first, last in bounds:
            times, prices = columns[:, first:last]
            found.add(times, (prices, prices, prices, prices), times, times)
        starts, ohlc, volume, other = found.columns()
        assert len(found) == len(starts)
        return [c.tolist() for c in (starts, *ohlc, volume, other)]

    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    assert spans(pairwise(edges)) == spans([(0, len(rows))])
