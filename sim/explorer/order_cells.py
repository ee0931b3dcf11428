"""The life of an order as cells: the state that the client was told last, the event that comes, and
the command of ours that is on its way. Which can be, and why the others cannot.

The state is that of the event that was delivered last, which need not be the newest: what comes
twice, late or out of order may be older. So nearly all pairs of one life meet; what two lives have,
never does.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

NONE = "-"
"""Nothing was told of the order yet; no command is on its way."""

STATES = (
    NONE,
    "SUSPENDED",
    "NEW",
    "PARTIALLY_FILLED",
    "FILLED",
    "CANCELED",
    "REJECTED",
    "EXPIRED",
)
EVENTS = (
    "SUSPENDED",
    "NEW",
    "TRIGGERED",
    "REPLACED",
    "TRADE",
    "TRADE_CANCEL",
    "CANCELED",
    "REJECTED",
    "EXPIRED",
)
COMMANDS = ("place", "modify", "cancel")


class Cell(NamedTuple):
    """A state, an event and a command; as text with blanks between them."""

    state: str
    event: str
    command: str

    def __str__(self) -> str:
        return " ".join(self)


CELLS = tuple(
    Cell(state, event, command)
    for state in STATES
    for event in EVENTS
    for command in (NONE, *COMMANDS)
)


class Rule(NamedTuple):
    """Cells that cannot be, and why."""

    holds: Callable[[Cell], bool]
    why: str


def _both(cell: Cell, one: str, *others: str) -> bool:
    """Whether a cell is of `one` and one of `others`, whichever of them is its state."""
    return (cell.state == one and cell.event in others) or (
        cell.state in others and cell.event == one
    )


IMPOSSIBLE = (
    Rule(
        lambda cell: (
            (cell.state == "REJECTED") is not (cell.event == "REJECTED")
            and not (cell.state == NONE and cell.event == "REJECTED")
        ),
        "an order that is rejected was never anything else, and nothing becomes of it",
    ),
    Rule(
        lambda cell: cell.state == "FILLED" and cell.event in ("CANCELED", "EXPIRED"),
        "what is filled to its end is neither cancelled nor does it expire; a fill that is told "
        "after a cancel leaves the order cancelled",
    ),
    Rule(
        lambda cell: _both(cell, "CANCELED", "EXPIRED"),
        "an order ends once",
    ),
    Rule(
        lambda cell: "SUSPENDED" in cell and cell.command == "place",
        "what the broker itself keeps for an entry, we do not place",
    ),
    Rule(
        lambda cell: _both(cell, "SUSPENDED", "EXPIRED"),
        "what the broker keeps for an entry works until it is cancelled, not for the day",
    ),
)
"""Every cell that is in none of these can be."""


def why_not(cell: Cell) -> str:
    """Why a cell cannot be; "" for one that can."""
    return next((rule.why for rule in IMPOSSIBLE if rule.holds(cell)), "")


POSSIBLE = tuple(cell for cell in CELLS if not why_not(cell))

RARE = (
    Cell(NONE, "SUSPENDED", "modify"),
    Cell(NONE, "SUSPENDED", "cancel"),
    Cell(NONE, "TRIGGERED", "cancel"),
    Cell(NONE, "TRADE_CANCEL", "place"),
    Cell(NONE, "TRADE_CANCEL", "cancel"),
    Cell(NONE, "EXPIRED", "cancel"),
    Cell("SUSPENDED", "TRADE_CANCEL", "modify"),
    Cell("SUSPENDED", "TRADE_CANCEL", "cancel"),
    Cell("PARTIALLY_FILLED", "SUSPENDED", "modify"),
    Cell("PARTIALLY_FILLED", "SUSPENDED", "cancel"),
    Cell("FILLED", "SUSPENDED", "cancel"),
    Cell("CANCELED", "TRADE_CANCEL", "place"),
    Cell("EXPIRED", "TRIGGERED", "cancel"),
    Cell("EXPIRED", "TRADE", "cancel"),
    Cell("EXPIRED", "TRADE_CANCEL", "place"),
    Cell("EXPIRED", "TRADE_CANCEL", "cancel"),
)
"""Cells that can be, and that the search of each night need not reach: what they need comes
together too seldom. Each has a script that meets it, among the tests. They count as missing where
they are not reached."""


class Coverage(NamedTuple):
    """Which of the cells that can be a search has reached, which not; and which of the others,
    which is a fault of the table, or of what it describes."""

    reached: tuple[Cell, ...]
    missing: tuple[Cell, ...]
    strays: tuple[str, ...]


def coverage(states: Iterable[str]) -> Coverage:
    """What has been reached, out of cells as text."""
    seen = set(states)
    known = {str(cell) for cell in POSSIBLE}
    return Coverage(
        tuple(cell for cell in POSSIBLE if str(cell) in seen),
        tuple(cell for cell in POSSIBLE if str(cell) not in seen),
        tuple(sorted(seen - known)),
    )


def by_pair(cells: Iterable[Cell]) -> list[str]:
    """Cells in lines, those of one state and event together."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for state, event, command in cells:
        pairs.setdefault((state, event), []).append(command)
    return [f"{state} {event}: {', '.join(words)}" for (state, event), words in pairs.items()]
