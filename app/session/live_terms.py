"""What a live session trades under, in words: read before the first order, and agreed to."""

from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

from ...live.account_choice import check_account, choose
from ...live.meaning.models import AccountModel
from ...live.session import ProjectXSession
from ...live.settings import LiveSettings
from ...trading.instrument import Instrument
from ...trading.orders.risk.limits import RiskLimits
from ...trading.price import price_text

_NOT_LIMITS = ("name", "weights", "starting_balance", "trailing_counts_open")


async def read_terms(
    session: ProjectXSession, account: str | None, instrument: str
) -> tuple[AccountModel, Instrument]:
    """The account that is meant and the contract that a name means there; nothing is subscribed.

    Raises `UsageError` for an account that is not there or may not be traded, `Refused` for a
    contract that is not there, and what a request may end in.
    """
    model = choose(account, await session.accounts())
    check_account(model, session.settings.simulated, True)
    return model, await session.market.find(instrument)


def terms_text(
    settings: LiveSettings,
    model: AccountModel,
    instrument: Instrument,
    limits: RiskLimits,
    journal: Path | None,
    notices: Iterable[str],
) -> list[str]:
    """The terms, a line each."""
    kind = {True: "simulated", False: "live money", None: "not said whether simulated"}
    balance = "not told" if model.balance is None else f"{model.balance:,.2f}"
    tick = instrument.tick_at(Decimal(0))
    worth = tick * instrument.point_value
    return [
        f"broker    ProjectX Gateway at {settings.rest_origin}, hubs over {settings.carrier}",
        f"account   {model.name} ({model.id}), {kind[model.simulated]}, balance {balance}",
        f"contract  {instrument.symbol}, tick {price_text(tick)} = {worth:,.2f} "
        f"{instrument.currency} a contract",
        f"limits    {limits.name}: {limits_text(limits)}",
        f"brackets  {_KEEPERS[settings.auto_oco]}",
        f"journal   {journal or 'none: a dry run keeps nothing'}",
        *(f"note      {notice}" for notice in notices),
    ]


_KEEPERS = {
    True: "stop and target are kept by the gateway (Auto OCO)",
    False: "stop and target are kept by this program: it has to run while something is held",
    None: "stop and target are kept by this program: it has to run while something is held; "
    "where the account has Auto OCO on, say so (auto_oco = true) and the gateway keeps them",
}


def limits_text(limits: RiskLimits) -> str:
    """The limits that are set, by name and value."""
    default = RiskLimits()
    told = [
        f"{each.name} {_shown(getattr(limits, each.name))}"
        for each in fields(RiskLimits)
        if each.name not in _NOT_LIMITS
        and getattr(limits, each.name) != getattr(default, each.name)
    ]
    return ", ".join(told) or "none set"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " to ".join(map(str, value))
    return str(value)
