"""The jobs of `peers.py` that hftbacktest can do; its strategies are compiled (numba) but for J1.

A quote is a level set, and the old one taken away where the price moved. It has no stop orders and
no orders that depend on each other, so that there is no bracket to keep: J3 is left out.
"""

from typing import Any

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
)
from hftbacktest.order import GTC, MARKET
from hftbacktest.types import event_dtype
from job_line import FAST, FINISHED, SLOW, TICK, asked, average, not_here, resident_kb, tell
from numba import njit

ASKED = asked()
END = 1
LONG_NS = 10**16


def events() -> Any:
    """The quotes as level sets, a removal before the set that follows it."""
    q = ASKED.columns("quotes")
    parts = []
    for name, side in (("bid", BUY_EVENT), ("ask", SELL_EVENT)):
        price, size = q[name], q[f"{name}_sz"]
        moved = np.flatnonzero(np.diff(price)) + 1
        for at, px, qty, rank in (
            (moved, price[moved - 1], np.zeros(len(moved)), 0),
            (np.arange(len(price)), price, size, 1),
        ):
            part = np.zeros(len(at), event_dtype)
            part["ev"] = DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT | side
            part["exch_ts"] = part["local_ts"] = q["ts"][at]
            part["px"], part["qty"], part["ival"] = px * TICK, qty, rank
            parts.append(part)
    every = np.concatenate(parts)
    every = every[np.lexsort((every["ival"], every["exch_ts"]))]
    every["ival"] = 0
    return every


def market(rows: Any) -> HashMapMarketDepthBacktest:
    asset = BacktestAsset().data([rows]).linear_asset(50.0).constant_order_latency(0, 0)
    asset = asset.risk_adverse_queue_model().no_partial_fill_exchange()
    asset = asset.trading_value_fee_model(0.0, 0.0).tick_size(TICK).lot_size(1.0)
    return HashMapMarketDepthBacktest([asset.last_trades_capacity(0)])


def heard(hbt: Any, times: Any) -> int:
    """A turn of a Python loop for each event of the feed."""
    count = 0
    while hbt.wait_next_feed(False, LONG_NS) != END:
        count += 1
    return count


@njit
def replayed(hbt: Any, times: Any) -> int:
    hbt.elapse(0)
    count = 0
    for at in times:
        if hbt.elapse(at - hbt.current_timestamp) == END:
            break
        count += 1
    return count


@njit
def crossed(hbt: Any, times: Any, quick: float, lazy: float) -> int:
    hbt.elapse(0)
    near = far = 0.0
    orders, above, known = 0, False, False
    for at in times:
        if hbt.elapse(at - hbt.current_timestamp) == END:
            break
        depth = hbt.depth(0)
        mid = (depth.best_bid + depth.best_ask) / 2
        if mid != mid:
            continue
        if near == 0:
            near = far = mid
        near += quick * (mid - near)
        far += lazy * (mid - far)
        now = near > far
        if known and now != above:
            orders += 1
            if now:
                hbt.submit_buy_order(0, orders, depth.best_ask, 1.0, GTC, MARKET, False)
            else:
                hbt.submit_sell_order(0, orders, depth.best_bid, 1.0, GTC, MARKET, False)
            hbt.clear_inactive_orders(0)
        above, known = now, True
    return orders


@njit
def finished(hbt: Any, times: Any, most: int) -> int:
    hbt.elapse(0)
    orders = 0
    for at in times:
        if orders >= most or hbt.elapse(at - hbt.current_timestamp) == END:
            break
        depth = hbt.depth(0)
        orders += 1
        if orders % 2:
            hbt.submit_buy_order(0, orders, depth.best_ask, 1.0, GTC, MARKET, False)
        else:
            hbt.submit_sell_order(0, orders, depth.best_bid, 1.0, GTC, MARKET, False)
    return orders


AVERAGES = (average(FAST), average(SLOW))
JOBS = {
    "J1": (heard, ()),
    "J2": (crossed, AVERAGES),
    "J4": (replayed, ()),
    "J7": (crossed, AVERAGES),
    "J8": (finished, (FINISHED,)),
}


def main() -> None:
    if ASKED.job not in JOBS:
        raise not_here(ASKED.job, JOBS)
    run, more = JOBS[ASKED.job]
    rows, times = events(), ASKED.columns("quotes")["ts"]
    if ASKED.job != "J7":  # what compiling takes is part of the first result, and of no other job
        small = market(rows[:100].copy())
        run(small, times[:10], *more)
        small.close()
    hbt = market(rows)
    before = resident_kb()
    tell(
        ASKED,
        lambda: run(hbt, times, *more),
        orders=lambda made: made if more else 0,
        grown_kb=lambda _: resident_kb() - before,
    )


if __name__ == "__main__":
    main()
