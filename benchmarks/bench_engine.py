"""How many quotes a second does the engine alone commit?

Unit: market rows (quotes and trades) of one synthetic ES session, seed 7. Two cases: nothing of
ours works; and one bracket's legs rest far away, so that every row is compared with them and none
fills. The reference engine is the specification: it is measured to know what the native one gains.
"""

from timing import machine, median_s, show

from dryfill import synthetic
from dryfill.matching.commands import NewOrder
from dryfill.matching.reference import ReferenceEngine
from dryfill.matching.rules import Rules
from dryfill.trading import instruments
from dryfill.trading.words import OrdType, Side, TimeInForce

TAPE = synthetic(instruments.find("ES"), seed=7, kind="mixed")


def replay(*, bracket: bool) -> ReferenceEngine:
    engine = ReferenceEngine(Rules(protection=12))
    engine.extend(TAPE)
    engine.advance(TAPE.start_ns)
    if bracket:
        mid = int(TAPE.quotes.bid[0])
        gtc = TimeInForce.GTC
        engine.submit(
            TAPE.start_ns,
            NewOrder(1, Side.SELL, OrdType.STOP, 1, stop_px=mid - 4000, tif=gtc),
        )
        engine.submit(
            TAPE.start_ns, NewOrder(2, Side.SELL, OrdType.LIMIT, 1, price=mid + 4000, tif=gtc)
        )
    while (moment := engine.next_moment(TAPE.end_ns)) is not None:
        engine.advance(moment)
    engine.advance(TAPE.end_ns)
    return engine


def main() -> None:
    print(f"engine alone, {len(TAPE):,} rows; {machine()}")
    idle = median_s(lambda: replay(bracket=False))
    resting = median_s(lambda: replay(bracket=True))
    show("reference, nothing working", len(TAPE), "rows", idle)
    show("reference, one bracket resting", len(TAPE), "rows", resting)
    print(f"one bracket resting costs {resting / idle:.2f} times nothing working")


if __name__ == "__main__":
    main()
