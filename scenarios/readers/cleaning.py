"""What a user may allow a reader to mend, by name; each does one thing and is counted."""

from collections.abc import Iterable

from ...trading.errors import UsageError

CLEANING = {
    "sort": "put the rows of a file in time order, equal times in file order; let files interleave",
    "drop-missing": "leave out rows with an empty or NaN cell",
    "unknown-sizes": "take an empty size beside a price as a size that nobody knows",
    "drop-off-grid": "leave out rows with a price between two ticks",
    "round-prices": "move prices to the nearest tick, ties to the even one",
    "drop-crossed": "leave out rows whose bid is above their ask",
    "keep-crossed": "take crossed rows as facts",
    "uncross": "swap the sides where they are crossed: the lower is the bid, the higher the ask",
    "skip-damaged": "leave out files of a recording that are damaged; their rows are missing then",
    "drop-duplicates": "leave out rows that repeat the row before; keep the first bar of a start",
}
"""Every cleaning option and what it does."""

_EXCLUSIVE = (("drop-off-grid", "round-prices"), ("drop-crossed", "keep-crossed", "uncross"))


def cleaning(clean: str | Iterable[str], implied: tuple[str, ...] = ()) -> frozenset[str]:
    """The options asked for, checked; those a format implies give way to a user's own choice.

    Raises UsageError for an unknown name and for two that exclude each other.
    """
    asked = (clean,) if isinstance(clean, str) else tuple(clean)
    for name in asked:
        if name not in CLEANING:
            raise UsageError(
                f"clean={name!r} is no cleaning option; there are {', '.join(CLEANING)}"
            )
    for group in _EXCLUSIVE:
        both = [name for name in group if name in asked]
        if len(both) > 1:
            raise UsageError(f"clean={both[0]!r} and {both[1]!r} exclude each other; give one")
    overruled = {n for group in _EXCLUSIVE if any(a in group for a in asked) for n in group}
    return frozenset(asked) | {name for name in implied if name not in overruled}
