"""Dryfill: rehearse trading orders before they trade.

Names load when they are used, so that `import dryfill` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .app.backtest import Backtest
    from .app.report import Report
    from .trading import instruments
    from .scenarios import read_market, synthetic, synthetic_bars, write_market
    from .trading.desk import Desk
    from .trading.errors import (
        ConnectionLost,
        DryfillError,
        NotSent,
        OffGrid,
        OutcomeUnknown,
        ProtocolError,
        Refused,
        RefusedByUs,
        ScenarioError,
        UsageError,
    )
    from .trading.events import Bar, Quote, Trade
    from .trading.instrument import Instrument
    from .trading.order import Buy, Sell
    from .trading.orders.settings import OrderSettings
    from .trading.price import Price, Ticks
    from .trading.strategy import Strategy
    from .trading.tape import Tape

_HOME = {
    ".app.backtest": ("Backtest",),
    ".app.report": ("Report",),
    ".scenarios": ("read_market", "synthetic", "synthetic_bars", "write_market"),
    ".trading.desk": ("Desk",),
    ".trading.errors": (
        "ConnectionLost",
        "DryfillError",
        "NotSent",
        "OffGrid",
        "OutcomeUnknown",
        "ProtocolError",
        "Refused",
        "RefusedByUs",
        "ScenarioError",
        "UsageError",
    ),
    ".trading.events": ("Bar", "Quote", "Trade"),
    ".trading.instrument": ("Instrument",),
    ".trading.order": ("Buy", "Sell"),
    ".trading.orders.settings": ("OrderSettings",),
    ".trading.price": ("Price", "Ticks"),
    ".trading.strategy": ("Strategy",),
    ".trading.tape": ("Tape",),
}
_MODULES = {"instruments": ".trading.instruments"}
_ROOM = {name: home for home, names in _HOME.items() for name in names}

__all__ = [*sorted([*_ROOM, *_MODULES]), "__version__"]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(_MODULES[name], __name__)
    if name not in _ROOM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_ROOM[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
