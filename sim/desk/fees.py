"""What a fill costs: fee schedules per contract and side, as tables that users override."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from msgspec import Struct

from ...trading.errors import UsageError
from ...trading.instrument import Instrument
from ...trading.tables import read_toml

ANY = "*"
"""The key of the fee for every instrument that is not named."""

_TABLE = Path(__file__).with_name("fees.toml")


class FeeSchedule(Struct, frozen=True):
    """Fees per contract and side, by symbol or root; a symbol's own fee goes before its root's."""

    name: str
    per_side: Mapping[str, Decimal]

    def fee(self, instrument: Instrument, qty: int) -> Decimal:
        """What a fill of `qty` contracts costs, exact, in the instrument's currency.

        Raises `UsageError` where the schedule does not know the instrument, and for a negative
        `qty`.
        """
        if qty < 0:
            raise UsageError(
                f"a fill of {qty} contracts has no fee; quantities are not signed here"
            )
        for key in (instrument.symbol, instrument.root, ANY):
            if key in self.per_side:
                each = self.per_side[key]
                return each if qty == 1 else each * qty
        raise UsageError(
            f"the fees {self.name!r} have none for {instrument.root} (they know "
            f"{', '.join(self.per_side)}); give it per contract and side, for example "
            f'fees={{"{instrument.root}": "0.87"}}'
        )


FeeSpec = str | Path | Mapping[str, Decimal | str | int] | FeeSchedule | None


def fee_schedule(spec: FeeSpec) -> FeeSchedule:
    """A schedule from whatever names one.

    A name of fees.toml ("topstepx", "ib", "zero"); a mapping from symbol or root to the fee per
    contract and side as Decimal, text or int, with "*" for all others; a TOML file of such pairs (a
    `Path`, or text that ends in .toml); None: "zero". Negative fees are rebates. Raises
    `UsageError` for unknown names, and for fees that are no exact number.
    """
    if isinstance(spec, FeeSchedule):
        return spec
    if spec is None:
        return _built_in()["zero"]
    if isinstance(spec, Path) or (isinstance(spec, str) and spec.endswith(".toml")):
        return _schedule(str(spec), read_toml(spec))
    if isinstance(spec, Mapping):
        return _schedule("given", spec)
    if spec not in _built_in():
        raise UsageError(
            f"no fees are named {spec!r}; known are {', '.join(_built_in())}, or give your own: "
            f'{{"ES": "1.40"}}'
        )
    return _built_in()[spec]


@cache
def _built_in() -> dict[str, FeeSchedule]:
    return {name: _schedule(name, rows) for name, rows in read_toml(_TABLE).items()}


def _schedule(name: str, per_side: Mapping[str, object]) -> FeeSchedule:
    return FeeSchedule(name, {key: _exact(name, key, fee) for key, fee in per_side.items()})


def _exact(name: str, key: str, fee: object) -> Decimal:
    if isinstance(fee, Decimal | str | int) and not isinstance(fee, bool):
        try:
            exact = Decimal(fee)
        except InvalidOperation:
            exact = Decimal("NaN")
        if exact.is_finite():
            return exact
    raise UsageError(
        f"the fee {fee!r} for {key} in {name!r} is not exact; write it as text: '1.40'"
    )
