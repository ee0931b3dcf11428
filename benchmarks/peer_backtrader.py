"""The jobs of `peers.py` that backtrader can do: mid prices as bars, filled at the next one."""

from datetime import UTC, datetime
from typing import Any

import backtrader as bt
from backtrader.utils.date import date2num
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
DAY_NS = 86_400 * 10**9


class Columns(bt.feed.DataBase):
    """Rows of memory."""

    params = (("rows", ()),)

    def start(self) -> None:
        super().start()
        self._left = iter(self.p.rows)

    def _load(self) -> bool:
        row = next(self._left, None)
        if row is None:
            return False
        lines = self.lines
        places = (lines.datetime, lines.open, lines.high, lines.low, lines.close, lines.volume)
        for line, value in zip(places, row, strict=True):
            line[0] = value
        lines.openinterest[0] = 0.0
        return True


class Null(bt.Strategy):
    made = 0

    def next(self) -> None:
        pass


class Cross(bt.Strategy):
    params = (("spans", (BAR_FAST, BAR_SLOW) if BARS else (FAST, SLOW)),)

    def __init__(self) -> None:
        self.quick, self.lazy = map(average, self.p.spans)
        self.near = self.far = 0.0
        self.above: bool | None = None
        self.made = 0

    def next(self) -> None:
        price = self.data.close[0]
        if not self.near:
            self.near = self.far = price
        self.near += self.quick * (price - self.near)
        self.far += self.lazy * (price - self.far)
        above = self.near > self.far
        if above is not self.above:
            if self.above is not None:
                self.made += 1
                (self.buy if above else self.sell)(size=1)
            self.above = above


class Churn(bt.Strategy):
    made = 0
    alive = 0

    def next(self) -> None:
        if not self.position and not self.alive:
            price, away = self.data.close[0], (BAR_NEAR if BARS else NEAR) * TICK
            self.made += 1
            self.alive = 3
            self.buy_bracket(
                size=1, exectype=bt.Order.Market, stopprice=price - away, limitprice=price + away
            )

    def notify_order(self, order: Any) -> None:
        self.alive -= not order.alive()


class Finishes(bt.Strategy):
    made = 0

    def next(self) -> None:
        if self.made < FINISHED:
            self.made += 1
            (self.buy if self.made % 2 else self.sell)(size=1)


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


def rows() -> list[tuple[float, ...]]:
    first = date2num(datetime(1970, 1, 1, tzinfo=UTC))
    if BARS:
        b = ASKED.columns("bars")
        prices = [(b[name] * TICK).tolist() for name in "ohlc"]
        size, stamp = b["v"], b["ts"]
    else:
        q = ASKED.columns("quotes")
        prices = [((q["bid"] + q["ask"]) * TICK / 2).tolist()] * 4
        size, stamp = q["bid_sz"], q["ts"]
    days = (stamp / DAY_NS + first).tolist()
    return list(zip(days, *prices, size.tolist(), strict=True))


def main() -> None:
    if ASKED.job not in JOBS:
        raise not_here(ASKED.job, JOBS)
    data = rows()

    def run(**params: Any) -> Any:
        brain = bt.Cerebro(stdstats=False)
        brain.broker.setcash(1e9)
        brain.broker.setcommission(commission=0, mult=50, margin=1000)
        unit = bt.TimeFrame.Minutes if BARS else bt.TimeFrame.Ticks
        brain.adddata(Columns(rows=data, timeframe=unit))
        brain.addstrategy(JOBS[ASKED.job], **params)
        return brain.run()[0]

    if ASKED.job == "J6":
        tell(ASKED, lambda: in_two_processes(lambda each: run(spans=each)), runs=int)
        return
    before = resident_kb()
    tell(
        ASKED,
        run,
        orders=lambda strategy: strategy.made,
        grown_kb=lambda _: resident_kb() - before,
    )


if __name__ == "__main__":
    main()
