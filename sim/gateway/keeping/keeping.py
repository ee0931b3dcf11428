"""A twin's state in SQLite: a restart keeps accounts, orders, positions, trades and every id.

Each act is one transaction, before anybody is answered: what a client was told of is there after
`kill -9` (WAL; a loss of power may take the last acts). At the start working orders go back to
their engines, behind all others at their price; brackets and links are as they were. Sessions are
not kept: whoever was logged in logs in again.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ....trading.errors import ScenarioError, UsageError
from ....trading.instrument import Instrument
from ..venue.by_hand import ByHand, by_hand, set_again
from ..venue.listing import Listing
from ..venue.paper_account import Held, PaperAccount
from ..venue.venue import Venue
from .kept import (
    KeptHolding,
    KeptMoney,
    KeptOrder,
    KeptTurn,
    Moments,
    keep_money,
    keep_order,
    keep_turn,
    lots_again,
    money_again,
    order_again,
    turn_again,
)
from .resuming import resume

_FORM = "1"
_TABLES = """
create table if not exists facts (name text primary key, value text not null);
create table if not exists money (account integer primary key, kept text not null);
create table if not exists holdings
    (account integer, symbol text, kept text not null, primary key (account, symbol));
create table if not exists orders
    (number integer primary key, account integer not null, kept text not null);
create table if not exists turns
    (number integer primary key, account integer not null, kept text not null);
"""

S = TypeVar("S", bound=Struct)


class Keeper:
    """Keeps one venue in one file. Raises `UsageError` for a file that another twin has open, and
    `ScenarioError` for one that is none of ours."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns_kept: dict[int, int] = {}
        self._by_hand: list[ByHand] = []
        try:
            self._db = sqlite3.connect(path, timeout=0.5, isolation_level=None)
            try:
                self._begin()
            except BaseException:
                self._db.close()
                raise
        except sqlite3.OperationalError as error:
            raise UsageError(
                f"{path} cannot be opened: {error}; is its folder there, or is another twin "
                f"using it?"
            ) from error
        except sqlite3.DatabaseError as error:
            raise ScenarioError(f"{path} is no state of a twin: {error}") from error

    def _begin(self) -> None:
        """Have the file to ourselves, with its tables; raises `ScenarioError` for another form."""
        for pragma in ("locking_mode=exclusive", "journal_mode=wal", "synchronous=normal"):
            self._db.execute(f"pragma {pragma}")
        self._db.executescript(_TABLES)
        self._set_fact("form", self._fact("form") or _FORM)
        if self._fact("form") != _FORM:
            raise ScenarioError(
                f"{self._path} was written by another version of Dryfill; begin a new one"
            )

    def close(self) -> None:
        """The file is whole."""
        self._db.close()

    def resumed(self, listings: Sequence[Listing]) -> tuple[Listing, ...] | None:
        """The listings, to begin right after what their market had done when it was kept last, or
        anew where the file knows another market. Nothing happens twice. None: a new file."""
        at = self._fact("market_ns")
        same = self._fact("markets") == _fingerprint(listings)
        self._set_fact("markets", _fingerprint(listings))
        if at is None:
            return None
        begins = {each.instrument.symbol: each.start_ns for each in listings}
        if same:
            self._by_hand = msgspec.json.decode(self._fact("by_hand") or "[]", type=list[ByHand])
            begins = {
                each.instrument.symbol: max(each.start_ns, min(int(at), each.tape.end_ns) + 1)
                for each in listings
            }
        # Working orders come before any row: none is on the wrong side of a book that is not there.
        starts = ((each, begins[each.instrument.symbol]) for each in listings)
        return tuple(replace(each, start_ns=at_ns, book_ns=at_ns) for each, at_ns in starts)

    def keep_time(self, venue: Venue) -> None:
        """Keep where the market is, and what was set in it by hand."""
        with self._whole():
            self._keep_facts(venue)

    def restore(self, venue: Venue, meant_ns: Moments) -> None:
        """Put back what was kept, at the venue's time, before its market begins. From now on every
        act is kept.

        Raises `UsageError` where an account or a contract is missing that something is kept of.
        """
        known = {ticker.instrument.symbol: ticker.instrument for ticker in venue.tickers.values()}
        for name in ("orders", "fills", "positions"):
            value = self._fact(name)
            if value is not None:
                setattr(venue.numbers, name, int(value))
        for account in venue.accounts.values():
            self._restore(account, known, meant_ns)
            account.acted = lambda account: self._keep(venue, account)
        for table in ("orders", "money"):
            for (number,) in self._db.execute(f"select distinct account from {table}"):
                if number not in venue.accounts:
                    raise UsageError(f"{self._path} holds account {number}, and nobody has it now")
        for account in venue.accounts.values():
            with venue.acting(account):
                resume(account)

    def begun(self, venue: Venue) -> None:
        """Its market has begun: what was set in it by hand is set again, and kept from now on."""
        set_again(venue, self._by_hand)
        venue.set_by_hand = lambda: self.keep_time(venue)

    # --- how -------------------------------------------------------------------------------------

    def _restore(
        self, account: PaperAccount, known: dict[str, Instrument], meant_ns: Moments
    ) -> None:
        for kept in self._read("money", account.id, KeptMoney):
            money_again(kept, account.desk.account)
        for held in self._read("holdings", account.id, KeptHolding):
            instrument = self._instrument(held.symbol, known)
            lots_again(held, account.desk.account, instrument, meant_ns)
            account.held[held.symbol] = Held(
                held.position_id, held.long, meant_ns(held.opened_ns), held.avg_px, held.is_open
            )
        kept_orders = list(self._read("orders", account.id, KeptOrder))
        for order in kept_orders:  # by number: parents and linked ones come first
            parent = None if order.parent is None else account.desk.orders[order.parent]
            instrument = self._instrument(order.symbol, known)
            again = order_again(order, instrument, parent, meant_ns)
            account.desk.put_back(again, order.px)
            account.told[order.number] = None
        orders = account.desk.orders
        for order in kept_orders:
            if order.linked is not None and order.parent is None:
                account.desk.links.tie(orders[order.number], orders[order.linked])
            elif order.linked is not None:  # a target names its stop; their family ties them
                orders[order.number].linked = orders[order.linked]
        for turn in self._read("turns", account.id, KeptTurn):
            instrument = self._instrument(turn.symbol, known)
            account.turns.all.append(turn_again(turn, instrument, meant_ns))
        self._turns_kept[account.id] = len(account.turns.all)

    def _keep(self, venue: Venue, account: PaperAccount) -> None:
        """One act of an account, whole or not at all."""
        shown_ns, desk, db = venue.view.shown_ns, account.desk, self._db
        kept_turns = self._turns_kept.get(account.id, 0)
        with self._whole():
            for number in account.changed:
                px, trigger = desk.children.px_of(number), account.triggers.get(number)
                kept = keep_order(desk.orders[number], px, trigger, shown_ns)
                db.execute(
                    "replace into orders values (?, ?, ?)", (number, account.id, _text(kept))
                )
            turns, revised = account.turns.all, account.turns.revised
            for turn in [*turns[kept_turns:], *(turns[n] for n in revised if n < kept_turns)]:
                row = keep_turn(turn, shown_ns)
                db.execute(
                    "replace into turns values (?, ?, ?)", (row.turn_id, account.id, _text(row))
                )
            if len(turns) > kept_turns or revised:
                money = _text(keep_money(desk.account))
                db.execute("replace into money values (?, ?)", (account.id, money))
                for symbol, holding in _holdings(account, shown_ns):
                    row_of = (account.id, symbol, _text(holding))
                    db.execute("replace into holdings values (?, ?, ?)", row_of)
            self._keep_facts(venue)
        self._turns_kept[account.id] = len(account.turns.all)
        account.turns.revised.clear()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """One transaction: all of it is kept, or nothing."""
        self._db.execute("begin")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def _keep_facts(self, venue: Venue) -> None:
        numbers, now_ns = venue.numbers, venue.now_ns()
        self._set_fact("market_ns", str(now_ns))
        by_hand_text = msgspec.json.encode(by_hand(venue.tickers.values(), now_ns)).decode()
        self._set_fact("by_hand", by_hand_text)
        for name in ("orders", "fills", "positions"):
            self._set_fact(name, str(getattr(numbers, name)))

    def _instrument(self, symbol: str, known: dict[str, Instrument]) -> Instrument:
        if symbol not in known:
            raise UsageError(
                f"{self._path} holds orders of {symbol}, and the market has {', '.join(known)}; "
                f"list that contract too, or begin a new file"
            )
        return known[symbol]

    def _read(self, table: str, account: int, kind: type[S]) -> Iterable[S]:
        rows = self._db.execute(
            f"select kept from {table} where account = ? order by rowid", (account,)
        )
        for (text,) in rows.fetchall():
            try:
                yield msgspec.json.decode(text, type=kind)
            except msgspec.DecodeError as error:
                raise ScenarioError(f"{self._path}: {table} cannot be read: {error}") from error

    def _fact(self, name: str) -> str | None:
        found: Any = self._db.execute("select value from facts where name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def _set_fact(self, name: str, value: str) -> None:
        self._db.execute("replace into facts values (?, ?)", (name, value))


def _holdings(account: PaperAccount, shown_ns: Moments) -> Iterable[tuple[str, KeptHolding]]:
    for symbol, holding in account.desk.account.holdings.items():
        held = account.held.get(symbol)
        if held is None:
            continue
        lots = [
            (lot.qty, lot.units, shown_ns(lot.opened_ns), lot.tag, lot.fee_each)
            for lot in holding.lots
        ]
        yield (
            symbol,
            KeptHolding(
                symbol=symbol,
                sign=holding.sign,
                lots=lots,
                changed_ns=shown_ns(holding.changed_ns),
                position_id=held.position_id,
                long=held.long,
                opened_ns=shown_ns(held.opened_ns),
                avg_px=held.avg_px,
                is_open=held.is_open,
            ),
        )


def _text(kept: Struct) -> str:
    return msgspec.json.encode(kept).decode()


def _fingerprint(listings: Sequence[Listing]) -> str:
    """The same for the same market: its contracts, and what their tapes hold."""
    found = blake2b(digest_size=16)
    for listing in listings:
        found.update(listing.instrument.symbol.encode())
        quotes, trades = listing.tape.quotes, listing.tape.trades
        for column in (quotes.time_ns, quotes.bid, quotes.ask, trades.time_ns, trades.price):
            found.update(column.tobytes())
    return found.hexdigest()
