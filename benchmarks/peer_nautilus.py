"""The jobs of `peers.py` that nautilus_trader 2 can do: its Rust engine, strategies in Python."""

from datetime import UTC, datetime

from job_line import FAST, FINISHED, NEAR, SLOW, TICK, asked, average, not_here, resident_kb, tell
from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import LoggerConfig, LogLevel
from nautilus_trader.execution import FixedFeeModel
from nautilus_trader.model import (
    AccountType,
    AssetClass,
    Currency,
    FuturesContract,
    InstrumentId,
    Money,
    OmsType,
    OrderSide,
    Price,
    Quantity,
    QuoteTick,
    StrategyId,
    Symbol,
    Venue,
)
from nautilus_trader.trading import Strategy, StrategyConfig

ASKED = asked()
ES = InstrumentId.from_str("ESH4.GLBX")
USD = Currency.from_str("USD")
ONE = Quantity(1, 0)


class Null(Strategy):
    made = 0

    def on_start(self) -> None:
        self.subscribe_quotes(ES)

    def on_quote(self, quote: QuoteTick) -> None:
        pass


class Cross(Strategy):
    made = 0

    def on_start(self) -> None:
        self.quick, self.lazy = average(FAST), average(SLOW)
        self.near = self.far = 0.0
        self.above = None
        self.subscribe_quotes(ES)

    def on_quote(self, quote: QuoteTick) -> None:
        mid = (quote.bid_price.as_double() + quote.ask_price.as_double()) / 2
        if not self.near:
            self.near = self.far = mid
        self.near += self.quick * (mid - self.near)
        self.far += self.lazy * (mid - self.far)
        above = self.near > self.far
        if above is not self.above:
            if self.above is not None:
                self.made += 1
                side = OrderSide.BUY if above else OrderSide.SELL
                self.submit_order(self.order_factory.market(ES, side, ONE))
            self.above = above


class Churn(Strategy):
    made = 0
    flat = True

    def on_start(self) -> None:
        self.subscribe_quotes(ES)

    def on_quote(self, quote: QuoteTick) -> None:
        if self.flat:
            self.flat = False
            self.made += 1
            price, away = quote.ask_price.as_double(), NEAR * TICK
            self.submit_order_list(
                self.order_factory.bracket(
                    ES,
                    OrderSide.BUY,
                    ONE,
                    sl_trigger_price=Price(price - away, 2),
                    tp_price=Price(price + away, 2),
                    tp_post_only=False,
                )
            )

    def on_position_closed(self, event: object) -> None:
        self.flat = True


class Finishes(Strategy):
    made = 0

    def on_start(self) -> None:
        self.subscribe_quotes(ES)

    def on_quote(self, quote: QuoteTick) -> None:
        if self.made < FINISHED:
            self.made += 1
            side = OrderSide.BUY if self.made % 2 else OrderSide.SELL
            self.submit_order(self.order_factory.market(ES, side, ONE))


JOBS = {"J1": Null, "J2": Cross, "J3": Churn, "J4": None, "J7": Cross, "J8": Finishes}


def quotes() -> list[QuoteTick]:
    q = ASKED.columns("quotes")
    prices = {n: Price(n * TICK, 2) for n in range(int(q["bid"].min()), int(q["ask"].max()) + 1)}
    sizes = {n: Quantity(n, 0) for n in range(1000)}
    columns = (q[name].tolist() for name in ("ts", "bid", "ask", "bid_sz", "ask_sz"))
    return [
        QuoteTick(ES, prices[bid], prices[ask], sizes[bid_size], sizes[ask_size], ts, ts)
        for ts, bid, ask, bid_size, ask_size in zip(*columns, strict=True)
    ]


def engine() -> BacktestEngine:
    quiet = LoggerConfig(bypass_logging=True, stdout_level=LogLevel.OFF, fileout_level=LogLevel.OFF)
    made = BacktestEngine(
        BacktestEngineConfig(bypass_logging=True, run_analysis=False, logging=quiet)
    )
    made.add_venue(
        Venue("GLBX"),
        OmsType.NETTING,
        AccountType.MARGIN,
        [Money(1_000_000_000, USD)],
        base_currency=USD,
        fee_model=FixedFeeModel(Money(0, USD)),
    )
    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2023, 2030))
    made.add_instrument(
        FuturesContract(
            ES,
            Symbol("ESH4"),
            AssetClass.INDEX,
            "ES",
            first * 10**9,
            last * 10**9,
            USD,
            2,
            Price(TICK, 2),
            Quantity(50, 0),
            ONE,
            0,
            0,
        )
    )
    return made


def main() -> None:
    if ASKED.job not in JOBS:
        raise not_here(ASKED.job, JOBS)
    kind, made = JOBS[ASKED.job], engine()
    made.add_data(quotes())
    strategy = None
    if kind is not None:
        config = StrategyConfig(
            strategy_id=StrategyId("S-001"), log_events=False, log_commands=False
        )
        strategy = kind(config)
        made.add_strategy(strategy)
    before = resident_kb()
    tell(
        ASKED,
        made.run,
        orders=lambda _: getattr(strategy, "made", 0),
        grown_kb=lambda _: resident_kb() - before,
    )


if __name__ == "__main__":
    main()
