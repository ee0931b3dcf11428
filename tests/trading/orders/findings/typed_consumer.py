"""What a user of the order manager writes, as `mypy --strict` reads it (finding 10).

`test_finding_10_types.py` checks it. A line that ends in `# wrong` must be refused, every other one
must not: a name that quietly becomes `Any` would let the wrong lines pass.
"""

from decimal import Decimal
from typing import assert_never, assert_type

from dryfill.trading.instrument import Instrument
from dryfill.trading.order import Buy, Execution, ExecutionReport, OrderState, Sell
from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.orders.brackets.outcome import Outcome
from dryfill.trading.orders.events import (
    Accepted,
    Cancelled,
    Corrected,
    Expired,
    Filled,
    FillNow,
    IncidentRaised,
    Missed,
    Modified,
    Partial,
    Rejected,
    Voided,
)
from dryfill.trading.orders.exits.flatten_core import FlattenResult
from dryfill.trading.orders.figures.health import Health
from dryfill.trading.orders.figures.statistics import Statistics
from dryfill.trading.orders.handle import CancelResult, Order
from dryfill.trading.orders.incident import Incident
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.orders.told import ReportsMissed
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdStatus, Reason


async def trade(manager: OrderManager, instrument: Instrument) -> Decimal | None:
    order = manager.place(instrument, Buy(2, limit="20000.25"))
    assert_type(order, Order)
    assert_type(await order.accepted(), Order)
    assert_type(await manager.cancel(order), CancelResult)
    assert_type(await order.done(), OrdStatus)
    assert_type(order.fills, list[Execution])
    async for report in order:
        assert_type(report, ExecutionReport | ReportsMissed)
    bracket = manager.bracket(instrument, Sell(1), stop=Ticks(40), target=Ticks(80))
    assert_type(bracket, Bracket)
    assert_type(await bracket.protected(timeout=2), Outcome)
    assert_type(await manager.flatten(instrument, "the end"), FlattenResult)
    assert_type(await manager.look_up("7#1", instrument), Order | OrderState | None)
    assert_type(manager.view.order("7#1"), Order | None)
    manager.place(instrument, "buy 2")  # wrong
    manager.place(instrument, Buy(2), qty=3)  # wrong
    manager.bracket(instrument, Buy(1), stop=40.5)  # wrong
    await manager.cancel("7#1")  # wrong
    order.avg_px.is_nan()  # wrong
    order.cum_qty = 3  # wrong
    return order.avg_px


async def watch(manager: OrderManager) -> None:
    async for event in manager.events():
        match event:
            case Partial() | Corrected() | Voided():
                assert_type(event.fill, FillNow)
                assert_type(event.fill.px, Decimal)
            case Filled():
                assert_type(event.fill, FillNow | None)
                print(event.fill.px)  # wrong
            case Cancelled():
                assert_type((event.asked, event.order.cum_qty), tuple[bool, int])
            case Rejected():
                assert_type(event.reason, Reason)
            case Accepted() | Expired() | Modified():
                event.n = 0  # wrong
            case IncidentRaised():
                assert_type(event.incident, Incident)
                print(event.order)  # wrong
            case Missed():
                assert_type((event.first, event.last), tuple[int, int])
            case _:
                assert_never(event)


def figures(manager: OrderManager) -> OrderSettings:
    numbers = manager.figures.statistics()
    assert_type(numbers, Statistics)
    assert_type(numbers.slippage_ticks, Decimal)
    assert_type(numbers.ack.p99_ns, int | None)
    assert_type(numbers.traded["MNQ"].fees, Decimal)
    assert_type(manager.figures.health(), Health)
    assert_type(manager.figures.metrics(), str)
    manager.figures.statistics().fills = 0  # wrong
    manager.figures.alarm("page me")  # wrong
    return OrderSettings(retry_s="soon")  # wrong
