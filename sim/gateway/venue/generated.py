"""Generated markets for the twin: a day of history, and a day to trade, of nobody's data."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from ....scenarios.generator import synthetic
from ....trading import instruments
from ....trading.calendar import AlwaysOpen
from .listing import Listing, front_contract, list_contract

_NS = 10**9
_PAUSE_NS = 1800 * _NS  # between two sessions, and never within one


def generated_listing(
    name: str, *, on: date, seed: int, days_before: int = 1, hours: str = "globex"
) -> Listing:
    """A contract with a generated market that is open from a day's opening to its end.

    `name`: a root ("MNQ", of which the front quarterly contract is taken) or a contract. The market
    begins a minute into the session of `on`, or of the next weekday; `days_before` sessions are its
    history. Raises `UsageError` for names, dates and hours that are none.
    """
    day = on + timedelta(days=max(0, 7 - on.weekday()) if on.weekday() >= 5 else 0)
    instrument = front_contract(instruments.find(name, on=on), on)
    first = _weekdays_before(day, days_before)
    tape = synthetic(instrument, seed=seed, start=first, days=days_before + 1, hours=hours)
    times = tape.quotes.time_ns
    pauses = np.flatnonzero(np.diff(times) > _PAUSE_NS)
    begins_ns = int(times[pauses[-1] + 1]) if days_before else tape.start_ns
    start_ns = min(begins_ns + 60 * _NS, tape.end_ns)
    return list_contract(instrument, tape, start_ns=start_ns, hours=AlwaysOpen())


def generated_listings(names: Sequence[str], *, on: date, seed: int) -> tuple[Listing, ...]:
    """A listing for each name, each with a market of its own."""
    return tuple(generated_listing(name, on=on, seed=seed + n) for n, name in enumerate(names))


def _weekdays_before(day: date, n: int) -> date:
    while n:
        day -= timedelta(days=1)
        n -= day.weekday() < 5
    return day
