"""The library of scenarios that comes with Dryfill: files by their names."""

from collections.abc import Iterable
from pathlib import Path

from ..trading.errors import UsageError

LIBRARY = Path(__file__).parent / "library"
ALL = "all"


def shelf() -> dict[str, Path]:
    """The library's files by name, sorted."""
    return {path.stem: path for path in sorted(LIBRARY.glob("*.toml"))}


def chosen_files(wanted: Iterable[str]) -> list[Path]:
    """The files that are meant: each a path, a name of the library, the beginning of some
    (`RS-03`), or `all` of it. Each once, in the order in which they are asked for.

    Raises `UsageError` for what is nothing of these.
    """
    found: dict[Path, None] = {}
    for each in wanted:
        found.update(dict.fromkeys(_meant(each)))
    return list(found)


def _meant(text: str) -> list[Path]:
    known = shelf()
    if text == ALL:
        return list(known.values())
    if text.endswith(".toml"):
        return [Path(text)]
    name = text.lower().replace("-", "_")
    named = [path for key, path in known.items() if key == name or key.startswith(f"{name}_")]
    if not named:
        raise UsageError(
            f"{text!r} is no scenario of the library; dryfill rehearse --list shows them, "
            f"and a file of your own ends in .toml"
        )
    return named
