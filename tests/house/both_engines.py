"""Both engines behind one interface: whatever a test does is done on both and has to be the same.

`DRYFILL_BOTH_ENGINES=1` puts this engine into every world that the tests make (tests/conftest.py):
strategies, races, faults and the twin of the gateway then compare the engines on their way.
"""

from typing import Any
from unittest.mock import patch

from dryfill.matching.engines import NATIVE, REFERENCE, make_engine
from dryfill.matching.rules import Rules

PLACES = (
    "dryfill.sim.backtest.make_engine",
    "dryfill.sim.gateway.venue.paper_account.make_engine",
    "dryfill.sim.live_paper.make_engine",
)


class BothEngines:
    """An `Engine` that is two, and asserts that they agree on every answer and on the book."""

    def __init__(self, name: str, rules: Rules, suspect_bars: frozenset[int] = frozenset()) -> None:
        self._engines = [make_engine(each, rules, suspect_bars) for each in (REFERENCE, NATIVE)]

    def __getattr__(self, name: str) -> Any:
        one, other = (getattr(engine, name) for engine in self._engines)
        if not callable(one):
            assert one == other, f"{name}: {one} and {other}"
            return one
        return lambda *given: self._both(name, one, other, given)

    def _both(self, name: str, one: Any, other: Any, given: tuple[Any, ...]) -> Any:
        said, error = _answer(one, given)
        echoed, _ = _answer(other, given)
        assert said == echoed, f"{name}{given}: {said} and {echoed}"
        if name == "advance":
            books = [engine.book() for engine in self._engines]
            assert books[0] == books[1], f"after {name}{given}: {books}"
        if error is not None:
            raise error
        return said


def _answer(ask: Any, given: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    try:
        return ask(*given), None
    except (ValueError, AssertionError, OverflowError, TypeError) as error:
        return f"{type(error).__name__}: {error}", error


def in_every_world() -> None:
    """Put both engines where the product makes one, for the life of this process."""
    for place in PLACES:
        patch(place, BothEngines).start()
