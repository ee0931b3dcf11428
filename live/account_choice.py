"""Which account is traded, and whether it may be."""

from collections.abc import Sequence

from ..trading.errors import UsageError
from .meaning.models import AccountModel


def choose(wanted: str | int | None, accounts: Sequence[AccountModel]) -> AccountModel:
    """The account of a name or id; None: the only one. Raises `UsageError` with what there is."""
    if not accounts:
        raise UsageError(
            "this user has no active account; one that broke a rule of the firm is not active"
        )
    names = ", ".join(f"{each.name} ({each.id})" for each in accounts)
    if wanted is None:
        if len(accounts) == 1:
            return accounts[0]
        raise UsageError(f"name the account to trade; the active ones are {names}")
    for each in accounts:
        if str(wanted) in (each.name, str(each.id)):
            return each
    raise UsageError(f"there is no active account {wanted!r}; there are {names}")


def check_account(model: AccountModel, told: bool | None, needs_cancel: bool) -> None:
    """Raise `UsageError` where the account must not be traded. `told`: whether it is simulated, for
    a gateway that leaves that out."""
    if not model.can_trade:
        raise UsageError(
            f"account {model.name} may not trade (canTrade is false): it broke a rule of the firm, "
            f"or is not active"
        )
    simulated = model.simulated if model.simulated is not None else told
    if needs_cancel and not simulated:
        said = "is not simulated" if simulated is False else "is not said to be simulated"
        raise UsageError(
            f"account {model.name} {said}, and the gateway documents cancel for simulated accounts "
            f"only (code 6): a stop could not be taken away. Pass needs_cancel=False for a "
            f"strategy that needs none"
            + ("" if simulated is False else ", or say simulated = true in the settings")
        )
