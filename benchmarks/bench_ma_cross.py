"""How many quotes, and bars, a second can a strategy compute with that trades seldom?

Two moving averages of the mid are kept in Python at each quote (150 and 600), and of the close at
each minute bar (20 and 100); where they cross, a market order turns the position round. Unit:
500,000 made quotes and 20,000 made bars, seed 7, zero latency, the whole run in the processor's
time. Of the bars most is what the order manager asks the broker while something is held: days of
virtual time.
"""

import time

import made_market
from strategies import BarCross, Cross
from timing import machine, median_s, show

QUOTES, BARS = 500_000, 20_000


def main() -> None:
    print(f"crossing averages; {machine()}")
    for name, unit, strategy, tape in (
        ("of quotes", "quotes", Cross, made_market.quotes(QUOTES)),
        ("of bars", "bars", BarCross, made_market.bars(BARS)),
    ):
        backtest = made_market.backtest(strategy, tape, latency="zero")
        orders, rows = len(backtest.run().record.desk.orders), len(tape)
        seconds = median_s(backtest.run, 3, time.process_time)
        show(f"averages {name}, {orders:,} orders", rows, unit, seconds)


if __name__ == "__main__":
    main()
