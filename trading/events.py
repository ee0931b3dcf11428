"""What a market tells: quotes, trades, bars, levels reached and changes of its state.

Events carry integer ticks (units of the instrument's grid, free to read) and give exact prices when
asked; a price is made once for each tick and remembered by the instrument. `time_ns` is the
exchange's time, ns since the epoch, UTC; the client gets the event later, by the feed's latency.
"""

from msgspec import Struct

from .instrument import Instrument
from .price import Price
from .words import Side, TradingStatus


class Quote(Struct, eq=False, gc=False):
    """Top of book. A missing side has no price; a size the feed does not give is None."""

    instrument: Instrument
    time_ns: int
    bid_ticks: int | None
    bid_size: int | None
    ask_ticks: int | None
    ask_size: int | None

    @property
    def bid(self) -> Price | None:
        return None if self.bid_ticks is None else self.instrument.decimal(self.bid_ticks)

    @property
    def ask(self) -> Price | None:
        return None if self.ask_ticks is None else self.instrument.decimal(self.ask_ticks)

    def __repr__(self) -> str:
        return (
            f"Quote({self.instrument.symbol} {self.bid} x {self.bid_size}, "
            f"{self.ask} x {self.ask_size}, time_ns={self.time_ns})"
        )


class Trade(Struct, eq=False, gc=False):
    """One trade. `aggressor` is the side that took, None where the feed does not say."""

    instrument: Instrument
    time_ns: int
    price_ticks: int
    size: int
    aggressor: Side | None

    @property
    def price(self) -> Price:
        return self.instrument.decimal(self.price_ticks)

    def __repr__(self) -> str:
        return f"Trade({self.instrument.symbol} {self.size} @ {self.price}, time_ns={self.time_ns})"


class Bar(Struct, eq=False, gc=False):
    """One finished bar of `span_ns`, starting at `time_ns`. It is told at its end, never before.

    `ohlc_ticks`: open, high, low and close.
    """

    instrument: Instrument
    time_ns: int
    span_ns: int
    ohlc_ticks: tuple[int, int, int, int]
    volume: int

    @property
    def open_ticks(self) -> int:
        return self.ohlc_ticks[0]

    @property
    def high_ticks(self) -> int:
        return self.ohlc_ticks[1]

    @property
    def low_ticks(self) -> int:
        return self.ohlc_ticks[2]

    @property
    def close_ticks(self) -> int:
        return self.ohlc_ticks[3]

    @property
    def end_ns(self) -> int:
        return self.time_ns + self.span_ns

    @property
    def open(self) -> Price:
        return self.instrument.decimal(self.ohlc_ticks[0])

    @property
    def high(self) -> Price:
        return self.instrument.decimal(self.ohlc_ticks[1])

    @property
    def low(self) -> Price:
        return self.instrument.decimal(self.ohlc_ticks[2])

    @property
    def close(self) -> Price:
        return self.instrument.decimal(self.ohlc_ticks[3])

    def __repr__(self) -> str:
        return (
            f"Bar({self.instrument.symbol} open={self.open} high={self.high} low={self.low} "
            f"close={self.close} volume={self.volume} time_ns={self.time_ns})"
        )


class Crossing(Struct, eq=False, gc=False):
    """The market reached a level that was waited for, `rising` to it from below or falling to it;
    `price_ticks` is the price that did, at the level or beyond. `name` is the subscriber's."""

    instrument: Instrument
    time_ns: int
    level_ticks: int
    price_ticks: int
    rising: bool
    name: str = ""

    @property
    def level(self) -> Price:
        return self.instrument.decimal(self.level_ticks)

    @property
    def price(self) -> Price:
        return self.instrument.decimal(self.price_ticks)

    def __repr__(self) -> str:
        way = "rising" if self.rising else "falling"
        return (
            f"Crossing({self.instrument.symbol} {way} to {self.level} at {self.price}, "
            f"time_ns={self.time_ns})"
        )


class StatusChange:
    """The market of an instrument moved to another state."""

    __slots__ = ("instrument", "status", "time_ns")

    def __init__(self, instrument: Instrument, time_ns: int, status: TradingStatus) -> None:
        self.instrument = instrument
        self.time_ns = time_ns
        self.status = status

    def __repr__(self) -> str:
        return f"StatusChange({self.instrument.symbol} {self.status.name}, time_ns={self.time_ns})"


MarketEvent = Quote | Trade | Bar | Crossing | StatusChange
