"""Placing, changing and cancelling, in project-x-py's arguments."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..trading.order import OrderSpec
from ..trading.orders.brackets.bracket import Bracket
from ..trading.orders.handle import CancelResult
from ..trading.price import Ticks
from ..trading.words import OrdType
from .project_x_calls import Calls, carry, link, number, placed, quantity, side_from
from .project_x_shapes import (
    ArgumentError,
    BracketOrderResponse,
    OrderPlaceResponse,
    OrderType,
    ProjectXOrderError,
)

ENTRY_S = 60.0
"""How long that library waits for a bracket's entry."""

_ENTRIES = {"limit": OrdType.LIMIT, "market": OrdType.MARKET, "stop": OrdType.STOP}
Wanted = tuple[str, int, int, int, int | None]
"""Contract id, order type, side, size, account id."""


class Placing:
    """What sends something to the broker."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._sent: Counter[str] = Counter()

    async def order(
        self,
        wanted: Wanted,
        prices: Mapping[str, float | None] | None = None,
        *,
        custom_tag: str | None = None,
        linked: int | None = None,
        brackets: tuple[dict[str, Any] | None, dict[str, Any] | None] = (None, None),
    ) -> OrderPlaceResponse:
        """Send an order and wait until the broker has it; with `brackets`, its stop and target in
        ticks from the fill; with `linked`, tied to an order that works."""
        contract_id, order_type, side, size, account_id = wanted
        desk = self._calls.desk
        instrument = self._calls.instrument(contract_id, account_id)
        spec = self._calls.spec(instrument, order_type, side, size, prices or {})
        if brackets != (None, None):
            stop, target = (_ticks(each) for each in brackets)
            if stop is None:
                raise ArgumentError("take_profit_bracket without stop_loss_bracket; give both")
            bracket = await carry(
                desk.bracket(spec, stop=stop, target=target, instrument=instrument)
            )
            order = await carry(bracket.entry.accepted())
        else:
            order = await carry(desk.place(spec, instrument=instrument))
        self._sent[OrderType(order_type).name.lower()] += 1
        self._calls.keep_tag(order, custom_tag)
        if linked is not None:
            link(self._calls, number(order), linked)
        answer = placed(order)
        assert answer is not None, "an accepted order has the broker's number"
        return answer

    async def bracket(
        self,
        wanted: Wanted,
        entry_type: str,
        levels: tuple[float | None, float, float],
    ) -> BracketOrderResponse:
        """Send a bracket; `levels` are entry, stop and target prices."""
        contract_id, _, side, size, account_id = wanted
        calls, desk = self._calls, self._calls.desk
        instrument = calls.instrument(contract_id, account_id)
        if entry_type not in _ENTRIES:
            raise ArgumentError(f"entry_type is {entry_type!r}; give 'limit', 'market' or 'stop'")
        kind = _ENTRIES[entry_type]
        entry, stop, target = (calls.price(instrument, level) for level in levels)
        if kind is not OrdType.MARKET and entry is None:
            raise ArgumentError(f"a {entry_type} entry needs entry_price")
        assert stop is not None, "stop_loss_price is required"
        spec = OrderSpec(
            side=side_from(side),
            qty=quantity(size),
            ord_type=kind,
            limit=entry if kind is OrdType.LIMIT else None,
            stop=entry if kind is OrdType.STOP else None,
        )
        bracket = await carry(
            desk.bracket(
                spec, stop=stop, target=target, entry_timeout=ENTRY_S, instrument=instrument
            )
        )
        self._sent["bracket"] += 1
        outcome = await bracket.protected()
        if outcome.state == "refused":
            raise ProjectXOrderError(f"bracket refused: {outcome.reason}")
        for leg in (bracket.stop, bracket.target):
            if leg is not None:
                await leg.answered()  # a leg has no number before
        return _response(bracket, str(outcome), outcome.state in ("protected", "partial"))

    async def modify(
        self,
        order_id: int,
        limit_price: float | None,
        stop_price: float | None,
        size: int | None,
        trail_price: float | None,
    ) -> bool:
        """Change an order; True once the broker took it."""
        calls = self._calls
        order = calls.order(order_id)
        grid = order.instrument
        trail = calls.price(grid, trail_price)
        await carry(
            calls.desk.modify(
                order,
                qty=size,
                limit=calls.price(grid, limit_price),
                stop=calls.price(grid, stop_price),
                trail=None if trail is None else Ticks(grid.units(trail) // grid.tick_units(0)),
            )
        )
        return True

    async def cancel(self, order_id: int, account_id: int | None) -> bool:
        """Take an order away; False where it had ended otherwise, an error where nobody knows."""
        self._calls.account(account_id)
        order = self._calls.order(order_id)
        return _gone(await carry(self._calls.desk.cancel(order)), order_id)

    async def cancel_all(self, contract_id: str | None, account_id: int | None) -> dict[str, Any]:
        """Take away every order of ours that works, of one contract or of all."""
        calls = self._calls
        calls.account(account_id)
        instruments = calls.known if contract_id is None else [calls.instrument(contract_id)]
        found: dict[str, Any] = {"total": 0, "cancelled": 0, "failed": 0, "errors": []}
        for instrument in instruments:
            orders = calls.desk.manager.view.orders_of(instrument)
            for order in orders:
                calls.desk.manager.start_cancel(order)
            for order in orders:
                result = await carry(calls.desk.manager.cancel_result(order))
                found["total"] += 1
                found["cancelled" if result.state == "cancelled" else "failed"] += 1
                if result.state != "cancelled":
                    found["errors"].append({"order_id": number(order), "error": str(result)})
        return found

    def distribution(self) -> dict[str, float]:
        """The share of each type among the orders sent through this facade."""
        total = sum(self._sent.values())
        return {name: count / total for name, count in sorted(self._sent.items())}


def _ticks(bracket: dict[str, Any] | None) -> Ticks | None:
    """The distance of a bracket's leg; the sign is the gateway's and follows from the side."""
    if bracket is None:
        return None
    ticks = bracket.get("ticks")
    if isinstance(ticks, bool) or not isinstance(ticks, int) or not ticks:
        raise ArgumentError(f"bracket {bracket!r} has no ticks; give {{'ticks': 40, 'type': 4}}")
    return Ticks(abs(ticks))


def _gone(result: CancelResult, order_id: int) -> bool:
    if result.state == "unknown":
        raise ProjectXOrderError(f"order {order_id} cannot be cancelled and may be working")
    return result.state == "cancelled"


def _response(bracket: Bracket, said: str, success: bool) -> BracketOrderResponse:
    plan, entry = bracket.plan, bracket.entry
    entry_px = entry.avg_px if entry.avg_px is not None else entry.core.price
    return BracketOrderResponse(
        success=success,
        entry_order_id=number(entry),
        stop_order_id=number(bracket.stop),
        target_order_id=number(bracket.target),
        entry_price=float(entry_px or 0),
        stop_loss_price=_level(plan.stop),
        take_profit_price=_level(plan.targets[0].level) if plan.targets else 0.0,
        entry_response=placed(entry),
        stop_response=placed(bracket.stop),
        target_response=placed(bracket.target),
        error_message=None if success else said,
    )


def _level(level: Any) -> float:
    return float(level)
