"""What does a bracket cost that the broker keeps, without a client, its manager and the wire?

Whenever flat: buy 1 at market with a stop 3 ticks below and a target 3 ticks above, at the next
quote; first by commands to the engine alone (`AttachLegs`), then through the broker's desk, which
books every report and tells every event. Unit: brackets opened and closed per second of processor
time, medians of 3; what is left of J3 is the client. Data: 200,000 quotes (`made_market`).
"""

import time
from collections.abc import Callable
from decimal import Decimal

import made_market
import numpy as np
from made_market import ES
from msgspec import structs
from timing import machine, median_s, show

from dryfill.matching.commands import AttachLegs, Leg, NewOrder
from dryfill.matching.engine import Engine
from dryfill.matching.engines import NATIVE, REFERENCE, make_engine, native_is_there
from dryfill.matching.rules import PROJECTX_SIM, Rules, Trigger
from dryfill.sim.desk.account import Account
from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.sim.desk.broker_desk import BrokerDesk
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.digest import DomainDigest
from dryfill.sim.exchange import Exchange
from dryfill.trading.order import Attached, OrderRequest
from dryfill.trading.price import Ticks
from dryfill.trading.tape import Tape
from dryfill.trading.words import OrdStatus, OrdType, Side

ROWS = 200_000
NEAR = 3
PROFILE = structs.replace(PROJECTX_SIM, trigger=Trigger.QUOTE)


def by_engine(engine: Engine, tape: Tape) -> int:
    """Brackets by commands; how many were closed."""
    engine.extend(tape)
    times, now, order_id, closed = tape.quotes.time_ns, tape.start_ns, 1, 0
    while True:
        engine.submit(now, NewOrder(order_id, Side.BUY, OrdType.MARKET, 1))
        px = engine.advance(now)[-1].last_px
        legs = Leg(order_id + 1, OrdType.STOP, -NEAR), Leg(order_id + 2, OrdType.LIMIT, NEAR)
        engine.submit(now, AttachLegs(order_id, Side.SELL, 1, legs, cum_qty=1, worth=px))
        engine.advance(now)
        while (moment := engine.next_moment(tape.end_ns)) is not None:
            if any(report.ord_status is OrdStatus.FILLED for report in engine.advance(moment)):
                break
        nth = ROWS if moment is None else int(np.searchsorted(times, moment, "right"))
        if nth == ROWS:
            return closed
        now, order_id, closed = int(times[nth]), order_id + 3, closed + 1


def by_desk(engine: Engine, tape: Tape) -> int:
    """Brackets as a client's requests; how many were closed."""
    engine.extend(tape)
    times, now = tape.quotes.time_ns, tape.start_ns
    account = Account("SIM", Decimal(50_000), fee_schedule("zero"))
    desk = BrokerDesk(account, lambda: now, brackets=BracketRules(stop_ticks_least=NEAR))
    digest = DomainDigest(tape.start_ns)
    exchange = Exchange(lambda: now, {ES.symbol: engine}, digest, desk.on_report)
    desk.connect(exchange)
    closed, attached = 0, Attached(stop=Ticks(-NEAR), target=Ticks(NEAR))
    while True:
        desk.place(
            OrderRequest(
                cl_ord_id=f"{closed}.entry#1",
                instrument=ES,
                side=Side.BUY,
                ord_type=OrdType.MARKET,
                order_qty=1,
                attached=attached,
            )
        )
        while desk.held(ES) and (moment := exchange.next_moment(tape.end_ns)) is not None:
            now = moment
            exchange.advance(now)
        nth = int(np.searchsorted(times, now, "right"))
        if desk.held(ES) or nth == ROWS:
            return closed
        now, closed = int(times[nth]), closed + 1


def measure(name: str, what: str, run: Callable[[Engine, Tape], int], tape: Tape) -> None:
    """One line of the table."""
    counts: list[int] = []

    def job() -> None:
        counts.append(run(make_engine(name, Rules(profile=PROFILE)), tape))

    seconds = median_s(job, 3, time.process_time)
    show(f"{name}, {what}, {counts[0]:,}", counts[0], "brackets", seconds)


def main() -> None:
    tape = made_market.quotes(ROWS)
    print(f"brackets that the broker keeps; {machine()}")
    for name in (NATIVE, REFERENCE) if native_is_there() else (REFERENCE,):
        measure(name, "the engine alone", by_engine, tape)
        measure(name, "through the broker's desk", by_desk, tape)


if __name__ == "__main__":
    main()
