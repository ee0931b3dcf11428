"""What a bracket is for: its levels, its targets' shares, the rules on its stop, and what is wrong
with them before anything is sent."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from math import isfinite
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ...errors import UsageError
from ...instrument import Instrument
from ...order import OrderRequest
from ...price import PriceLike, Ticks, price_text
from ...words import OrdType, Side

Level = Ticks | PriceLike
"""Where a leg goes: `Ticks` away from the mean entry price, or at a price."""

Targets = Level | Sequence[Level] | Sequence[tuple[int, Level]] | None
"""One level for all; several that share the entry equally, what is left over going to the nearest;
or `(contracts, level)` for each. The nearest comes first."""


class Target(Struct, frozen=True):
    """A target and how many contracts it is for."""

    qty: int
    level: Level


class Rules(Struct, frozen=True, kw_only=True):
    """What a bracket does by itself. All distances in ticks.

    `break_even`: once the market was so far in favour of the mean entry, the stop goes there, or
    `break_even_plus` beyond. `trail`: the stop follows the best price seen at this distance.
    Neither ever moves the stop back. `entry_timeout`: seconds after which an entry still working is
    cancelled.
    """

    break_even: Ticks | None = None
    break_even_plus: Ticks | None = None
    trail: Ticks | None = None
    entry_timeout: float | None = None

    def __post_init__(self) -> None:
        for name, distance in (("break_even", self.break_even), ("trail", self.trail)):
            if distance is not None and distance.n < 1:
                raise UsageError(f"{name} is {distance.n} ticks; give at least Ticks(1)")
        plus, after = self.break_even_plus, self.break_even
        if plus is not None and (after is None or not 0 <= plus.n < after.n):
            room = "none was given" if after is None else f"it is {after.n} ticks"
            raise UsageError(
                f"break_even_plus is {plus.n} ticks; give 0 or more and fewer than break_even "
                f"({room}), or the market would be at the stop when it moves there"
            )
        seconds = self.entry_timeout
        if seconds is not None and not (isfinite(seconds) and seconds > 0):
            raise UsageError(f"entry_timeout is {seconds!r}; give seconds above zero, or None")

    @property
    def follows(self) -> bool:
        """Whether the stop depends on the market's price."""
        return self.break_even is not None or self.trail is not None


NO_RULES = Rules()


class Plan(Struct, frozen=True):
    """What a bracket is for. No targets: stop alone; the nearest comes first."""

    instrument: Instrument
    side: Side
    qty: int
    stop: Level
    targets: tuple[Target, ...] = ()
    rules: Rules = NO_RULES

    def level(self, nth: int | None) -> Level:
        """The level of the `nth` target (from 0), or of the stop (None)."""
        return self.stop if nth is None else self.targets[nth].level

    def at(self, nth: int | None, level: Level) -> "Plan":
        """The plan with one level changed; `nth` as in `level`."""
        if nth is None:
            return replace(self, stop=level)
        targets = list(self.targets)
        targets[nth] = Target(targets[nth].qty, level)
        return replace(self, targets=tuple(targets))

    def unruled(self) -> "Plan":
        """The plan without rules on its stop: the trader took it over."""
        rules = replace(self.rules, break_even=None, break_even_plus=None, trail=None)
        return replace(self, rules=rules)


def share_out(target: Targets, qty: int) -> tuple[Target, ...]:
    """The targets of an entry for `qty` contracts, as they were written.

    Raises `UsageError` where a target has no contract or all together are not the entry's.

    >>> [each.qty for each in share_out([Ticks(8), Ticks(16), Ticks(32)], 8)]
    [3, 3, 2]
    """
    if target is None:
        return ()
    if not isinstance(target, list | tuple):
        return (Target(qty, target),)  # type: ignore[arg-type]  # text is one price, no sequence
    if not target:
        raise UsageError("target is an empty list; give levels, or None for a stop alone")
    sized = [isinstance(each, tuple) for each in target]
    if all(sized):
        return _as_given([_pair(each) for each in target], qty)
    if any(sized):
        raise UsageError("target mixes (contracts, level) and plain levels; write all alike")
    if qty < len(target):
        raise UsageError(
            f"{len(target)} targets share {qty} contracts; give each at least one, or fewer targets"
        )
    each, over = divmod(qty, len(target))
    return tuple(Target(each + (n < over), level) for n, level in enumerate(target))


def _pair(given: Any) -> tuple[int, Level]:
    if len(given) != 2:
        raise UsageError(f"target {given!r} is no (contracts, level)")
    return given[0], given[1]


def _as_given(pairs: list[tuple[int, Level]], qty: int) -> tuple[Target, ...]:
    for size, level in pairs:
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise UsageError(f"target {(size, level)!r} is for {size!r} contracts; give 1 or more")
    total = sum(size for size, _ in pairs)
    if total != qty:
        written = " + ".join(str(size) for size, _ in pairs)
        raise UsageError(f"targets are for {written} = {total} contracts, the entry for {qty}")
    return tuple(Target(size, level) for size, level in pairs)


def leg_price(plan: Plan, level: Level, entry_px: Decimal | None, *, is_stop: bool) -> Decimal:
    """The exact price of a leg: `level_price` of a bracket's plan."""
    return level_price(plan.instrument, plan.side, level, entry_px, is_stop=is_stop)


def level_price(
    instrument: Instrument, side: Side, level: Level, mean_px: Decimal | None, *, is_stop: bool
) -> Decimal:
    """The exact price of a level. A distance counts from the mean price of what is held, long where
    `side` is BUY, and is rounded towards it where that mean lies between ticks, so that no order
    is further away than was asked."""
    if not isinstance(level, Ticks):
        return instrument.decimal(instrument.units(level))
    assert mean_px is not None, "a distance counts from the mean price"
    above = (side.sign > 0) is not is_stop
    if above:
        return instrument.ticks_from(mean_px, level.n, rounding="down")
    return instrument.ticks_from(mean_px, -level.n, rounding="up")


def entry_prices(request: OrderRequest, market: PriceLike | None) -> list[Decimal]:
    """Prices an entry may get: its limit and its trigger, else the market's where it is known."""
    found = [px for px in (request.price, request.stop_px) if px is not None]
    if not found and market is not None:
        found = [request.instrument.decimal(request.instrument.units(market))]
    return found


def check_levels(plan: Plan, entries: Sequence[Decimal]) -> None:
    """Validate stop and targets after alignment, against the entry and each other (INV-15).

    `entries`: see `entry_prices`; with none of them, levels are checked against each other where
    they are of one kind. Raises `UsageError` with the aligned prices; nothing has been sent then.
    """
    levels = [("stop", plan.stop), *zip(roles(plan), _levels(plan), strict=True)]
    for name, level in levels:
        if isinstance(level, int):  # a price as well as a distance would be taken without a word
            raise UsageError(f"{name} is {level!r}; write Ticks({level}) or the price '{level}'")
        if isinstance(level, Ticks) and level.n < 1:
            raise UsageError(f"{name} is {level.n} ticks away; give at least Ticks(1)")
    for entry in entries:
        check_line(plan, entry, entry)
    if entries:
        return
    distances = [level.n for level in _levels(plan) if isinstance(level, Ticks)]
    if any(after <= before for before, after in pairwise(distances)):
        raise UsageError(f"targets are {distances} ticks away; the nearest comes first")
    check_line(plan, None, None)


def check_line(plan: Plan, entry: Decimal | None, entry_px: Decimal | None) -> None:
    """Raise `UsageError` unless stop, `entry` and targets lie in this order, one tick apart at
    least. Distances count from `entry_px`; where that is None they are left out."""
    stop, *targets = (
        None
        if entry_px is None and isinstance(level, Ticks)
        else leg_price(plan, level, entry_px, is_stop=n == 0)
        for n, level in enumerate((plan.stop, *_levels(plan)))
    )
    sign = plan.side.sign
    line = [px for px in (stop, entry, *targets) if px is not None]
    if all(sign * (after - before) > 0 for before, after in pairwise(line)):
        return
    filled = entry is None and entry_px is not None  # it is no limit for the stop any more
    words = ["stop", *([] if filled else ["entry"]), *(roles(plan) or ["target"])]
    shown = [f"stop {_shown(stop)}"]
    if not filled:
        shown.append(f"entry {'at market' if entry is None else price_text(entry)}")
    shown += [f"{n} {_shown(px)}" for n, px in zip(roles(plan), targets, strict=True)]
    if not targets:
        shown.append("no target")
    raise UsageError(
        f"{plan.side.name} bracket in {plan.instrument.symbol}: {', '.join(shown)}; "
        f"it must be {' < '.join(words[::sign])}, each at least one tick apart"
    )


def roles(plan: Plan) -> list[str]:
    """The targets' roles in client tags: `target` for a single one, else `target1`, `target2` …"""
    if len(plan.targets) == 1:
        return ["target"]
    return [f"target{n}" for n in range(1, len(plan.targets) + 1)]


def _levels(plan: Plan) -> list[Level]:
    return [target.level for target in plan.targets]


def _shown(px: Decimal | None) -> str:
    return "by distance" if px is None else price_text(px)


def entry_type_fits(ord_type: OrdType) -> bool:
    """Entries a bracket can have: those whose fill is a new position at a price of the market's."""
    return ord_type in {OrdType.MARKET, OrdType.LIMIT, OrdType.STOP, OrdType.STOP_LIMIT}
