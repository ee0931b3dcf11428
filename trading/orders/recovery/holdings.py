"""Positions held against the broker's: what differs is said, and what goes on differing is his.

A position is told by another question than the fills that made it, so that one look may come
between the two, and may itself show what was. A difference counts when a second look shows the same
and nothing moved from before the first on; and not while fills of other hands are still to be
told, which would count twice.
"""

from collections.abc import Sequence

from ...order import PositionState
from ..intake import Intake
from ..sending.outbox import Outbox


class Holdings:
    """Compares, and takes the broker's word over."""

    def __init__(self, outbox: Outbox, intake: Intake) -> None:
        self._outbox = outbox
        self._intake = intake
        self._seen: dict[str, tuple[int, int, int]] = {}  # by symbol: known, told, moves by then
        self._said: dict[str, tuple[int, int]] = {}

    def compare(
        self, positions: Sequence[PositionState], *, moved: bool, gap: bool, new: bool
    ) -> bool:
        """Look at the broker's positions; True where another look is needed.

        `moved`: something came in since they were asked for. `gap`: events may be missing, so that
        a difference is said at once. `new`: we know of nothing, and take them over at once.
        """
        ledger = self._outbox.ledger
        theirs = {p.instrument.symbol: p for p in positions}
        ours = {p.instrument.symbol: p for p in ledger.positions()}
        again = False
        for symbol in sorted({*theirs, *ours}):
            instrument = (theirs.get(symbol) or ours[symbol]).instrument
            known = ours[symbol].qty if symbol in ours else 0
            told = theirs.get(symbol) or PositionState(
                instrument=instrument, qty=0, avg_px=None, time_ns=0
            )
            pair = known, told.qty
            if known == told.qty:
                self._seen.pop(symbol, None)
                self._said.pop(symbol, None)
                continue
            seen = *pair, ledger.moves(symbol)
            certain = new or (self._seen.get(symbol) == seen and not moved)
            if certain or gap:
                self._say(symbol, pair)
            if certain and not self._outbox.lacking(instrument):
                self._intake.take_over(told)
            else:
                self._seen[symbol] = seen
                again = True
        return again

    def _say(self, symbol: str, pair: tuple[int, int]) -> None:
        if self._said.get(symbol) != pair:
            self._said[symbol] = pair
            known, told = pair
            self._outbox.differences.note("position_differs", symbol, ours=known, theirs=told)
