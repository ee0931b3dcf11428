"""The plans of a search: each is kept as soon as its seed is known to fail."""

import re
from dataclasses import replace
from pathlib import Path

from ...scenarios.plan_text import plan_to_toml
from ..files import write_whole
from .explored import Brief
from .seed_end import SeedEnd

KEPT_MOST = 100


class Plans:
    """Files in a folder, whole or not there, whatever ends the search meanwhile. `paths`: those
    that were written, by seed; at most `KEPT_MOST`."""

    def __init__(self, brief: Brief, folder: Path) -> None:
        self.paths: dict[int, Path] = {}
        self._brief = brief
        name = re.sub(r"[^\w-]+", "-", Path(brief.head.what).stem)
        self._begins = folder / f"{name}-{brief.profile}"

    def keep(self, end: SeedEnd) -> None:
        """Write the plan of a seed that failed, unless it is there or there are enough. Raises
        `UsageError` where it cannot be written."""
        if end.seed in self.paths or len(self.paths) >= KEPT_MOST:
            return
        path = self._begins.with_name(f"{self._begins.name}-{end.seed}.toml")
        self.paths[end.seed] = write_whole(path, plan_text(self._brief, end))


def plan_text(brief: Brief, end: SeedEnd) -> str:
    """The plan of a seed that failed, as TOML. Of one whose process was lost nobody knows what
    fired: it is the whole plan."""
    if end.plan:
        return end.plan
    plan = brief.plan(end.seed)
    assert plan.run is not None
    return plan_to_toml(replace(plan, run=plan.run.model_copy(update={"fails": end.rule})))
