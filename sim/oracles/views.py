"""INV-07 and 27: at rest the manager's view is the broker's truth, and the money adds up."""

from decimal import Context, Decimal, Inexact

from ...trading.instrument import Instrument
from ...trading.orders.handle import Order
from ...trading.words import ExecType, OrdType
from ..desk.money import times, total
from ..desk.orders import OrderRecord
from .contract import BrokerSaid, Contract
from .oracle import Oracle
from .scene import Scene

_EXACT = Context(prec=60, traps=[Inexact])


class ViewIsTruth(Oracle):
    """INV-07: at quiescence the manager knows exactly the client's orders that work, and what the
    account holds. Premise: quiet moments with something working or held.

    A trailing stop's trigger moves without a report and is not compared, nor the limit that
    protection gives a market order.
    """

    name = "INV-07"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene

    def at_quiescence(self) -> None:
        if self._scene.manager is None:
            return
        for contract in self._scene.contracts.values():
            self._scene.meet(contract.instrument)
            self.premise += bool(contract.working) or contract.position != 0
            self._orders(contract)
            self._position(contract)

    def _orders(self, contract: Contract) -> None:
        assert self._scene.manager is not None
        ours = {
            order.cl_ord_id: _as_known(order)
            for order in self._scene.manager.view.orders_of(contract.instrument)
        }
        working = (*contract.working.values(), *contract.suspended.values())
        theirs = {self._scene.name_of(record): _as_is(record) for record in working}
        for tag_text in dict.fromkeys([*ours, *theirs]):
            known, true = ours.get(tag_text), theirs.get(tag_text)
            if known != true:
                self._scene.violate(
                    self.name,
                    f"all is quiet, and of order {tag_text} the manager knows {known}, "
                    f"the broker {true}",
                )

    def _position(self, contract: Contract) -> None:
        assert self._scene.manager is not None
        known = self._scene.manager.view.position(contract.instrument)
        holding = self._scene.desk.account.holding(contract.instrument)
        same = known.qty == holding.qty == contract.position
        if not same or known.avg_px != holding.avg_px:
            self._scene.violate(
                self.name,
                f"all is quiet, the manager holds {known.qty} {contract.instrument.symbol} at "
                f"{known.avg_px}, the account {holding.qty} at {holding.avg_px}, and the fills "
                f"sum up to {contract.position}",
            )


Row = tuple[object, ...]


def _as_known(order: Order) -> Row:
    core = order.core
    return (
        order.order_id,
        order.side.name,
        order.request.ord_type.name,
        core.order_qty,
        core.cum_qty,
        core.venue_status.name,
        *_prices(order.request.ord_type, core.price, core.stop_px),
    )


def _as_is(record: OrderRecord) -> Row:
    request = record.request
    return (
        str(record.number),
        request.side.name,
        request.ord_type.name,
        record.order_qty,
        record.cum_qty,
        record.status.name,
        *_prices(request.ord_type, record.price, record.stop_px),
    )


def _prices(kind: OrdType, price: Decimal | None, stop_px: Decimal | None) -> Row:
    if kind in (OrdType.LIMIT, OrdType.STOP_LIMIT):
        return price, stop_px
    return (None, stop_px if kind is OrdType.STOP else None)


class Money(Oracle):
    """INV-27: cash, realised profit and fees are the exact Decimal sums over the broker's fills but
    for those taken back. Premise: fills.

    Counted here from prices, not from the account's units: what was paid and received, which is the
    realised profit whenever nothing is held; while something is, its lots' cost is added.
    """

    name = "INV-27"

    def __init__(self, scene: Scene, starting_cash: Decimal) -> None:
        self.premise = 0
        self._scene = scene
        self._starting_cash = starting_cash
        self._received: dict[str, Decimal] = {}
        self._fees = Decimal(0)
        self._executions = 0

    def on_broker(self, said: BrokerSaid) -> None:
        if said.report.exec_type not in (ExecType.TRADE, ExecType.TRADE_CANCEL):
            return
        self.premise += 1
        instrument = said.contract.instrument
        worth = times(_worth(instrument, said.report.last_px), -said.filled)
        known = self._received.get(instrument.symbol, Decimal(0))
        self._received[instrument.symbol] = total(known, worth)
        if said.voids:  # one of them is no more: count those that stand
            self._executions, self._fees = 0, Decimal(0)
        for fill in self._scene.desk.executions[self._executions :]:
            self._executions += 1
            if type(fill.fee) is not Decimal or not isinstance(fill.px, Decimal):
                self._scene.violate(
                    self.name,
                    f"fill {fill.exec_id} has a price or fee that is no "
                    f"Decimal: {fill.px!r}, {fill.fee!r}",
                )
            else:
                self._fees = total(self._fees, fill.fee)
        if not said.contract.position:
            self._check()

    def at_quiescence(self) -> None:
        self._check()

    def at_end(self) -> None:
        self._check()

    def _check(self) -> None:
        account = self._scene.desk.account
        told = {"cash": account.cash, "realised": account.realised, "fees": account.fees_paid}
        for what, amount in told.items():
            if type(amount) is not Decimal:
                self._scene.violate(self.name, f"{what} is {amount!r}, no Decimal")
                return
        realised = total(*self._received.values(), *(self._cost(i) for i in self._instruments()))
        cash = total(self._starting_cash, realised, self._fees.copy_negate())
        true = {"cash": cash, "realised": realised, "fees": self._fees}
        if told != true:
            self._scene.violate(self.name, f"the account has {told}, its fills sum up to {true}")

    def _instruments(self) -> list[Instrument]:
        return [contract.instrument for contract in self._scene.contracts.values()]

    def _cost(self, instrument: Instrument) -> Decimal:
        """What is held cost, as long as it is held: it is paid, and no loss."""
        holding = self._scene.desk.account.holding(instrument)
        return total(
            *(times(_worth(instrument, lot.units), holding.sign * lot.qty) for lot in holding.lots)
        )


def _worth(instrument: Instrument, units: int) -> Decimal:
    """One contract at a price, in money."""
    return _EXACT.multiply(instrument.decimal(units), instrument.point_value)
