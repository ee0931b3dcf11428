"""The contracts that a twin lists, as a command line names them: generated, or out of files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from ...matching.engines import AUTO
from ...scenarios import read_market
from ...sim.gateway.real_time.pump import AS_FAST_AS_CAN
from ...sim.gateway.venue.generated import generated_listings
from ...sim.gateway.venue.listing import Listing, front_contract, list_contract
from ...trading import instruments
from ...trading.errors import UsageError
from ...trading.moment import moment_ns
from ..backtest import engine_named
from .real_time import now_ns

SYNTHETIC = "synthetic"


@dataclass(frozen=True, kw_only=True)
class TwinMarket:
    """`market`: `synthetic`, a file of the one instrument, or `MNQZ6=day.parquet` for each.
    `start`: the moment of recorded data at which trading begins; what lies before is history.
    `engine`: what matches, `auto`, `native` or `reference`."""

    market: Sequence[str] = (SYNTHETIC,)
    instruments: Sequence[str] = ()
    start: str | None = None
    timezone: str | None = None
    unknown_size: str = "all"
    stop_trigger: str = "trade"
    seed: int = 0
    engine: str = AUTO

    @property
    def generated(self) -> bool:
        return list(self.market) == [SYNTHETIC]

    def listings(self, today: date | None = None) -> tuple[Listing, ...]:
        """The listings; a generated market is one of `today`. Raises `UsageError` for what does not
        go together, `ScenarioError` for data that cannot be read or replayed."""
        engine = engine_named(self.engine)
        return tuple(replace(each, engine=engine) for each in self._listings(today))

    def _listings(self, today: date | None) -> tuple[Listing, ...]:
        on = today or datetime.fromtimestamp(now_ns() // 10**9, UTC).date()
        if self.generated:
            if self.start is not None:
                raise UsageError("a generated market starts today; --start is for recorded data")
            return generated_listings(self.instruments or ["MNQ"], on=on, seed=self.seed)
        return tuple(self._recorded(*self._named_file(each), on) for each in self.market)

    def _named_file(self, given: str) -> tuple[str, str]:
        """Whose market a file is, and its path."""
        name, equals, path = given.partition("=")
        if equals:
            return name, path
        if len(self.instruments) != 1 or len(self.market) != 1:
            raise UsageError(
                f"whose market is {given}? Write --market MNQZ6={given}, or one file and one "
                f"--instrument"
            )
        return self.instruments[0], given

    def _recorded(self, name: str, path: str, on: date) -> Listing:
        market = read_market(path, instruments.find(name, on=on), timezone=self.timezone)
        ended = datetime.fromtimestamp(market.tape.end_ns // 10**9, UTC).date()
        found = instruments.find(market.contract or name, on=ended)
        return list_contract(
            front_contract(found, ended),
            market.tape,
            start_ns=None if self.start is None else moment_ns(self.start, "start"),
            unknown_size=self.unknown_size,
            stop_trigger=self.stop_trigger,
        )


def speed_of(text: str) -> int:
    """`10x` as a number of times real time, `max` as fast as it can. Raises `UsageError`."""
    if text == "max":
        return AS_FAST_AS_CAN
    number = text.removesuffix("x")
    if not (number.isascii() and number.isdigit()):
        raise UsageError(f"speed {text!r} is none; write 1x, 10x, 0x (it stands still) or max")
    return int(number)
