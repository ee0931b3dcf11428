"""What a guard is for, and what is wrong with it before anything is sent."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from ...errors import UsageError
from ...instrument import Instrument
from ...price import Ticks, price_text
from ...words import Side
from ..brackets.plan import Level, level_price

Placed = Ticks | Decimal
"""A level as a guard keeps it: a distance, or an exact price on the grid."""


class GuardSpec(Struct, frozen=True, kw_only=True):
    """Everything by which a guard can be made anew. `side`: of what is held, BUY for long.

    `stop`, `target`: None where there is none. `qty`: contracts guarded at most; None: all that
    no bracket holds, however many they become.
    """

    instrument: Instrument
    side: Side
    stop: Placed | None = None
    target: Placed | None = None
    qty: int | None = None

    def level(self, nth: int | None) -> Placed | None:
        """The target's level (0), or the stop's (None)."""
        return self.stop if nth is None else self.target

    def price(self, nth: int | None, mean_px: Decimal | None) -> Decimal | None:
        """The exact price of the target (0) or the stop (None); None where there is none, or where
        a distance has nothing to count from."""
        level = self.level(nth)
        if level is None or (mean_px is None and isinstance(level, Ticks)):
            return None
        return level_price(self.instrument, self.side, level, mean_px, is_stop=nth is None)


def placed(instrument: Instrument, name: str, level: Level | None) -> Placed | None:
    """A level as written, aligned. Raises `OffGrid`, and `UsageError` for a distance below one tick
    and for a bare number, which might mean either."""
    if level is None or isinstance(level, Ticks):
        if level is not None and level.n < 1:
            raise UsageError(f"{name} is {level.n} ticks away; give at least Ticks(1)")
        return level
    if isinstance(level, int):
        raise UsageError(f"{name} is {level!r}; write Ticks({level}) or the price '{level}'")
    return instrument.decimal(instrument.units(level))


def check_spec(spec: GuardSpec, mean_px: Decimal | None, market: Decimal | None) -> None:
    """Raise `UsageError` unless stop, market and target lie in this order, one tick apart at least
    (INV-15). `market`: what a close would get now; None: not known, and then nothing is said of
    it."""
    if spec.stop is None and spec.target is None:
        raise UsageError("give a stop, a target or both; `unprotect` takes a guard away")
    qty = spec.qty
    if qty is not None and (isinstance(qty, bool) or not isinstance(qty, int) or qty < 1):
        raise UsageError(f"qty is {qty!r}; give whole contracts from 1, or None for all")
    line = [
        ("stop", spec.price(None, mean_px)),
        ("market", market),
        ("target", spec.price(0, mean_px)),
    ]
    known = [(name, px) for name, px in line if px is not None]
    sign = spec.side.sign
    if all(sign * (after - before) > 0 for (_, before), (_, after) in pairwise(known)):
        return
    raise UsageError(_crossed(spec, known))


def _crossed(spec: GuardSpec, known: Sequence[tuple[str, Decimal]]) -> str:
    held = "long" if spec.side is Side.BUY else "short"
    shown = ", ".join(f"{name} {price_text(px)}" for name, px in known)
    words = [name for name, _ in known][:: spec.side.sign]
    return (
        f"guard of a {held} position in {spec.instrument.symbol}: {shown}; "
        f"it must be {' < '.join(words)}, each at least one tick apart"
    )
