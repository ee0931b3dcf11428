"""One gateway's way of showing things: its profile, and the time that clients are shown."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from msgspec import structs

from ....trading.broker import AccountState
from ....trading.instrument import Instrument
from ....trading.order import Execution, PositionState
from ...desk.orders import OrderRecord
from .wire_models import (
    Wire,
    WireProfile,
    account_model,
    contract_model,
    fill_model,
    order_model,
    position_model,
)


@dataclass(frozen=True)
class WireView:
    """`shown_ns`: what clients are told of a moment of the market; the moment itself, or the wall's
    clock when it was (restamped)."""

    profile: WireProfile
    shown_ns: Callable[[int], int]

    def order(self, record: OrderRecord, account_id: int) -> Wire:
        """An order as it is now. What was taken back of one that works is not open again, so that
        it is as much smaller; one that is over is shown as large as it was."""
        state = record.state()
        if state.ord_status.terminal:
            state = structs.replace(state, order_qty=state.order_qty + record.voided)
        trail = record.trail
        if trail is not None:
            units = 0 if state.stop_px is None else state.instrument.units(state.stop_px)
            trail //= state.instrument.tick_units(units)
        return order_model(
            structs.replace(state, time_ns=self.shown_ns(state.time_ns)),
            account_id,
            created_ns=self.shown_ns(record.entered_ns),
            profile=self.profile,
            trail_ticks=trail,
            linked_id=None if record.linked is None else record.linked.number,
        )

    def half_turn(self, fill: Execution, account_id: int, profit: Decimal | None) -> Wire:
        """A fill, or the closing or the opening part of one."""
        shown = structs.replace(fill, time_ns=self.shown_ns(fill.time_ns))
        return fill_model(shown, account_id, profit=profit, profile=self.profile)

    def position(
        self, position: PositionState, account_id: int, position_id: int, long: bool
    ) -> Wire:
        """A position; its time is when it was opened."""
        shown = structs.replace(position, time_ns=self.shown_ns(position.time_ns))
        return position_model(
            shown, account_id, position_id=position_id, long=long, profile=self.profile
        )

    def account(self, state: AccountState, account_id: int, can_trade: bool) -> Wire:
        """An account."""
        return account_model(state, account_id, can_trade=can_trade)

    def contract(self, instrument: Instrument) -> Wire:
        """A contract that is listed."""
        return contract_model(instrument, active=True, profile=self.profile)
