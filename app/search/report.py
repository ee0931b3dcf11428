"""What a search says of itself, in lines."""

from collections.abc import Mapping

from ...sim.explorer.order_cells import by_pair, coverage
from ...sim.explorer.order_states import OrderStates
from .search import Search, Tally
from .seed_end import SeedEnd

_DAY_S = 86_400
_STATES = OrderStates.name


def progress_line(tally: Tally) -> str:
    """How far it is: one line, drawn again and again."""
    total = tally.last - tally.first
    rate = tally.seeds / tally.real_s if tally.real_s else 0.0
    strikes = sum(tally.faults.values())
    return (
        f"{tally.seeds} of {total} seeds, {len(tally.failures)} failed, {rate:.1f} a second, "
        f"{strikes} faults, {len(tally.states)} order states"
    )


def summary_lines(search: Search, tally: Tally, *, stopped: bool) -> list[str]:
    """What was reached."""
    brief = search.brief
    seeds, total = tally.seeds, tally.last - tally.first
    how = "interrupted after" if stopped else "played"
    lines = [
        f"{brief.head.what}, {brief.profile}, {how} {seeds} of {total} seeds "
        f"({tally.first}:{tally.last}) in {tally.real_s:.0f} s, {search.jobs} processes",
    ]
    if not seeds:
        return lines
    lines += [
        f"speed     {_each(seeds, tally.real_s)} seeds a second, "
        f"{_each(seeds, tally.cpu_s)} for each core; virtual time is "
        f"{_each(tally.virtual_s, tally.cpu_s)} times real time, "
        f"{tally.virtual_s / _DAY_S:.1f} days of it",
        f"schedule  {_counts(tally.schedules)}",
        f"faults    {_counts(tally.faults) or 'none'}",
        f"judged    {_counts(_judged(tally, True))}",
        f"never     {', '.join(_judged(tally, False)) or 'each had something to judge'}",
        *_reached_lines(tally, every=search.cells),
    ]
    if not tally.failures and not stopped:
        again = "some seeds again, under another hash seed: the same digests"
        lines.append(f"clean     no rule was broken; {again if tally.digests else 'none failed'}")
    for rule, count in tally.rules.most_common():
        lines.append(f"failed    {rule}: {count} of {seeds} seeds")
    return lines


def failure_lines(end: SeedEnd, path: str) -> list[str]:
    """One failure: what, where it is kept, and what to do with it."""
    return [
        "",
        f"seed {end.seed}: {end.kind} {end.rule}: {end.text}",
        f"  kept in      {path}",
        f"  replay with  dryfill replay {path}",
        f"  shrink with  dryfill shrink {path}",
    ]


def _reached_lines(tally: Tally, *, every: bool) -> list[str]:
    """How much of an order's life was reached; of what was not, `every` cell."""
    found = coverage(tally.states)
    can = len(found.reached) + len(found.missing)
    lines = [
        f"reached   {len(found.reached)} of the {can} that can be of an order's state × event × "
        f"command in flight"
    ]
    if found.strays:
        lines.append(f"strange   {', '.join(found.strays)}: this cannot be; please report it")
    if every and found.missing:
        lines += ["missing", *(f"  {line}" for line in by_pair(found.missing))]
    return lines


def _judged(tally: Tally, had: bool) -> dict[str, int]:
    """The oracles that had something to judge, or had not; the one that only counts apart."""
    return {
        name: count
        for name, count in tally.premises.items()
        if bool(count) is had and name != _STATES
    }


def _counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda each: -each[1])
    return ", ".join(f"{name} {count}" for name, count in ordered)


def _each(count: float, seconds: float) -> str:
    if not seconds:
        return "?"
    rate = count / seconds
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
