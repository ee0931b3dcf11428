"""What stands behind the gateway's wire: contracts, paper accounts, the market, the users.

No I/O and no loop. The time is asked for (`now_ns`), and whoever owns it moves the venue on
(`next_moment`, `advance`): the virtual loop, of which this is a source, or `pump` in real time. At
one moment the market's rows are told first, then what the accounts' engines make of them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from ....matching.commands import SetMarket, SetStatus
from ....trading.errors import UsageError
from ....trading.events import Quote, Trade
from ....trading.words import TradingStatus
from ...digest import DomainDigest
from ...loop.moments import Tie
from ..words.wire_models import contract_id
from ..words.wire_view import WireView
from .accounts import People
from .by_hand import HandPrice, HandStatus
from .listing import Listing
from .paper_account import Numbers, PaperAccount, UserEvent
from .tape_rows import DayFigures, TapeRows


class MarketSink(Protocol):
    """Who hears the market: every trade, and the last quote of what happened at once."""

    def __call__(self, ticker: "Ticker", event: Quote | Trade) -> None: ...


class Ticker:
    """One listed contract as its market goes: the last quote and the day's figures. `told_ns`: when
    its last row happened. `hand_price`, `hand_status`: what was set by hand last, whether it stands
    or not."""

    def __init__(self, listing: Listing) -> None:
        self.hand_price: HandPrice | None = None
        self.hand_status: HandStatus | None = None
        self.listing = listing
        self.instrument = listing.instrument
        self.contract_id = contract_id(listing.instrument)
        self.quote: Quote | None = None
        self.told_ns = listing.start_ns
        self.day = DayFigures(listing, listing.book_ns)
        self.rows = TapeRows(listing, listing.book_ns)


class Venue:
    """All of it. `people`: users and accounts. `set_by_hand` is called when a market was. Raises
    `UsageError` for contracts that do not go together and for fees that do not know one."""

    tie = Tie.MARKET

    def __init__(
        self,
        listings: Sequence[Listing],
        people: People,
        now_ns: Callable[[], int],
        view: WireView,
    ) -> None:
        by_symbol = {listing.instrument.symbol: listing for listing in listings}
        if not listings or len(by_symbol) < len(listings):
            raise UsageError("a venue lists at least one contract, and each of them once")
        self.people = people
        self.now_ns = now_ns
        self.view = view
        self.numbers = Numbers()
        self.start_ns = min(listing.start_ns for listing in listings)
        self.end_ns = max(listing.tape.end_ns for listing in listings) + 1
        self.digest = DomainDigest(self.start_ns)
        self.tickers = {ticker.contract_id: ticker for ticker in map(Ticker, listings)}
        self.set_by_hand: Callable[[], None] = lambda: None
        self.tell_market: MarketSink = lambda ticker, event: None
        self.accounts = {
            account.id: account
            for account in (
                PaperAccount(
                    spec,
                    by_symbol,
                    now_ns,
                    view=view,
                    numbers=self.numbers,
                    digest=self.digest,
                )
                for spec in people.accounts
            )
        }

    def listen(self, tell: Callable[[UserEvent], None]) -> None:
        """Send every later event of every account to `tell`, in order."""
        for account in self.accounts.values():
            account.tell = tell

    def accounts_of(self, user: str) -> list[PaperAccount]:
        """The accounts of a user, in the order of the file."""
        return [each for each in self.accounts.values() if each.spec.user.lower() == user.lower()]

    def next_moment(self, limit_ns: int) -> int | None:
        """The first moment up to `limit_ns` at which a row comes or an order may change."""
        found: int | None = None
        for ticker in self.tickers.values():
            row_ns = ticker.rows.next_ns
            if row_ns is not None and row_ns <= limit_ns:
                found = limit_ns = row_ns
        moment = self.next_order_moment(limit_ns)
        return found if moment is None else moment

    def next_order_moment(self, limit_ns: int) -> int | None:
        """The first moment up to `limit_ns` at which an order may change; rows do not count."""
        found: int | None = None
        for account in self.accounts.values():
            moment = account.exchange.next_moment(limit_ns)
            if moment is not None:
                found = limit_ns = moment
        return found

    def advance(self, to_ns: int) -> None:
        """Let the market happen up to a moment, which is now."""
        for ticker in self.tickers.values():
            quote = ticker.quote
            for event in ticker.rows.take(to_ns):
                ticker.told_ns = event.time_ns
                if isinstance(event, Quote):
                    ticker.quote = event
                else:
                    ticker.day.traded(event)
                    self.tell_market(ticker, event)
            if ticker.quote is not None and ticker.quote is not quote:
                self.tell_market(ticker, ticker.quote)  # of several, only the last is news
        for account in self.accounts.values():
            # An engine that the market does not touch stays behind: it leaps when it is asked.
            if account.exchange.next_moment(to_ns) is not None:
                account.exchange.advance(to_ns)
                account.told_all()

    def listed(self, contract: str | None) -> Ticker:
        """A contract by its id, the first if it is not said. Raises `UsageError`."""
        ticker = self.tickers.get(next(iter(self.tickers)) if contract is None else contract)
        if ticker is None:
            raise UsageError(f"{contract!r} is not listed; listed are {', '.join(self.tickers)}")
        return ticker

    def status(self, ticker: Ticker) -> TradingStatus:
        """The state that a contract's market is in."""
        account = next(iter(self.accounts.values()))
        return account.exchange.book(ticker.instrument.symbol).status

    def set_status(self, ticker: Ticker, status: TradingStatus) -> None:
        """A contract's market is in another state from now on, until its calendar has a say."""
        ticker.hand_status = HandStatus(status, self.now_ns())
        self._for_all(ticker, SetStatus(status))
        self.set_by_hand()

    def set_market(self, ticker: Ticker, price: Decimal, size: int) -> None:
        """A contract trades at a price now, which is bid, with the next tick asked; `size` of each.
        What its tape brings next goes on from there. Raises `UsageError` for a price off its
        grid."""
        instrument, now_ns = ticker.instrument, self.now_ns()
        today = datetime.fromtimestamp(now_ns // 10**9, UTC).date()
        bid = instrument.units(price, on=today)
        ask = bid + instrument.tick_units(bid)
        trade = Trade(instrument, now_ns, bid, size, None)
        ticker.quote = Quote(instrument, now_ns, bid, size, ask, size)
        ticker.told_ns = now_ns
        ticker.day.traded(trade)
        self.tell_market(ticker, trade)
        self.tell_market(ticker, ticker.quote)
        ticker.hand_price = HandPrice(Decimal(price), size, now_ns)
        self._for_all(ticker, SetMarket(bid, ask, size))
        self.set_by_hand()

    def _for_all(self, ticker: Ticker, command: SetStatus | SetMarket) -> None:
        for account in self.accounts.values():
            with self.acting(account):
                account.exchange.enter(ticker.instrument.symbol, command)

    @contextmanager
    def acting(self, account: PaperAccount) -> Iterator[None]:
        """Around what a client does to an account: when it is done, the money that it moved is
        told."""
        try:
            yield
        finally:
            account.told_all()
