"""One series of bars as it happens: built of trades, told at its end plus the feed's latency."""

import asyncio
from collections.abc import Callable

from ...trading.errors import DryfillError
from ...trading.events import Bar, Trade
from ..rest.requests import stamp
from .bar_builder import BarBuilder, Missing
from .history import History

_MISSED_MOST = 20_000
_TRIES = 5
_TRY_AGAIN_S = 2.0


class BarFeed:
    """Tells `sink` each bar once, oldest first. `late_s`: how long after a bar's end, by the local
    clock, its last trades are waited for. Bars that cannot be built are asked for, and those after
    them wait; when nobody answers for long, `notice` says which are missing, and they are left out.

    At most 20 000 bars are asked for at once (5 hours of 1 s bars, 13 days of 1 min bars, not
    counting those without a trade): of a longer gap the newest, and `notice` says what is left out.
    """

    def __init__(
        self,
        builder: BarBuilder,
        sink: Callable[[Bar], None],
        history: History,
        now_ns: Callable[[], int],
        notice: Callable[[str], None],
        late_s: float,
    ) -> None:
        self._builder = builder
        self._sink = sink
        self._history = history
        self._now_ns = now_ns
        self._notice = notice
        self._late_s = late_s
        self._told_ns: int | None = None  # the start of the last one that was told
        self._waiting: dict[int, Bar] = {}  # by start
        self._missing_ns = 0  # the start of the newest that has to be asked for
        self._asking: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due_ns: int | None = None
        self._closed = False

    def trade(self, trade: Trade) -> None:
        """A trade of the instrument."""
        if self._closed:
            return
        self._finished(self._builder.trade(trade.time_ns, trade.price_ticks, trade.size))
        self._set_timer()

    def broken(self) -> None:
        """Trades may have been missed."""
        self._builder.broken()

    def close(self) -> None:
        """Tell nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._asking is not None:
            self._asking.cancel()

    def _set_timer(self) -> None:
        ends_ns = self._builder.ends_ns
        if ends_ns == self._due_ns:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due_ns = ends_ns
        if ends_ns is not None:
            wait_s = max((ends_ns - self._now_ns()) / 1e9, 0.0) + self._late_s
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._over)

    def _over(self) -> None:
        self._timer = self._due_ns = None
        self._finished(self._builder.finish())

    def _finished(self, what: Bar | Missing | None) -> None:
        if isinstance(what, Missing):
            self._missing_ns = what.start_ns
            if self._asking is None:
                self._asking = asyncio.get_running_loop().create_task(self._ask())
        elif what is not None:
            self._waiting[what.time_ns] = what
            self._tell()

    async def _ask(self) -> None:
        """Have the bars up to the newest missing one that were not told, then go on with those that
        waited."""
        asked_ns = None
        while asked_ns != self._missing_ns:
            asked_ns = self._missing_ns
            for bar in await self._asked_for(asked_ns):
                self._waiting.setdefault(bar.time_ns, bar)
        self._asking = None
        self._tell()

    async def _asked_for(self, start_ns: int) -> list[Bar]:
        span_ns, instrument = self._builder.span_ns, self._builder.instrument
        first_ns = start_ns if self._told_ns is None else self._told_ns + span_ns
        first_ns = min(first_ns, start_ns)
        count = min((start_ns - first_ns) // span_ns + 1, _MISSED_MOST)
        before_ns = start_ns + span_ns
        for attempt in range(_TRIES):
            try:
                found = await self._history.bars(instrument, span_ns, count, before_ns, first_ns)
            except DryfillError as error:
                why = str(error)
                if attempt < _TRIES - 1:
                    await asyncio.sleep(_TRY_AGAIN_S)
            else:
                if len(found) == _MISSED_MOST and found[0].time_ns > first_ns:
                    self._leave_out(first_ns, found[0].time_ns)
                return list(found)
        self._notice(f"up to {count} bars of {instrument.symbol} are missing: {why}")
        return []

    def _leave_out(self, from_ns: int, to_ns: int) -> None:
        self._notice(
            f"bars of {self._builder.instrument.symbol} from {stamp(from_ns)} until "
            f"{stamp(to_ns)} are left out: more than {_MISSED_MOST} were missed"
        )

    def _tell(self) -> None:
        if self._asking is not None:
            return
        for start_ns in sorted(self._waiting):
            if self._closed:
                return  # by who was told the bar before
            bar = self._waiting.pop(start_ns)
            if self._told_ns is None or start_ns > self._told_ns:
                self._told_ns = start_ns
                self._sink(bar)
