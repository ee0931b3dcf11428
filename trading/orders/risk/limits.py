"""What the risk gate allows: one frozen, validated set of limits, and named sets from a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import field as row_field

from ...errors import UsageError
from ...instrument import Instrument
from ...price import Ticks
from ...tables import Row, checked, merged, read_toml

_TABLE = Path(__file__).with_name("limits.toml")
_ONE = Decimal(1)

WithoutMarket = Literal["refuse", "allow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """The limits of one account. None: not checked. A value at its limit is allowed, but for
    `daily_loss`, which stops trading when it is reached.

    `order_qty`: contracts of one order. `net_position`: contracts, long or short, in any one
    instrument; `gross_position`: the sum of absolute positions over all instruments. Both count
    weighted contracts (`weights` by symbol or root, 1 where none is given) and the worst case:
    whatever works may fill. `orders_per_minute`: orders that open, in any 60 seconds.

    `collar`: how far a limit or stop price may lie beyond the market on the side that pays: above
    the ask for a buy, below the bid for a sell. `collar_without_market`: what becomes of such an
    order while no market is known.

    `daily_loss`: of the trade date, realised and open profit less fees. `trailing_loss`: distance
    of the floor below the highest end-of-day balance; the floor never falls, and with
    `trailing_stops_at_start` it stops rising at `starting_balance`. `trailing_counts_open`: the
    floor is checked against cash plus open profit; else against cash (market-facts 9).

    `hours`: local times from and to which orders may open (the first inclusive, the second not; it
    may go past midnight). `flat_by`: from this local time until `reopens` nothing opens and
    positions are due to be flat. Local means `zone`; the hour that a clock change repeats counts
    both times. `instruments`: symbols or roots that may be traded. `name` stands in refusals.

    Raises `UsageError` naming the field and its value.
    """

    name: str = "risk limits"
    order_qty: int | None = None
    net_position: Decimal | int | None = None
    gross_position: Decimal | int | None = None
    weights: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    orders_per_minute: int | None = None
    collar: Ticks | None = None
    collar_without_market: WithoutMarket = "refuse"
    daily_loss: Decimal | int | None = None
    trailing_loss: Decimal | int | None = None
    starting_balance: Decimal | int | None = None
    trailing_stops_at_start: bool = False
    trailing_counts_open: bool = True
    hours: tuple[time, time] | None = None
    flat_by: time | None = None
    reopens: time = time(17)
    zone: str = "America/Chicago"
    instruments: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("order_qty", "orders_per_minute"):
            count = getattr(self, name)
            if count is not None and (type(count) is not int or count < 1):
                raise _bad(name, count, "give a whole number from 1, or None for no limit")
        for name in ("net_position", "gross_position", "daily_loss", "trailing_loss"):
            _check_amount(name, getattr(self, name))
        _check_amount("starting_balance", self.starting_balance)
        for key, weight in self.weights.items():
            _check_amount(f"weights[{key!r}]", weight)
        object.__setattr__(self, "weights", MappingProxyType(dict(self.weights)))
        if self.collar is not None and (not isinstance(self.collar, Ticks) or self.collar.n < 0):
            raise _bad("collar", self.collar, "give Ticks(n) from 0")
        if self.collar_without_market not in ("refuse", "allow"):
            raise _bad("collar_without_market", self.collar_without_market, "'refuse' or 'allow'")
        if self.trailing_stops_at_start and self.starting_balance is None:
            raise _bad("starting_balance", None, "give it, since trailing_stops_at_start needs it")
        if isinstance(self.instruments, str) or self.instruments == ():
            raise _bad("instruments", self.instruments, "give a tuple of symbols or roots, or None")
        self._check_times()

    def weight(self, instrument: Instrument) -> Decimal:
        """What one contract counts for in the position limits; a symbol's weight goes first."""
        by_root = self.weights.get(instrument.root, _ONE)
        return self.weights.get(instrument.symbol, by_root)

    def _check_times(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise _bad("zone", self.zone, "give a time zone like 'America/Chicago'") from None
        if self.hours is not None and (len(self.hours) != 2 or self.hours[0] == self.hours[1]):
            raise _bad("hours", self.hours, "give two different local times, from and to")
        if self.flat_by == self.reopens:
            raise _bad("flat_by", self.flat_by, "give another time than reopens")
        for at in (*(self.hours or ()), self.flat_by or self.reopens, self.reopens):
            if not isinstance(at, time) or at.tzinfo is not None:
                raise _bad("a time", at, "give a datetime.time without a zone; `zone` says which")


def rule_set(name: str, *, path: Path | str | None = None) -> RiskLimits:
    """The limits of a named, dated rule set: of the built-in table, or of a user's TOML file `path`
    laid over it, key by key. Rows may name a `base` whose keys they take and replace.

    Raises `UsageError` listing the known names; `ScenarioError` with file, key and value.

    >>> rule_set("topstep-100k").gross_position, rule_set("topstep-100k").name
    (Decimal('10'), 'topstep-100k as of 2026-11-22')
    """
    over = {} if path is None else read_toml(path)
    rows = merged(read_toml(_TABLE), over)
    if name not in rows:
        raise UsageError(
            f"no rule set is named {name!r}; known are {', '.join(rows)}. Add [{name}] in a TOML "
            f"file and give it as path, or write RiskLimits(...)"
        )
    file = path if path is not None and name in over else _TABLE
    written = _with_base(rows, name, (), file)
    row = checked(_Row, written, file=file, key=name)
    keys = [key for key in row.__struct_fields__ if key in written and key not in _ABOUT]
    given = {key: getattr(row, key) for key in keys}
    if row.collar is not None:
        given["collar"] = Ticks(row.collar)
    return RiskLimits(name=f"{name} as of {row.as_of}", **given)


class _Row(Row, frozen=True):
    """A set as a file has it. What it does not write is as `RiskLimits` has it."""

    as_of: date
    source: str
    strength: str = "?"
    base: str = ""
    order_qty: int | None = None
    net_position: Decimal | None = None
    gross_position: Decimal | None = None
    weights: Mapping[str, Decimal] = row_field(default_factory=dict)
    orders_per_minute: int | None = None
    collar: int | None = None
    collar_without_market: WithoutMarket | None = None
    daily_loss: Decimal | None = None
    trailing_loss: Decimal | None = None
    starting_balance: Decimal | None = None
    trailing_stops_at_start: bool | None = None
    trailing_counts_open: bool | None = None
    hours: tuple[time, time] | None = None
    flat_by: time | None = None
    reopens: time | None = None
    zone: str | None = None
    instruments: tuple[str, ...] | None = None


_ABOUT = frozenset({"as_of", "source", "strength", "base"})


def _with_base(rows: Mapping[str, Any], name: str, seen: tuple[str, ...], file: Path | str) -> Any:
    """A row with the keys of the rows that it is based on."""
    row = rows[name]
    base = row.get("base") if isinstance(row, Mapping) else None
    if base is None:
        return row
    if base not in rows or base in (*seen, name):
        raise UsageError(
            f"{file}: {name}.base is {base!r}; name another set, of {', '.join(rows)}, that is not "
            f"based on this one"
        )
    return {**_with_base(rows, base, (*seen, name), file), **row}


def _check_amount(name: str, amount: object) -> None:
    if amount is None:
        return
    exact = isinstance(amount, Decimal | int) and not isinstance(amount, bool)
    if not exact or not Decimal(str(amount)).is_finite() or Decimal(str(amount)) <= 0:
        raise _bad(name, amount, "give a Decimal or whole number above zero, or None for no limit")


def _bad(name: str, value: object, way_out: str) -> UsageError:
    return UsageError(f"RiskLimits.{name} is {value!r}; {way_out}")
