"""Which contract: names of expiries, and the choice where a file holds several.

A month is coded by a letter (F January to Z December) and a year by its last digit or two:
ESH4 is the ES of March 2014 or 2024. The data's own year decides which decade.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...trading.errors import ScenarioError
from ...trading.instrument import Instrument

_CODES = "FGHJKMNQUVXZ"
_NAMED = re.compile(rf"([A-Z0-9]{{1,5}}?)([{_CODES}])(\d{{1,2}}|\d{{4}})")
_PROJECTX = re.compile(rf"CON\.F\.[A-Z]+\.[A-Z0-9]+\.([{_CODES}])(\d{{2}})")
_EXPIRY = re.compile(r"(\d{4})-?(0[1-9]|1[0-2])(?:-?\d{2})?")


@dataclass(frozen=True, slots=True, order=True)
class Contract:
    """One expiry. `month` 0: `root` is the file's own word, which is no name of an expiry."""

    year: int
    month: int
    root: str

    def __str__(self) -> str:
        return f"{self.root}{_CODES[self.month - 1]}{self.year % 10}" if self.month else self.root


def parse_contract(text: str, root: str, near_year: int) -> Contract:
    """The contract that a name or an expiry means: ESH4, ESH24, 201403, CON.F.US.EP.H24.

    `root` is taken where the text has none of its own, `near_year` (the data's) places a short
    year: the first such year that is not before it.
    """
    upper = text.strip().upper()
    if found := _EXPIRY.fullmatch(upper):
        return Contract(int(found[1]), int(found[2]), root)
    if found := _PROJECTX.fullmatch(upper):
        return Contract(_full_year(found[2], near_year), _CODES.index(found[1]) + 1, root)
    if found := _NAMED.fullmatch(upper):
        return Contract(_full_year(found[3], near_year), _CODES.index(found[2]) + 1, found[1])
    return Contract(0, 0, upper)


def choose_contract(
    weights: dict[Contract, tuple[int, int]],
    instrument: Instrument,
    named: str | None,
    near_year: int,
    place: str,
) -> Contract:
    """The contract to read out of those found, each with its (traded volume, rows).

    A named one (the argument, or an instrument that is itself an expiry) is taken or missed by
    name. A root takes the expiry with the most volume, then the most rows, then the nearest. Raises
    ScenarioError where nothing fits, naming what is there.
    """
    name = named or instrument.symbol
    wanted = parse_contract(name, instrument.root, near_year)
    if instrument.month is not None and named is None:
        wanted = Contract(instrument.month.year, instrument.month.month, instrument.root.upper())
    if named or wanted.month:
        if wanted not in weights:
            expiry = f" (expiry {wanted.year}-{wanted.month:02d})" if wanted.month else ""
            raise ScenarioError(
                f"{place}: there is no {name}{expiry}; it holds {_listed(weights)}. "
                f"Name one of these, for example contract='{min(weights)}'"
            )
        return wanted
    root = instrument.root.upper()
    # Expiries first: a spread's name has the root in it too, and it may well have traded more.
    fitting = {c: w for c, w in weights.items() if c.month and c.root == root}
    if not fitting:
        fitting = {c: w for c, w in weights.items() if not c.month and root in c.root}
    if not fitting:
        raise ScenarioError(
            f"{place}: nothing in it is {instrument.root}; it holds {_listed(weights)}. "
            f"Pass contract='{min(weights)}' to read that as {instrument.symbol} all the same"
        )
    return min(fitting, key=lambda c: (-fitting[c][0], -fitting[c][1], c))


def choice_note(chosen: Contract, weights: dict[Contract, tuple[int, int]]) -> tuple[str, ...]:
    """One sentence on what was chosen and what was passed over; none where there was no choice."""
    if len(weights) < 2:
        return ()
    volume, rows = weights[chosen]
    size = f"{volume} contracts traded" if volume else f"{rows} rows"
    others = sorted((c for c in weights if c != chosen), key=lambda c: (-weights[c][0], c))
    return (f"contract {chosen} of {len(weights)} ({size}); left out: {_listed(others)}",)


def _full_year(digits: str, near_year: int) -> int:
    modulus = int("1" + "0" * len(digits))
    distance: int = (int(digits) - near_year) % modulus
    return near_year + distance


def _listed(contracts: Iterable[Contract]) -> str:
    names = [str(c) for c in contracts]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
