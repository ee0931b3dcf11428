"""A family of runs out of one page: what a seed does to a market, a plan and their times.

Seed 0 is the page. Any other stretches every time between two moments of the page between half and
one and a half of itself, trades one to five times the size, on either side, with fills in one piece
or contract by contract, told one by one or as one sum, and with a wall clock that is behind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ...scenarios.market_rows import Row
from ...scenarios.plan import Plan
from ...scenarios.plan_text import make_plan
from ...scenarios.plan_time import time_text
from ..streams import Stream, named_stream

LEGS = ("request", "response", "events", "feed")
_DURATIONS = (
    "after",
    "duration",
    "request",
    "response",
    "retry_after",
    "gap",
    "window",
    "delay",
    "lag",
    "thaw",
    "behind",
    "ahead",
)
_TAIL_NS = 3_000 * 10**9
_CLOCKS_S = (0, 90, 3600)
_SUMS = ("0 ms", "2 ms", "60 ms")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is written. `moments`: times of the page beside those of rows and faults; `sizes` and
    `sides`: how far its size and side may be varied; `mirror`: the sum of a price and its image;
    `latency`: ns by leg, None where it is not varied. Without `rows`, neither size nor side are
    varied: the market is what it is."""

    name: str
    rows: tuple[Row, ...]
    plan: Plan
    moments: tuple[int, ...] = ()
    sizes: int = 5
    sides: bool = True
    mirror: Decimal = Decimal(40000)
    latency: Mapping[str, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Variation:
    """How one member of the family differs from the page; seed 0 is the page."""

    seed: int = 0
    size: int = 1
    mirrored: bool = False
    pieces: bool = False
    summed: bool = False
    clock_s: int = 0  # by how much the wall clock is behind: it may decide nothing (INV-29)

    @classmethod
    def of(cls, page: Page, seed: int) -> "Variation":
        """What a seed draws for a page."""
        if not seed:
            return cls()
        dice = named_stream(seed, f"{page.name}.variation")
        size, mirrored = 1 + dice.below(page.sizes), page.sides and bool(dice.below(2))
        return cls(
            seed=seed,
            size=size if page.rows else 1,
            mirrored=mirrored and bool(page.rows),
            pieces=bool(dice.below(2)),
            summed=bool(dice.below(2)),
            clock_s=_CLOCKS_S[dice.below(len(_CLOCKS_S))],
        )


class Warp:
    """Where a moment of the page lies in a run: each time between two marks is stretched by its own
    factor, a half to one and a half."""

    def __init__(self, marks: Sequence[int] = (), dice: Stream | None = None) -> None:
        self._knots = [(0, 0, 1000)]
        if dice is not None:
            self._stretch(sorted({0, *marks}), dice)

    def __call__(self, ns: int) -> int:
        before, at, factor = next(knot for knot in reversed(self._knots) if knot[0] <= ns)
        return at + (ns - before) * factor // 1000

    def _stretch(self, marks: Sequence[int], dice: Stream) -> None:
        reached = 0
        for before, after in pairwise(marks):
            factor = _per_mille(dice)
            self._knots[-1] = (before, reached, factor)
            reached += (after - before) * factor // 1000
            self._knots.append((after, reached, 1000))


@dataclass(frozen=True, kw_only=True)
class Member:
    """One run of a family: what its world is made of. `moment` says where a time of the page lies;
    the page begins `lead_ns` after the run."""

    how: Variation
    rows: tuple[Row, ...]
    plan: Plan
    moment: Warp
    latency: Mapping[str, str] | None
    lead_ns: int


def member(page: Page, seed: int, lead_ns: int = 0) -> Member:
    """The member of a seed. Its market goes on for a while as it is at the page's end, and stands
    as it does at the start while the run leads in."""
    how = Variation.of(page, seed)
    values = [
        {key: getattr(fault, key) for key in fault.model_fields_set} for fault in page.plan.faults
    ]
    begins = (value["at"] for value in values if value.get("at") is not None)
    dice = named_stream(seed, f"{page.name}.times")
    marks = (*page.moments, *(row.at_ns for row in page.rows), *begins)
    warp = Warp(marks, dice) if seed else Warp()
    if seed:
        faults = [_varied_fault(value, how, warp, dice) for value in values]
    else:
        faults = [_written(value) for value in values]
    if how.summed:
        sums = {"kind": "summed", "event": "fill", "window": _SUMS[dice.below(len(_SUMS))]}
        faults.append({**sums, "intent": "1", "times": "all"})
    if how.clock_s:
        faults.append({"kind": "clock", "at": "0 s", "behind": f"{how.clock_s} s"})
    strict = page.plan.strict and not seed
    return Member(
        how=how,
        rows=_rows(page, how, warp, lead_ns),
        plan=make_plan(*(_led(fault, lead_ns) for fault in faults), name=page.name, strict=strict),
        moment=warp,
        latency=_latency(page, seed),
        lead_ns=lead_ns,
    )


def _rows(page: Page, how: Variation, warp: Warp, lead_ns: int) -> tuple[Row, ...]:
    mirror = page.mirror if how.mirrored else None
    rows = [replace(row.scaled(how.size, mirror), at_ns=warp(row.at_ns)) for row in page.rows]
    if how.pieces:
        rows = [piece for row in rows for piece in row.pieces()]
    if not rows:
        return ()
    quote = next(row for row in reversed(rows) if row.kind == "quote")
    rows.append(replace(quote, at_ns=rows[-1].at_ns + _TAIL_NS))
    before = [row for row in rows if row.at_ns <= 10**6] if lead_ns else []
    return (*before, *(replace(row, at_ns=row.at_ns + lead_ns) for row in rows))


def _written(value: Mapping[str, Any]) -> dict[str, Any]:
    """A fault's keys as they stand in a file."""
    timed = {key: time_text(v) for key, v in value.items() if key in (*_DURATIONS, "at")}
    return {**value, **timed}


def _varied_fault(
    value: Mapping[str, Any], how: Variation, warp: Warp, dice: Stream
) -> dict[str, Any]:
    varied = dict(value)
    for key in _DURATIONS:
        if key in varied:
            varied[key] = time_text(varied[key] * _per_mille(dice) // 1000)
    if "at" in varied:
        varied["at"] = warp(varied["at"])
    if varied.get("act") in ("buy", "sell"):
        varied["qty"] = varied.get("qty", 1) * how.size
        if how.mirrored:
            varied["act"] = "sell" if varied["act"] == "buy" else "buy"
    return {**varied, **({"at": time_text(varied["at"])} if "at" in varied else {})}


def _led(fault: dict[str, Any], lead_ns: int) -> dict[str, Any]:
    """The fault's own time after the run has led in."""
    if "at" not in fault or not lead_ns:
        return fault
    (led,) = make_plan(fault, strict=False).faults
    assert led.at is not None, "it has a time"
    return {**fault, "at": time_text(led.at + lead_ns)}


def _latency(page: Page, seed: int) -> Mapping[str, str] | None:
    if page.latency is None:
        return None
    dice = named_stream(seed, f"{page.name}.latency")
    given = {leg: page.latency.get(leg, 25 * 10**6) for leg in LEGS}
    if not seed:
        return {leg: f"{ns}ns" for leg, ns in given.items()}
    return {leg: f"{ns * _per_mille(dice) // 1000}ns" for leg, ns in given.items()}


def _per_mille(dice: Stream) -> int:
    return 500 + dice.below(1001)
