"""The timeline of a run, written when the run is over, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...sim.oracles import Violation, Watch
from ...sim.tracing.rows import Complaint
from ...sim.tracing.tracer import Tracer, World, trace
from .page import write_timeline


@contextmanager
def timeline_of(
    world: World, path: str | Path, title: str, *, watching: Watch | None = None, command: str = ""
) -> Iterator[Tracer]:
    """Trace what runs in this block, and write its page at the end of it.

    `watching`: the oracles on it, whose violations are shown; an error that ends the block is, too,
    and goes on. After `World.restart` call `restarted` of what this gives. Raises `UsageError`
    where the page cannot be written.
    """
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


def complaints(violations: list[Violation]) -> list[Complaint]:
    """What oracles found, for the page."""
    return [Complaint(each.oracle, each.time_ns, each.text) for each in violations]
