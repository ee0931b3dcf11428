"""The first row of a tape whose price reaches a level: columns are looked through, not walked.

It is looked for piece by piece and only as far as nothing else happens before, so that a level far
away, given up soon and asked for anew, is not searched to the end of the data each time.
"""

from typing import Any

import numpy as np

from ...trading.ahead import Sink
from ...trading.events import Crossing
from ...trading.levels import Levels
from ...trading.mapped import give_back
from ...trading.market import Subscription
from ...trading.tape import NO_PRICE, Ints, QuoteRows, TradeRows
from ..wire.wire import Leg, Wire
from .streams import sent_at

_FIRST_LOOK, _LONGEST_LOOK = 1_024, 65_536  # rows


class CrossingStream:
    """A cursor as those of `streams`, on trades or quotes after a moment, told once.

    While it is `looking` it stands at the first row not looked at, which is as early as it can be;
    `look` goes on. Its one latency is drawn at once: whenever it is found, the next draws are the
    others'.
    """

    def __init__(
        self,
        told_as: Subscription,
        sink: Sink,
        wire: Wire,
        rows: TradeRows | QuoteRows,
        after_ns: int,
        levels: Levels,
    ) -> None:
        self.told_as = told_as
        self.sink = sink
        self.latency_ns = wire.latency_ns(Leg.FEED)
        self.looking = True
        self._levels = levels
        self._rows = rows
        self._low, self._high = _prices(rows)
        self._sent = sent_at(rows)
        self._place = int(self._sent.searchsorted(after_ns, side="right"))
        self._length = _FIRST_LOOK
        self._event: Crossing | None = None
        self.sent_ns = 0
        self.order = (0, 0)
        self._stand()

    def step(self) -> bool:
        """Whether there is anything to come: rows to look at, and nothing told so far."""
        return self._event is None and self._place < len(self._sent)

    def take(self) -> Crossing:
        """The crossing at which the cursor stands."""
        assert self._event is not None, "it is looking"
        return self._event

    def look(self) -> bool:
        """Look at some more rows; False when there are none left, and it is over."""
        part = slice(self._place, self._place + self._length)
        found = _first(self._levels, self._low[part], self._high[part])
        if found is None:
            self._place = min(part.stop, len(self._sent))
            self._length = min(2 * self._length, _LONGEST_LOOK)
            for column in (self._low, self._high):
                give_back(column[part])
            self._stand()
            return self._place < len(self._sent)
        self._place += found
        self._stand()
        self.looking = False
        at = self._place
        low, high = int(self._low[at]), int(self._high[at])
        self._event = self._levels.crossing(
            self.told_as.instrument,
            int(self._rows.time_ns[at]),
            None if low == NO_PRICE else low,
            None if high == NO_PRICE else high,
        )
        assert self._event is not None, "columns and prices say the same"
        return True

    def _stand(self) -> None:
        """Be where the place is, unless that is behind the last row."""
        if self._place < len(self._sent):
            self.sent_ns = int(self._sent[self._place])
            self.order = (self.sent_ns, int(self._rows.seq[self._place]))


def _prices(rows: Any) -> tuple[Ints, Ints]:
    """The columns that reach a level above, and one below."""
    if isinstance(rows, TradeRows):
        return rows.price, rows.price
    return rows.bid, rows.ask


def _first(levels: Levels, low: Ints, high: Ints) -> int | None:
    """The place of the first price that reaches a level."""
    found = len(low)
    if levels.above is not None:
        found = _first_true(low >= levels.above, found)  # NO_PRICE is below everything
    if levels.below is not None:
        near = high[:found]
        found = _first_true((near <= levels.below) & (near != NO_PRICE), found)
    return None if found == len(low) else found


def _first_true(answers: "np.ndarray[Any, np.dtype[np.bool_]]", none: int) -> int:
    place = int(answers.argmax()) if len(answers) else 0
    return place if len(answers) and answers[place] else none
