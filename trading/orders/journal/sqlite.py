"""A journal in a SQLite file: one for each account, in WAL mode, which survives kill -9.

`synchronous=NORMAL`: a record outlives the process as soon as it is written, at a sixtieth of the
cost of outliving a loss of power (`FULL`). What the last moments before one take along, the
broker's truth tells again (DESIGN 3).
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from ...errors import JournalError
from .codec import Find, decode, encode
from .port import Loaded
from .records import Entry, Given, NewEntry

FORMAT = 2
"""Of the file; an older program does not open a newer one."""
_OURS = 0x44525946  # "DRYF", SQLite's application_id

_MAKE = f"""
    BEGIN IMMEDIATE;
    CREATE TABLE record (
        n INTEGER PRIMARY KEY AUTOINCREMENT, about TEXT NOT NULL, body BLOB NOT NULL
    );
    CREATE INDEX by_about ON record (about);
    CREATE TABLE account (name TEXT NOT NULL, prefix TEXT NOT NULL);
    PRAGMA application_id = {_OURS};
    PRAGMA user_version = {FORMAT};
"""


class SqliteJournal:
    """Opens or makes the file. `find` gives the instrument of a symbol. A file that is made has
    `prefix` before every client tag of its orders, for as long as it lives; it must not have been
    another journal's of this account.

    Others may read the file meanwhile. Raises `JournalError`, and leaves the file as it is, where
    another manager has it open, where it belongs to another account, is of another version, or is
    no journal.
    """

    def __init__(self, path: Path | str, *, account: str, find: Find, prefix: str = "") -> None:
        self.path = Path(path)
        self._find = find
        self._lock = self._locked()
        try:
            self._db = self._opened(account, prefix)
        except BaseException:
            self._lock.close()
            raise

    def load(self) -> Loaded:
        entries: list[Entry] = []
        try:
            rows = self._db.execute("SELECT n, about, body FROM record ORDER BY n").fetchall()
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from error
        for n, about, body in rows:
            try:
                entries.append((about, decode(body, self._find)))
            except JournalError as error:
                if n != rows[-1][0]:
                    raise self._damaged(f"record {n} about {about!r}: {error}") from error
                self._db.execute("DELETE FROM record WHERE n = ?", (n,))
                torn = f"record {n} about {about!r} of {self.path}: {error}"
                return Loaded(entries, torn, self._prefix)
        return Loaded(entries, prefix=self._prefix)

    def keep(self, about: str, given: Given) -> None:
        row = about, encode(given)
        try:  # one statement is a transaction of its own
            self._db.execute("INSERT INTO record (about, body) VALUES (?, ?)", row)
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def append(self, entries: Sequence[NewEntry]) -> None:
        if len(entries) == 1:
            self.keep(*entries[0])
        else:
            self.compact((), entries)

    def compact(self, about: Sequence[str], entries: Sequence[NewEntry]) -> None:
        rows = [(each, encode(given)) for each, given in entries]
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                db.executemany("DELETE FROM record WHERE about = ?", [(each,) for each in about])
                db.executemany("INSERT INTO record (about, body) VALUES (?, ?)", rows)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def close(self) -> None:
        self._db.close()
        self._lock.close()

    # --- how --------------------------------------------------------------------------------------

    def _locked(self) -> sqlite3.Connection:
        """Hold a second file for as long as this one is open: it goes with the process, however
        that ends, and readers of the journal never meet it."""
        lock_path = self.path.with_name(self.path.name + ".lock")
        try:
            lock = sqlite3.connect(lock_path, timeout=0, isolation_level=None)
        except sqlite3.Error as error:
            raise JournalError(
                f"journal {self.path} cannot be opened: {error}; is there such a folder?"
            ) from error
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            lock.close()
            raise JournalError(
                f"journal {self.path} is in use by another order manager ({error}); two would send "
                "the same orders twice. Stop the other one, or give this one a journal of its own"
            ) from error
        return lock

    def _opened(self, account: str, prefix: str) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(self.path, timeout=5, isolation_level=None)
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from error
        try:
            self._check(db, account, prefix)
        except sqlite3.Error as error:
            db.close()
            raise self._damaged(str(error)) from error
        except BaseException:
            db.close()
            raise
        return db

    def _check(self, db: sqlite3.Connection, account: str, prefix: str) -> None:
        """See that the file is ours, or make it so where it is new."""
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (ours,) = db.execute("PRAGMA application_id").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0 and version == 0:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_MAKE)
            db.execute("INSERT INTO account VALUES (?, ?)", (account, prefix))
            db.execute("COMMIT")
            self._prefix = prefix
        elif ours != _OURS:
            raise JournalError(f"{self.path} is a SQLite file of something else; give another name")
        elif version != FORMAT:
            raise JournalError(
                f"journal {self.path} has format {version}, and this version reads {FORMAT}; open "
                "it with the version that wrote it, or move it away: what works and is held is "
                "asked of the broker then"
            )
        else:
            name, self._prefix = db.execute("SELECT name, prefix FROM account").fetchone()
            if name != account:
                raise JournalError(
                    f"journal {self.path} is of account {name!r}, not {account!r}; every account "
                    "has a file of its own"
                )
        db.execute("PRAGMA synchronous=NORMAL")

    def _unwritten(self, error: sqlite3.Error) -> JournalError:
        return JournalError(f"journal {self.path} cannot be written: {error}")

    def _damaged(self, what: str) -> JournalError:
        return JournalError(
            f"journal {self.path} is damaged: {what}. It was left as it is. Put a copy of it back, "
            "or move it away to begin anew: orders and positions are asked of the broker then, and "
            "brackets whose plan is lost are named"
        )
