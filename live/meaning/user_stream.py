"""What the user hub says of one account, as events of the broker port; sans I/O.

A message that cannot be read is set aside with a sample, and it leaves a gap: it may have been the
only word on a fill. Other accounts' messages are none of ours. Nothing that comes in raises.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from ...trading.broker import BrokerEvent
from ...trading.instrument import Instrument
from ...trading.order import PositionState
from .inference import Inference
from .models import (
    AccountModel,
    OrderModel,
    PositionModel,
    TradeModel,
    Unreadable,
    read_model,
    whole,
)
from .money import Money
from .shapes import models

_SAMPLES_MOST = 20
_SAMPLE_CHARS = 200

_KINDS: dict[str, type[Struct]] = {
    "gatewayuseraccount": AccountModel,
    "gatewayuserorder": OrderModel,
    "gatewayusertrade": TradeModel,
    "gatewayuserposition": PositionModel,
}


class Heard(Struct, frozen=True):
    """What one message means: events, in order; `gap`: why something may be missing; contracts
    that have to be looked up before more can be said."""

    events: list[BrokerEvent]
    gap: str | None = None
    unknown: tuple[str, ...] = ()


class UserStream:
    """The stream of one account. `on_order` sees every order model before it is told of.

    `quarantined`: messages that said nothing, with the newest `samples`; `foreign`: of other
    accounts.
    """

    def __init__(
        self,
        account_id: int,
        inference: Inference,
        find: Callable[[str], Instrument | None],
        money: Money,
    ) -> None:
        self.quarantined = 0
        self.foreign = 0
        self.samples: deque[str] = deque(maxlen=_SAMPLES_MOST)
        self.on_order: Callable[[OrderModel], None] = lambda model: None
        self._account_id = account_id
        self._inference = inference
        self._find = find
        self._money = money

    def told(self, target: str, arguments: list[Any]) -> Heard:
        """The hub called one of our methods."""
        kind = _KINDS.get(target.lower())
        if kind is None:
            return self.bad(f"nothing known is called {target!r:.60}", arguments)
        heard = Heard([])
        found = False
        for low in models(arguments):
            found = True
            each = self._one(kind, low)
            heard = Heard(
                heard.events + each.events, each.gap or heard.gap, heard.unknown + each.unknown
            )
        return heard if found else self.bad(f"{target} without a model", arguments)

    def bad(self, why: str, sample: object) -> Heard:
        """Set something aside that may have been of ours."""
        self.quarantined += 1
        self.samples.append(f"{why}: {sample!r:.{_SAMPLE_CHARS}}")
        return Heard([], why)

    # --- how --------------------------------------------------------------------------------------

    def _one(self, kind: type[Struct], low: dict[str, Any]) -> Heard:
        owner = low.get("id" if kind is AccountModel else "accountid")
        try:
            if owner is not None and whole(owner) != self._account_id:
                self.foreign += 1
                return Heard([])
        except ValueError:
            pass  # reading the model says what is wrong with it
        contract = low.get("contractid")
        if isinstance(contract, str) and contract and self._find(contract) is None:
            return Heard([], f"contract {contract!r:.60} is to be looked up", (contract,))
        strange = self._inference.strange
        try:
            event = self._event(read_model(kind, low))
        except Unreadable as error:
            return self.bad(str(error), low)
        if self._inference.strange != strange:
            return self.bad(f"order status {low.get('status')!r:.40} is none that is known", low)
        return Heard([] if event is None else [event])

    def _event(self, model: Struct) -> BrokerEvent | None:
        if isinstance(model, OrderModel):
            self.on_order(model)
            return self._inference.order(model)
        if isinstance(model, TradeModel):
            report = self._inference.trade(model)
            self._money.trade(model)
            return report
        if isinstance(model, PositionModel):
            position = position_state(model, self._instrument(model.contract_id))
            self._money.position(position)
            return position
        assert isinstance(model, AccountModel)
        self._money.account(model)
        return self._money.state()

    def _instrument(self, contract_id: str) -> Instrument:
        found = self._find(contract_id)
        assert found is not None, "it was looked for before"
        return found


def position_state(model: PositionModel, instrument: Instrument) -> PositionState:
    """A position in our words. Raises `Unreadable` for a size below zero or on neither side."""
    if model.size < 0 or (model.size and model.type not in (1, 2)):
        raise Unreadable(f"position in {model.contract_id}: {model.size} of type {model.type}")
    qty = model.size if model.type == 1 else -model.size
    return PositionState(
        instrument=instrument,
        qty=qty,
        avg_px=model.average_price if qty else None,
        time_ns=model.created_ns or 0,
    )
