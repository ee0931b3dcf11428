"""How a market is taken, out of a user's words: the venue, the queue, what the data leaves open."""

from typing import Any

import msgspec

from ..matching.rules import PROFILES, BarPath, QueueModel, Rules, Trigger, UnknownSize
from ..trading.errors import ScenarioError, UsageError
from ..trading.instrument import Instrument
from ..trading.tape import NO_PRICE, UNKNOWN_SIZE, Tape, pieces


def market_rules(
    instrument: Instrument,
    tape: Tape,
    venue: str = "cme",
    queue: str = "back",
    unknown_size: str | None = None,
    bar_path: str = "adverse",
    spread: int = 1,
    stop_trigger: str | None = None,
) -> Rules:
    """The engine's rules for an instrument and its data, from words.

    Raises `UsageError` for a word that is none, `ScenarioError` for data that leaves something
    open which must be named.
    """
    if venue not in PROFILES:
        raise UsageError(f"venue {venue!r} is not known; known are {', '.join(PROFILES)}")
    profile = PROFILES[venue]
    if stop_trigger is not None:
        trigger = _choice(Trigger, stop_trigger, "stop_trigger")
        profile = msgspec.structs.replace(profile, trigger=trigger)
    traded = len(tape.trades.seq) or (tape.bars.open != NO_PRICE).any()
    if profile.trigger is Trigger.TRADE and not traded:
        raise ScenarioError(
            f"stops are set off by trades at {venue}, and this data has quotes alone; give "
            f"trades too, or name the assumption: stop_trigger='quote'"
        )
    unsized = any(
        (part.bid_size == UNKNOWN_SIZE).any()
        for table in (tape.quotes, tape.bars)
        for part in pieces(table)
    )
    if unsized and unknown_size is None:
        raise ScenarioError(
            "the quotes of this data have no sizes; name what an order may take: "
            "unknown_size='all', 'one' (contract a quote) or 'none'"
        )
    if profile.protected and instrument.protection is None:
        raise UsageError(
            f"{venue} protects market and stop orders and no protection is known for "
            f"{instrument.symbol}; give Instrument(protection=...) or venue='projectx-sim'"
        )
    if spread < 1:
        raise UsageError(f"spread is {spread}; give a number of ticks from 1")
    points = instrument.protection
    return Rules(
        profile=profile,
        protection=None
        if points is None
        else instrument.units(instrument.price(points, rounding="nearest")),
        queue=_choice(QueueModel, queue, "queue"),
        unknown_size=None
        if unknown_size is None
        else _choice(UnknownSize, unknown_size, "unknown_size"),
        bar_path=_choice(BarPath, bar_path, "bar_path"),
        spread=spread * instrument.tick_units(0),
        tick=instrument.tick_units(0),
    )


def _choice(kind: Any, value: str, name: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise UsageError(f"{name} is {value!r}; known are {known}") from None
