"""What `dryfill incident` does once it is understood, and what it says."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...scenarios.plan_text import plan_to_toml
from ...scenarios.plan_time import read_time
from ...sim.explorer.shrinking import described
from ...sim.explorer.story import last_told
from ...trading import instruments
from ...trading.errors import UsageError
from ...trading.instrument import Instrument
from ..files import make_folder, write_whole
from ..incident.bare import bare_spans
from ..incident.found import bare_of, order_in
from ..incident.lives import Life, lives_of
from ..incident.naming import short_name
from ..incident.recorded import Recorded, read_recorded
from ..incident.replayed import Incident, Replayed, Replays, Wanted
from ..incident.telling import (
    bare_line,
    life_lines,
    order_line,
    struck_lines,
    unknown_lines,
)
from ..strategy_file import split_target
from .errors import FAILED, OK
from .run import Doing, guarded
from .show import quoted, say

NOT_JUDGED = "off"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An incident as the command line asks for it."""

    recording: str
    around: str
    strategy: str | None
    params: list[str]
    bare: str
    run: str | None
    weeks: int
    runs: int
    lines: int
    out: str
    skip_damaged: bool


def show_incident(asked: Asked, *, debug: bool) -> int:
    """Cut an incident out of a recording; the exit code."""
    doing = Doing("reading the recording")
    path = None if asked.strategy is None else split_target(asked.strategy)[0].resolve()
    return guarded(lambda: _incident(asked, doing), path, doing, debug)


def _incident(asked: Asked, doing: Doing) -> int:
    bare = None if asked.bare == NOT_JUDGED else asked.bare
    least_ns = 0 if bare is None else _span_ns(bare)
    runs = [
        (each, lives_of(each))
        for each in read_recorded(Path(asked.recording), asked.run, asked.skip_damaged)
    ]
    recorded, lives, order = order_in(runs, asked.around)
    spans = bare_spans(recorded, lives)
    found = None if bare is None else bare_of(order, spans, recorded.ended_ns, least_ns)
    say(f"order      {order_line(order)}")
    for line in life_lines(order):
        say(line)
    if found is not None:
        say(f"recorded   {bare_line(found, recorded.ended_ns)}")
    wanted = Wanted(
        what=_what(asked, recorded), params=_params(asked, recorded), bare=bare,
        weeks=asked.weeks, out=make_folder(asked.out), name=_name(order, lives), runs=asked.runs,
    )  # fmt: skip
    doing.now = "replaying the incident"
    incident = Incident(recorded=recorded, lives=lives, order=order, bare=found)
    replays = Replays(incident, wanted, _instrument(recorded, order))
    replayed = replays.replay()
    for line in struck_lines(replayed.struck):
        say(line)
    return _say_end(asked, incident, replays, replayed)


def _say_end(asked: Asked, incident: Incident, replays: Replays, replayed: Replayed) -> int:
    recorded, plan, verdict = incident.recorded, replayed.plan, replayed.verdict
    unknown = unknown_lines(recorded, replayed.struck, plan, incident.lives)
    if plan is None:
        replays.market_path.unlink(missing_ok=True)
        if incident.bare is None:
            say("nothing is wrong: no rule was broken, in the recording or when it was replayed")
        else:
            say(
                "no rule was broken when it was replayed, so that no plan was written: time in "
                "which nobody could know or act does not count, and what is not in it may matter"
            )
        for line in unknown:
            say(line)
        return OK if incident.bare is None else FAILED
    for line in last_told(verdict.trace, asked.lines):
        say(f"  {line}")
    say(f"replayed   {verdict.kind} {verdict.rule}: {verdict.text}")
    small = f"shrunk to {described(plan, verdict)}" if replayed.shrunk else "not shrunk"
    say(f"plan       {small}, {replayed.runs} runs")
    write_whole(replays.path, plan_to_toml(plan))
    for line in unknown:
        say(line)
    path = quoted([str(replays.path)])
    say(f"kept in      {path}, its market beside it in {quoted([str(replays.market_path)])}")
    say(f"replay with  dryfill replay {path}")
    say(f"draw with    dryfill replay {path} --page incident.html")
    return FAILED


def _span_ns(text: str) -> int:
    try:
        return read_time(text)
    except ValueError as error:
        raise UsageError(f"--bare {text!r}: {error}, or '{NOT_JUDGED}'") from error


def _what(asked: Asked, recorded: Recorded) -> str:
    """The strategy's file from the current folder: a plan names no other folder of its owner."""
    given = asked.strategy or (recorded.session or {}).get("what", "")
    if not given:
        raise UsageError(
            f"{recorded.folder} does not say which strategy traded; name it with --strategy"
        )
    path, name = split_target(given)
    if not path.is_file():
        raise UsageError(
            f"{path}: there is no such file, and the strategy is what is replayed; name it with "
            f"--strategy"
        )
    resolved, here = path.resolve(), Path.cwd().resolve()
    if not resolved.is_relative_to(here):
        raise UsageError(
            f"{path} does not lie under the current folder, from which a plan is replayed; go to "
            f"{resolved.parent} first"
        )
    file = resolved.relative_to(here).as_posix()
    return f"{file}:{name}" if name else file


def _params(asked: Asked, recorded: Recorded) -> tuple[str, ...]:
    if asked.params:
        return tuple(asked.params)
    told = (recorded.session or {}).get("params") or {}
    return tuple(f"{name}={value}" for name, value in told.items())


def _name(order: Life, lives: list[Life]) -> str:
    """A file's name, of the order's own tag: the broker's number and the journal's prefix stay
    here."""
    name = short_name(order, lives)
    return f"incident-{re.sub(r'[^A-Za-z0-9.-]+', '-', name)}" if name else "incident"


def _instrument(recorded: Recorded, order: Life) -> Instrument:
    on = datetime.fromtimestamp(recorded.began_ns // 10**9, UTC).date()
    return instruments.find(order.symbol, on=on)
