"""The market's mood, second by second: how fast, how deep, how nervous, which way.

Three things make it: the shape of the day (busy at the 8:30 open and before the 15:00 close, quiet
at night), a volatility that clusters on every scale, and regimes that trend, range or storm.
Everything is a whole number; chances are out of 65 536 or 1024.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt
from typing import Literal, NamedTuple, get_args

from .dice import raw_bits

MarketKind = Literal["trend", "range", "volatile", "mixed", "thin"]
KINDS: tuple[str, ...] = get_args(MarketKind)


@dataclass(frozen=True, slots=True)
class Character:
    """How one market behaves in a normal daytime second.

    `start_price` is a price as text; `depth` contracts stand at the touch; of 65 536 book changes
    `step` move a price level and, where the spread is wider than a tick, `close` narrow it.
    """

    start_price: str
    depth: int
    step: int
    close: int


class Mood(NamedTuple):
    """One second: mean time between events, chances, depth, lean towards rising, ticks of news."""

    gap_ns: int
    step: int
    close: int
    depth: int
    lean: int
    news: int


CHARACTERS = {
    "ES": Character("5000", 110, 6500, 45000),
    "MES": Character("5000", 45, 6500, 42000),
    "NQ": Character("18000", 6, 22000, 36000),
    "MNQ": Character("18000", 14, 22000, 38000),
    "CL": Character("78.00", 22, 8500, 40000),
    "GC": Character("2050.0", 14, 11000, 34000),
    "ZN": Character("110.5", 1500, 900, 58000),
    "ZB": Character("120", 420, 1300, 56000),
    "6E": Character("1.08500", 55, 4000, 44000),
    "6J": Character("0.0067000", 48, 4000, 44000),
}
"""The built-in roots: believable levels and tempers, not estimates of any one day."""

# Chicago minute of the day: activity, 64 being the average of 8:30 to 15:00; linear in between.
_SHAPE = (
    (0, 5), (60, 5), (120, 13), (180, 16), (300, 9), (420, 14), (449, 16), (450, 44), (465, 26),
    (509, 30), (510, 230), (525, 150), (570, 100), (630, 66), (720, 36), (780, 38), (840, 54),
    (885, 90), (899, 170), (900, 150), (901, 44), (920, 20), (960, 10), (1020, 22), (1050, 7),
    (1140, 8), (1260, 6), (1440, 5),
)  # fmt: skip
_GAP_NS = 250 * 10**6

# Volatility with 0 to 6 of its components high, 256 being normal, and that to the power of a half.
_LEVELS = (60, 97, 157, 256, 416, 676, 1098)
_ROOTS = (124, 158, 201, 256, 326, 416, 530)
_NEWS_TICKS = (5, 6, 6, 7, 8, 9, 10, 12, 13, 15, 17, 19, 22, 26, 32, 44)
_SHOCK_SECONDS = 240


def moods(
    character: Character, kind: MarketKind, seed: int, stream: int, start_minute: int, seconds: int
) -> Iterator[Mood]:
    """The moods of `seconds` seconds from a Chicago minute of the day on; wraps at midnight."""
    draws = raw_bits(seed, stream, seconds).tolist()
    components = draws[0] & 63 if draws else 0
    regime, until, rising = kind, 0, 1
    shock = 0
    # A drift that a random walk with as many steps would make in a day once in a while.
    lean_max = 1500 // isqrt(max(1, character.step * 117_000 // 65536))
    for second, draw in enumerate(draws):
        components = _switched(components, draw)
        if second >= until:
            regime, until, rising = _regime(kind, draw, second)
        stormy = regime == "volatile"
        high = components.bit_count()
        pace = _activity(start_minute * 60 + second)
        news = _news(draw, stormy, pace)
        shock = _SHOCK_SECONDS if news else max(0, shock - 1)
        level = (
            _LEVELS[high] * (3 if stormy else 1) * (_SHOCK_SECONDS + 2 * shock) // _SHOCK_SECONDS
        )
        activity = max(1, pace * _ROOTS[high])
        lean = {"trend": lean_max * rising, "range": 0}.get(regime, lean_max * rising // 4)
        yield Mood(
            gap_ns=_GAP_NS * 64 * 256 // activity,
            step=min(24_000, character.step * level // 256),
            close=max(14_000, character.close * 320 // (320 + max(0, level - 256) // 2)),
            depth=max(
                2,
                character.depth
                * 256
                // _ROOTS[high]
                * _SHOCK_SECONDS
                // (_SHOCK_SECONDS + 2 * shock),
            ),
            lean=lean,
            news=news,
        )


def _switched(components: int, draw: int) -> int:
    """Six two-valued parts of the volatility, each drawn anew on its own scale: 8 s, 32 s … 2 h."""
    for k in range(6):
        if draw >> 8 & ((8 << 2 * k) - 1):
            break
        bit = draw >> (40 + k) & 1
        components = components & ~(1 << k) | bit << k
    return components


def _regime(kind: MarketKind, draw: int, second: int) -> tuple[MarketKind, int, int]:
    """The regime from here on, until when, and its direction."""
    rising = 1 if draw >> 50 & 1 else -1
    if kind != "mixed":
        return kind, 10**9, rising
    drawn: MarketKind = ("trend", "range", "range", "volatile")[draw >> 51 & 3]
    return drawn, second + 900 + (draw >> 53 & 2047), rising


def _news(draw: int, stormy: bool, pace: int) -> int:
    """Ticks of a sudden jump, up or down; 0 in nearly every second, and nearly always at night."""
    if draw >> 24 & 0xFFFF >= (5 if stormy else 1) or pace < draw >> 54 & 31:
        return 0
    ticks = _NEWS_TICKS[draw >> 46 & 15]
    return ticks if draw >> 45 & 1 else -ticks


def _activity(second_of_day: int) -> int:
    minute, rest = divmod(second_of_day % 86_400, 60)
    for (start, low), (end, high) in pairwise(_SHAPE):
        if minute < end:
            done = (minute - start) * 60 + rest
            return low + (high - low) * done // ((end - start) * 60)
    raise AssertionError(second_of_day)
