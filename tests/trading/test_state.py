"""A strategy's state: what comes back, and what cannot be kept."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dryfill.trading.errors import UsageError
from dryfill.trading.state import KeptState


@pytest.fixture
def kept():
    """A state and all that was kept of it."""
    bodies = []

    def make(body=b"", most=1_000):
        return KeptState(body, most, bodies.append), bodies

    return make


def test_what_was_kept_comes_back(kept):
    values = {
        "n": 3,
        "ratio": 0.1,
        "stop": Decimal("20000.250"),
        "nested": {"levels": [Decimal("1E-7"), None, True], "text": "é"},
        "since": datetime(2024, 3, 4, 15, tzinfo=UTC),
    }
    state, bodies = kept()
    state.values.update(values)
    state.save()
    again, _ = kept(bodies[-1])
    assert again.values == values
    assert str(again.values["stop"]) == "20000.250"


def test_only_what_changed_is_kept_and_nothing_where_nothing_is(kept):
    state, bodies = kept()
    state.save()
    assert bodies == []
    state.values["list"] = [1]
    state.save()
    state.save()
    assert len(bodies) == 1
    state.values["list"].append(2)  # a change inside is one, too
    state.save()
    assert len(bodies) == 2
    state.values.clear()
    state.save()
    again, _ = kept(bodies[-1])
    assert again.values == {}


def test_too_much_is_refused_and_what_was_kept_stays(kept):
    state, bodies = kept(most=40)
    state.values["n"] = 1
    state.save()
    state.values["history"] = list(range(100))
    with pytest.raises(UsageError, match=r"takes \d+ bytes, at most 40 are kept"):
        state.save()
    assert len(bodies) == 1


@pytest.mark.parametrize("value", [object(), {1, object()}, lambda: 0, 2**70])
def test_what_cannot_be_written_is_refused_by_its_kind(value, kept):
    state, _ = kept()
    state.values["x"] = value
    with pytest.raises(UsageError, match=r"self\.state cannot be kept: "):
        state.save()
