"""Positions as the stream tells them, held against those that the fills told make.

A broker tells of a position right after the fill that moved it. Where it tells another one than
ours, and no fill comes that explains it, a fill was lost on the way: what was filled is asked for
then, and not only when the next look is due. Nothing is taken over from such an event, which may be
an old one; of one difference it is asked once, and of several no oftener than while the stream is
down. An event from before the newest that was told says nothing.
"""

from functools import partial
from math import inf

from ...instrument import Instrument
from ...order import PositionState
from ..sending.outbox import Outbox
from .watch import Watch


class ToldPositions:
    """Of one manager."""

    def __init__(self, outbox: Outbox, watch: Watch) -> None:
        self._outbox = outbox
        self._watch = watch
        self._newest: dict[str, PositionState] = {}  # by symbol
        self._waits: dict[str, tuple[int, int]] = {}  # by symbol: the newest told, and a timer
        self._asked_s = -inf  # when it was asked last, on the loop's clock
        self._asked: dict[str, tuple[int, int]] = {}  # by symbol: what was told, and how it differs

    def told(self, position: PositionState) -> None:
        """The stream tells of a position."""
        instrument, outbox = position.instrument, self._outbox
        if not self._watch.looks or outbox.closed:
            return
        symbol = instrument.symbol
        newest = self._newest.get(symbol)
        if newest is not None and 0 < position.time_ns < newest.time_ns:
            return  # how it was before
        self._newest[symbol] = position
        _, timer = self._waits.pop(symbol, (0, None))
        differs = position.qty != outbox.held(instrument)
        if differs and (outbox.orders.any_working or outbox.ledger.any_held):
            if timer is None:
                settings = outbox.settings
                rest_s = self._asked_s + settings.look_down_s - outbox.now_s()
                due = partial(self._due, instrument)
                timer = outbox.later(max(settings.position_differs_s, rest_s), due)
            self._waits[symbol] = position.qty, timer
            return
        outbox.never(timer)
        if not differs:
            self._asked.pop(symbol, None)
        elif position != newest:  # there is nothing of which a fill could still come
            self._watch.taken_back()

    def _due(self, instrument: Instrument) -> None:
        symbol = instrument.symbol
        told, _ = self._waits.pop(symbol)
        held = self._outbox.held(instrument)
        asked, differed = self._asked.get(symbol, (held, 0))
        if told != held and (told - held != differed or asked == held):  # else it is known
            self._asked[symbol] = told, told - held
            self._asked_s = self._outbox.now_s()
            self._outbox.ask_fills()
