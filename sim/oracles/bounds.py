"""How long things may take: the bounds that oracles judge by, with fault-model 2's defaults."""

from dataclasses import dataclass, fields
from math import isfinite

from ...trading.errors import UsageError

_COUNTS = (
    "repeats_most",
    "misses",
    "rate_most",
    "rate_reserve",
    "silences_most",
    "steps_most",
    "timers_free",
    "timers_each",
    "trace_lines",
    "kept_most",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bounds of the oracles. Seconds of virtual time where the name ends in `_s`; counts otherwise.

    `protect_s` (T_prot): contracts without a stop (INV-01). `flat_s` (T_flat): the same once a stop
    was refused, and giving back what was closed too much (INV-04). `over_s` (T_over): closing
    orders for more than is held (INV-02), and two stops of one intent (INV-08). `orphan_s`
    (T_orphan): closing orders while flat (INV-03). `hedge_s` (T_hedge): how old a stop must be
    before a substitute for it goes out (INV-08). `look_s` (T_look): when a client that was not told
    must have looked; `look_again_s`: the same after a look that nobody answered; `late_s`: the
    same on a stream that loses nothing, which is as late as it is (docs/decisions/0009); `ask_s`
    (T_ask): reachable time after its first question about a change, from which on a client is
    judged as if it knew, whatever it asks and is told. `idle_s`: T_look of one for which nothing
    works and nothing is held, when a fill of before is taken back: it compares everything from time
    to time.

    `passed_s`: how long the market may stay beyond a protective stop that works on (F36): the
    second after which the client asks, and T_flat.

    `quiet_s`: nothing happened for so long, and no write was unanswered: quiescence. With faults it
    must be longer than the longest delay and two periods of reconciliation. `repeats_most`: equal
    requests for one order within any `repeat_s` (INV-24). `fresh_s`: a cancel is on its way for so
    long, and a second one of the same order too many (INV-12): of two in a row that come to nothing
    the third is in time for T_over. `sync_s` (T_sync): what was missed in a gap is known (INV-19).
    `visible_s` (T_vis), `misses`: from when on a look-up that finds nothing is evidence, and how
    many are; `unknown_s` (T_unknown): what became of an order is known (INV-09). `rate_most`:
    requests within any `rate_s`, of which ordinary ones leave `rate_reserve`
    (INV-16). `silences_most`: requests in a row without an answer, until one at a time goes out
    (INV-23). `steps_most`: what passes the port in one second (INV-25). `timers_free`: timers a
    manager may run beside `timers_each` for each order it watches (INV-12).

    `trace_lines`: how much of the trace a violation carries. `kept_most`: violations kept of
    one oracle; all are counted.
    """

    protect_s: float = 2.0
    flat_s: float = 3.0
    over_s: float = 2.0
    orphan_s: float = 2.0
    hedge_s: float = 1.0
    look_s: float = 5.0
    look_again_s: float = 1.0
    late_s: float = 15.0
    ask_s: float = 20.0
    idle_s: float = 301.0
    passed_s: float = 4.0
    quiet_s: float = 10.0
    repeat_s: float = 1.0
    repeats_most: int = 10
    fresh_s: float = 0.75
    sync_s: float = 10.0
    visible_s: float = 5.0
    misses: int = 2
    unknown_s: float = 20.0
    rate_s: float = 60.0
    rate_most: int = 200
    rate_reserve: int = 20
    silences_most: int = 5
    steps_most: int = 20_000
    timers_free: int = 8
    timers_each: int = 2
    trace_lines: int = 200
    kept_most: int = 20

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (value > 0 and isfinite(value)):
                raise UsageError(f"Bounds.{field.name} is {value!r}; it must be above zero")
            if field.name in _COUNTS and not isinstance(value, int):
                raise UsageError(f"Bounds.{field.name} is {value!r}; it is a whole number")


def in_ns(seconds: float) -> int:
    """A bound as whole nanoseconds.

    >>> in_ns(2.5)
    2500000000
    """
    return round(seconds * 1e9)
