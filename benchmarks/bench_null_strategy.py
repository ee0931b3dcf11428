"""How many quotes, and bars, a second reach a strategy that does nothing with them?

Unit: 500,000 made quotes and 200,000 made minute bars, seed 7, zero latency. The whole run is
timed, in the processor's time, and beside it the run of a strategy that subscribes to nothing: the
difference is what feed and handlers cost. A plain handler, and an async one that never waits; the
ratio says what `async` costs. "live latency" is the plain one, its latencies drawn.
"""

import time
from functools import partial
from typing import Any

import made_market
from strategies import Async, Bars, Idle, Plain
from timing import machine, median_s, show

QUOTES, BARS = 500_000, 200_000


def timed(strategy: Any, tape: Any, **given: Any) -> float:
    given = {"latency": "zero", **given}
    return median_s(made_market.backtest(strategy, tape, **given).run, 3, time.process_time)


def main() -> None:
    print(f"null strategy, {QUOTES:,} quotes, {BARS:,} bars; {machine()}")
    on_quotes = partial(timed, tape=made_market.quotes(QUOTES))
    on_bars = partial(timed, tape=made_market.bars(BARS))
    plain, asynchronous, idle = on_quotes(Plain), on_quotes(Async), on_quotes(Idle)
    show("plain handler, whole run", QUOTES, "quotes", plain)
    show("plain handler, feed and handlers", QUOTES, "quotes", plain - idle)
    show("async handler, whole run", QUOTES, "quotes", asynchronous)
    show("async handler, feed and handlers", QUOTES, "quotes", asynchronous - idle)
    live = on_quotes(Plain, latency="live")
    show("plain handler, live latency, whole run", QUOTES, "quotes", live)
    print(f"async costs {asynchronous / plain:.2f} times plain")
    show("bars, whole run", BARS, "bars", on_bars(Bars))
    show("bars, feed and handlers", BARS, "bars", on_bars(Bars) - on_bars(Idle))


if __name__ == "__main__":
    main()
