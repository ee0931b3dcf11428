"""The gateway's contracts and our instruments: which is which, sans I/O.

A contract's id is opaque (gateway-protocol 6): it is looked up, never put together. What the
gateway says of tick and money must agree with our table: where it does not, one of both is wrong,
and no order is sent on such a ground.
"""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Context, Decimal

from ...trading.errors import Refused, UsageError
from ...trading.instrument import Instrument
from ...trading.price import price_text
from ..meaning.models import ContractModel

_EXACT = Context(prec=60)
Find = Callable[[str, date], Instrument]
"""The instrument of a name on a day, from whoever's table; raises `UsageError` for none such."""


class Contracts:
    """Every contract that was looked up. `find` knows instruments by name."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._instruments: dict[str, Instrument] = {}
        self._ids: dict[str, str] = {}  # by symbol

    def instrument(self, contract_id: str) -> Instrument | None:
        """The instrument of a contract; None where it was not looked up."""
        return self._instruments.get(contract_id)

    def id_of(self, instrument: Instrument) -> str | None:
        """The contract of an instrument; None where it was not looked up."""
        return self._ids.get(instrument.symbol)

    def take(self, model: ContractModel, on: date) -> Instrument:
        """Remember a contract; its instrument, from the table or else as the gateway describes it.

        Raises `UsageError` where the table says another tick, or another worth of a tick.
        """
        known = self._instruments.get(model.id)
        if known is not None:
            return known
        instrument = self._made(model, on)
        self._instruments[model.id] = instrument
        self._ids[instrument.symbol] = model.id
        return instrument

    def choose(self, name: str, found: Iterable[ContractModel], on: date) -> ContractModel | None:
        """The contract that a name means: the one so called, else the active one of that root."""
        wanted, contracts = name.strip().upper(), list(found)
        for model in contracts:
            if wanted in (model.name.upper(), model.id.upper()):
                return model
        active = [m for m in contracts if m.active and self._root_of(m, on) == wanted]
        if len(active) > 1:
            names = ", ".join(sorted(model.name for model in active))
            raise Refused(f"{name} is several active contracts: {names}; name one of them")
        return active[0] if active else None

    def root_id(self, name: str, on: date) -> str | None:
        """What the gateway calls a root (`EP` for ES), where our table knows it."""
        try:
            return self._find(name, on).projectx or None
        except UsageError:
            return None

    def _root_of(self, model: ContractModel, on: date) -> str:
        try:
            return self._find(model.name, on).root.upper()
        except UsageError:
            return (model.symbol_id or model.name).rpartition(".")[2].upper()

    def _made(self, model: ContractModel, on: date) -> Instrument:
        worth = _EXACT.divide(model.tick_value, model.tick_size)
        try:
            known = self._find(model.name, on)
        except UsageError:
            return Instrument(
                model.name,
                tick=model.tick_size,
                point_value=worth,
                description=model.description or "",
            )
        ticks = (known.tick, *(band.tick for band in known.bands))
        if model.tick_size not in ticks or worth != known.point_value:
            raise UsageError(
                f"{model.name}: the gateway says a tick of {_text(model.tick_size)} worth "
                f"{_text(model.tick_value)}, our table one of {_text(known.tick)} worth "
                f"{_text(_EXACT.multiply(known.tick, known.point_value))}; load a table that agrees"
            )
        return known


def roll_warning(model: ContractModel, instrument: Instrument, on: date) -> str | None:
    """What to say of a contract that trading leaves or is about to leave; None of any other."""
    if not model.active:
        return (
            f"{model.name} is not the active contract any more; "
            f"find({instrument.root!r}) gives the one that is"
        )
    month = instrument.month
    if month is not None and on >= month:
        return (
            f"{model.name} delivers in {month:%B %Y}, which has begun: trading moves to the next "
            f"contract, and find({instrument.root!r}) will give that one soon"
        )
    return None


def _text(number: Decimal) -> str:
    return price_text(number)
