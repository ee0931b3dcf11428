"""What can be wrong with a run in virtual time, and the stacks that say where."""

import linecache
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import FrameType
from typing import Any

from ...trading.errors import DryfillError, UsageError
from .tasks import VirtualTask


class DeadlockError(DryfillError):
    """Nothing is ready, no timer is set, no source has a moment, and tasks still wait."""


class LivelockError(DryfillError):
    """Callbacks call each other for ever at one moment; virtual time stands still."""


class LostErrors(DryfillError):
    """Exceptions that reached nobody, coroutines never awaited, tasks destroyed while pending.

    `lost` holds one text for each, in the order found (fault-model INV-11).
    """

    def __init__(self, lost: list[str]) -> None:
        noun = "error" if len(lost) == 1 else "errors"
        super().__init__("\n".join([f"{len(lost)} {noun} of this run reached nobody:", *lost]))
        self.lost = lost


class RealWorldError(UsageError):
    """A real clock, entropy, socket, thread or process was asked for inside virtual time."""


def deadlock(time_s: float, tasks: list[VirtualTask]) -> DeadlockError:
    """The error of a run in which `tasks` wait and nothing can come."""
    stacks = "\n".join(describe_task(task) for task in tasks)
    return DeadlockError(
        f"at {time_s:.9f} s nothing is ready, no timer is set and no source has more to give, and "
        f"{len(tasks)} task(s) still wait; complete what they wait for, or bound the wait with "
        f"asyncio.timeout:\n{stacks}"
    )


def livelock(time_s: float, callbacks_max: int, names: Iterable[str]) -> LivelockError:
    """The error of a run in which time stands still. `names`: what is ready."""
    counts = Counter(names).most_common(10)
    culprits = ", ".join(f"{name} ({count})" for name, count in counts)
    return LivelockError(
        f"more than {callbacks_max} callbacks at {time_s:.9f} s, and virtual time stands still; "
        f"await asyncio.sleep(seconds) where this loops. Ready now: {culprits}"
    )


def unhandled(time_s: float, owner: object, context: Mapping[str, Any]) -> str:
    """What an exception handler is told, for a reader. `owner`: the task or future that it is of,
    None where there is none."""
    lines = [f"  at {time_s:.9f} s: {context['message']}"]
    if isinstance(owner, VirtualTask):
        lines.append(describe_task(owner))
    elif owner is not None:
        lines.append(f"  {owner!r}")
    error = context.get("exception")
    if error is not None:
        lines.append("".join(traceback.format_exception(error)).rstrip())
    return "\n".join(lines)


def describe_task(task: VirtualTask) -> str:
    """Name, process and the whole await chain of a task, outermost call first."""
    owner = f", process {task.process.name!r}" if task.process is not None else ""
    lines = [f"  {task.get_name()}{owner}"]
    for frame, lineno in _await_chain(task.get_coro()):
        filename = frame.f_code.co_filename
        source = linecache.getline(filename, lineno).strip()
        lines.append(f"    {filename}:{lineno} in {frame.f_code.co_name}: {source}")
    return "\n".join(lines)


def _await_chain(awaitable: Any) -> Iterator[tuple[FrameType, int]]:
    # Task.get_stack() gives the outermost frame of a suspended coroutine only; the line that
    # waits is at the other end of the chain. Coroutines, generators and asynchronous
    # generators name the same two things differently.
    while awaitable is not None:
        for prefix, link in (("cr", "cr_await"), ("gi", "gi_yieldfrom"), ("ag", "ag_await")):
            frame = getattr(awaitable, f"{prefix}_frame", None)
            if frame is not None:
                yield frame, frame.f_lineno
                awaitable = getattr(awaitable, link)
                break
        else:
            return
