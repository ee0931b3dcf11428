"""How many quotes a second reach a strategy that does nothing with them?

Unit: quotes of one synthetic ES session, seed 7, through feed, inbox and handler, whole run, zero
latency. A plain handler and an async one that never waits; the ratio says what `async` costs.
"""

from strategies import Async, Plain
from timing import machine, median_s, show

from dryfill import Backtest, synthetic
from dryfill.trading import instruments

TAPE = synthetic(instruments.find("ES"), seed=7, kind="mixed")


def main() -> None:
    quotes = len(TAPE.quotes.seq)
    print(f"null strategy, {quotes:,} quotes; {machine()}")
    plain = median_s(Backtest(Plain, TAPE, instrument="ES", latency="zero").run, 3)
    asynchronous = median_s(Backtest(Async, TAPE, instrument="ES", latency="zero").run, 3)
    show("plain handler", quotes, "quotes", plain)
    show("async handler", quotes, "quotes", asynchronous)
    print(f"async costs {asynchronous / plain:.2f} times plain")


if __name__ == "__main__":
    main()
