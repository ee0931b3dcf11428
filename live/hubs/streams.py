"""The hubs' streams by name, of an account and of a contract (gateway-protocol 10.3)."""

from .hub_session import Subscription

ACCOUNTS = Subscription("SubscribeAccounts")


def of_account(account_id: int) -> tuple[Subscription, ...]:
    """All that tells of an account."""
    kinds = ("SubscribeOrders", "SubscribePositions", "SubscribeTrades")
    return (ACCOUNTS, *(Subscription(kind, (account_id,)) for kind in kinds))


def quotes(contract_id: str) -> Subscription:
    """A contract's quotes, without sizes."""
    return Subscription("SubscribeContractQuotes", (contract_id,))


def trades(contract_id: str) -> Subscription:
    """A contract's trades."""
    return Subscription("SubscribeContractTrades", (contract_id,))
