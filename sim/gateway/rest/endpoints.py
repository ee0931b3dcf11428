"""Every endpoint that needs an account or the market, as a table: its path, its body, its answer.

An endpoint is a plain function of the venue, the user and the body; it returns the payload of the
envelope or raises `Failed`. Source: gateway-protocol 6.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from ..venue.paper_account import PaperAccount
from ..venue.venue import Venue
from ..words.market_wire import bar_model
from ..words.wire_models import STATUSES, Wire
from . import bodies, order_entry
from .bodies import moment_ns, until_ns
from .error_codes import Failed, Failure
from .history import BARS_MOST, History
from .queries import orders_between, query, trades_between

Payload = dict[str, Any]
Endpoint = Callable[["Desks", str, Any], Payload]

_CONTRACTS_MOST = 20
_OPEN = 1
_STATUS_MOST = max(STATUSES.values())


class Desks:
    """What the endpoints work on: the venue, and the bars that were made of it. `to_market_ns`: the
    moment of the market that clients mean by a time, where they are shown another."""

    def __init__(self, venue: Venue, to_market_ns: Callable[[int], int]) -> None:
        self.venue = venue
        self.to_market_ns = to_market_ns
        self.histories = {key: History(each.listing) for key, each in venue.tickers.items()}

    def account(self, user: str, account_id: int) -> PaperAccount:
        """An account of a user. Raises `Failed`: another one's is as unknown as none."""
        account = self.venue.accounts.get(account_id)
        if account is None or account.spec.user.lower() != user.lower():
            raise Failed(Failure.ACCOUNT_NOT_FOUND)
        return account

    def order_model(self, account: PaperAccount, number: int) -> Wire:
        """One order."""
        return self.venue.view.order(account.desk.orders[number], account.id)


def account_search(desks: Desks, user: str, body: bodies.Accounts) -> Payload:
    accounts = desks.venue.accounts_of(user)
    shown = [each for each in accounts if each.spec.can_trade or not body.only_active_accounts]
    return {"accounts": [account.account_model() for account in shown]}


def contract_search(desks: Desks, user: str, body: bodies.ContractSearch) -> Payload:
    wanted = (body.search_text or "").lower()
    found = [] if body.live else _contracts(desks)
    hits = [
        each
        for each in found
        if any(wanted in each[name].lower() for name in ("name", "id", "description"))
    ]
    return {"contracts": hits[:_CONTRACTS_MOST]}


def contract_search_by_id(desks: Desks, user: str, body: bodies.ContractId) -> Payload:
    ticker = order_entry.listed(desks.venue, body.contract_id)
    return {"contract": desks.venue.view.contract(ticker.instrument)}


def contracts_available(desks: Desks, user: str, body: bodies.ContractsAvailable) -> Payload:
    return {"contracts": [] if body.live else _contracts(desks)}


def retrieve_bars(desks: Desks, user: str, body: bodies.Bars) -> Payload:
    ticker = order_entry.listed(desks.venue, body.contract_id)
    if body.live:
        raise Failed(Failure.CONTRACT_NOT_FOUND)
    if not 1 <= body.limit <= BARS_MOST:
        raise Failed(Failure.BAD_LIMIT)
    from_ns, to_ns = (
        desks.to_market_ns(moment_ns(text, name))
        for text, name in ((body.start_time, "startTime"), (body.end_time, "endTime"))
    )
    bars = desks.histories[ticker.contract_id].bars(
        body.unit,
        body.unit_number,
        from_ns,
        to_ns,
        desks.venue.now_ns(),
        partial=body.include_partial_bar,
    )
    shown_ns = desks.venue.view.shown_ns
    return {"bars": [bar_model(bar, shown_ns(bar.time_ns)) for bar in islice(bars, body.limit)]}


def place(desks: Desks, user: str, body: bodies.Place) -> Payload:
    account = desks.account(user, body.account_id)
    return {"orderId": order_entry.place(desks.venue, account, body).number}


def modify(desks: Desks, user: str, body: bodies.Modify) -> Payload:
    order_entry.modify(desks.venue, desks.account(user, body.account_id), body)
    return {}


def cancel(desks: Desks, user: str, body: bodies.OneOrder) -> Payload:
    order_entry.cancel(desks.venue, desks.account(user, body.account_id), body)
    return {}


def order_search(desks: Desks, user: str, body: bodies.Orders) -> Payload:
    account = desks.account(user, body.account_id)
    window = _window(body.start_timestamp, body.end_timestamp)
    return {"orders": orders_between(desks.venue.view, account, *window)}


def order_search_open(desks: Desks, user: str, body: bodies.OfAccount) -> Payload:
    account = desks.account(user, body.account_id)
    working = [int(state.order_id) for state in account.desk.open_orders(None)]
    models = [desks.order_model(account, number) for number in working]
    return {"orders": [model for model in models if model["status"] == _OPEN]}


def order_search_by_id(desks: Desks, user: str, body: bodies.OneOrder) -> Payload:
    account = desks.account(user, body.account_id)
    if body.order_id not in account.desk.orders:
        raise Failed(Failure.ORDER_NOT_FOUND)
    return {"order": desks.order_model(account, body.order_id)}


def order_query(desks: Desks, user: str, body: bodies.Query) -> Payload:
    account = desks.account(user, body.filter.account_id)
    strange = [each for each in body.filter.statuses or () if not 0 <= each <= _STATUS_MOST]
    if strange:
        errors = {"filter.statuses": [f"{strange[0]} is no status"]}
        raise bodies.BadBody("One or more validation errors occurred.", errors)
    return query(desks.venue.view, account, body)


def position_search_open(desks: Desks, user: str, body: bodies.OfAccount) -> Payload:
    return {"positions": desks.account(user, body.account_id).position_models()}


def close(desks: Desks, user: str, body: bodies.Close | bodies.PartialClose) -> Payload:
    order_entry.close(desks.venue, desks.account(user, body.account_id), body)
    return {}


def trade_search(desks: Desks, user: str, body: bodies.Trades) -> Payload:
    account = desks.account(user, body.account_id)
    window = _window(body.start_timestamp, body.end_timestamp)
    return {"trades": trades_between(desks.venue.view, account, *window)}


ENDPOINTS: Mapping[str, tuple[type[Any], str | None, Endpoint]] = {
    "account/search": (bodies.Accounts, "accounts", account_search),
    "contract/search": (bodies.ContractSearch, "contracts", contract_search),
    "contract/searchbyid": (bodies.ContractId, "contract", contract_search_by_id),
    "contract/available": (bodies.ContractsAvailable, "contracts", contracts_available),
    "history/retrievebars": (bodies.Bars, "bars", retrieve_bars),
    "order/place": (bodies.Place, "orderId", place),
    "order/modify": (bodies.Modify, None, modify),
    "order/cancel": (bodies.OneOrder, None, cancel),
    "order/search": (bodies.Orders, "orders", order_search),
    "order/searchopen": (bodies.OfAccount, "orders", order_search_open),
    "order/searchbyid": (bodies.OneOrder, "order", order_search_by_id),
    "order/v2/query": (bodies.Query, "orders", order_query),
    "position/searchopen": (bodies.OfAccount, "positions", position_search_open),
    "position/closecontract": (bodies.Close, None, close),
    "position/partialclosecontract": (bodies.PartialClose, None, close),
    "trade/search": (bodies.Trades, "trades", trade_search),
}
"""By path in lower case, without `/api/`: the body, the payload's name (None on failure), and what
answers."""


def _contracts(desks: Desks) -> list[Wire]:
    view = desks.venue.view
    return [view.contract(ticker.instrument) for ticker in desks.venue.tickers.values()]


def _window(start: str | None, end: str | None) -> tuple[int | None, int | None]:
    """A window of times as clients are shown them; None where it is open."""
    return (
        None if start is None else moment_ns(start, "startTimestamp"),
        None if end is None else until_ns(end, "endTimestamp"),
    )
