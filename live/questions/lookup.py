"""Asking the gateway for contracts: by name for a trader, by id for what it tells of."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from ...trading.broker import Urgency
from ...trading.errors import ProtocolError, Refused
from ...trading.instrument import Instrument
from ..meaning.models import ContractModel, Unreadable, read_model
from ..meaning.shapes import models
from ..rest.requests import Body
from ..rest.rest import Rest
from .contracts import Contracts, roll_warning


class Lookup:
    """Contracts from the gateway, each asked for once. `notice` is told of a contract that trading
    is about to leave."""

    def __init__(
        self,
        rest: Rest,
        contracts: Contracts,
        now_ns: Callable[[], int],
        notice: Callable[[str], None],
    ) -> None:
        self.contracts = contracts
        self._rest = rest
        self._now_ns = now_ns
        self._notice = notice

    async def find(self, name: str) -> Instrument:
        """The instrument of a root, which is its active contract, of a contract's name or of its
        id. Raises `Refused` where the gateway has none such."""
        today, seen = self._today(), list[str]()
        root_id = self.contracts.root_id(name, today)
        texts = [name] if root_id is None else [name, f"F.US.{root_id}"]
        asked: list[tuple[str, Body]] = [
            ("Contract/search", {"searchText": text, "live": False}) for text in texts
        ]
        for endpoint, body in (*asked, ("Contract/available", {"live": False})):
            found = contracts_in(endpoint, await self._rest.call(endpoint, body))
            seen += [model.name for model in found if model.name not in seen]
            chosen = self.contracts.choose(name, found, today)
            if chosen is not None:
                return self._taken(chosen, today)
        some = ", ".join(sorted(seen)[:12]) or "none at all"
        raise Refused(f"the gateway has no active contract {name!r}; it has {some}")

    async def id_of(
        self,
        instrument: Instrument,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> str:
        """The contract of an instrument that is one: by its exact name, never the active one of a
        root in its place. Raises `Refused`."""
        known = self.contracts.id_of(instrument)
        if known is not None:
            return known
        body = {"searchText": instrument.symbol, "live": False}
        answer = await self._rest.call(
            "Contract/search", body, urgency=urgency, deadline_s=deadline_s
        )
        for model in contracts_in("Contract/search", answer):
            if model.name.upper() == instrument.symbol.upper():
                self.contracts.take(model, self._today())
                return model.id
        raise Refused(
            f"{instrument.symbol} is no contract of this gateway; find({instrument.root!r}) gives "
            f"the active one"
        )

    async def instrument(
        self,
        contract_id: str,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> Instrument:
        """The instrument of a contract that the gateway tells of. Raises `Refused`."""
        known = self.contracts.instrument(contract_id)
        if known is not None:
            return known
        endpoint, body = "Contract/searchById", {"contractId": contract_id}
        answer = await self._rest.call(endpoint, body, urgency=urgency, deadline_s=deadline_s)
        found = contracts_in(endpoint, answer)
        if len(found) != 1 or found[0].id != contract_id:
            raise ProtocolError(f"{endpoint}: asked for {contract_id!r}, answered {found!r}")
        return self.contracts.take(found[0], self._today())

    def _taken(self, model: ContractModel, today: date) -> Instrument:
        instrument = self.contracts.take(model, today)
        warning = roll_warning(model, instrument, today)
        if warning is not None:
            self._notice(warning)
        return instrument

    def _today(self) -> date:
        return datetime.fromtimestamp(self._now_ns() // 10**9, UTC).date()


def contracts_in(endpoint: str, answer: dict[str, Any]) -> list[ContractModel]:
    """The contracts of an answer, one or many. Raises `ProtocolError`."""
    try:
        found = answer.get("contracts", answer.get("contract"))
        return [read_model(ContractModel, low) for low in models(found)]
    except Unreadable as error:
        raise ProtocolError(f"{endpoint}: {error}") from error
