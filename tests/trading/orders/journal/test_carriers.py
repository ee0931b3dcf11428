"""What is kept comes back as it was, from every carrier; a file that cannot be used says why."""

import os
import signal
import sqlite3
import subprocess
import sys
from decimal import Decimal

import pytest

from dryfill.sim.journal import SimDisk
from dryfill.sim.loop.process import Process
from dryfill.trading import instruments
from dryfill.trading.errors import JournalError, UsageError
from dryfill.trading.order import (
    Attached,
    Execution,
    ExecutionReport,
    OrderRequest,
    OrderState,
    PositionState,
)
from dryfill.trading.orders.incident import Incident
from dryfill.trading.orders.journal.codec import decode, encode
from dryfill.trading.orders.journal.memory import MemoryJournal
from dryfill.trading.orders.journal.records import (
    EventKept,
    Gone,
    Lost,
    Lots,
    OrderKept,
    OwnerKept,
    Standing,
    StateKept,
)
from dryfill.trading.orders.journal.sqlite import SqliteJournal
from dryfill.trading.price import Ticks
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Reason, Side, TimeInForce

MNQ = instruments.find("MNQ")
REQUEST = OrderRequest(
    cl_ord_id="1.entry#1",
    instrument=MNQ,
    side=Side.SELL,
    ord_type=OrdType.STOP_LIMIT,
    order_qty=2,
    price=MNQ.decimal(80_001),
    stop_px=MNQ.decimal(80_000),
    tif=TimeInForce.GTC,
)
STATE = OrderState(
    instrument=MNQ,
    order_id="77",
    cl_ord_id="1.entry#1",
    side=Side.SELL,
    ord_type=OrdType.STOP_LIMIT,
    ord_status=OrdStatus.PARTIALLY_FILLED,
    order_qty=2,
    cum_qty=1,
    leaves_qty=1,
    price=MNQ.decimal(80_001),
    stop_px=None,
    avg_px=Decimal("20000.33333333333333333333333"),
    time_ns=1_709_564_400_000_000_001,
    reason=Reason.DAY_ENDED,
    text="é",
)
FILL = Execution(
    exec_id="x1",
    instrument=MNQ,
    order_id="77",
    cl_ord_id="",
    side=Side.SELL,
    qty=1,
    px=Decimal("5E-7"),
    time_ns=3,
    fee=Decimal("0.370"),
)
RECORDS = [
    REQUEST,
    ExecutionReport(
        exec_type=ExecType.TRADE, order=STATE, last_qty=1, last_px=Decimal("0.1"), exec_id="x1"
    ),
    STATE,
    Gone(),
    Lost(),
    OrderKept(request=REQUEST, state=STATE, fills=(FILL, FILL), gone=True),
    OrderKept(request=REQUEST, state=None, fills=(), gone=False),
    OwnerKept(kind="bracket", body=b"\x00\xff"),
    FILL,
    PositionState(instrument=MNQ, qty=-3, avg_px=Decimal("20000.25"), time_ns=9),
    Incident(5, "kind", "text"),
    Standing(
        intents=9,
        last_ns=7,
        lots=(Lots("MNQ", ((-1, Decimal("1.10")), (-2, Decimal("2")))),),
        booked=("x1", "x2"),
    ),
    StateKept(b"{}"),
    EventKept(12, b"told"),
]
ENTRIES = [(f"about {n % 5}", record) for n, record in enumerate(RECORDS)]


def sqlite_at(path, account="A"):
    return SqliteJournal(path, account=account, find=instruments.find)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.journal"


@pytest.fixture(params=["sqlite", "memory", "simulated"])
def journal(request, path):
    if request.param == "sqlite":
        made = sqlite_at(path)
    elif request.param == "memory":
        made = MemoryJournal()
    else:
        made = SimDisk(instruments.find).open(Process("trader", None))
    yield made
    made.close()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_is_the_same_after_it_was_written_and_read(record):
    again = decode(encode(record), instruments.find)
    assert again == record
    assert type(again) is type(record)
    if isinstance(record, Execution):
        assert str(again.fee) == "0.370", "Decimals are exact, to the last zero"


def test_a_bracket_that_the_broker_keeps_is_written_with_its_entry():
    request = OrderRequest(
        cl_ord_id="1#1",
        instrument=MNQ,
        side=Side.BUY,
        ord_type=OrdType.MARKET,
        order_qty=1,
        attached=Attached(stop=Ticks(-40), target=Ticks(80)),
    )
    assert decode(encode(request), instruments.find) == request


def test_what_a_record_does_not_say_is_not_written():
    """So that a version that does not know a field yet reads what says nothing of it."""
    written = encode(OrderKept(request=REQUEST, state=None, fills=(), gone=False))
    assert (b"adopted" in written, b"entered_ns" in written) == (False, False)
    written = encode(OrderKept(request=REQUEST, state=None, fills=(), gone=False, adopted=True))
    assert b"adopted" in written


def test_an_instrument_that_nobody_knows_is_named():
    def find(symbol):
        raise UsageError(f"{symbol!r} is unknown here")

    with pytest.raises(UsageError, match="'MNQ' is unknown here"):
        decode(encode(REQUEST), find)


@pytest.mark.parametrize("cut", [0, 3, 4, 20, -1])
def test_half_a_record_is_none(cut):
    data = encode(STATE)
    with pytest.raises(JournalError, match="checksum"):
        decode(data[:cut], instruments.find)


def test_what_is_kept_comes_back_in_order(journal):
    journal.append(ENTRIES[:3])
    for entry in ENTRIES[3:8]:
        journal.append([entry])
    for about, record in ENTRIES[8:]:
        journal.keep(about, record)
    assert journal.load().entries == ENTRIES
    assert journal.load().torn == ""


def test_what_is_forgotten_is_gone_and_the_rest_keeps_its_order(journal):
    journal.append(ENTRIES)
    journal.compact(["about 1", "about 3", "nothing"], [("about 1", Gone())])
    kept = [entry for entry in ENTRIES if entry[0] not in ("about 1", "about 3")]
    assert journal.load().entries == [*kept, ("about 1", Gone())]
    journal.compact(["about 0"], [])
    assert "about 0" not in [about for about, _ in journal.load().entries]


# --- the file -----------------------------------------------------------------------------------


def test_a_file_opened_again_has_what_was_kept(path):
    first = sqlite_at(path)
    first.append(ENTRIES)
    first.close()
    again = sqlite_at(path)
    assert again.load().entries == ENTRIES
    again.close()


def test_a_file_keeps_the_prefix_that_it_was_made_with(path):
    for given in ("q7-", "another-"):
        journal = SqliteJournal(path, account="SIM", find=instruments.find, prefix=given)
        assert journal.load().prefix == "q7-"
        journal.close()


def test_a_second_manager_is_told_that_the_file_is_in_use_and_readers_are_not_kept_out(path):
    first = sqlite_at(path)
    first.append(ENTRIES)
    with pytest.raises(JournalError, match=r"a\.journal is in use by another order manager"):
        sqlite_at(path)
    reader = sqlite3.connect(path)
    assert reader.execute("SELECT count(*) FROM record").fetchone() == (len(ENTRIES),)
    first.append(ENTRIES[:1])
    reader.close()
    first.close()
    sqlite_at(path).close()


def edit(path, statement):
    db = sqlite3.connect(path)
    db.execute(statement)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("PRAGMA user_version = 9", "has format 9, and this version reads 2; open it with the ver"),
        ("PRAGMA application_id = 7", "is a SQLite file of something else"),
        ("UPDATE account SET name = 'B'", "is of account 'B', not 'A'"),
    ],
)
def test_a_file_of_something_else_is_refused_and_left_as_it_was(statement, message, path):
    first = sqlite_at(path)
    first.append(ENTRIES)
    first.close()
    edit(path, statement)
    before = path.read_bytes()
    with pytest.raises(JournalError, match=message):
        sqlite_at(path)
    assert path.read_bytes() == before


def test_a_damaged_record_is_an_error_that_names_the_file_and_the_way_out(path):
    first = sqlite_at(path)
    first.append(ENTRIES)
    first.close()
    edit(path, "UPDATE record SET body = substr(body, 1, 9) WHERE n = 3")
    again = sqlite_at(path)
    with pytest.raises(JournalError, match=r"a\.journal is damaged: record 3 .*move it away"):
        again.load()
    again.close()
    reader = sqlite3.connect(path)
    assert reader.execute("SELECT count(*) FROM record").fetchone() == (len(ENTRIES),)
    reader.close()


@pytest.mark.parametrize("spoilt", [b"no database" * 99, b"SQLite format 3\x00" + b"\xff" * 999])
def test_a_file_that_is_no_database_is_an_error(spoilt, path):
    path.write_bytes(spoilt)
    with pytest.raises(JournalError, match=r"a\.journal is damaged"):
        sqlite_at(path)
    assert path.read_bytes() == spoilt


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(JournalError, match="is there such a folder"):
        sqlite_at(tmp_path / "none" / "a.journal")


def test_a_last_record_that_is_torn_is_left_out_and_said(path):
    first = sqlite_at(path)
    first.append(ENTRIES)
    first.close()
    edit(path, f"UPDATE record SET body = substr(body, 1, 9) WHERE n = {len(ENTRIES)}")
    again = sqlite_at(path)
    loaded = again.load()
    assert loaded.entries == ENTRIES[:-1]
    assert "a.journal" in loaded.torn
    again.append([("more", Gone())])
    assert again.load().entries == [*ENTRIES[:-1], ("more", Gone())], "the torn one is gone"
    again.close()


def test_a_disk_without_room_is_an_error_and_what_was_kept_stays(path):
    journal = sqlite_at(path)
    journal.append(ENTRIES)
    journal._db.execute("PRAGMA max_page_count = 1")

    def write_on():
        for _ in range(200):
            journal.compact(["about 0"], ENTRIES)

    with pytest.raises(JournalError, match=r"a\.journal cannot be written: .*full"):
        write_on()
    kept = journal.load().entries
    assert kept[-len(ENTRIES) :] == ENTRIES
    journal._db.execute("PRAGMA max_page_count = 1000000")
    journal.append([("more", Gone())])
    assert journal.load().entries == [*kept, ("more", Gone())]
    journal.close()


def test_a_record_for_which_there_is_no_room_is_not_kept(path):
    journal = sqlite_at(path)
    journal._db.execute("PRAGMA max_page_count = 1")
    kept = []

    def write_on():
        for n in range(10_000):
            journal.keep(f"{n}", STATE)
            kept.append((f"{n}", STATE))

    with pytest.raises(JournalError, match=r"a\.journal cannot be written: .*full"):
        write_on()
    assert journal.load().entries == kept
    journal.close()


WRITER = """
import sys
from dryfill.trading import instruments
from dryfill.trading.orders.journal.records import EventKept
from dryfill.trading.orders.journal.sqlite import SqliteJournal
journal = SqliteJournal(sys.argv[1], account="A", find=instruments.find)
n = 0
while True:
    n += 1
    journal.append([("events", EventKept(n, b"x" * 300))])
    print(n, flush=True)
"""


def test_what_was_written_outlives_kill_9(path):
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        told = [int(writer.stdout.readline()) for _ in range(300)]
        os.kill(writer.pid, signal.SIGKILL)
        told += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    journal = sqlite_at(path)
    kept = [record.n for _, record in journal.load().entries]
    assert kept[: len(told)] == told
    assert len(kept) - len(told) <= 1, "one more may have been written and not told"
    journal.close()
