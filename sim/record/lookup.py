"""What stood at a moment: the last row at or before it, in columns larger than memory or not."""

import numpy as np
from numpy.typing import NDArray

from ...trading.mapped import give_back
from ...trading.tape import NO_PRICE, Ints

Bools = NDArray[np.bool_]

# Each look into a column on disk brings some pages of it into memory.
_TOGETHER = 128
_BLOCK = 4096


def places_at(times: Ints, moments: Ints) -> Ints:
    """The place of the last of the rising `times` at or before each moment; -1 before the first."""
    found = np.empty(len(moments), dtype=np.int64)
    for start in range(0, len(moments), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        found[part] = times.searchsorted(moments[part], side="right") - 1
        give_back(times)
    return found


def values_at(column: Ints, places: Ints) -> Ints:
    """The values at some places of a column; 0 for a place before the first."""
    found = np.zeros(len(places), dtype=np.int64)
    if len(column):
        for start in range(0, len(places), _TOGETHER):
            part = slice(start, start + _TOGETHER)
            found[part] = np.where(places[part] >= 0, column[np.maximum(places[part], 0)], 0)
            give_back(column)
    return found


def known_places(prices: Ints, places: Ints) -> Ints:
    """For each place of a column that one, or the last before it, that holds a price; -1 where none
    does."""
    found = places.copy()
    missing = np.flatnonzero((values_at(prices, places) == NO_PRICE) & (places >= 0))
    searched, result = -1, -1  # up to where nothing more has to be looked for, and what is there
    for n in missing[np.argsort(places[missing], kind="stable")]:
        place = int(places[n])
        result = _known_after(prices, searched, place, result)
        searched, found[n] = place, result
    return found


def _known_after(prices: Ints, above: int, place: int, otherwise: int) -> int:
    """The last place above `above`, up to `place`, that holds a price."""
    while place > above:
        first = max(place - _BLOCK, above) + 1
        block = prices[first : place + 1]
        known = np.flatnonzero(block != NO_PRICE)
        give_back(block)
        if len(known):
            return first + int(known[-1])
        place = first - 1
    return otherwise
