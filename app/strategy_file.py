"""A strategy out of a file that was named on the command line.

The file is read before it is run. Its folder is importable while it runs, so that it may bring
siblings along, and no longer.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from inspect import iscoroutinefunction
from pathlib import Path
from types import ModuleType
from typing import Any

from ..sim.determinism.source_check import check_source
from ..trading.errors import UsageError
from ..trading.strategy import Strategy

SCRIPT = "main"


class StrategyFailed(Exception):
    """The user's own code raised; the cause says what."""


def split_target(text: str) -> tuple[Path, str]:
    """`FILE.py:Class` as a path and a name, which may be empty. A drive's colon is no separator.

    >>> split_target("my/breakout.py:Breakout")[1], split_target("breakout.py")[1]
    ('Breakout', '')
    """
    before, colon, after = text.rpartition(":")
    if colon and before.endswith(".py") and after.isidentifier():
        return Path(before), after
    return Path(text), ""


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Put a folder first on the import path for a while."""
    place = str(folder)
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.path.remove(place)


def load_strategy(target: str) -> Any:
    """The strategy class, or script, that `FILE.py` or `FILE.py:Name` means.

    Raises `UsageError` for a file that is not there or holds no such thing, or several and none was
    named, or code that would make two runs differ; `StrategyFailed` where the file itself fails.
    """
    path, name = split_target(target)
    if path.suffix != ".py":
        raise UsageError(f"{target} is no Python file; give FILE.py or FILE.py:Class")
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file; the current folder is where paths start")
    path = path.resolve()
    check_source(path)
    return _pick(_run_module(path), path.name, name)


def _run_module(path: Path) -> ModuleType:
    # A name of its own: a user's file may be called like a module of somebody else's.
    spec = spec_from_file_location(f"dryfill_strategy_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[module.__name__] = module
    try:
        spec.loader.exec_module(module)
    except Exception as exc:
        del sys.modules[module.__name__]
        raise StrategyFailed from exc
    return module


def _pick(module: ModuleType, file: str, name: str) -> Any:
    found: dict[str, Any] = {
        each: value
        for each, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Strategy)
        and value.__module__ == module.__name__
    }
    script = getattr(module, SCRIPT, None)
    if iscoroutinefunction(script):
        found[SCRIPT] = script
    known = ", ".join(found)
    if name:
        if name not in found:
            holds = f"it holds {known}" if found else "it holds none"
            raise UsageError(f"{file} has no strategy {name!r}; {holds}")
        return found[name]
    if not found:
        raise UsageError(
            f"{file} holds no strategy; write a subclass of dryfill.Strategy or "
            f"`async def main(desk)` in it"
        )
    if len(found) > 1:
        raise UsageError(f"{file} holds {known}; name one, such as {file}:{next(iter(found))}")
    return next(iter(found.values()))
