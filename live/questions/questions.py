"""Questions to the gateway about one account. No answer is never a no: what was not answered, or
cannot be read, raises, and only what a whole answer has not in it is not there. However many
requests a question is, one deadline ends it."""

from collections.abc import Awaitable, Iterable
from typing import Any

from ...trading.broker import AccountState, Urgency
from ...trading.errors import ProtocolError, Refused
from ...trading.instrument import Instrument
from ...trading.order import Execution, OrderState, PositionState
from ...trading.words import Reason
from ..meaning.inference import Inference
from ..meaning.models import AccountModel, OrderModel, PositionModel, TradeModel, Unreadable
from ..meaning.money import Money
from ..meaning.remembered import Remembered
from ..meaning.user_stream import position_state
from ..rest.requests import order_number, stamp
from ..rest.rest import Answer, Rest
from ..rest.terms import Terms
from .answered import executions, read
from .closing import Closings
from .last_price import LastPrices
from .lookup import Lookup

_DAY_NS = 86_400_000_000_000
_REJECTED = 5


class Questions:
    """Asks, and hands on what an answer teaches: tags, contracts, fills."""

    def __init__(
        self,
        account_id: int,
        rest: Rest,
        lookup: Lookup,
        inference: Inference,
        money: Money,
        remembered: Remembered,
        closings: Closings,
    ) -> None:
        self._account_id = account_id
        self._rest = rest
        self._lookup = lookup
        self._inference = inference
        self._money = money
        self._remembered = remembered
        self._closings = closings

    async def open_orders(self, instrument: Instrument | None, how: Terms) -> list[OrderState]:
        """Orders that work; the gateway leaves suspended ones out."""
        models = await self._orders("Order/searchOpen", {}, how)
        states = await self._states(sorted(models, key=lambda each: each.id), how)
        symbol = None if instrument is None else instrument.symbol
        return [s for s in states if symbol is None or s.instrument.symbol == symbol]

    async def order(
        self,
        order_id: str | None,
        cl_ord_id: str | None,
        how: Terms,
    ) -> OrderState | None:
        """One order; by its tag among all since a day before it was sent, or among all there are
        where another life sent it."""
        known = None if cl_ord_id is None else self._remembered.id_of(cl_ord_id)
        if cl_ord_id is not None and known is None:
            sent_ns = self._remembered.sent_ns(cl_ord_id)
            since_ns = 0 if sent_ns is None else sent_ns - _DAY_NS  # whatever the clocks say
            body = {"startTimestamp": stamp(since_ns)}
            found = await self._orders("Order/search", body, how)
            tagged = [each for each in found if each.custom_tag == cl_ord_id]
            # A second order under a tag is rejected, and there all the same (protocol 7.1).
            tagged.sort(key=lambda each: (each.status != _REJECTED, each.id))
            states = await self._states(tagged[-1:], how)
            if states or order_id is None:
                return states[0] if states else None
        number = order_number(known or order_id or "")
        if number is None:
            return None
        try:
            found = await self._orders("Order/searchById", {"orderId": number}, how, member="order")
        except Refused as error:
            if error.reason == Reason.UNKNOWN_ORDER:
                return None
            raise
        if len(found) != 1 or found[0].id != number:
            raise ProtocolError(f"Order/searchById: asked for {number}, answered {found!r}")
        return (await self._states(found, how))[0]

    async def orders_since(self, time_ns: int, how: Terms) -> list[OrderState]:
        """Orders entered at or after a moment by the gateway's clock, oldest first."""
        body = {"startTimestamp": stamp(time_ns)}
        found = await self._orders("Order/search", body, how)
        entered = [m for m in found if m.created_ns is None or m.created_ns >= time_ns]
        return await self._states(sorted(entered, key=lambda m: m.id), how)

    async def orders_around(self, local_ns: int, how: Terms) -> list[OrderState]:
        """Orders entered after a moment by our clock, or within a day before it."""
        return await self.orders_since(max(local_ns - _DAY_NS, 0), how)

    async def executions_since(self, time_ns: int, how: Terms) -> list[Execution]:
        """Fills at or after a moment by the gateway's clock, oldest first."""
        found = await self._trades(time_ns, how)
        trades = [each for each in found if each.created_ns >= time_ns]
        for each in trades:
            if each.voided:
                self._inference.void(each)
        contracts = await self._instruments(trades, how)
        return executions(trades, contracts, self._remembered.tags)

    async def positions(self, how: Terms) -> list[PositionState]:
        """What is held."""
        endpoint = "Position/searchOpen"
        answer = await self._ask(endpoint, {}, how)
        found = read(PositionModel, endpoint, answer, "positions")
        mine = [each for each in found if each.account_id == self._account_id and each.size]
        contracts = await self._instruments(mine, how)
        try:
            positions = [position_state(each, contracts[each.contract_id]) for each in mine]
        except Unreadable as error:
            raise ProtocolError(f"{endpoint}: {error}") from error
        self._money.positions(positions)
        return positions

    async def account(self, last_prices: LastPrices, how: Terms) -> AccountState:
        """The balance, and the sums of the fills since we began."""
        body = {"onlyActiveAccounts": False}
        answer = await self._rest.call("Account/search", body, **how.now())
        for model in read(AccountModel, "Account/search", answer, "accounts"):
            if model.id == self._account_id:
                self._money.account(model)
                break
        else:
            raise ProtocolError(f"Account/search: account {self._account_id} is not there any more")
        for trade in await self._trades(self._money.since_ns, how):
            self._money.trade(trade)
        for held in await self.positions(how):
            await last_prices.of(held.instrument, how)
        return self._money.state()

    async def begin(self, now_ns: int) -> None:
        """Learn what was before: fills that count no more, contracts that are held or ordered."""
        how, since_ns = Terms(Urgency.ORDINARY, None), max(now_ns - _DAY_NS, 0)
        self._money.before(await self._trades(since_ns, how), since_ns)
        await self.positions(how)
        await self.open_orders(None, how)

    # --- how --------------------------------------------------------------------------------------

    async def _orders(
        self,
        endpoint: str,
        body: dict[str, Any],
        how: Terms,
        member: str = "orders",
    ) -> list[OrderModel]:
        answer = await self._ask(endpoint, body, how)
        found = read(OrderModel, endpoint, answer, member)
        return [each for each in found if each.account_id == self._account_id]

    async def _trades(self, since_ns: int, how: Terms) -> list[TradeModel]:
        body = {"startTimestamp": stamp(since_ns)}
        answer = await self._ask("Trade/search", body, how)
        found = read(TradeModel, "Trade/search", answer, "trades")
        return [each for each in found if each.account_id == self._account_id]

    def _ask(self, endpoint: str, body: dict[str, Any], how: Terms) -> Awaitable[Answer]:
        full = {"accountId": self._account_id, **body}
        return self._rest.call(endpoint, full, **how.now())

    async def _states(self, models: list[OrderModel], how: Terms) -> list[OrderState]:
        await self._instruments(models, how)
        try:
            states = [self._inference.state(model) for model in models]
        except Unreadable as error:
            raise ProtocolError(f"an order that cannot be read: {error}") from error
        for model in models:
            self._closings.saw(model)
        return [self._remembered.told(state) for state in states]

    async def _instruments(
        self,
        models: Iterable[OrderModel | TradeModel | PositionModel],
        how: Terms,
    ) -> dict[str, Instrument]:
        """The instruments of all contracts that are spoken of."""
        found: dict[str, Instrument] = {}
        for model in models:
            if model.contract_id not in found:
                found[model.contract_id] = await self._lookup.instrument(
                    model.contract_id, **how.now()
                )
        return found
