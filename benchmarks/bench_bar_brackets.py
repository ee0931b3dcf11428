"""How many brackets a second on minute bars?

When flat: buy 1 at market at a bar's end, with a stop and a target 12 ticks away. Unit: brackets
opened and closed on 2,000 made minute bars, seed 7, zero latency, the whole run in the processor's
time.
"""

import time

import made_market
from strategies import BarChurn
from timing import machine, median_s, show

BARS = 2_000


def main() -> None:
    backtest = made_market.backtest(BarChurn, made_market.bars(BARS), latency="zero")
    brackets = len(backtest.run().record.round_trips)
    print(f"brackets on bars, {brackets:,} round trips; {machine()}")
    seconds = median_s(backtest.run, 3, time.process_time)
    show("brackets opened and closed", brackets, "brackets", seconds)
    show("bars on the way", BARS, "bars", seconds)


if __name__ == "__main__":
    main()
