"""Writing files so that an interrupted run leaves none of them half-written."""

import os
from collections.abc import Callable
from pathlib import Path

from ..trading.errors import UsageError


def write_whole(path: str | Path, text: str) -> Path:
    """Write a text file (UTF-8) whole or not at all; returns its path.

    Raises `UsageError` that names the path and why it cannot be written.
    """
    return write_by(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))


def write_by(path: str | Path, write: Callable[[Path], object]) -> Path:
    """As `write_whole`, for a writer that is given a path: it writes beside, then renames."""
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        try:
            write(part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as exc:
        why = exc.strerror or str(exc)
        raise UsageError(
            f"{path} cannot be written: {why}; name a file in a folder that is there and yours"
        ) from exc
    return path


def make_folder(path: str | Path) -> Path:
    """A folder to write into, made if it is not there. Raises `UsageError` where it cannot be."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        why = exc.strerror or str(exc)
        raise UsageError(f"folder {path} cannot be made: {why}; name another") from exc
    return path
