"""A process that plays seeds: `python -m dryfill.app.search.worker`, driven over its pipes.

First it reads the brief, then a seed for each line that it answers. Nothing else may be in its
output, so what a strategy prints goes nowhere.
"""

import os
import signal
import sys
import time
from contextlib import ExitStack
from typing import BinaryIO

from ...scenarios.plan_text import plan_to_toml
from ...sim.explorer.finding import found_plan
from ...sim.loop.hold import hold_collector
from .explored import Brief, play
from .seed_end import SeedEnd


def main() -> None:
    """Answer seeds until there are none."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # they are for who drives it, and ends it
        signal.signal(ending, signal.SIG_IGN)
    answers = _answers()
    brief = Brief.from_json(sys.stdin.readline())
    with ExitStack() as held:
        for n, line in enumerate(sys.stdin):
            answers.write(seed_end(brief, int(line)).line())
            answers.flush()
            if not n:
                # What all runs share is set aside once, and not looked through before and after
                # each; every run still collects what it leaves.
                held.enter_context(hold_collector())


def seed_end(brief: Brief, seed: int) -> SeedEnd:
    """Play a seed; with its plan where it failed."""
    began_s = time.process_time()
    plan = brief.plan(seed)
    verdict = play(plan)
    cost_s = time.process_time() - began_s
    found = found_plan(plan, verdict, play)
    assert plan.run is not None
    return SeedEnd(
        seed=seed,
        kind=verdict.kind,
        rule=verdict.rule,
        text=verdict.text,
        digest=verdict.digest,
        plan="" if found is None else plan_to_toml(found),
        schedule=plan.run.schedule,
        faults=verdict.faults,
        premises=verdict.premises,
        states=verdict.states,
        virtual_s=verdict.virtual_s,
        cpu_s=cost_s,
    )


def _answers() -> BinaryIO:
    """The pipe that answers go into; what is printed from now on is lost."""
    kept = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return kept


if __name__ == "__main__":
    main()
