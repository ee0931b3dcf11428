"""Flatten everything: one flatten for each instrument, and foreign orders where told so."""

from collections.abc import Callable

from ...instrument import Instrument
from ..handle import Changed
from .flatten import Flatten
from .flatten_core import FlattenResult
from .foreign import ForeignOrders


class FlattenAll:
    """A flatten of all instruments in which something works or is held.

    Foreign orders may fill until they are gone; what they opened is closed after that, too.
    """

    def __init__(
        self,
        instruments: Callable[[], list[Instrument]],
        start: Callable[[Instrument], Flatten],
    ) -> None:
        self.foreign: ForeignOrders | None = None
        self.changed = Changed()
        self._instruments = instruments
        self._start = start
        self._flattens: dict[str, Flatten] = {}
        self._begin()

    def with_foreign(self, foreign: Callable[[Callable[[], None]], ForeignOrders]) -> None:
        """Take foreign orders away, too."""
        self.foreign = foreign(self._foreign_gone)

    def keep_flat(self, instrument: Instrument, held: int) -> None:
        """Something is held after all, by a fill that was told late or by other hands: close that,
        too. A flatten that failed is not made again."""
        flatten = self._flattens.get(instrument.symbol)
        if held and (flatten is None or (flatten.result is not None and flatten.result.ok)):
            self._flattens[instrument.symbol] = self._start(instrument)

    async def finished(self) -> dict[str, FlattenResult]:
        """Wait until all are through; the result of each instrument by its symbol."""
        await self.changed.until(lambda: self.foreign is None or self.foreign.done)
        results = {}
        for symbol, flatten in list(self._flattens.items()):
            results[symbol] = await flatten.finished()
        return results

    def _begin(self) -> None:
        for instrument in self._instruments():
            self._flattens[instrument.symbol] = self._start(instrument)

    def _foreign_gone(self) -> None:
        self._begin()
        self.changed.tell()
