"""What `dryfill rehearse` does once it is understood: plays, judges, and says how it went."""

import re
from dataclasses import dataclass
from pathlib import Path

from ...scenarios.scenario import Scenario, World
from ...scenarios.scenario_text import read_scenario
from ...scenarios.shelf import LIBRARY, chosen_files
from ...trading.errors import UsageError
from ..backtest import engine_named
from ..rehearsed import Family, draw_timeline, rehearse
from ..timeline.written import check_folder
from .errors import FAILED, OK
from .run import Doing, guarded
from .show import quoted, say

_SEEDS = re.compile(r"(?P<one>\d{1,9})|(?P<first>\d{1,9}):(?P<end>\d{1,9})")
_TRACED = 12
_HEAD = ("scenario", "runs", "ends", "unprotected", "judged")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A rehearsal as the command line asks for it. `page`: where the timeline of one run goes."""

    scenarios: list[str]
    seeds: str | None
    wire: bool
    engine: str
    page: str | None = None


def show_library(wanted: list[str], *, debug: bool) -> int:
    """Names and titles; the exit code."""

    def work() -> None:
        found = [(path.stem, read_scenario(path).title) for path in chosen_files(wanted)]
        width = max(len(name) for name, _ in found)
        for name, title in found:
            say(f"{name:{width}}  {title}")

    return guarded(work, None, Doing("reading scenarios"), debug)


def show_rehearsal(asked: Asked, *, debug: bool) -> int:
    """Play and show; the exit code."""
    doing = Doing("reading scenarios")
    return guarded(lambda: _rehearse(asked, doing), None, doing, debug)


def _rehearse(asked: Asked, doing: Doing) -> int:
    if not asked.scenarios:
        raise UsageError("say what to rehearse: a file, a name of the library, or all")
    engine, paths = engine_named(asked.engine), chosen_files(asked.scenarios)
    scenarios = [(path, read_scenario(path)) for path in paths]
    if asked.page is not None:
        check_folder(asked.page)
        if len(scenarios) > 1:
            raise UsageError(f"--page shows one run; name one of these {len(scenarios)} scenarios")
    seeds = _seeds(asked.seeds)
    if len(scenarios) == 1:
        _introduce(scenarios[0][1])
    widths = max(len(path.stem) for path in paths), 6, 20, 11
    say(_row(widths, _HEAD))
    failed, runs, skipped = [], 0, []
    for path, scenario in scenarios:
        doing.now = f"rehearsing {path.stem}"
        where = _world(scenario, asked.wire)
        if where is None:
            skipped.append(path.stem)
            continue
        family = rehearse(scenario, seeds or range(scenario.family.seeds + 1), where, engine)
        runs += len(family.runs)
        say(_row(widths, _cells(path, family)))
        if not family.ok:
            failed.append(path.stem)
            _complain(path, family, asked)
        if asked.page is not None:
            _draw(path, scenario, family, where, engine, asked, asked.page)
    return _sum_up(len(scenarios) - len(skipped), runs, failed, skipped)


def _introduce(scenario: Scenario) -> None:
    say(f"{scenario.id + ': ' if scenario.id else ''}{scenario.title}\n")
    say(scenario.why.strip() + "\n")


def _world(scenario: Scenario, wire: bool) -> World | None:
    """Where it is played; None where it was asked for on the wire and is not played there."""
    if wire:
        return "wire" if "wire" in scenario.run.played else None
    return scenario.run.played[0]


def _seeds(text: str | None) -> range | None:
    if text is None:
        return None
    match = _SEEDS.fullmatch(text)
    if match is None:
        raise UsageError(f"--seeds {text!r} is no range; write --seeds 0:200, or --seeds 7")
    if match["one"] is not None:
        return range(int(match["one"]), int(match["one"]) + 1)
    found = range(int(match["first"]), int(match["end"]))
    if not found:
        raise UsageError(f"--seeds {text} holds no seed; the last one is not included")
    return found


def _cells(path: Path, family: Family) -> tuple[str, ...]:
    judged = sum(count > 0 for count in family.premises.values())
    return (
        path.stem,
        str(len(family.runs)),
        " or ".join(family.endings),
        f"{family.unprotected_s:.3f} s",
        f"{judged} invariants" if family.ok else f"{judged} invariants, FAILED",
    )


def _row(widths: tuple[int, ...], cells: tuple[str, ...]) -> str:
    shown = [f"{cell:{width}}" for cell, width in zip(cells, (*widths, 0), strict=True)]
    return "  ".join(shown).rstrip()


def _complain(path: Path, family: Family, asked: Asked) -> None:
    """Say what was wrong with the first run that failed, and how it is played again."""
    for name in family.unjudged:
        say(f"  {name} had nothing to judge in these runs: they have proved nothing of it")
    run = next((run for run in family.runs if not run.ok), None)
    if run is None:
        return
    say(f"  seed {run.how.seed}:")
    for complaint in run.complaints:
        for line in complaint.splitlines():
            say(f"    {line}")
    for title, text in (
        ("what happened last", "\n".join(run.trace[-_TRACED:])),
        ("the market", run.market),
        ("what went wrong", run.plan),
    ):
        if text.strip():
            say(f"  {title}:")
            for line in text.strip().splitlines():
                say(f"    {line}")
    say(f"  play it again with:\n    {_again(path, run.how.seed, asked)}")


def _draw(
    path: Path,
    scenario: Scenario,
    family: Family,
    where: World,
    engine: str,
    asked: Asked,
    page: str,
) -> None:
    """Play the first run that failed once more, or the first of all, and draw it."""
    run = next((run for run in family.runs if not run.ok), family.runs[0])
    seed = run.how.seed
    command = _again(path, seed, asked)
    draw_timeline(scenario, seed, where, engine, page=page, command=command)
    say(f"wrote {page}: seed {seed}")


def _again(path: Path, seed: int, asked: Asked) -> str:
    named = path.stem if path.is_relative_to(LIBRARY) else str(path)
    command = ["dryfill", "rehearse", named, "--seeds", str(seed)]
    command += ["--wire"] if asked.wire else []
    command += ["--engine", asked.engine] if asked.engine != "auto" else []
    return quoted(command)


def _sum_up(played: int, runs: int, failed: list[str], skipped: list[str]) -> int:
    if skipped:
        say(f"not played on the wire: {', '.join(skipped)}")
    ended = f"{len(failed)} failed: {', '.join(failed)}" if failed else "all as they are to be"
    say(f"\n{_count(played, 'scenario')}, {_count(runs, 'run')}: {ended}")
    return FAILED if failed else OK


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"
