"""The exchange as a source of moments: one engine for each instrument, driven by the loop."""

from collections.abc import Callable

from ..matching.commands import Command
from ..matching.engine import Book, Engine
from ..matching.reports import Report
from .digest import DomainDigest
from .loop import VirtualLoop
from .loop_moments import Tie


class Exchange:
    """Engines by symbol. The loop moves it (`next_moment`, `advance`); the desk enters orders.

    `on_report(symbol, report)` hears every report in the order in which the engines make them.
    """

    tie = Tie.MARKET

    def __init__(
        self,
        loop: VirtualLoop,
        engines: dict[str, Engine],
        digest: DomainDigest,
        on_report: Callable[[str, Report], None],
    ) -> None:
        self._loop = loop
        self._engines = engines
        self._digest = digest
        self._on_report = on_report

    def next_moment(self, limit_ns: int) -> int | None:
        moments = (engine.next_moment(limit_ns) for engine in self._engines.values())
        return min((m for m in moments if m is not None), default=None)

    def advance(self, to_ns: int) -> None:
        for symbol, engine in self._engines.items():
            self._tell(symbol, list(engine.advance(to_ns)))

    def schedule(self, symbol: str, at_ns: int, command: Command) -> None:
        """Let a command reach the engine later by itself: the session's states."""
        self._digest.command(symbol, at_ns, command)
        self._engines[symbol].submit(at_ns, command)

    def enter(self, symbol: str, command: Command) -> list[Report]:
        """A command reaches its engine now; what it reports at once, already told to everybody."""
        now_ns = self._loop.now_ns
        engine = self._engines[symbol]
        # What the market did up to now comes first, and may bring reports of its own.
        self._tell(symbol, list(engine.advance(now_ns)))
        self._digest.command(symbol, now_ns, command)
        engine.submit(now_ns, command)
        return self._tell(symbol, list(engine.advance(now_ns)))

    def book(self, symbol: str) -> Book:
        """The book of an instrument as of the last moment that mattered to it."""
        return self._engines[symbol].book()

    def _tell(self, symbol: str, reports: list[Report]) -> list[Report]:
        for report in reports:
            self._digest.report(symbol, report)
            self._on_report(symbol, report)
        return reports
