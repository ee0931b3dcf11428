"""Dryfill: rehearse trading orders before they trade.

Names load when they are used, so that `import dryfill` costs nothing.
"""

import gc
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:  # written "as" so that type checkers take them for exported
    from .app.backtest import Backtest as Backtest
    from .app.report.report import Report as Report
    from .scenarios import read_market as read_market
    from .scenarios import synthetic as synthetic
    from .scenarios import synthetic_bars as synthetic_bars
    from .scenarios import write_market as write_market
    from .trading import instruments as instruments
    from .trading.desk import Desk as Desk
    from .trading.errors import ConnectionLost as ConnectionLost
    from .trading.errors import DryfillError as DryfillError
    from .trading.errors import NotSent as NotSent
    from .trading.errors import OffGrid as OffGrid
    from .trading.errors import OutcomeUnknown as OutcomeUnknown
    from .trading.errors import ProtocolError as ProtocolError
    from .trading.errors import Refused as Refused
    from .trading.errors import RefusedByUs as RefusedByUs
    from .trading.errors import ScenarioError as ScenarioError
    from .trading.errors import UsageError as UsageError
    from .trading.events import Bar as Bar
    from .trading.events import Crossing as Crossing
    from .trading.events import Quote as Quote
    from .trading.events import Trade as Trade
    from .trading.instrument import Instrument as Instrument
    from .trading.order import Buy as Buy
    from .trading.order import Sell as Sell
    from .trading.orders.risk.limits import RiskLimits as RiskLimits
    from .trading.orders.risk.limits import rule_set as rule_set
    from .trading.orders.settings import OrderSettings as OrderSettings
    from .trading.price import Price as Price
    from .trading.price import Ticks as Ticks
    from .trading.strategy import Strategy as Strategy
    from .trading.tape import Tape as Tape
    from .trading.words import ContingencyType as ContingencyType

_HOME = {
    ".app.backtest": ("Backtest",),
    ".app.report.report": ("Report",),
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
    ".trading.events": ("Bar", "Crossing", "Quote", "Trade"),
    ".trading.instrument": ("Instrument",),
    ".trading.order": ("Buy", "Sell"),
    ".trading.orders.risk.limits": ("RiskLimits", "rule_set"),
    ".trading.orders.settings": ("OrderSettings",),
    ".trading.price": ("Price", "Ticks"),
    ".trading.strategy": ("Strategy",),
    ".trading.tape": ("Tape",),
    ".trading.words": ("ContingencyType",),
}
_MODULES = {"instruments": ".trading.instruments"}
_ROOM = {name: home for home, names in _HOME.items() for name in names}

__all__ = [
    "Backtest",
    "Bar",
    "Buy",
    "ConnectionLost",
    "ContingencyType",
    "Crossing",
    "Desk",
    "DryfillError",
    "Instrument",
    "NotSent",
    "OffGrid",
    "OrderSettings",
    "OutcomeUnknown",
    "Price",
    "ProtocolError",
    "Quote",
    "Refused",
    "RefusedByUs",
    "Report",
    "RiskLimits",
    "ScenarioError",
    "Sell",
    "Strategy",
    "Tape",
    "Ticks",
    "Trade",
    "UsageError",
    "__version__",
    "instruments",
    "read_market",
    "rule_set",
    "synthetic",
    "synthetic_bars",
    "write_market",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return _loaded(_MODULES[name])
    if name not in _ROOM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_loaded(_ROOM[name]), name)
    globals()[name] = value
    return value


def _loaded(module: str) -> Any:
    """A module of ours. What modules make stays for good, so nobody looks for garbage meanwhile:
    it would be looked through again and again, a twentieth of the time to a first result."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return import_module(module, __name__)
    finally:
        if collecting:
            gc.enable()


def __dir__() -> list[str]:
    return list(__all__)
