"""The two hubs: who listens, and what everybody is told. No sockets: carriers join and leave."""

from typing import Any

from ....trading.events import Quote, Trade
from ..venue.paper_account import UserEvent
from ..venue.venue import Ticker, Venue
from ..words.market_wire import depth_arguments, quote_arguments, trade_arguments
from ..words.wire_models import user_arguments
from .hub_client import HubClient
from .hub_link import HubLink, LinkSettings, invocation
from .hub_methods import STREAMS, HubKind
from .outbox import Outbox

_QUOTES, _TRADES, _DEPTH = "contractquotes", "contracttrades", "contractmarketdepth"


class Hubs:
    """Every client of a venue's hubs. It hears the venue from the start."""

    def __init__(self, venue: Venue, settings: LinkSettings, events_most: int = 10_000) -> None:
        self._venue = venue
        self._settings = settings
        self._events_most = events_most
        self._clients: dict[HubKind, dict[HubClient, None]] = {kind: {} for kind in HubKind}
        self._written: dict[tuple[str, str], str] = {}
        venue.listen(self.tell_user)
        venue.tell_market = self.tell_market

    def join(self, kind: HubKind, user: str, now_s: float) -> HubClient:
        """A client has connected. Its carrier sends what `messages` gives and calls `leave`."""
        accounts = frozenset(account.id for account in self._venue.accounts_of(user))
        client = HubClient(
            user,
            HubLink(kind, self._settings, now_s, frozenset(map(str, accounts))),
            Outbox(self._render, most=self._events_most),
            accounts,
            self._begin,
        )
        self._clients[kind][client] = None
        return client

    def leave(self, client: HubClient) -> None:
        """A client is gone."""
        self._clients[client.kind].pop(client, None)

    def clients(self) -> list[HubClient]:
        """Everybody who is connected, user hub first."""
        return [client for kind in HubKind for client in self._clients[kind]]

    def tell_user(self, event: UserEvent) -> None:
        """Something happened to an account: to everybody of its user who asked."""
        if self._clients[HubKind.USER]:
            self.tell_text(event, self.text_of(event))

    def text_of(self, event: UserEvent) -> str:
        """A user event as it is written."""
        arguments = user_arguments(
            event.model,
            event.action,
            is_order=event.stream == "orders",
            profile=self._venue.view.profile,
        )
        return invocation(STREAMS[event.stream].target, arguments)

    def tell_text(self, event: UserEvent, text: str) -> None:
        """Tell an event in these words."""
        key = str(event.account_id) if STREAMS[event.stream].keyed else ""
        for client in self._clients[HubKind.USER]:
            if event.account_id in client.accounts:
                client.keep(event.stream, key, text)

    def tell_market(self, ticker: Ticker, event: Quote | Trade) -> None:
        """The market of a contract moved."""
        key = ticker.contract_id
        # What was written is of the past now, though nobody listens: the next to come would get it.
        self._written.pop((_QUOTES, key), None)
        if isinstance(event, Quote):
            self._written.pop((_DEPTH, key), None)
        clients = self._clients[HubKind.MARKET]
        if not clients:
            return
        if isinstance(event, Quote) or ticker.quote is None:
            for client in clients:
                client.newest(_QUOTES, key)
        if isinstance(event, Quote):
            for client in clients:
                client.newest(_DEPTH, key)
        elif any(client.link.wants(_TRADES, key) for client in clients):
            shown_ns = self._venue.view.shown_ns(event.time_ns)
            arguments = trade_arguments(event, shown_ns, self._venue.view.profile)
            text = invocation(STREAMS[_TRADES].target, arguments)
            for client in clients:
                client.keep(_TRADES, key, text)

    # --- how -------------------------------------------------------------------------------------

    def _begin(self, client: HubClient, stream: str, key: str) -> None:
        """A stream begins: how the contract stands now comes first."""
        if stream in (_QUOTES, _DEPTH):
            client.newest(stream, key)

    def _render(self, stream: str, key: str) -> str | None:
        """A quote or the depth as it is now, written once for all who want it. Nothing is kept of a
        contract that nobody lists."""
        if key not in self._venue.tickers:
            return None
        written = self._written.get((stream, key))
        if written is None:
            written = "".join(
                invocation(STREAMS[stream].target, arguments)
                for arguments in self._arguments(stream, key)
            )
            self._written[stream, key] = written
        return written or None

    def _arguments(self, stream: str, key: str) -> list[list[Any]]:
        ticker = self._venue.tickers[key]
        if ticker.quote is None and ticker.day.last is None:
            return []
        at_ns = ticker.told_ns
        shown_ns = self._venue.view.shown_ns(at_ns)
        if stream == _QUOTES:
            return [quote_arguments(ticker, shown_ns)]
        if ticker.quote is None:
            return []
        return depth_arguments(ticker.quote, shown_ns, self._venue.view.profile)
