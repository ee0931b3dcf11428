"""What the commands do once they are understood: load, run, show, write."""

import glob
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ...trading.errors import UsageError
from ...trading.orders.settings import OrderSettings
from ..backtest import Backtest
from ..demo import run_demo, tell
from ..files import make_folder
from ..report.report import Report
from ..strategy_file import importable, load_strategy, split_target
from .errors import NOTHING_LEFT, OK, explain, show
from .show import Progress, print_report, quoted, say, write_all


@dataclass(frozen=True)
class Asked:
    """A backtest as the command line asks for it. `world`: arguments of `Backtest`; `command`: the
    words after `dryfill`."""

    strategy: str
    data: list[str]
    world: dict[str, Any]
    params: list[str]
    json: bool
    out: str | None
    timeline: str | None
    command: list[str]


class Doing:
    """What goes on just now, for whoever interrupts it, and what an interruption leaves."""

    def __init__(self, now: str = "starting", left: str = NOTHING_LEFT) -> None:
        self.now = now
        self.left = left


def show_backtest(asked: Asked, *, debug: bool) -> int:
    """Run and show a backtest; the exit code."""
    doing = Doing()
    path = split_target(asked.strategy)[0].resolve()
    return guarded(lambda: _backtest(asked, path, doing), path, doing, debug)


def show_demo(*, seed: int, size: int, out: str, debug: bool) -> int:
    """Run and show the demo; the exit code."""
    doing = Doing()
    return guarded(lambda: _demo(seed, size, out, doing), None, doing, debug)


def guarded(
    work: Callable[[], int | None], strategy: Path | None, doing: Doing, debug: bool
) -> int:
    """Do the work; its exit code, done if it gives none. An error becomes its code and one line on
    stderr."""
    code: int | None = OK
    try:
        code = work()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output went away, `| head` for one; Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  every error has its line
        code, line = explain(error, strategy, doing.now, doing.left)
        show(error, line, debug)
    return OK if code is None else code


def _backtest(asked: Asked, path: Path, doing: Doing) -> None:
    params = pairs(asked.params, "param", "size=3")
    folder = None if asked.out is None else make_folder(asked.out)
    with importable(path.parent):
        strategy = load_strategy(asked.strategy)
        doing.now = "reading the data"
        world = asked.world | {"cash": _cash(asked.world["cash"]), "params": params}
        world["settings"] = OrderSettings.load(world["settings"], os.environ)
        if world["margin"] is not None:
            world["margin"] = pairs(world["margin"], "margin", "ES=1500")
        backtest = Backtest(strategy, _files(asked.data), **world)
        doing.now = "running"
        # What a strategy prints must not mix with JSON.
        elsewhere = redirect_stdout(sys.stderr) if asked.json else nullcontext()
        with elsewhere, Progress("running") as progress:
            report = backtest.run(progress, timeline=asked.timeline)
    if asked.json:
        print(report.to_json())
    else:
        print_report(report)
    if asked.timeline is not None:
        say(f"wrote {asked.timeline}", quiet=asked.json)
    if folder is not None:
        doing.now = "writing the report"
        for written in write_all(report, folder, quoted(["dryfill", *asked.command])):
            say(f"wrote {written}", quiet=asked.json)


def _demo(seed: int, size: int, out: str, doing: Doing) -> None:
    folder = make_folder(out)
    doing.now = "running the demo"
    say(f"A generated ES morning (seed {seed}), brackets of {size} contracts, live latency.")
    with Progress("trading") as progress:
        report, story = run_demo(seed, size, progress)
    _tell_demo(report, tell(story))
    doing.now = "writing the report"
    command = quoted(["dryfill", "demo", "--seed", str(seed), "--size", str(size)])
    path = report.to_html(folder / "report.html", command=command)
    say(f"\nThe page with the pictures: {path.resolve()}")
    say("Next: dryfill backtest FILE.py DATA... --instrument ES")


def _tell_demo(report: Report, lines: list[str]) -> None:
    if lines:
        say("\nOne bracket, as it happened at the exchange (UTC):\n")
        for line in lines:
            say(f"  {line}")
        say("")
    print_report(report)
    filled, in_parts = report.entries
    bare = report.unprotected
    say(
        f"\n{in_parts} of {filled} entries were filled in parts. In all, contracts stood "
        f"{bare.contract_seconds:.3f} contract-seconds without a working stop, "
        f"{bare.longest:.3f} s at the longest."
    )


def _files(patterns: list[str]) -> list[str]:
    """The files that are meant; a pattern that no shell has expanded is expanded here, sorted."""
    found: list[str] = []
    for pattern in patterns:
        if Path(pattern).exists() or not glob.has_magic(pattern):
            found.append(pattern)
            continue
        matches = sorted(glob.glob(pattern))
        if not matches:
            raise UsageError(f"{pattern}: no file fits; the current folder is where paths start")
        found += matches
    return found


def pairs(given: list[str], option: str, example: str) -> dict[str, str]:
    """`name=value` texts of an option. Raises `UsageError` for one that is none."""
    found: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or (not name.isalnum() and not name.isidentifier()):
            raise UsageError(f"--{option} {pair!r} is no name=value; write --{option} {example}")
        found[name] = value
    return found


def _cash(text: str) -> Decimal:
    try:
        cash = Decimal(text)
    except InvalidOperation:
        cash = Decimal("NaN")
    if not cash.is_finite():
        raise UsageError(f"--cash {text!r} is no amount; write --cash 50000")
    return cash
