"""A seed becomes a case: its plan, its schedule, its market, and where it is killed."""

from collections.abc import Collection
from dataclasses import replace
from typing import Literal, get_args

from ...scenarios.plan import Fault, Plan
from ...scenarios.plan_kinds import CRASH_POINTS, WRITES
from ...scenarios.plan_run import RunHead
from ...scenarios.plan_text import make_plan
from ...trading.errors import UsageError
from ..faults.draw import Profile, draw_plan
from ..loop.schedule import KINDS, ScheduleKind
from ..oracles.plan_outages import settles_s
from ..streams import Stream, named_stream

HORIZON = 200
"""How many calls and events of a name a drawn plan thinks of; a run has fewer."""

MARKETS = 16
"""How many generated markets a search goes through: one is made once in each process."""

LOW_MARKETS = (5, 13)
"""Those of the sixteen that are about zero, and below it, where all work is asked for."""

Schedules = Literal["mix", "fifo", "ties", "uniform", "pct"]

_MIX: tuple[tuple[int, ScheduleKind], ...] = ((5, "ties"), (8, "pct"), (10, "uniform"))
"""Fault-model 3's mix of a night, in tenths, summed up."""

_JUMPED = 4  # in one seed of so many the clock does, where all work is asked for
_DRIFTS = 4  # … and runs fast or slow in one swarm of so many
_FORGETS = 4  # … and the manager forgets soon in one of so many
_FULL = 4  # the journal's disk is in one swarm of so many, where there is one
_CRASHED = 4  # one seed in so many is killed, where crashes are asked for


def draw(
    head: RunHead,
    seed: int,
    profile: Profile,
    *,
    schedule: Schedules = "mix",
    crashes: bool = False,
    often: Collection[str] = (),
) -> Plan:
    """The plan of a seed, with its head: `head`, with all that the seed decides in it. `often`: as
    `draw_plan` has it.

    Raises `UsageError` for an unknown profile, schedule or kind of fault.
    """
    if schedule not in get_args(Schedules):
        known = ", ".join(get_args(Schedules))
        raise UsageError(f"schedule {schedule!r} is not known; give one of {known}")
    dice = named_stream(seed, "explorer")
    drawn = draw_plan(seed, profile, HORIZON, wire=head.world == "wire", often=often)
    tenth = dice.below(10)
    kind = next(each for below, each in _MIX if tenth < below)
    if schedule != "mix":
        kind = next(each for each in KINDS if each == schedule)
    crash = _crash(named_stream(seed, "explorer.crash")) if crashes else None
    if crash is not None:
        crash = crash.alike({"journal": _left(named_stream(seed, "explorer.journal"))})
    clock = disk = drift = None
    if head.work == "all" and profile not in ("calm", "live"):
        clock = _clock(named_stream(seed, "explorer.clock"))
    if profile == "swarm":
        drift = _drift(named_stream(seed, "explorer.drift"))
    if crashes and profile == "swarm":
        disk = _disk(named_stream(seed, "explorer.disk"))
    first = [fault for fault in (crash, clock, drift, disk) if fault is not None]
    plan = replace(drawn, faults=(*first, *drawn.faults))
    quiet_s = settles_s(plan) + 2 * RECONCILE_S + 1
    forgets = head.forgets
    if head.work == "all":
        forgets = _forgets(named_stream(seed, "explorer.forgets"))
    made = {
        "seed": seed,
        "schedule": kind,
        "schedule_seed": seed if kind != "fifo" else 0,
        "market_seed": 0 if head.data else head.market_seed + seed % MARKETS,
        "forgets": forgets,
        "journal": crashes or head.journal,
        "quiet": round(quiet_s * 1e9),
    }
    return replace(plan, run=head.model_copy(update=made))


RECONCILE_S = 20
"""How often the manager of an explored run compares itself with the broker: so that such rounds
come, and rest is near."""


def _clock(dice: Stream) -> Fault | None:
    """The wall clock jumps, by an hour at most, while the work is under way (F28)."""
    if dice.below(_JUMPED):
        return None
    key = ("ahead", "behind")[dice.below(2)]
    by = f"{1 + dice.below(3_600)} s"
    return make_plan({"kind": "clock", "at": f"{dice.below(60_000)} ms", key: by}).faults[0]


def _drift(dice: Stream) -> Fault | None:
    """The wall clock runs fast or slow (F28): by what a clock of a computer does, 50 millionths, up
    to what shows in a minute, 5 in a hundred, evenly in its doublings."""
    if dice.below(_DRIFTS):
        return None
    key = ("fast", "slow")[dice.below(2)]
    return make_plan({"kind": "clock", "at": "0 s", key: 50 << dice.below(11)}).faults[0]


def _disk(dice: Stream) -> Fault | None:
    """The journal's disk is full for a while, where there is a journal (F35)."""
    if dice.below(_FULL):
        return None
    moment, name = (("call", "place"), ("event", "fill"))[dice.below(2)]
    nth, duration = 1 + dice.below(12), f"{100 + dice.below(10_000)} ms"
    fault = {"kind": "disk-full", moment: name, "nth": nth, "duration": duration}
    return make_plan(fault).faults[0]


def _forgets(dice: Stream) -> int | None:
    """After how long a finished order leaves: now and then so soon that those of a minute do, and
    no sooner than what is told late of them has come."""
    return None if dice.below(_FORGETS) else (45 + dice.below(30)) * 10**9


def _left(dice: Stream) -> str:
    """What is left of the journal after a death: in one of two all, else the last write is lost, or
    torn (F29)."""
    return ("whole", "whole", "last-lost", "last-torn")[dice.below(4)]


def _crash(dice: Stream) -> Fault | None:
    if dice.below(_CRASHED):
        return None
    moment = ("call", "event", "step")[dice.below(3)]
    if moment == "step":
        return make_plan({"kind": "crash", "step": 1 + dice.below(2_000)}).faults[0]
    names = (*WRITES, "write") if moment == "call" else ("new", "fill", "canceled", "any")
    points = CRASH_POINTS[moment]
    return make_plan(
        {
            "kind": "crash",
            moment: names[dice.below(len(names))],
            "nth": 1 + dice.below(12),
            "point": points[dice.below(len(points))],
        }
    ).faults[0]
