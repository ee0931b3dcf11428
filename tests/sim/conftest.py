"""A small world: a market written as text, a desk on a clock that the test moves, a whole run.

One row a line, `milliseconds kind values`, from a moment at which ES is open. Prices in units:

    0  quote 100x5 101x7
    10 trade 101x2 buyer
"""

from collections.abc import Callable, Coroutine, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from dryfill.matching.reference import ReferenceEngine
from dryfill.matching.rules import Rules
from dryfill.sim.backtest import World
from dryfill.sim.desk.account import Account
from dryfill.sim.desk.broker_desk import BrokerDesk
from dryfill.sim.desk.fees import FeeSpec, fee_schedule
from dryfill.sim.digest import DomainDigest
from dryfill.sim.exchange import Exchange
from dryfill.sim.record.record import Record
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.desk import Desk
from dryfill.trading.instrument import Instrument
from dryfill.trading.order import OrderRequest
from dryfill.trading.tape import QuoteRows, Tape, TradeRows, make_tape
from dryfill.trading.words import NO_PRICE, UNKNOWN_SIZE, OrdType, Side

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC, 9:00 in Chicago
MS = 1_000_000
AGGRESSORS = {"buyer": 1, "seller": 2}


def tape_of(text: str, arrival_ms: Mapping[str, list[int]] | None = None) -> Tape:
    """A tape of rows written as text; `arrival_ms` gives a kind's arrivals at the feed."""
    found: dict[str, list[tuple[int, ...]]] = {"quote": [], "trade": []}
    for seq, line in enumerate(text.strip().splitlines()):
        at, kind, *words = line.split()
        head = (seq, T0 + int(at) * MS)
        if kind == "quote":
            found[kind].append((*head, *_level(words[0]), *_level(words[1])))
        else:
            aggressor = AGGRESSORS.get(words[1], 0) if len(words) > 1 else 0
            found[kind].append((*head, *_level(words[0]), aggressor))
    kinds = {"quote": QuoteRows, "trade": TradeRows}
    tables: dict[str, Any] = {}
    for kind, rows in found.items():
        if rows:
            columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
            late = None if arrival_ms is None else arrival_ms.get(kind)
            arrival = None if late is None else T0 + np.array(late, np.int64) * MS
            tables[kind] = kinds[kind](*columns, arrival_ns=arrival)
    return make_tape(tables.get("quote"), tables.get("trade"))


def _level(text: str) -> tuple[int, int]:
    price, _, size = text.partition("x")
    if price == "-":
        return NO_PRICE, 0
    return int(price), UNKNOWN_SIZE if size == "?" else int(size)


class Clock:
    """Stands for the loop where only its time is asked."""

    def __init__(self) -> None:
        self.now_ns = T0


class Counter:
    """A broker's desk on an exchange, without a wire; `at(ms)` lets the market go on."""

    def __init__(
        self, tape: Tape, instrument: Instrument, fees: FeeSpec, margin: Any, brackets: Any
    ) -> None:
        self.clock = Clock()
        self.instrument = instrument
        self.digest = DomainDigest(T0)
        self.engine = ReferenceEngine(Rules(protection=24))
        self.engine.extend(tape)
        self.account = Account("SIM", Decimal(50_000), fee_schedule(fees))
        self.desk = BrokerDesk(self.account, lambda: self.clock.now_ns, margin, brackets)
        self.exchange = Exchange(
            lambda: self.clock.now_ns,
            {instrument.symbol: self.engine},
            self.digest,
            self.desk.on_report,
        )
        self.desk.connect(self.exchange)
        self.told: list[Any] = []
        self.desk.tell = self.told.append
        self._tags = 0
        self.at(0)

    def at(self, ms: int) -> "Counter":
        self.clock.now_ns = T0 + ms * MS
        self.exchange.advance(self.clock.now_ns)
        return self

    def request(self, side: str, qty: int, **given: Any) -> OrderRequest:
        """An order in words: `limit`, `stop` in units; `tag`, `kind` where it matters."""
        self._tags += 1
        price, stop = given.pop("limit", None), given.pop("stop", None)
        kind = {
            (False, False): OrdType.MARKET,
            (True, False): OrdType.LIMIT,
            (False, True): OrdType.STOP,
            (True, True): OrdType.STOP_LIMIT,
        }[price is not None, stop is not None]
        return OrderRequest(
            cl_ord_id=given.pop("tag", f"t{self._tags}#1"),
            instrument=self.instrument,
            side=Side[side.upper()],
            ord_type=given.pop("kind", kind),
            order_qty=qty,
            price=None if price is None else self.instrument.decimal(price),
            stop_px=None if stop is None else self.instrument.decimal(stop),
            **given,
        )

    def place(self, side: str, qty: int, **given: Any) -> str:
        return self.desk.place(self.request(side, qty, **given))


@pytest.fixture(name="tape_of")
def tape_fixture() -> Callable[..., Tape]:
    return tape_of


@pytest.fixture
def counter() -> Callable[..., Counter]:
    def make(
        text: str,
        *,
        instrument: Instrument = ES,
        fees: FeeSpec = None,
        margin: Any = None,
        brackets: Any = None,
    ) -> Counter:
        return Counter(tape_of(text), instrument, fees, margin, brackets)

    return make


@pytest.fixture
def setup_of() -> Callable[..., Setup]:
    """A setup for a tape, with zero latency, no fees and the always open calendar."""

    def make(tape: Tape, **given: Any) -> Setup:
        given.setdefault("instrument", ES)
        given.setdefault("start_ns", tape.start_ns)
        given["calendar"] = calendar(given.get("calendar", "always"))
        given.setdefault("rules", Rules(protection=24))
        given["latency"] = latency_profile(given.get("latency", "zero"))
        given["fees"] = fee_schedule(given.get("fees"))
        given.setdefault("cash", Decimal(50_000))
        return Setup(tape=tape, **given)

    return make


@pytest.fixture
def run(setup_of: Callable[..., Setup]) -> Callable[..., Record]:
    """Run a script on a tape; the record."""

    def go(tape: Tape, script: Callable[[Desk], Coroutine[Any, Any, Any]], **given: Any) -> Record:
        progress = given.pop("progress", None)

        async def trade(desk: Desk) -> list[str]:
            await script(desk)
            return []

        return World(setup_of(tape, **given)).run(trade, progress)

    return go
