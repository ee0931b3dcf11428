"""Suspect bars on made-up days: each of the four marks is needed."""

import numpy as np
import pytest

from dryfill.scenarios import suspect_bars
from dryfill.trading.tape import NO_PRICE, BarRows, Tape, make_tape

MINUTE = 60 * 10**9
START = 1_700_000_000 * 10**9 // MINUTE * MINUTE


def _day(
    *, gap: int = 15, high: int = 1100, low: int = 1000, volume: int = 100, climb: int = 98
) -> Tape:
    """A hundred quiet minutes of a climb, a gap, the bar in question, thirty quiet ones.

    The minutes have a range of 2; with a climb of 98 the session reaches from 1000 to 1100.
    """
    minutes = [*range(100), 100 + gap, *range(101 + gap, 131 + gap)]
    middle = [1001 + min(n, 98) * climb // 98 for n in range(100)] + [0] + [1000 + climb] * 30
    top = [m + 1 for m in middle]
    bottom = [m - 1 for m in middle]
    traded = [500] * len(minutes)
    top[100], bottom[100], middle[100], traded[100] = high, low, (high + low) // 2, volume
    columns = {name: np.full(len(minutes), NO_PRICE) for name in BarRows.__dataclass_fields__}
    columns |= {
        "seq": np.arange(len(minutes)),
        "time_ns": START + np.array(minutes) * MINUTE,
        "span_ns": np.full(len(minutes), MINUTE),
        "open": np.array(middle),
        "high": np.array(top),
        "low": np.array(bottom),
        "close": np.array(middle),
        "volume": np.array(traded),
    }
    return make_tape(bars=BarRows(**columns))


def test_a_bar_after_a_gap_with_the_sessions_range_is_suspect() -> None:
    assert suspect_bars(_day()) == (START + 115 * MINUTE,)


@pytest.mark.parametrize("gap", [5, 15, 60])
def test_the_gap_may_be_a_halt_or_a_night(gap: int) -> None:
    assert len(suspect_bars(_day(gap=gap))) == 1


def test_without_a_gap_of_five_bars_nothing_is_suspect() -> None:
    assert suspect_bars(_day(gap=4)) == ()


def test_a_jump_to_new_ground_is_no_summary_of_the_old() -> None:
    assert suspect_bars(_day(high=1200, low=1098)) == ()
    assert suspect_bars(_day(high=1100, low=1040)) == ()


def test_a_range_inside_the_sessions_is_no_summary_of_it() -> None:
    assert suspect_bars(_day(high=1098, low=1002)) == ()
    assert len(suspect_bars(_day(high=1099, low=1002))) == 1


def test_a_fast_market_that_trades_accordingly_is_not_suspect() -> None:
    assert suspect_bars(_day(volume=6_249)) != ()
    assert suspect_bars(_day(volume=6_250)) == ()


def test_up_to_eight_times_the_usual_range_is_usual() -> None:
    # A session from 1000 to 1016, and to 1017, whose whole range the bar has.
    assert suspect_bars(_day(climb=14, high=1016, low=1000, volume=1)) == ()
    assert len(suspect_bars(_day(climb=15, high=1017, low=1000, volume=1))) == 1


def test_a_usual_range_is_not_suspect() -> None:
    assert suspect_bars(_day(high=1099, low=1098)) == ()


def test_tapes_without_bars_have_no_suspects() -> None:
    assert suspect_bars(make_tape()) == ()
