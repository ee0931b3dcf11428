"""The jobs of `peers.py`, done by Dryfill; `--how` names the engine."""

from typing import Any

import made_market
import numpy as np
from job_line import FINISHED, NEAR, asked, in_two_processes, resident_kb, tell
from msgspec import structs
from strategies import Alternate, Async, BarChurn, BarCross, Bars, Churn, Cross, Plain

from dryfill.matching.commands import NewOrder
from dryfill.matching.engines import make_engine
from dryfill.matching.rules import PROJECTX_SIM, Rules
from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.trading.tape import BarRows, QuoteRows, Tape, make_tape
from dryfill.trading.words import NO_PRICE, OrdType, Side

ASKED = asked()
FAR = 100_000
STRATEGIES = {
    "J1": Plain,
    "J1 async": Async,
    "J2": Cross,
    "J3": Churn,
    "J3 native": Churn,
    "J1 bars": Bars,
    "J2 bars": BarCross,
    "J3 bars": BarChurn,
    "J7": Cross,
}


class Finishes(Alternate):
    """Trades until so many orders are finished."""

    async def on_quote(self, quote: object) -> None:
        if self.sides < FINISHED:
            await super().on_quote(quote)


def quotes() -> Tape:
    q = ASKED.columns("quotes")
    sides = (q[name].astype(np.int64) for name in ("bid", "bid_sz", "ask", "ask_sz"))
    return make_tape(QuoteRows(np.arange(len(q["ts"])), q["ts"], *sides))


def bars() -> Tape:
    b = ASKED.columns("bars")
    n = np.arange(len(b["ts"]))
    nothing = np.zeros_like(n)
    absent = nothing + NO_PRICE
    told = (b[name].astype(np.int64) for name in "ohlcv")
    unquoted = (absent, absent, absent, absent, nothing)
    span_ns = nothing + 60 * 10**9
    return make_tape(bars=BarRows(n, b["ts"], span_ns, *told, *unquoted, *unquoted))


def main() -> None:
    job, engine = ASKED.job, ASKED.how
    if job == "J4":
        replay()
        return
    tape = bars() if "bars" in job or job == "J6" else quotes()
    if job == "J6":
        tell(ASKED, lambda: in_two_processes(lambda each: search(tape, each)), runs=int)
    elif job == "J8":
        backtest = made_market.backtest(Finishes, tape, latency="zero", engine=engine)
        before = resident_kb()
        tell(ASKED, backtest.run, orders=orders_of, grown_kb=lambda _: resident_kb() - before)
    else:
        kind = STRATEGIES[job]
        backtest = made_market.backtest(kind, tape, latency="zero", engine=engine)
        if "native" in job:
            # The job's stop is nearer than the 4 ticks that an account takes otherwise.
            rules = BracketRules(stop_ticks_least=NEAR)
            backtest.setup = structs.replace(backtest.setup, brackets=rules)
        tell(ASKED, backtest.run, orders=orders_of, children=children_of)


def search(tape: Tape, averages: tuple[int, int]) -> None:
    params = {"fast": averages[0], "slow": averages[1]}
    made_market.backtest(BarCross, tape, latency="zero", engine=ASKED.how, params=params).run()


def replay() -> None:
    """The engine alone, a bracket's legs resting far away."""
    tape = quotes()
    engine = make_engine(ASKED.how, Rules(profile=PROJECTX_SIM))
    engine.extend(tape)
    bid = int(tape.quotes.bid[0])
    engine.submit(tape.start_ns, NewOrder(1, Side.SELL, OrdType.STOP, 1, stop_px=max(bid - FAR, 1)))
    engine.submit(tape.start_ns, NewOrder(2, Side.SELL, OrdType.LIMIT, 1, price=bid + FAR))

    def run() -> int:
        told = 0
        while (moment := engine.next_moment(tape.end_ns)) is not None:
            told += len(engine.advance(moment))
        return told + len(engine.advance(tape.end_ns))

    tell(ASKED, run, reports=int)


def children_of(report: Any) -> int:
    return sum(each.parent is not None for each in report.record.desk.orders.values())


def orders_of(report: Any) -> int:
    return len(report.record.desk.orders)


if __name__ == "__main__":
    main()
