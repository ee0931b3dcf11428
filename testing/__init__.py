"""What users import into their own tests: `rehearsal`, a test over many seeds, and its world.

Names load when they are used, because they bring in the live adapter and the twin.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # written "as" so that type checkers take them for exported
    from .rehearsals import Run as Run
    from .rehearsals import rehearsal as rehearsal
    from .wire_world import Rehearsal as Rehearsal

_HOME = {
    "Rehearsal": ".wire_world",
    "Run": ".rehearsals",
    "rehearsal": ".rehearsals",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name], __name__), name)
