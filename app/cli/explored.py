"""What explore, replay and shrink do and say once they are understood."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ...scenarios.plan import Plan
from ...scenarios.plan_run import MANAGER, WALK
from ...scenarios.plan_text import plan_to_toml, read_plan
from ...sim.explorer.shrinking import OutOfRuns, Shrinker, described
from ...sim.explorer.story import last_told
from ...sim.explorer.verdict import Verdict
from ...testing.composing import head_of
from ...trading.errors import UsageError
from ..files import make_folder, write_whole
from ..search.dask_pool import DaskPool
from ..search.explored import Brief, case_in, draw_timeline, peek, play
from ..search.plans import Plans
from ..search.report import failure_lines, progress_line, summary_lines
from ..search.search import Pool, Search, Tally, seeds_of
from ..search.worker_pool import WorkerPool
from ..strategy_file import split_target
from .errors import FAILED, OK, interrupted_by
from .interrupts import Interrupts, interrupts
from .run import Doing, guarded
from .show import quoted, say

_STRATEGY_MARKET = {"market": "mixed", "warmup": "120 min", "length": "30 min"}
_OF_THE_HEAD = (
    "instrument",
    "market",
    "data",
    "start",
    "warmup",
    "length",
    "kind",
    "stamp",
    "span",
    "timezone",
    "contract",
    "unknown_size",
    "stop_trigger",
    "latency",
    "brackets",
    "engine",
    "bare",
    "work",
)
"""Options that are values of a plan's head, as they are written."""

_LINE_EVERY_S = 60.0  # into a log; a terminal has a line that is drawn again
_KEPT_EVERY = 20  # seeds that ended


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A search as the command line asks for it. `head`: values of a plan's head, as written."""

    strategy: str | None
    manager: bool
    head: dict[str, Any]
    seeds: str
    profile: str
    schedule: str
    crashes: bool
    often: str | None
    jobs: int | None
    dask: str | None
    minutes: float | None
    all_seeds: bool
    cells: bool
    resume: str | None
    out: str


def asked_of(options: Mapping[str, Any]) -> Asked:
    """A search out of the options of the command, by their names."""
    head = {key: options[key] for key in _OF_THE_HEAD if options[key] not in (None, [])}
    if options["param"]:
        head["params"] = options["param"]
    if options["wire"]:
        head["world"] = "wire"
    if options["ends"] is not None:
        head["ends"] = options["ends"].split(",")
    own = {key: options[key] for key in Asked.__dataclass_fields__ if key != "head"}
    return Asked(head=head, **own)


def show_explore(asked: Asked, *, debug: bool) -> int:
    """Search and say what was found; the exit code."""
    doing = Doing(left="what was found is kept")
    path = None if asked.strategy is None else split_target(asked.strategy)[0].resolve()
    with interrupts() as came:
        return guarded(lambda: _explore(asked, doing, came), path, doing, debug)


def _pool(asked: Asked) -> Callable[..., Pool]:
    if asked.dask is None:
        return WorkerPool
    if asked.jobs is not None:
        raise UsageError(
            "--jobs is for this machine's processes, and a Dask cluster has its own: "
            "give one of them"
        )
    return partial(DaskPool, address=asked.dask)


def show_replay(plan: str, lines: int, page: str | None, *, debug: bool) -> int:
    """Replay a plan, and draw it where a page is asked for; the exit code."""
    doing = Doing("replaying the plan")
    return guarded(lambda: _replay(plan, lines, page), _strategy_of(plan), doing, debug)


def show_shrink(plan: str, out: str | None, runs: int, *, debug: bool) -> int:
    """Shrink a plan; the exit code."""
    doing = Doing("shrinking the plan")
    with interrupts() as came:
        work = partial(_shrink, plan, out, runs, doing, came)
        return guarded(work, _strategy_of(plan), doing, debug)


def _strategy_of(plan: str) -> Path | None:
    """The file of the strategy that a plan runs, whose errors are its own; None where there is
    none."""
    try:
        head = read_plan(plan).run
    except Exception:  # noqa: BLE001  said when it is read in earnest
        return None
    return None if head is None or head.of_the_manager else split_target(head.what)[0].resolve()


# --- explore --------------------------------------------------------------------------------------


def _explore(asked: Asked, doing: Doing, came: Interrupts) -> int:
    brief, seeds = _brief(asked), seeds_of(asked.seeds)
    case_in(brief.plan(seeds.start))  # what makes no sense is said before anything starts
    plans = Plans(brief, make_folder(asked.out))
    kept = None if asked.resume is None else Path(asked.resume)
    tally = Tally.begin(brief, seeds) if kept is None else Tally.resumed(kept, brief, seeds)
    search = Search(
        brief=brief,
        jobs=asked.jobs or os.cpu_count() or 1,
        minutes=asked.minutes,
        all_seeds=asked.all_seeds,
        pool=_pool(asked),
        cells=asked.cells,
        found=plans.keep,
    )
    doing.now = "exploring"
    stopped = _search(search, tally, kept, came)
    if not stopped and not tally.failures:
        tally.failures += search.differ(tally)
    _say_found(search, tally, plans, stopped=bool(stopped))
    if stopped:
        if kept is not None:
            say("the same command goes on")
        return stopped
    return FAILED if tally.failures else OK


def _brief(asked: Asked) -> Brief:
    if asked.manager == (asked.strategy is not None):
        raise UsageError("say what is explored: FILE.py[:Class], or --manager")
    what = MANAGER if asked.strategy is None else asked.strategy
    usual = {} if asked.manager or asked.head.get("data") else _STRATEGY_MARKET
    if asked.manager and asked.head.get("market", WALK) != WALK:
        usual = {"length": "120 min"}
    if asked.strategy is not None and asked.head.get("data"):
        usual = {key: _STRATEGY_MARKET[key] for key in ("warmup", "length")}
    head = head_of({"what": what, **usual, **asked.head})
    return Brief(
        head=head,
        profile=asked.profile,
        schedule=asked.schedule,
        crashes=asked.crashes,
        often=() if asked.often is None else tuple(asked.often.split(",")),
    )


def _search(search: Search, tally: Tally, kept: Path | None, came: Interrupts) -> int:
    """Fill the tally; the exit code of an interruption, done where there was none."""
    shown = sys.stderr.isatty()
    next_s = tally.real_s + _LINE_EVERY_S
    try:
        with came.held(), closing(search.run(tally)) as ends:
            for end in ends:
                came.check()
                if shown:
                    sys.stderr.write(f"\r\x1b[K{progress_line(tally)}")
                    sys.stderr.flush()
                elif tally.real_s >= next_s:
                    next_s += _LINE_EVERY_S
                    print(progress_line(tally), file=sys.stderr, flush=True)
                if kept is not None and end is not None and tally.seeds % _KEPT_EVERY == 1:
                    tally.write(kept)
            came.check()
    except KeyboardInterrupt as interrupt:
        return interrupted_by(interrupt)
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
        if kept is not None:
            tally.write(kept)
    return OK


def _say_found(search: Search, tally: Tally, plans: Plans, *, stopped: bool) -> None:
    for line in summary_lines(search, tally, stopped=stopped):
        say(line)
    for end in tally.failures:
        plans.keep(end)  # one of an earlier search that goes on, or another digest
        if end.seed in plans.paths:
            for line in failure_lines(end, quoted([str(plans.paths[end.seed])])):
                say(line)


# --- replay ---------------------------------------------------------------------------------------


def _replay(given: str, lines: int, page: str | None) -> int:
    plan = read_plan(given)
    if page is None:
        verdict = play(plan)
    else:
        command = quoted(["dryfill", "replay", given])
        verdict = draw_timeline(plan, page, Path(given).name, command)
        say(f"wrote {page}")
    head = plan.run
    assert head is not None, "play wants one"
    _say_verdict(verdict, lines)
    same = (
        "the digest is the plan's"
        if verdict.digest == head.digest
        else (f"the plan's is {head.digest}: something has changed, the run is another one")
    )
    say(f"digest {verdict.digest}; {same if head.digest else 'the plan has none'}")
    if head.fails and verdict.rule != head.fails:
        say(f"the plan broke {head.fails} when it was kept")
    return FAILED if verdict.failed else OK


def _say_verdict(verdict: Verdict, lines: int) -> None:
    if not verdict.failed:
        say("clean: no invariant was broken, and every fault of the plan happened")
        return
    for line in last_told(verdict.trace, lines):
        say(f"  {line}")
    named = f"{verdict.kind} {verdict.rule}".strip()
    say(f"{named}: {verdict.text}")


# --- shrink ---------------------------------------------------------------------------------------


def _shrink(given: str, out: str | None, runs: int, doing: Doing, came: Interrupts) -> int:
    plan, path = read_plan(given), Path(given)
    to = Path(out) if out is not None else path.with_name(f"{path.stem}-shrunk.toml")
    case_in(plan)
    first = play(replace(plan, strict=False))
    if not first.failed:
        say("it does not fail any more: there is nothing to shrink")
        return OK
    assert plan.run is not None
    head = plan.run.model_copy(update={"fails": first.rule})
    said = [described(plan, first)]

    def tell(line: str) -> None:
        if line != said[-1]:
            said.append(line)
            say(f"  {line}")

    def peek_on(candidate: Plan, until_ns: int) -> Verdict:
        came.check()
        return peek(candidate, until_ns)

    shrinker = Shrinker(replace(plan, run=head), play, runs, tell, peek=peek_on)
    say(f"{first.kind} {first.rule}, {said[0]}; at most {runs} runs to make it smaller")
    left, code = "every fault, step and value that is left is needed", OK
    try:
        with came.held():
            shrinker.shrink()
    except OutOfRuns:
        left = f"{runs} runs were made; --runs {2 * runs} may find less"
    except KeyboardInterrupt as interrupt:
        if shrinker.verdict is None:
            raise
        left, code = "interrupted", interrupted_by(interrupt)
    write_whole(to, plan_to_toml(shrinker.plan))
    doing.left = f"{to} is the smallest so far"
    assert shrinker.verdict is not None
    say(f"{described(shrinker.plan, shrinker.verdict)} left after {shrinker.runs} runs: {left}")
    say(f"wrote {to}; dryfill replay {quoted([str(to)])}")
    return code
