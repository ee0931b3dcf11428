"""What the tests leave behind has no key and no token in it: every file under the folder of their
temporary files (logs, traces, recordings, plans, pages, journals, the twin's state), and all that
they print, write to stderr and log.

Every key that a test gives to a client looks like `SECRET`, and so does every token that the twin
issues. Source is no leaving, nor is a file that a test wrote with a key in it on purpose (`GIVEN`).
"""

import re
import sqlite3
from contextlib import closing

SOURCE = {".py", ".pyc", ".whl", ".so", ".rs"}
GIVEN = {"accounts.toml", "key-given.toml"}
SECRET = re.compile(
    r"k-(?:[a-z]+[-/])?0123456789|k-rehearsal|canary-(?:key|0123456789)|canary\d+\.\w*\.sig"
    r"|eyJhbGciOiJIUzI1NiIs[\w-]*\.[\w-]+\.[\w-]+"
)
_LONGEST = 4096  # of a secret, over the border of two chunks
_CHUNK = 1 << 22


def secrets_in(folder):
    """The files under a folder that hold a secret, each with what it is named by."""
    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if path.suffix in SOURCE or path.name in GIVEN:
            continue
        if any(SECRET.search(text) for text in texts(path)):
            found.append(str(path.relative_to(folder)))
    return found


def texts(path):
    """All that a file says, piece by piece: as it lies there, and its tables read."""
    yield from _as_it_lies(path)
    if path.suffix == ".parquet":
        yield from _rows(path)
    elif _begins(path, b"SQLite format 3"):
        yield from _tables(path)


def _as_it_lies(path):
    before = ""
    with path.open("rb") as file:
        while data := file.read(_CHUNK):
            text = data.decode("latin-1")
            yield before + text
            before = text[-_LONGEST:]


def _begins(path, magic):
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _rows(path):
    from dryfill.trading.errors import ScenarioError
    from dryfill.trading.recording_file import DamagedFile, read_part

    try:
        head, rows = read_part(path)
    except (DamagedFile, ScenarioError):
        return  # none of ours, or not whole: as it lies it was read
    yield f"{head}"
    for name, kind in rows.schema.items():
        if str(kind) == "String":
            yield "\n".join(each for each in rows[name].to_list() if each)


def _tables(path):
    """What is in the pages lies there as it is; what is in a log beside them is read with them."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.1)) as database:
            tables = database.execute("select name from sqlite_master where type = 'table'")
            for (name,) in tables.fetchall():
                for row in database.execute(f'select * from "{name}"'):
                    yield str(row)
    except sqlite3.DatabaseError:
        return  # damaged by its test, or held by somebody
