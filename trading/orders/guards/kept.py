"""What a journal keeps of guards and closes: what their orders cannot tell."""

from decimal import Decimal

from msgspec import Struct

from ...instrument import Instrument
from ...price import Ticks
from ...words import Side, TimeInForce
from ..brackets.core import Mode
from ..brackets.kept import level_text
from .spec import GuardSpec, Placed


class GuardKept(Struct, frozen=True, kw_only=True):
    """A guard as a journal has it; levels as `brackets.kept` writes them. `mean_px`: what its
    distances count from. `ended`: it guards nothing any more; `retired`: it was taken away.
    `spent`: contracts that it had closed when it was asked for last."""

    symbol: str
    side: Side
    tif: TimeInForce
    stop: str | None = None
    target: str | None = None
    qty: int | None = None
    mode: Mode = Mode.GUARDING
    reason: str = ""
    dropped: tuple[str, ...] = ()
    ended: bool = False
    retired: bool = False
    mean_px: Decimal | None = None
    spent: int = 0

    def spec(self, instrument: Instrument) -> GuardSpec:
        """What the guard is for."""
        return GuardSpec(
            instrument=instrument,
            side=self.side,
            stop=_placed(self.stop),
            target=_placed(self.target),
            qty=self.qty,
        )


class CloseKept(Struct, frozen=True, kw_only=True):
    """A close as a journal has it. What brackets close for it they know themselves. `anew`: its
    order at the limit goes, so that a smaller one takes its place."""

    symbol: str
    side: Side
    own: int
    limit: Decimal | None
    cancelled: str
    anew: bool = False


def placed_text(instrument: Instrument, level: Placed | None) -> str | None:
    """A guard's level as it is kept."""
    return None if level is None else level_text(instrument, level)


def _placed(text: str | None) -> Placed | None:
    if text is None:
        return None
    return Ticks(int(text[:-1])) if text.endswith("t") else Decimal(text)
