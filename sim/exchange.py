"""The exchange as a source of moments: one engine for each instrument, driven from outside."""

from collections import deque
from collections.abc import Callable, Sequence

from ..matching.commands import Command
from ..matching.engine import Book, Engine
from ..matching.reports import Report
from .digest import DomainDigest
from .loop.moments import Tie


class Exchange:
    """Engines by symbol. Whoever owns the time moves it (`next_moment`, `advance`) and says what it
    is (`now_ns`); the desk enters orders.

    `on_report(symbol, report)` hears every report in the order in which the engines make them; of
    one moment, engine after engine.
    """

    tie = Tie.MARKET

    def __init__(
        self,
        now_ns: Callable[[], int],
        engines: dict[str, Engine],
        digest: DomainDigest,
        on_report: Callable[[str, Report], None],
    ) -> None:
        self._now_ns = now_ns
        self._engines = engines
        self._digest = digest
        self._on_report = on_report
        self._telling = 0
        self._acting = False
        self._afterwards: deque[Callable[[], None]] = deque()

    def next_moment(self, limit_ns: int) -> int | None:
        found: int | None = None
        for engine in self._engines.values():
            moment = engine.next_moment(limit_ns)
            if moment is not None:
                found = limit_ns = moment  # a later one of the next engine is of no interest
        return found

    def advance(self, to_ns: int) -> None:
        # Every engine first: whoever hears a report may look at any book.
        found = [(symbol, engine.advance(to_ns)) for symbol, engine in self._engines.items()]
        for symbol, reports in found:
            self._tell(symbol, reports)

    def schedule(self, symbol: str, at_ns: int, command: Command) -> None:
        """Let a command reach the engine later by itself: the session's states."""
        self._digest.command(symbol, at_ns, command)
        self._engines[symbol].submit(at_ns, command)

    def enter(self, symbol: str, command: Command) -> Sequence[Report]:
        """A command reaches its engine now; what it reports at once, already told to everybody."""
        engine = self._caught_up(symbol)
        now_ns = self._now_ns()
        self._digest.command(symbol, now_ns, command)
        engine.submit(now_ns, command)
        return self._tell(symbol, engine.advance(now_ns))

    def book(self, symbol: str) -> Book:
        """The book of an instrument now."""
        return self._caught_up(symbol).book()

    def _caught_up(self, symbol: str) -> Engine:
        """An engine after all that the market did up to now.

        The loop moves an engine only where something may happen to an order, so that its book may
        be hours behind.
        """
        engine = self._engines[symbol]
        self._tell(symbol, engine.advance(self._now_ns()))
        return engine

    def afterwards(self, act: Callable[[], None]) -> None:
        """Call `act` once all that is being told has been told, and after those that were asked
        before; at once where nothing is."""
        self._afterwards.append(act)
        self._act()

    def _tell(self, symbol: str, reports: Sequence[Report]) -> Sequence[Report]:
        self._telling += 1
        for report in reports:
            self._digest.report(symbol, report)
            self._on_report(symbol, report)
        self._telling -= 1
        if self._afterwards:
            self._act()
        return reports

    def _act(self) -> None:
        if self._telling or self._acting:
            return
        self._acting = True
        while self._afterwards:
            self._afterwards.popleft()()
        self._acting = False
