"""What a terminal gets: the report as tables, a progress bar, and files with their names."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..files import write_by
from ..report.report import Report
from ..report.text import (
    TRADE_HEAD,
    TRADES_SHOWN,
    blocks,
    headline,
    incident_lines,
    trade_rows,
    trades_title,
)

_WIDTH = 30


class Progress:
    """A bar on stderr, if that is a terminal; called with the share that is done, 0 to 1.

    Drawn by hand: a run in virtual time has neither a clock nor a thread to draw it with.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._drawn = False
        self._seen = sys.stderr.isatty()

    def __enter__(self) -> Callable[[float], None] | None:
        return self._draw if self._seen else None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _draw(self, share: float) -> None:
        full = round(share * _WIDTH)
        bar = "#" * full + "." * (_WIDTH - full)
        sys.stderr.write(f"\r{self._what} [{bar}] {share:4.0%}")
        sys.stderr.flush()
        self._drawn = True


def say(line: str, *, quiet: bool = False) -> None:
    """Print a line to stdout; to stderr when stdout is for machines. At once, also into a pipe:
    whoever follows a long run sees it when it happens."""
    print(line, file=sys.stderr if quiet else sys.stdout, flush=True)


def print_report(report: Report) -> None:
    """The report on stdout: coloured tables on a terminal, plain text elsewhere."""
    if not sys.stdout.isatty():
        print(report)
        return
    console = Console()
    console.print(f"[bold]{escape(headline(report))}[/bold]\n")
    console.print(_figures(report))
    rows = trade_rows(report)[:TRADES_SHOWN]
    if rows:
        console.print(_trades(report))
    for title, lines in (("Notes", list(report.notes)), ("Incidents", incident_lines(report))):
        if lines:
            console.print(f"[bold]{title}[/bold]")
            for line in lines:
                console.print(f"  {escape(line)}", style="yellow", highlight=False)
    console.print(f"\ndigest {report.digest}", highlight=False)


def _figures(report: Report) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column()
    net = report.record.net
    for block in blocks(report):
        table.add_row(f"[bold not dim]{escape(block.title)}[/]", "")
        for label, value in block.rows:
            colour = ("green" if net > 0 else "red") if label == "net profit" and net else ""
            shown = escape(value)
            table.add_row(f"  {label}", f"[bold {colour}]{shown}[/]" if colour else shown)
    return table


def _trades(report: Report) -> Table:
    rows = trade_rows(report)[:TRADES_SHOWN]
    table = Table(title=trades_title(report, len(rows)), title_justify="left", box=None)
    for i, name in enumerate(TRADE_HEAD):
        table.add_column(name, justify="right" if i in (1, 3, 5, 7) else "left", no_wrap=True)
    for row in rows:
        colour = {True: "green", False: "red", None: ""}[row.won]
        result = f"[{colour}]{row.cells[-1]}[/]" if colour else row.cells[-1]
        table.add_row(*row.cells[:-1], result)
    return table


def write_all(report: Report, folder: Path, command: str) -> list[Path]:
    """Write page, tables and summary into a folder; their paths. Each is whole or not there."""
    tables: list[tuple[str, pl.DataFrame]] = [
        ("trades.csv", report.trades),
        ("orders.csv", report.orders),
        ("fills.csv", report.fills),
        ("unprotected.csv", report.unprotected.spans),
        ("equity.parquet", report.equity),
    ]
    written = [report.to_html(folder / "report.html", command=command)]
    for name, frame in tables:
        save = frame.write_csv if name.endswith(".csv") else frame.write_parquet
        written.append(write_by(folder / name, save))
    summary = folder / "summary.json"
    report.to_json(summary)
    return [*written, summary]


def quoted(command: list[str]) -> str:
    """A command as it can be typed again, in the quoting of this system's shell."""
    if sys.platform == "win32":
        return subprocess.list2cmdline(command)
    return shlex.join(command)
