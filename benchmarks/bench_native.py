"""How much faster is the native engine than the reference, and how near to the speed of memory?

J4: the engine alone replays quotes, no Python for each. Unit: quotes a second, the rows being in
the engine; what it takes to give them to it stands apart. Data: 20 million quotes of a random walk,
spread one tick, about 50 ms apart, made by a seed. Cases: nothing of ours works; one bracket's legs
rest where the market never comes; and, on 300,000 rows, two orders that join the best bid and ask
anew each ten seconds, so that most rows touch. The passes of numpy read the same two columns: what
memory allows. Last, what a whole run with a Python strategy gains, in processor time: half an hour
of synthetic ES, with a bracket whenever flat, and with a handler that hears every quote. Medians in
one process; both engines have to say the same, or there is no figure.
"""

import time
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import numpy as np
from strategies import Async, Churn
from timing import machine, median_s, show

from dryfill import Backtest, Strategy, synthetic
from dryfill.matching.commands import CancelOrder, NewOrder
from dryfill.matching.engine import Engine
from dryfill.matching.engines import NATIVE, REFERENCE, make_engine, native_is_there
from dryfill.matching.rules import PROJECTX_SIM, Rules
from dryfill.trading import instruments
from dryfill.trading.tape import QuoteRows, Tape, make_tape
from dryfill.trading.words import OrdType, Side

ROWS = 20_000_000
BUSY_ROWS = 300_000
FAR = 100_000


def quotes(rows: int) -> Tape:
    """Quotes by a seed: the bid walks by ticks, sizes and gaps come from a table of a million."""
    draw = Random(7)
    table = np.array([draw.getrandbits(32) for _ in range(1 << 16)], np.int64)
    drawn = np.resize(table, rows)
    turns = drawn * (np.arange(rows, dtype=np.int64) // len(table) * 2 + 1) % 2**32
    bid = 19_000 + np.cumsum(np.array([-1, 0, 0, 1])[turns >> 30])
    seq = np.arange(rows, dtype=np.int64)
    return make_tape(
        QuoteRows(
            seq=seq,
            time_ns=np.cumsum(turns % 100_000_000),
            bid=bid,
            bid_size=turns % 61,
            ask=bid + 1,
            ask_size=turns % 53,
        )
    )


def fed(name: str, tape: Tape) -> Engine:
    """An engine with its rows."""
    engine = make_engine(name, Rules(profile=PROJECTX_SIM))
    engine.extend(tape)
    return engine


def idle(engine: Engine, tape: Tape) -> Any:
    engine.advance(tape.end_ns)
    return engine.book()


def bracket(engine: Engine, tape: Tape) -> Any:
    """One bracket's legs, far away: whoever drives the engine asks for the next moment."""
    at = tape.start_ns
    bid = int(tape.quotes.bid[0])
    engine.submit(at, NewOrder(1, Side.SELL, OrdType.STOP, 1, stop_px=bid - FAR))
    engine.submit(at, NewOrder(2, Side.SELL, OrdType.LIMIT, 1, price=bid + FAR))
    told = []
    while (moment := engine.next_moment(tape.end_ns)) is not None:
        told += engine.advance(moment)
    told += engine.advance(tape.end_ns)
    return told, engine.book()


def busy(engine: Engine, tape: Tape) -> Any:
    """Two joins at the best prices, anew each ten seconds."""
    told, number = [], 0
    for at in range(tape.start_ns, tape.end_ns, 10_000_000_000):
        for side, kind in ((Side.BUY, OrdType.JOIN_BID), (Side.SELL, OrdType.JOIN_ASK)):
            if number > 1:
                engine.submit(at, CancelOrder(number - 1))
            number += 1
            engine.submit(at, NewOrder(number, side, kind, 5))
        told += engine.advance(at)
    told += engine.advance(tape.end_ns)
    return told, engine.book()


def measured(name: str, run: Callable[[Engine, Tape], Any], tape: Tape) -> tuple[float, Any]:
    """Median seconds of a run, the rows being in the engine; and what came out."""
    engines = [fed(name, tape) for _ in range(6)]
    seconds = median_s(lambda: run(engines.pop(), tape))
    return seconds, run(fed(name, tape), tape)


def compared(case: str, run: Callable[[Engine, Tape], Any], tape: Tape) -> float:
    """Both engines on a case; prints their figures and gives the native one's seconds."""
    native, reference = (measured(name, run, tape) for name in (NATIVE, REFERENCE))
    assert native[1] == reference[1], f"{case}: the engines say different things"
    for name, (seconds, _) in ((NATIVE, native), (REFERENCE, reference)):
        show(f"{case}, {name}", len(tape), "quotes", seconds)
    print(f"{case}: native is {reference[0] / native[0]:.1f} times as fast as reference")
    return native[0]


def main() -> None:
    if not native_is_there():
        print("the native engine is not built here: nothing to compare")
        return
    tape = quotes(ROWS)
    print(f"J4, {len(tape):,} quotes; {machine()}")
    compared("nothing working", idle, tape)
    seconds = compared("one bracket resting", bracket, tape)
    bid, ask = tape.quotes.bid, tape.quotes.ask
    numpy_s = median_s(lambda: ((bid <= -FAR) | (bid >= FAR) | (ask <= -FAR) | (ask >= FAR)).any())
    show("numpy, four comparisons of the two columns", len(tape), "quotes", numpy_s)
    sum_s = median_s(lambda: (bid.max(), ask.max()))
    show("numpy, one pass over the two columns (max)", len(tape), "quotes", sum_s)
    print(f"one bracket resting, native: {sum_s / seconds:.2f} times the speed of that pass")
    compared("most rows touch", busy, quotes(BUSY_ROWS))
    for name in (NATIVE, REFERENCE):
        seconds = median_s(partial(fed, name, tape))
        show(f"giving it the rows, {name}", len(tape), "quotes", seconds)
    for kind in (Churn, Async):
        whole(kind)


def whole(kind: type[Strategy]) -> None:
    """A strategy's whole run on both engines: manager, wire, desk and engine."""
    tape = synthetic(instruments.find("ES"), seed=7, hours="08:30-09:00", kind="mixed")
    seconds = {}
    for name in (NATIVE, REFERENCE):
        run = Backtest(kind, tape, instrument="ES", latency="zero", engine=name).run
        seconds[name] = median_s(run, 3, time.process_time)
        show(f"whole run of {kind.__name__}, {name}", len(tape.quotes.seq), "quotes", seconds[name])
    print(f"{kind.__name__}: native takes {seconds[NATIVE] / seconds[REFERENCE]:.2f} of the time")


if __name__ == "__main__":
    main()
