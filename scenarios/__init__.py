"""What the market does: readers of recorded data, a writer, and a seeded generator.

Names load when they are used, because the readers bring in polars.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bars import to_bars
    from .generator import synthetic, synthetic_bars
    from .readers.cleaning import CLEANING
    from .readers.market import Market, read_market
    from .suspects import suspect_bars
    from .writer import write_market

__all__ = [
    "Market",
    "read_market",
    "write_market",
    "CLEANING",
    "suspect_bars",
    "synthetic",
    "synthetic_bars",
    "to_bars",
]

_HOME = {
    "Market": ".readers.market",
    "read_market": ".readers.market",
    "write_market": ".writer",
    "CLEANING": ".readers.cleaning",
    "suspect_bars": ".suspects",
    "synthetic": ".generator",
    "synthetic_bars": ".generator",
    "to_bars": ".bars",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name], __name__), name)
