"""A session as its recording has it: calls with their answers, events, and what was learned.

Times are our clock's, ns UTC; what the broker says of its own time stands in the bodies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from ...scenarios.readers.recording import parts_of
from ...trading.errors import ScenarioError, UsageError
from ...trading.recording import FileKind, Head, PartName
from ...trading.recording_file import DamagedFile, read_part

Body = Mapping[str, Any]

COMMANDS = {"place": "place", "modify": "modify", "cancel": "cancel", "close": "close-position"}
"""What a recording calls a command, and what a plan does."""

_ENDS = ("done", "refused", "unknown", "failed", "abandoned")


@dataclass(kw_only=True)
class Call:
    """A call of the broker port. `name` as plans call it; `order_id`, `tag`: whose order it is
    about; `end`: how it ended, "" for one that has no end in the recording; `body` of what was
    asked, `answer` of what came of it."""

    number: int
    name: str
    sent_ns: int
    symbol: str | None
    order_id: str | None
    tag: str | None
    body: Body
    end: str = ""
    ended_ns: int = 0
    answer: Body = field(default_factory=dict)

    @property
    def is_command(self) -> bool:
        """Whether it asked for something to be done."""
        return self.name in COMMANDS.values()

    @property
    def took_ns(self) -> int:
        """From sending to its end."""
        return self.ended_ns - self.sent_ns


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Something the session came to know. `what`: `report`, `position`, `stream`, `account`; by an
    event, or, `learned`, by the answer to a question."""

    what: str
    at_ns: int
    learned: bool
    body: Body


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One run of a recording. `session`: what its strategy was, None where the recording does not
    say; `began_ns`: when it began; `ended_ns`: the last row. `market`: the files with quotes and
    trades, of every run. `notes`: what is missing."""

    folder: Path
    run: str
    session: Body | None
    began_ns: int
    ended_ns: int
    calls: list[Call]
    heard: list[Heard]
    market: dict[str, list[tuple[Head, pl.DataFrame]]]
    notes: list[str]


def read_recorded(folder: Path, run: str | None, skip_damaged: bool) -> list[Recorded]:
    """The runs of a recording that traded, oldest first; `run`: only the one whose name begins so.

    Raises `UsageError` for a folder that is not there or has no such run, `ScenarioError` for a
    damaged file, unless `skip_damaged`.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; give one that --record wrote")
    notes: list[str] = []
    files = _files(folder, skip_damaged, notes)
    market = _markets(files)
    runs = sorted({name.run for name, *_ in files if name.kind is FileKind.ORDERS})
    if not runs:
        raise UsageError(
            f"{folder}: no orders were recorded in it; --record of dryfill live and dryfill paper "
            f"keeps them"
        )
    named = [each for each in runs if run is None or each.startswith(run)]
    if not named:
        raise UsageError(f"{folder} has no run {run}; it has {', '.join(runs)}")
    return [_run(folder, each, files, market, notes) for each in named]


_File = tuple[PartName, Head, pl.DataFrame]


def _files(folder: Path, skip_damaged: bool, notes: list[str]) -> list[_File]:
    found = []
    for name, path in parts_of(folder):
        if name.kind not in (FileKind.MARKET, FileKind.ORDERS):
            continue
        try:
            found.append((name, *read_part(path)))
        except DamagedFile as damage:
            told, _, _ = str(damage).partition("; ")
            if not skip_damaged:
                raise ScenarioError(
                    f"{told}; add --skip-damaged to go on without it: what it holds is then missing"
                ) from damage
            notes.append(f"left out, its rows are missing: {told}")
    return found


def _markets(files: list[_File]) -> dict[str, list[tuple[Head, pl.DataFrame]]]:
    found: dict[str, list[tuple[Head, pl.DataFrame]]] = {}
    for name, head, frame in files:
        if name.kind is FileKind.MARKET:
            found.setdefault(head.symbol, []).append((head, frame))
    return found


def _run(
    folder: Path,
    run: str,
    files: list[_File],
    market: dict[str, list[tuple[Head, pl.DataFrame]]],
    notes: list[str],
) -> Recorded:
    mine = [each for each in files if each[0].run == run]
    orders = [(head, frame) for name, head, frame in mine if name.kind is FileKind.ORDERS]
    lost = sum(head.lost for head, _ in orders)
    said = [*notes]
    if lost:
        said.append(f"{lost} rows about orders were heard and could not be kept")
    if any(name.chunk is not None for name, *_ in mine):
        said.append("the run was cut off or still goes on: its last seconds may be missing")
    rows = pl.concat([frame for _, frame in orders])
    calls: dict[int, Call] = {}
    heard: list[Heard] = []
    session, began_ns, last_ns = None, 0, 0
    for arrival, what, number, symbol, order_id, tag, text in rows.with_columns(
        pl.col("arrival").to_physical()
    ).iter_rows():
        body = msgspec.json.decode(text)
        began_ns, last_ns = began_ns or arrival, arrival
        if what == "session":
            session, began_ns = {**body, "symbol": symbol}, arrival
        elif what in COMMANDS or what == "ask":
            name = COMMANDS[what] if what in COMMANDS else body["of"]
            calls[number] = Call(
                number=number, name=name, sent_ns=arrival, symbol=symbol, order_id=order_id,
                tag=tag, body=body,
            )  # fmt: skip
        elif what in _ENDS:
            _end(calls.get(number), what, arrival, order_id, body)
        else:
            heard.append(_heard(what, arrival, body))
    ended_ns = max([last_ns, *(_last_ns(frame) for name, _, frame in mine)])
    return Recorded(
        folder=folder, run=run, session=session, began_ns=began_ns, ended_ns=ended_ns,
        calls=[*calls.values()], heard=heard, market=market, notes=said,
    )  # fmt: skip


def _end(call: Call | None, what: str, at_ns: int, order_id: str | None, body: Body) -> None:
    if call is not None:  # its beginning may be in a file that was left out
        call.end, call.ended_ns, call.answer = what, at_ns, body
        call.order_id = call.order_id or order_id


def _heard(what: str, at_ns: int, body: Body) -> Heard:
    if what != "learned":
        return Heard(what=what, at_ns=at_ns, learned=False, body=body)
    kind = "fill" if "exec_id" in body else "order" if "ord_status" in body else "position"
    return Heard(what=kind, at_ns=at_ns, learned=True, body=body)


def _last_ns(frame: pl.DataFrame) -> int:
    return int(frame["arrival"].to_physical()[-1]) if frame.height else 0
