"""What does a strategy save that waits for prices instead of hearing every quote?

Unit: quotes per second of the run, in processor time. Data: 1,000,000 quotes (`made_market`), zero
latency; both strategies see the same moves of 20 ticks, each from the end of the last, or of 200.
"""

import time

import made_market
from strategies import Moves, WaitsForMoves
from timing import machine, median_s, show

ROWS = 1_000_000


def main() -> None:
    tape = made_market.quotes(ROWS)
    print(f"price crossings; {machine()}")
    for size in (20, 200):
        seen = []
        for kind in (Moves, WaitsForMoves):
            backtest = made_market.backtest(kind, tape, latency="zero", params={"size": size})
            seconds = median_s(backtest.run, 3, time.process_time)
            seen.append(Moves.seen)
            how = "hears every quote" if kind is Moves else "waits for levels"
            show(f"{how}, {Moves.seen} moves of {size}", ROWS, "quotes", seconds)
        assert seen[0] == seen[1], seen


if __name__ == "__main__":
    main()
