"""What happened in a run, for a reader: the watch's trace, and where the plan struck."""

from collections.abc import Sequence

from ...scenarios.plan_kinds import READS
from ..faults.log import FaultLog


def story(trace: Sequence[str], log: FaultLog) -> tuple[str, ...]:
    """The lines of a trace and those of the faults, in order; each begins with its seconds."""
    struck = [f"{e.at_ns / 1e9:11.6f} FAULT     {e.kind}: {e.what}" for e in log.entries]
    since = _second(trace[0]) if trace else 0.0
    lines = [line for line in struck if _second(line) >= since]
    return tuple(sorted([*lines, *trace], key=_second))


def last_told(lines: Sequence[str], most: int) -> list[str]:
    """The last lines of a story without its reads: there are many, and few tell anything."""
    told = [line for line in lines if not _is_a_read(line)]
    return told[-most:] if most else []


def _is_a_read(line: str) -> bool:
    _, verb, what, *_ = (*line.split(maxsplit=3), "", "")
    return verb in ("sent", "answered") and what in READS


def _second(line: str) -> float:
    return float(line.split(maxsplit=1)[0])
