"""The timeline of a run, written when the run is over, however it ends."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...sim.oracles import Violation, Watch
from ...sim.setup import Setup
from ...sim.tracing.rows import Complaint
from ...sim.tracing.tracer import Tracer, World, trace
from ...trading.errors import UsageError
from .page import write_timeline


@contextmanager
def timeline_of(
    world: World, path: str | Path, title: str, *, watching: Watch | None = None, command: str = ""
) -> Iterator[Tracer]:
    """Trace what runs in this block, and write its page at the end of it.

    `watching`: the oracles on it, whose violations are shown; an error that ends the block is, too,
    and goes on. Raises `UsageError` where the page cannot be written; where its folder is missing,
    before anything runs.
    """
    check_folder(path)
    tracing = trace(world)
    ended: list[Complaint] = []
    try:
        yield tracing
    except Exception as error:
        ended.append(Complaint(type(error).__name__, world.loop.now_ns, str(error)))
        raise
    finally:
        found = [] if watching is None else complaints(watching.report().violations)
        write_timeline(path, tracing.finish(), title, [*found, *ended], command=command)


class TracedWorlds:
    """Makes worlds as `world_of` does, and traces each: for whoever plays cases and scenarios, and
    lets nobody near the world. The last one is the one that is drawn."""

    def __init__(self, world_of: Callable[[Setup], Any]) -> None:
        self._world_of = world_of
        self._tracing: Tracer | None = None

    def __call__(self, setup: Setup) -> Any:
        world = self._world_of(setup)
        self._tracing = trace(world)
        return world

    def write(
        self,
        path: str | Path,
        title: str,
        violations: Sequence[Violation] = (),
        *,
        ended: Sequence[tuple[str, str]] = (),
        command: str = "",
    ) -> Path:
        """Write the page of the last world's run; its path. `ended`: what was wrong at the end of
        it, by rule and text. Raises `UsageError` where there was no run, or the page cannot be
        written."""
        if self._tracing is None:
            raise UsageError(f"nothing has run yet that {path} could show")
        found = self._tracing.finish()
        said = [
            *complaints(violations),
            *(Complaint(rule, found.end_ns, text) for rule, text in ended),
        ]
        return write_timeline(path, found, title, said, command=command)


def check_folder(path: str | Path) -> None:
    """Raise `UsageError` where a page has no folder to be in: better now than after a long run."""
    if not Path(path).resolve().parent.is_dir():
        raise UsageError(f"the folder of {path} is not there; make it, or name another")


def complaints(violations: Sequence[Violation]) -> list[Complaint]:
    """What oracles found, for the page."""
    return [Complaint(each.oracle, each.time_ns, each.text) for each in violations]
