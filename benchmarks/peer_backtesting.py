"""The jobs of `peers.py` that backtesting.py can do: mid prices as bars, filled at the next one."""

import warnings
from typing import Any

import pandas as pd
from backtesting import Backtest, Strategy
from job_line import (
    BAR_FAST,
    BAR_NEAR,
    BAR_SLOW,
    FAST,
    FINISHED,
    NEAR,
    SLOW,
    TICK,
    asked,
    average,
    in_two_processes,
    not_here,
    resident_kb,
    tell,
)

ASKED = asked()
BARS = "bars" in ASKED.job or ASKED.job == "J6"
PRICES = ("Open", "High", "Low", "Close")


class Null(Strategy):
    def init(self) -> None:
        pass

    def next(self) -> None:
        pass


class Cross(Strategy):
    spans = (BAR_FAST, BAR_SLOW) if BARS else (FAST, SLOW)
    made = 0

    def init(self) -> None:
        self.quick, self.lazy = map(average, self.spans)
        self.near = self.far = 0.0
        self.above: bool | None = None

    def next(self) -> None:
        price = self.data.Close[-1]
        if not self.near:
            self.near = self.far = price
        self.near += self.quick * (price - self.near)
        self.far += self.lazy * (price - self.far)
        above = self.near > self.far
        if above is not self.above:
            if self.above is not None:
                Cross.made += 1
                (self.buy if above else self.sell)(size=1)
            self.above = above


class Churn(Strategy):
    made = 0
    distance = (BAR_NEAR if BARS else NEAR) * TICK

    def init(self) -> None:
        pass

    def next(self) -> None:
        if not self.position and not self.orders:
            price = self.data.Close[-1]
            Churn.made += 1
            self.buy(size=1, sl=price - self.distance, tp=price + self.distance)


class Finishes(Strategy):
    made = 0

    def init(self) -> None:
        pass

    def next(self) -> None:
        if Finishes.made < FINISHED:
            Finishes.made += 1
            (self.buy if Finishes.made % 2 else self.sell)(size=1)


JOBS = {
    "J1": Null,
    "J2": Cross,
    "J3": Churn,
    "J1 bars": Null,
    "J2 bars": Cross,
    "J3 bars": Churn,
    "J6": Cross,
    "J7": Cross,
    "J8": Finishes,
}


def frame() -> pd.DataFrame:
    if BARS:
        b = ASKED.columns("bars")
        prices = {name: b[name[0].lower()] * TICK for name in PRICES}
        return pd.DataFrame({**prices, "Volume": b["v"]}, index=pd.to_datetime(b["ts"]))
    q = ASKED.columns("quotes")
    mid = (q["bid"] + q["ask"]) * TICK / 2
    columns = {**dict.fromkeys(PRICES, mid), "Volume": q["bid_sz"]}
    return pd.DataFrame(columns, index=pd.to_datetime(q["ts"]))


def main() -> None:
    if ASKED.job not in JOBS:
        raise not_here(ASKED.job, JOBS)
    warnings.filterwarnings("ignore")
    kind, data = JOBS[ASKED.job], frame()

    def run(kind: type[Strategy]) -> Any:
        return Backtest(data, kind, cash=1e9, margin=1, commission=0).run()

    if ASKED.job == "J6":

        def search(spans: tuple[int, int]) -> None:
            run(type("Searched", (Cross,), {"spans": spans}))

        tell(ASKED, lambda: in_two_processes(search), runs=int)
        return
    before = resident_kb()
    tell(
        ASKED,
        lambda: run(kind),
        orders=lambda _: getattr(kind, "made", 0),
        grown_kb=lambda _: resident_kb() - before,
    )


if __name__ == "__main__":
    main()
