"""Generated markets: quotes and trades that a trader believes at a glance, from a seed.

The same arguments give the same bytes on every machine and every Python: raw bits and integer
tables only (`dice`). Nobody's data, so that examples and tests may carry it anywhere.
"""

import re
from array import array
from datetime import UTC, date, datetime, timedelta
from math import isqrt
from zoneinfo import ZoneInfo

import numpy as np

from ..trading.errors import UsageError
from ..trading.instrument import Instrument
from ..trading.tape import NO_PRICE, Ints, QuoteRows, Tape, TradeRows, make_tape
from .bars import to_bars
from .dice import raw_bits
from .order_flow import OrderFlow
from .thin_flow import ThinFlow
from .weather import CHARACTERS, KINDS, Character, MarketKind, moods

_CHICAGO = ZoneInfo("America/Chicago")
_HOURS = {"rth": "08:30-15:00", "globex": "17:00-16:00"}
_NS = 10**9
# Streams of draws that must not meet: moods by day, gaps by day, then the flow's chunks.
_GAP_STREAM, _FLOW_STREAM = 1 << 32, 1 << 33


def synthetic(
    instrument: Instrument,
    *,
    seed: int,
    start: date | str = "2024-03-04",
    days: int = 1,
    hours: str = "rth",
    kind: MarketKind = "mixed",
    start_price: str | None = None,
) -> Tape:
    """A generated tape of quotes and trades: `days` sessions from the trade date `start` on.

    `hours` in Chicago time: "rth" (8:30 to 15:00), "globex" (17:00 of the day before to 16:00) or
    such as "08:30-09:30"; weekends are left out, holidays are not known. `kind`: "trend", "range",
    "volatile", or "mixed", which goes through all of them; or "thin", as a contract far out or a
    night is (`thin_flow`), where a side may have no price. `start_price` defaults to a level that
    the root has had. A daytime session has about 150 000 rows, a Globex one about 250 000; a thin
    one about 14 000.

    A trade comes before the quote that it changed, at the same nanosecond, and knows its aggressor.
    Between sessions the price jumps a little. Raises UsageError for arguments that make no sense.
    """
    first = _checked(seed, start, days, kind)
    begin, minutes = _minutes(hours)
    character = CHARACTERS.get(instrument.root) or _unknown(instrument)
    price = instrument.units(
        start_price or instrument.price(character.start_price, rounding="nearest")
    )
    tick = instrument.tick_units(price)
    anchor = price // tick if kind == "range" else None
    thin = kind == "thin"
    flow = ThinFlow(seed, _FLOW_STREAM) if thin else OrderFlow(seed, _FLOW_STREAM, anchor)
    bid = price // tick
    for n, day in enumerate(_trade_dates(first, days)):
        # An evening open belongs to the date that it ends on.
        evening = begin + minutes > 1440
        at_ns = _opening(day - timedelta(days=1) if evening else day, begin)
        jump = _overnight(seed, n, character) if n else 0
        flow.reopen(bid + jump, character.depth, at_ns)
        second_ns = at_ns
        for mood in moods(character, kind, seed, n, begin, minutes * 60):
            second_ns += _NS
            flow.second(second_ns, mood)
        bid = flow.bid
    return _tape(flow, tick)


def synthetic_bars(
    instrument: Instrument,
    *,
    seed: int,
    span_ns: int = 60 * _NS,
    start: date | str = "2024-03-04",
    days: int = 1,
    hours: str = "rth",
    kind: MarketKind = "mixed",
    start_price: str | None = None,
) -> Tape:
    """The tape that `synthetic` gives, as bars of quotes and trades of `span_ns` each."""
    ticks = synthetic(
        instrument,
        seed=seed,
        start=start,
        days=days,
        hours=hours,
        kind=kind,
        start_price=start_price,
    )
    return make_tape(bars=to_bars(ticks, span_ns), notes=ticks.notes)


def _checked(seed: int, start: date | str, days: int, kind: str) -> date:
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"seed is {seed!r}; give a whole number, 0 or above")
    if days < 1:
        raise UsageError(f"days is {days!r}; give at least 1")
    if kind not in KINDS:
        raise UsageError(f"kind={kind!r} is none of {', '.join(KINDS)}")
    try:
        return date.fromisoformat(start) if isinstance(start, str) else start
    except ValueError:
        raise UsageError(f"start={start!r} is no date; write for example '2024-03-04'") from None


def _minutes(hours: str) -> tuple[int, int]:
    """The Chicago minute at which a session begins, and how many it lasts."""
    found = re.fullmatch(
        r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", _HOURS.get(hours, hours)
    )
    if found is None:
        raise UsageError(f"hours={hours!r} is none of 'rth', 'globex' or such as '08:30-09:30'")
    begin, end = (int(found[i]) * 60 + int(found[i + 1]) for i in (1, 3))
    return begin, (end - begin) % 1440 or 1440


def _unknown(instrument: Instrument) -> Character:
    return Character(format(4000 * instrument.tick, "f"), 50, 6000, 42000)


def _trade_dates(first: date, days: int) -> list[date]:
    dates: list[date] = []
    day = first
    while len(dates) < days:
        if day.weekday() < 5:
            dates.append(day)
        day += timedelta(days=1)
    return dates


def _opening(day: date, minute: int) -> int:
    """The moment of a Chicago minute of a day, in ns UTC."""
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=_CHICAGO)
    return (local - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) * _NS


def _overnight(seed: int, n: int, character: Character) -> int:
    """Ticks from one session's last bid to the next one's first: small mostly, both ways alike."""
    draw = int(raw_bits(seed, _GAP_STREAM + n, 1)[0])
    usual = isqrt(character.step * 117_000 // 65536) // 4 + 1
    # The sum of four even draws is bell-shaped enough.
    return sum(draw >> 8 * i & 0xFF for i in range(4)) * usual // 256 - 2 * usual


def _tape(flow: OrderFlow | ThinFlow, tick: int) -> Tape:
    quotes = _columns(flow.quotes, 6)
    trades = _columns(flow.trades, 5)
    seq, time_ns, bid, bid_size, ask, ask_size = quotes
    return make_tape(
        QuoteRows(seq, time_ns, _units(bid, tick), bid_size, _units(ask, tick), ask_size),
        TradeRows(trades[0], trades[1], trades[2] * tick, trades[3], trades[4]),
    )


def _units(ticks: Ints, tick: int) -> Ints:
    return np.where(ticks == NO_PRICE, NO_PRICE, ticks * tick)


def _columns(flat: "array[int]", width: int) -> list[Ints]:
    table = np.frombuffer(flat, dtype=np.int64).reshape(-1, width)
    return [np.ascontiguousarray(table[:, i]) for i in range(width)]
