"""The instruments everybody trades, as a table that users override, and contract months.

The rows stand in instruments.toml with their sources. `find("ES")` gives the root for research,
`find("ESH4")` the contract of March 2014 or 2024; which one depends on the day that is asked about,
and there is no clock in here, so that day is an argument.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from .errors import UsageError
from .instrument import Instrument, TickBand
from .tables import Row, checked, merged, read_toml

MONTH_CODES = "FGHJKMNQUVXZ"
"""January to December, as futures write them."""

_BUILT_IN = Path(__file__).with_name("instruments.toml")
_CONTRACT = re.compile(rf"(?P<root>.+)(?P<code>[{MONTH_CODES}])(?P<year>\d{{4}}|\d\d?)")


class _Band(Row, frozen=True):
    tick: Decimal
    since: date | None = None
    at_or_above: Decimal | None = None


class _Row(Row, frozen=True):
    tick: Decimal
    point_value: Decimal
    description: str = ""
    exchange: str = ""
    currency: str = "USD"
    calendar: str = "always"
    protection: Decimal | None = None
    projectx: str = ""
    bands: tuple[_Band, ...] = ()
    source: str = ""


class Instruments:
    """A table of roots. `roots` is in the table's order."""

    def __init__(self, by_root: Mapping[str, Instrument]) -> None:
        self._by_root = dict(by_root)

    @property
    def roots(self) -> tuple[str, ...]:
        return tuple(self._by_root)

    def find(self, name: str, *, on: date | None = None) -> Instrument:
        """The instrument of a root ("ES") or of a contract ("ESH4", "ESH24", "ESH2024").

        A contract's symbol is written with one digit for the year whichever way it was asked for;
        `month` is the first day of its delivery month. A one-digit year is the one nearest to `on`
        (of two equally near the later), and without `on` the month stays None. Capitals do not
        matter. Raises `UsageError` listing the known roots.
        """
        wanted = name.strip()
        for spelling in (wanted, wanted.upper()):
            if spelling in self._by_root:
                return self._by_root[spelling]
            split = _CONTRACT.fullmatch(spelling)
            if split and split["root"] in self._by_root:
                return _contract(self._by_root[split["root"]], split["code"], split["year"], on)
        raise UsageError(
            f"{name!r} is no instrument known; roots are {', '.join(self._by_root)}, contracts "
            f"are written like ESH4. Add one with a TOML file (instruments.load) or pass "
            f'Instrument("{wanted}", tick=Decimal("0.25"), point_value=Decimal("50"))'
        )


def find(name: str, *, on: date | None = None) -> Instrument:
    """An instrument of the built-in table: see `Instruments.find`.

    >>> find("ES").tick, find("ESH24").month
    (Decimal('0.25'), datetime.date(2024, 3, 1))
    """
    return _built_in().find(name, on=on)


def knowing(instrument: Instrument) -> Callable[[str], Instrument]:
    """As `find`, of a table that has this one instrument as it is."""
    return lambda name: instrument if name == instrument.symbol else find(name)


def load(path: Path | str) -> Instruments:
    """The built-in table with a user's TOML file laid over it, key by key.

    Raises `ScenarioError` with file, key and value for a row that is no instrument, `UsageError`
    for a file that is not there.
    """
    over = read_toml(path)
    built_in = read_toml(_BUILT_IN)
    rows = merged(built_in, over)
    return Instruments(
        {
            root: _instrument(root, row, path if root in over else _BUILT_IN)
            for root, row in rows.items()
        }
    )


def contract_month(symbol: str, *, on: date | None = None) -> date:
    """The first day of a contract symbol's delivery month, whatever its root.

    Raises `UsageError` for what is no contract symbol, and for a one-digit year without `on`.

    >>> contract_month("ESZ3", on=date(2013, 10, 7))
    datetime.date(2013, 12, 1)
    """
    split = _CONTRACT.fullmatch(symbol.strip().upper())
    if split is None:
        raise UsageError(f"{symbol!r} is no contract; write a root, a month code and a year: ESH4")
    month = _month(split["code"], split["year"], on)
    if month is None:
        raise UsageError(
            f"the year of {symbol!r} has one digit; give on=date(...) or write "
            f"{split['root']}{split['code']}24"
        )
    return month


@cache
def _built_in() -> Instruments:
    rows = read_toml(_BUILT_IN)
    return Instruments({root: _instrument(root, row, _BUILT_IN) for root, row in rows.items()})


def _instrument(root: str, values: object, file: Path | str) -> Instrument:
    row = checked(_Row, values, file=file, key=root)
    bands = tuple(TickBand(b.tick, b.since, b.at_or_above) for b in row.bands)
    fields = {
        name: getattr(row, name)
        for name in row.__struct_fields__
        if name not in ("bands", "source")
    }
    try:
        return Instrument(symbol=root, root=root, bands=bands, **fields)
    except UsageError as exc:
        raise UsageError(f"{file}: {exc}") from exc


def _contract(root: Instrument, code: str, year: str, on: date | None) -> Instrument:
    return replace(root, symbol=f"{root.symbol}{code}{year[-1]}", month=_month(code, year, on))


def _month(code: str, year: str, on: date | None) -> date | None:
    month = MONTH_CODES.index(code) + 1
    if len(year) == 4:
        return date(int(year), month, 1)
    if len(year) == 2:
        return date(2000 + int(year), month, 1)
    if on is None:
        return None
    after = on.year + (int(year) - on.year) % 10
    return date(after if after - on.year <= 5 else after - 10, month, 1)
