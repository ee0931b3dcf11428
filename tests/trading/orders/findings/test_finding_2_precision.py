"""Finding 2, precision of statistics: sums of prices and fees are exact to the last digit.

10 000 fills on ticks of 0.00005 and 0.1 with fees of 0.37, told to a manager, against a ledger that
knows only whole ticks and whole cents.
"""

import asyncio
from decimal import Decimal
from random import Random

import pytest
from msgspec import structs
from scripted_broker import OFFERS

from dryfill.sim.loop.run import run_virtual
from dryfill.trading import instruments
from dryfill.trading.broker import Ack
from dryfill.trading.errors import OffGrid
from dryfill.trading.order import Buy, ExecutionReport, OrderState, Sell
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.words import ExecType, OrdStatus

FILLS = 10_000


class Taker:
    """A broker that takes every order and says nothing more."""

    account_name = "TAKER"
    offers = OFFERS

    def __init__(self):
        self.requests = []

    def listen(self, sink):
        self.sink = sink

    def place(self, request, *, urgency=0, deadline_s=None):
        self.requests.append(request)
        done = asyncio.get_running_loop().create_future()
        done.set_result(Ack(str(len(self.requests))))
        return done

    def fill(self, n, order_id, qty, px, fee):
        """Tell one fill of an order that stays working."""
        request = self.requests[int(order_id) - 1]
        state = OrderState(
            instrument=request.instrument,
            order_id=order_id,
            cl_ord_id=request.cl_ord_id,
            side=request.side,
            ord_type=request.ord_type,
            ord_status=OrdStatus.PARTIALLY_FILLED,
            order_qty=request.order_qty,
            cum_qty=0,
            leaves_qty=request.order_qty,
            price=request.price,
            stop_px=request.stop_px,
            avg_px=None,
            time_ns=n,
        )
        self.sink(
            ExecutionReport(
                exec_type=ExecType.TRADE,
                order=structs.replace(state, cum_qty=state.order_qty - 1),
                last_qty=qty,
                last_px=px,
                exec_id=f"x{n}",
                fee=fee,
            )
        )


class Deaf:
    def on_report(self, order, report): ...
    def on_fill(self, order, fill): ...
    def on_position(self, position): ...
    def on_incident(self, incident): ...


def trade(root, base_ticks):
    """A manager's word on 10 000 fills, and the ledger's: side to (contracts, ticks times
    contracts), cents."""
    instrument = instruments.find(root)
    ledger, cents = {"buy": [0, 0], "sell": [0, 0]}, 0

    async def main():
        nonlocal cents
        rng, broker = Random(7), Taker()
        manager = OrderManager(broker, Deaf(), now_ns=lambda: 0)
        whole = 10 * FILLS
        manager.place(instrument, Buy(whole, limit=instrument.decimal(base_ticks)))
        manager.place(instrument, Sell(whole, stop=instrument.decimal(base_ticks)))
        for n in range(FILLS):
            side, qty = rng.choice(("buy", "sell")), rng.randint(1, 5)
            ticks = base_ticks + rng.randint(-900, 900)
            ledger[side][0] += qty
            ledger[side][1] += ticks * qty
            cents += 37 * qty
            fee = Decimal("0.37") * qty
            order_id = "1" if side == "buy" else "2"
            broker.fill(n, order_id, qty, instrument.decimal(ticks), fee)
        slipped = manager.figures.statistics().slippage_ticks
        return manager.figures.statistics().traded[instrument.symbol], slipped

    found, slipped = run_virtual(main(), origin_ns=0)
    return instrument, found, slipped, ledger, cents


@pytest.mark.parametrize(
    ("root", "tick", "base_ticks"),
    [("6E", "0.00005", 21_687), ("GC", "0.1", 20_437), ("6J", "0.0000005", 13_453)],
)
def test_sums_equal_a_ledger_of_whole_ticks_to_the_last_digit(root, tick, base_ticks):
    instrument, found, slipped, ledger, cents = trade(root, base_ticks)
    assert instrument.tick == Decimal(tick)
    for side, qty, value in (
        ("buy", found.bought, found.bought_value),
        ("sell", found.sold, found.sold_value),
    ):
        contracts, ticks = ledger[side]
        assert qty == contracts > 0
        assert value == ticks * Decimal(tick)
        assert f"{value.normalize():f}" == f"{(ticks * Decimal(tick)).normalize():f}"
    assert found.fees == Decimal(cents) / 100
    assert found.fees_untold == 0
    # The buy limit gained below it and the sell stop lost below it, whole ticks both.
    (bought, bought_ticks), (sold, sold_ticks) = ledger["buy"], ledger["sell"]
    expected = (bought_ticks - base_ticks * bought) - (sold_ticks - base_ticks * sold)
    assert slipped == expected


def test_a_price_between_ticks_is_refused_or_aligned_as_it_was_asked_and_never_rounded_away():
    euro = instruments.find("6E")

    async def main():
        broker = Taker()
        manager = OrderManager(broker, Deaf(), now_ns=lambda: 0)
        with pytest.raises(OffGrid, match=r"price 1\.08437 is not on the 0\.00005 tick of 6E"):
            manager.place(euro, Buy(1, limit="1.08437"))
        for rounding in ("down", "up", "nearest"):
            manager.place(euro, Buy(1, limit=euro.price(1.08437, rounding=rounding)))
        return [format(request.price, "f") for request in broker.requests]

    assert run_virtual(main(), origin_ns=0) == ["1.08435", "1.0844", "1.08435"]
