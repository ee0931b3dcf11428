"""Whose code a frame is: a library's, or Dryfill's and the user's; and how to name its line."""

import functools
import os
import site
import sysconfig
from pathlib import Path
from types import FrameType

# Dryfill itself may be installed among the libraries; it is not one.
_DRYFILL = Path(__file__).resolve().parents[2]


def is_library(frame: FrameType) -> bool:
    """Whether the frame's code is the standard library's or an installed package's."""
    return _is_library_file(frame.f_code.co_filename)


def caller_line(frame: FrameType) -> str:
    """`file:line` of the nearest code outside libraries, from `frame` outwards."""
    nearest: FrameType | None = frame
    while nearest is not None and is_library(nearest):
        nearest = nearest.f_back
    shown = frame if nearest is None else nearest
    return f"{shown.f_code.co_filename}:{shown.f_lineno}"


@functools.cache
def _is_library_file(filename: str) -> bool:
    if filename.startswith("<frozen "):
        return True
    path = Path(filename)
    if not path.is_absolute():
        return False
    ours = _within(path, _DRYFILL)
    if ours is not None and "site-packages" not in ours.parts:
        return False
    return any(_within(path, root) is not None for root in _library_roots())


@functools.cache
def _library_roots() -> tuple[Path, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    roots = [path for path in map(sysconfig.get_path, names) if path]
    roots += [*site.getsitepackages(), site.getusersitepackages()]
    # Files are named as they were imported, through links or not.
    return tuple(Path(form) for root in roots for form in (root, os.path.realpath(root)))


def _within(path: Path, root: Path) -> Path | None:
    return path.relative_to(root) if path.is_relative_to(root) else None
