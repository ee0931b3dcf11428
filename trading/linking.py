"""The trader's side of orders that depend on each other: sends them and waits for the answers."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from .instrument import Instrument
from .last_prices import LastPrices
from .order import OrderSpec
from .orders.groups.group import Group
from .orders.groups.groups import IfRefused
from .orders.handle import Order
from .orders.manager import OrderManager
from .orders.risk.exposure import MarketView
from .words import ContingencyType


class Linking:
    """Groups in a desk's instrument, or in any. `caller` says so when who waits goes away."""

    def __init__(
        self,
        manager: OrderManager,
        prices: LastPrices,
        instrument: Instrument,
        caller: Callable[[Order], AbstractContextManager[None]],
    ) -> None:
        self._manager = manager
        self._prices = prices
        self._instrument = instrument
        self._caller = caller

    async def oco(
        self,
        *specs: OrderSpec,
        contingency: ContingencyType | None = None,
        if_refused: IfRefused | None = None,
        instrument: Instrument | None = None,
    ) -> Group:
        """Send orders of which one is meant, a fill of one cancelling or shrinking the others, and
        wait until the broker has answered each; a refused one does not raise. See `Groups.oco`."""
        instrument = instrument or self._instrument
        return await self._answered(
            self._manager.oco(
                instrument,
                specs,
                contingency=contingency,
                if_refused=if_refused,
                market=self._market(instrument),
            )
        )

    async def oto(
        self,
        first: OrderSpec,
        then: OrderSpec | Sequence[OrderSpec],
        *,
        contingency: ContingencyType | None = None,
        if_refused: IfRefused | None = None,
        instrument: Instrument | None = None,
    ) -> Group:
        """Send an order whose fills send `then` out, and wait until the broker has answered it; a
        refusal does not raise. See `Groups.oto`."""
        instrument = instrument or self._instrument
        return await self._answered(
            self._manager.oto(
                instrument,
                first,
                then,
                contingency=contingency,
                if_refused=if_refused,
                market=self._market(instrument),
            )
        )

    def link(self, *orders: Order, contingency: ContingencyType | None = None) -> Group:
        """Link orders that were sent alone, answered or not. See `Groups.link`."""
        return self._manager.link(orders, contingency=contingency)

    async def _answered(self, group: Group) -> Group:
        for order in group.orders():
            with self._caller(order):
                await order.answered()
        return group

    def _market(self, instrument: Instrument) -> MarketView:
        """What was told of the market, to check prices against; a bar's close may be old."""
        quote, trade = self._prices.quote(instrument), self._prices.trade(instrument)
        return MarketView(
            bid=None if quote is None else quote.bid,
            ask=None if quote is None else quote.ask,
            last=None if trade is None else trade.price,
        )
