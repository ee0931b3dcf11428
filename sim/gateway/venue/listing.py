"""A contract as the twin lists it: what its market did, when it is open, which rules it has."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import msgspec

from ....matching.engines import AUTO
from ....matching.rules import PROJECTX_SIM, Rules, Trigger, UnknownSize
from ....trading.calendar import Calendar, calendar
from ....trading.errors import ScenarioError, UsageError
from ....trading.instrument import Instrument
from ....trading.instruments import MONTH_CODES
from ....trading.tape import Tape

_QUARTERS = (3, 6, 9, 12)
_ROLL_DAY = 10  # of the delivery month: traders have moved on by then


@dataclass(frozen=True, eq=False)
class Listing:
    """One contract's market. What its tape has before `start_ns` is history; from `book_ns` on it
    is told to the engines, so that there is a quote and a last price when trading begins.
    `engine`: one of `matching.engines.ENGINES`."""

    instrument: Instrument
    tape: Tape
    calendar: Calendar
    rules: Rules
    start_ns: int
    book_ns: int
    engine: str = AUTO


def list_contract(
    instrument: Instrument,
    tape: Tape,
    *,
    start_ns: int | None = None,
    hours: Calendar | None = None,
    unknown_size: str = "all",
    stop_trigger: str = "trade",
) -> Listing:
    """A listing by the rules of the simulator behind practice accounts (`projectx-sim`).

    `start_ns`: when trading begins, the tape's start if None. `hours`: the instrument's own
    calendar if None. `unknown_size`: what an order may take where the data has no sizes, `all`,
    `one` or `none`. `stop_trigger`: `trade` or `quote`. Raises `ScenarioError` for a tape that the
    twin cannot replay, `UsageError` for other values.
    """
    if not len(tape.quotes.seq) and not len(tape.trades.seq):
        raise ScenarioError(
            f"{instrument.symbol}: the twin sends quotes and trades, and this data has neither; "
            f"give ticks instead of bars"
        )
    rules = market_rules(instrument, unknown_size, stop_trigger)
    if rules.profile.trigger is Trigger.TRADE and not len(tape.trades.seq):
        raise ScenarioError(
            f"{instrument.symbol}: stops are set off by trades, and this data has quotes alone; "
            f"give trades too, or name the assumption: stop_trigger='quote'"
        )
    begins = tape.start_ns if start_ns is None else start_ns
    if not tape.start_ns <= begins <= tape.end_ns:
        raise UsageError(
            f"{instrument.symbol}: the market would start at {begins} ns, and its data goes from "
            f"{tape.start_ns} to {tape.end_ns}"
        )
    return Listing(
        instrument,
        tape,
        hours or calendar(instrument.calendar),
        rules,
        begins,
        book_ns(tape, begins),
    )


def market_rules(
    instrument: Instrument, unknown_size: str = "all", stop_trigger: str = "trade"
) -> Rules:
    """The rules of the simulator behind practice accounts, as far as they are known. Raises
    `UsageError` for values that are none of `list_contract`'s."""
    trigger = _choice(Trigger, stop_trigger, "stop_trigger")
    return Rules(
        profile=msgspec.structs.replace(PROJECTX_SIM, trigger=trigger),
        unknown_size=_choice(UnknownSize, unknown_size, "unknown_size"),
        spread=instrument.tick_units(0),
        tick=instrument.tick_units(0),
    )


def book_ns(tape: Tape, start_ns: int) -> int:
    """When the last quote and the last trade before a moment were, whichever is earlier."""
    found = start_ns
    for times in (tape.quotes.time_ns, tape.trades.time_ns):
        at = int(times.searchsorted(start_ns, "left"))
        if at:
            found = min(found, int(times[at - 1]))
    return found


def front_contract(root: Instrument, on: date) -> Instrument:
    """The quarterly contract of a root that is traded on a day; one with a month is as it is.

    Meant for generated markets: which months a root really lists is not known here.
    """
    if root.month is not None:
        return root
    year = on.year
    for month in _QUARTERS:
        if (on.month, on.day) <= (month, _ROLL_DAY):
            break
    else:
        year, month = on.year + 1, _QUARTERS[0]
    code = MONTH_CODES[month - 1]
    return replace(root, symbol=f"{root.symbol}{code}{year % 10}", month=date(year, month, 1))


T = TypeVar("T")


def _choice(kind: Callable[[str], T], value: str, name: str) -> T:
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"{name} is {value!r}, which is none that is known") from None
