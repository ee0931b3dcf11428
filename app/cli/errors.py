"""What went wrong, in one line and a number: the table of exit codes.

Light on purpose: the command line starts with it, and brings heavy libraries in when it must.
"""

import re
import sys
import traceback
from pathlib import Path

OK, FAILED, USAGE, DATA, STUCK, BROKER, LEFT, LOST = 0, 1, 2, 3, 4, 5, 6, 7
OURS, INTERRUPTED, TERMINATED = 70, 130, 143

EXIT_CODES = (
    (OK, "done"),
    (FAILED, "the strategy failed: its exception; or a rule was broken in a rehearsed run"),
    (USAGE, "wrong usage: an option, a file name, a parameter"),
    (DATA, "bad data: the file, the row and the value are named"),
    (STUCK, "a run that could not finish: deadlock or livelock"),
    (BROKER, "the broker said no, or was not reached: its reason"),
    (LEFT, "positions or orders were left at the broker: they are named"),
    (LOST, "recorded, and not all of it could be kept: how much is said"),
    (OURS, "an error of Dryfill's own"),
    (INTERRUPTED, "interrupted: what that leaves is said"),
    (TERMINATED, "a search that was ended by SIGTERM: the same"),
)

NOTHING_LEFT = "no half-written file is left"
EPILOG = "Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES) + "."


class Terminated(KeyboardInterrupt):
    """SIGTERM came: whoever ended it was not at the keyboard."""


def interrupted_by(interrupt: KeyboardInterrupt) -> int:
    """The exit code of what was interrupted."""
    return TERMINATED if isinstance(interrupt, Terminated) else INTERRUPTED


_DRYFILL = Path(__file__).resolve().parents[2]
_PLACES = re.compile(
    r"^ +(?P<a>\S.*?):(?P<n>\d+) in (?P<f>\w+):"
    r'|^ +File "(?P<b>.+?)", line (?P<m>\d+), in (?P<g>\S+)',
    re.MULTILINE,
)
_FIRST_FINDING = "{} (and {} more; --debug lists them)"
_TRACE = "--debug shows the traceback"


def explain(
    error: BaseException, strategy: Path | None, doing: str, left: str = NOTHING_LEFT
) -> tuple[int, str]:
    """The exit code for an error and the line to print.

    `strategy` is the user's file: what was raised there, or by something it called, is the
    strategy's failure. `doing` says what an interruption interrupted, `left` what it leaves.
    """
    from ...sim.loop.errors import DeadlockError, LivelockError, LostErrors
    from ...trading.errors import (
        ConnectionLost,
        JournalError,
        OutcomeUnknown,
        ProtocolError,
        Refused,
        ScenarioError,
        UsageError,
    )
    from ..strategy_file import StrategyFailed

    if isinstance(error, KeyboardInterrupt):
        return interrupted_by(error), f"interrupted while {doing}; {left}"
    if isinstance(error, StrategyFailed) and error.__cause__ is not None:
        error = error.__cause__
        return FAILED, _failed(error, strategy)
    if isinstance(error, DeadlockError | LivelockError):
        return STUCK, _stuck(str(error), strategy)
    if isinstance(error, LostErrors):
        return FAILED, _lost(error.lost, strategy)
    if _line_in(error, strategy):
        return FAILED, _failed(error, strategy)
    if isinstance(error, ScenarioError | JournalError):
        return DATA, _one_line(str(error))
    if isinstance(error, UsageError):
        return USAGE, _one_line(str(error))
    if isinstance(error, Refused | OutcomeUnknown | ConnectionLost | ProtocolError):
        return BROKER, _one_line(str(error))
    return OURS, f"{_named(error)}; this is a fault of Dryfill's, please report it ({_TRACE})"


def show(error: BaseException, line: str, debug: bool) -> None:
    """Print the line to stderr, after the traceback where that was asked for."""
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    print(f"dryfill: {line}", file=sys.stderr)


def _failed(error: BaseException, strategy: Path | None) -> str:
    where = _line_in(error, strategy)
    at = f"{where}: " if where else ""
    return f"the strategy failed: {at}{_named(error)} ({_TRACE})"


def _line_in(error: BaseException, strategy: Path | None) -> str:
    """`file:line in function` of the deepest frame of the user's own code; empty where none is."""
    if strategy is None:
        return ""
    found = ""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        found = f"{Path(error.filename).name}:{error.lineno}"
    for frame in traceback.extract_tb(error.__traceback__):
        if _is_own(Path(frame.filename), strategy):
            found = f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"
    return found


def _line_told(text: str, strategy: Path | None) -> str:
    """As `_line_in`, out of a text that lists stacks or holds a traceback."""
    found = ""
    for match in _PLACES.finditer(text):
        path, line, function = match["a"] or match["b"], match["n"] or match["m"], match["f"]
        if strategy is not None and _is_own(Path(path), strategy):
            found = f"{Path(path).name}:{line} in {function or match['g']}"
    return found


def _is_own(path: Path, strategy: Path) -> bool:
    """Whether a file is the user's strategy or one of its siblings; Dryfill may lie among them."""
    folder = strategy.parent
    if path == strategy:
        return True
    ours = _DRYFILL.is_relative_to(folder) and path.is_relative_to(_DRYFILL)
    return path.is_relative_to(folder) and not ours and "site-packages" not in path.parts


def _named(error: BaseException) -> str:
    text = _one_line(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _stuck(text: str, strategy: Path | None) -> str:
    first = text.strip().splitlines()[0].rstrip(":")
    place = _line_told(text, strategy)
    return f"{first}; it waits at {place} (--debug shows all)" if place else f"{first} ({_TRACE})"


def _lost(lost: list[str], strategy: Path | None) -> str:
    told = [line.strip() for line in lost[0].strip().splitlines()]
    place = _line_told(lost[0], strategy)
    at = f"{place}: " if place else ""
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    return f"the strategy failed where nobody waited: {at}{told[-1]}{more} (--debug shows all)"


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        return "".join(lines)
    return _FIRST_FINDING.format(lines[0], len(lines) - 1)
