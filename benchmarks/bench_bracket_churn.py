"""How many brackets a second does the whole path carry?

When flat: buy 1 at market with a stop 3 ticks below and a target 3 ticks above the mean entry
price; again as soon as it is closed. Unit: brackets opened and closed on one synthetic ES session,
seed 7, through manager, wire (zero latency), desk, engine and back.
"""

from strategies import Churn
from timing import machine, median_s, show

from dryfill import Backtest, synthetic
from dryfill.trading import instruments

TAPE = synthetic(instruments.find("ES"), seed=7, kind="mixed")


def main() -> None:
    backtest = Backtest(Churn, TAPE, instrument="ES", latency="zero")
    report = backtest.run()
    brackets = len(report.record.trades)
    print(f"bracket churn, {brackets:,} round trips; {machine()}")
    seconds = median_s(backtest.run, 3)
    show("brackets opened and closed", brackets, "brackets", seconds)
    show("quotes on the way", len(TAPE.quotes.seq), "quotes", seconds)


if __name__ == "__main__":
    main()
