"""Which engine runs: the one in Rust where it was built, or the one that is read.

Both say the same of the same commands and rows, report for report (tests/matching compares them),
so that the choice changes how long a run takes and nothing else.
"""

from importlib import import_module
from typing import Any

from .engine import Engine
from .order_book import OrderBook, SelfMatch
from .rules import Rules

AUTO, NATIVE, REFERENCE = "auto", "native", "reference"
ENGINES = (AUTO, NATIVE, REFERENCE)
"""What may be asked for; AUTO is NATIVE where that was built."""

_CORE, _REFERENCE = ".native.core", ".reference"  # loaded when they run: a small run is over sooner


class NoSuchEngineError(ValueError):
    """An engine of this name is not known, or not built here."""


def native_is_there() -> bool:
    """Whether the native engine was built with this installation, and can be loaded here."""
    try:
        import_module(_CORE, __package__)
    except ImportError:
        return False
    return True


def chosen(name: str = AUTO) -> str:
    """NATIVE or REFERENCE: what `name` comes to here.

    Raises NoSuchEngineError for a name that is none of ENGINES, and for NATIVE where it was not
    built.
    """
    if name not in ENGINES:
        raise NoSuchEngineError(f"engine is {name!r}; give one of {', '.join(ENGINES)}")
    if name == NATIVE and not native_is_there():
        raise NoSuchEngineError(
            "the native engine was not built with this installation: it needs cargo (Rust 1.88 or "
            "newer) and its crates while Dryfill is installed; engine='reference' does the same"
        )
    if name != AUTO:
        return name
    return NATIVE if native_is_there() else REFERENCE


def make_engine(name: str, rules: Rules, suspect_bars: frozenset[int] = frozenset()) -> Engine:
    """An engine of `name` (one of ENGINES) for one instrument. Raises as `chosen` does."""
    native = chosen(name) == NATIVE
    module: Any = import_module(_CORE if native else _REFERENCE, __package__)
    made = module.NativeEngine if native else module.ReferenceEngine
    engine: Engine = made(rules, suspect_bars)
    return engine


def make_order_book(
    name: str = AUTO, self_match: SelfMatch = SelfMatch.CANCEL_RESTING
) -> OrderBook:
    """An empty book of many people's orders, by the engine `name` (one of ENGINES); see
    docs/order-book.md. Raises as `chosen` does, and ValueError for what is no `SelfMatch`."""
    native = chosen(name) == NATIVE
    home = _CORE if native else f"{_REFERENCE}.order_book"
    module: Any = import_module(home, __package__)
    made = module.NativeOrderBook if native else module.ReferenceOrderBook
    book: OrderBook = made(self_match)
    return book
