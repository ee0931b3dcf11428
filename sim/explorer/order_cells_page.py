"""The page docs/order-cells.md: `python -m dryfill.sim.explorer.order_cells_page` prints it."""

from .order_cells import (
    CELLS,
    COMMANDS,
    EVENTS,
    IMPOSSIBLE,
    NONE,
    POSSIBLE,
    RARE,
    STATES,
    Cell,
    by_pair,
    why_not,
)


def page() -> str:
    """The whole page, of the table in `order_cells`."""
    return f"""# What an order can meet

Made from the table in `sim/explorer/order_cells.py` by
`python -m dryfill.sim.explorer.order_cells_page`; change the table, not this page.

A race is an event that comes in a state in which nobody thought of it, while a command of ours is
on its way. So `dryfill explore` counts cells: the state that the client was told of an order last,
the event that is told now, and the newest command on that order without an answer. What comes
twice, late or out of order may be older than what was told before; so nearly all of one order's
life can meet.

Of {len(CELLS)} cells {len(POSSIBLE)} can be. {_reached()}
`make nightly` (`tests/sim/explorer/test_order_cells.py`), by searches under the profile `crowded`,
in which answers are slow and events come late and often. A search says how many it reached, and
with `--cells` which not. One that is reached and stands here as one that cannot be is said by the
search, and fails the tests.
{_rare()}
In each row, the commands on their way with which the event can come in that state; `{NONE}` is
none, and as a state it is that nothing was told yet. A number is the reason, below, for which the
others cannot be.

| state | {" | ".join(EVENTS)} |
|---|{"---|" * len(EVENTS)}
{chr(10).join(_row(state) for state in STATES)}

{chr(10).join(f"{n}. {rule.why}" for n, rule in enumerate(IMPOSSIBLE, 1))}
"""


def _reached() -> str:
    return f"All but {len(RARE)} of them are reached in" if RARE else "Each of them is reached in"


def _rare() -> str:
    """The cells that no search has reached, in a paragraph; nothing where there are none."""
    if not RARE:
        return ""
    listed = "\n".join(f"- `{line}`" for line in by_pair(RARE))
    return f"""
The others (state, event, and the command on its way) need what comes together too seldom for a
search. Each is met by a script of its own, `tests/sim/explorer/test_rare_cells.py`:

{listed}
"""


def _row(state: str) -> str:
    return f"| {state} | {' | '.join(_cell(state, event) for event in EVENTS)} |"


def _cell(state: str, event: str) -> str:
    """The commands, shortly, and the numbers of the reasons for those that cannot be."""
    can, cannot = [], []
    for command in (NONE, *COMMANDS):
        cell = Cell(state, event, command)
        if why_not(cell):
            cannot.append(next(n for n, rule in enumerate(IMPOSSIBLE, 1) if rule.holds(cell)))
        else:
            can.append(command)
    if not cannot:
        return "all"
    numbers = ", ".join(str(n) for n in dict.fromkeys(cannot))
    return f"{', '.join(can)} ({numbers})" if can else f"({numbers})"


if __name__ == "__main__":
    print(page(), end="")
