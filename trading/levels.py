"""Prices that somebody waits for: one above the market, one below, or both; told once.

Sans I/O: whoever hears every price asks `crossing` of each. A market that has its rows as columns
looks for the first that answers (`sim/feed/crossing_stream.py`), and the two say the same.
"""

from msgspec import Struct

from .events import Crossing
from .instrument import Instrument


class Levels(Struct, frozen=True):
    """Levels in the instrument's units; None: none on that side."""

    above: int | None = None
    below: int | None = None

    def crossing(
        self, instrument: Instrument, time_ns: int, low: int | None, high: int | None
    ) -> Crossing | None:
        """What these prices say: the market is at `above` or beyond with `low`, or at `below` or
        beyond with `high`; None if it is not. A trade has one price; of a quote `low` is the bid,
        `high` the ask, so that the whole market has to be there. Of both, `above` is told."""
        if self.above is not None and low is not None and low >= self.above:
            return Crossing(instrument, time_ns, self.above, low, True)
        if self.below is not None and high is not None and high <= self.below:
            return Crossing(instrument, time_ns, self.below, high, False)
        return None
