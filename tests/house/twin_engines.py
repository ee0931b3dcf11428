"""Two engines are told the same, step by step; the first word in which they differ is found.

A step is plain data that says what happens relative to what was before, so that any steps can be
left out of a story and the rest still is one: that is how a difference is made small (`shortest`).

    ("rows", ((gap, kind, values), ...))    rows at the end of the tape
    ("calm", kind, count, seed)             as many rows of a quiet market
    ("submit", delay, command)              a command, so much later than now
    ("advance", gap)                        to so much later than now
    ("moment", limit)                       to the next moment, so much later at most
    ("bad rows", how)                       rows that no engine takes
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dryfill.matching.rules import Rules
from dryfill.trading.tape import BarRows, QuoteRows, Tape, TradeRows, make_tape
from dryfill.trading.words import NO_PRICE

Step = tuple[Any, ...]
Row = tuple[int, str, tuple[int, ...]]
Story = tuple[frozenset[int], list[Step]]

_KINDS = {"quote": QuoteRows, "trade": TradeRows, "bar": BarRows}
_MISSING = (NO_PRICE, 0)


class Differs(AssertionError):
    """The engines do not say the same."""


class Twins:
    """Two engines and one story of both. `make` gives an engine for rules and suspect bars."""

    def __init__(
        self,
        one: Callable[..., Any],
        other: Callable[..., Any],
        rules: Rules,
        suspects: frozenset[int],
    ) -> None:
        self._engines = (one(rules, suspects), other(rules, suspects))
        self.now, self._tape_ns, self._bar_end_ns, self._seq = 0, 0, 0, 0
        self.over = False

    def tell(self, step: Step) -> None:
        """One step. Raises Differs where the engines part."""
        what = step[0]
        if what == "rows":
            self._extend(self._timed(step[1]))
        elif what == "calm":
            self._extend(self._timed(calm_rows(*step[1:])))
        elif what == "submit":
            _, delay, command = step
            self._both(lambda engine: engine.submit(self.now + delay, command))
        elif what == "advance":
            self._advance(self.now + step[1])
        elif what == "moment":
            moment = self._both(lambda engine: engine.next_moment(self.now + step[1]))
            self._advance(self.now if moment is None else moment)
        else:
            self._bad_rows(step[1])

    def _advance(self, to_ns: int) -> None:
        self.now = max(self.now, to_ns)
        self._both(lambda engine: list(engine.advance(to_ns)))
        if self.over:
            return
        self._both(lambda engine: engine.book())
        self._both(lambda engine: (engine.ambiguous_bars, engine.suspect_bars_walked))
        self._both(lambda engine: engine.next_moment(to_ns + 1000))
        self._both(_checked)

    def _extend(self, rows: Sequence[Row]) -> None:
        tape = tape_of(rows, self._seq)
        self._seq += len(rows)
        self._both(lambda engine: engine.extend(tape))

    def _timed(self, rows: Sequence[Row]) -> list[Row]:
        timed = []
        for gap, kind, values in rows:
            at = max(self._tape_ns, self.now) + gap
            if kind == "bar":
                at = max(at, self._bar_end_ns)
                self._bar_end_ns = at + values[0]
            self._tape_ns = at
            timed.append((at, kind, values))
        return timed

    def _bad_rows(self, how: str) -> None:
        at = max(self._tape_ns, self.now)
        quote = ("quote", (100, 1, 101, 1))
        bar = ("bar", (10, *(100,) * 4, 1, *(NO_PRICE,) * 4, 0, *(NO_PRICE,) * 4, 0))
        rows, seq = [(at, *quote), (at, *quote)], self._seq
        if how == "seq":
            seq = max(0, seq - 1)
        elif how == "time":
            rows = [(at + 5, *quote), (at + 4, *quote)]
        elif how == "late":
            rows = [(at - 1, *quote)]
        else:
            at = max(at, self._bar_end_ns)
            rows = [(at, *bar), (at + 9, *bar)]
        tape = tape_of(rows, seq)
        if how != "seq" or self._seq:
            self._both(lambda engine: engine.extend(tape))
        else:
            self._extend(rows)
            self._tape_ns = at

    def _both(self, ask: Callable[[Any], Any]) -> Any:
        one, other = (_answer(ask, engine) for engine in self._engines)
        if one != other:
            raise Differs(f"at {self.now}:\n  {one}\n  {other}")
        # No engine goes on from there (matching/errors.py).
        self.over = one[0] == "UnknownSizeError"
        return one[1]


def tape_of(rows: Sequence[Row], first_seq: int = 0) -> Tape:
    """A tape of (time, kind, the kind's other columns in order), in the order given."""
    tables: dict[str, Any] = {}
    for kind, cls in _KINDS.items():
        mine = [(first_seq + n, t, *v) for n, (t, k, v) in enumerate(rows) if k == kind]
        if mine:
            tables[kind] = cls(*[np.array(column, np.int64) for column in zip(*mine, strict=True)])
    return make_tape(tables.get("quote"), tables.get("trade"), tables.get("bar"))


def calm_rows(kind: str, count: int, seed: int) -> list[Row]:
    """Rows that stay within two ticks of 100: what is far away is not touched by any of them."""
    found: list[Row] = []
    for _ in range(count):
        seed = (seed * 1_103_515_245 + 12_345) % 2**31
        price, size = 99 + (seed >> 8) % 3, (seed >> 12) % 7
        if kind == "quote":
            values: tuple[int, ...] = (price - 1, size, price, 6 - size)
        elif kind == "trade":
            values = (price, size, (seed >> 16) % 3)
        else:
            trades = (price, price + 1, price - 1, price)
            bids = tuple(p - 1 for p in trades)
            values = (6, *trades, size, *bids, size, *trades, size)
        found.append(((seed >> 20) % 3, kind, values))
    return found


def first_difference(
    one: Callable[..., Any], other: Callable[..., Any], rules: Rules, story: Story
) -> str | None:
    """What the two engines first say differently; None: they agree to the end."""
    suspects, steps = story
    twins = Twins(one, other, rules, suspects)
    for nth, step in enumerate(steps):
        if twins.over:
            return None
        try:
            twins.tell(step)
        except Differs as found:
            return f"step {nth}, {step}, {found}"
    return None


def shortest(fails: Callable[[list[Step]], bool], steps: list[Step]) -> list[Step]:
    """The steps that are needed to fail: halves, quarters and so on are left out while it does."""
    size = len(steps) // 2
    while size:
        at = 0
        while at < len(steps):
            fewer = steps[:at] + steps[at + size :]
            if fails(fewer):
                steps = fewer
            else:
                at += size
        size //= 2
    return steps


def _answer(ask: Callable[[Any], Any], engine: Any) -> tuple[str, Any]:
    try:
        return "says", ask(engine)
    except (ValueError, AssertionError) as error:
        # Whether an invariant holds has to agree; the words for a broken one need not.
        broken = isinstance(error, AssertionError)
        return type(error).__name__, None if broken else str(error)


def _checked(engine: Any) -> None:
    engine.check()
