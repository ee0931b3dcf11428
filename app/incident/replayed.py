"""An incident is replayed: under what was recovered, until a run of it fails as it did."""

from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from msgspec import structs

from ...scenarios.plan import Plan
from ...scenarios.plan_text import make_plan
from ...scenarios.plan_time import read_time, time_text
from ...sim.explorer.case import Outcome
from ...sim.explorer.finding import found_plan
from ...sim.explorer.shrinking import OutOfRuns, Shrinker
from ...sim.explorer.verdict import Verdict
from ...testing.composing import head_of, read_again
from ...trading.instrument import Instrument
from ..search.explored import case_in
from . import market_cut
from .bare import Bare
from .lives import Life
from .recorded import Recorded
from .sign import Struck, usual_ns
from .struck import struck_in

_HISTORY_NS = 2 * 3600 * 10**9
_AFTER_NS = 25 * 10**9  # for how long after it the rule may be broken: who is not told has to look
_OF_STOPS = ("BARE", "INV-01")
_TAIL_NS = 5 * 60 * 10**9
_SECOND_NS = 10**9
_END_NS = 10**9  # before the last row: whoever is told to stop may still close something
_FLAT_AGAIN_NS = 10**9


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for. `what`: the strategy, from the current folder, with `params`; `bare`: as
    `RunHead.bare`, None: not judged; `weeks`: by how many the market is moved back; `name`: of the
    files in `out`; `runs`: as many tries to make it smaller."""

    what: str
    params: tuple[str, ...]
    bare: str | None
    weeks: int
    out: Path
    name: str
    runs: int


@dataclass(frozen=True, kw_only=True)
class Incident:
    """What happened, as it is to be replayed: the order, and the span in which it, or what it
    opened, stood bare, None where there is none."""

    recorded: Recorded
    lives: Sequence[Life]
    order: Life
    bare: Bare | None


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """How a replay ended. `plan`: as it was kept, None where none fails; `struck`: what was to
    strike in it, and could."""

    plan: Plan | None
    verdict: Verdict
    struck: list[Struck]
    runs: int
    shrunk: bool


class Replays:
    """Replays one incident. Its files are `NAME.toml` and `NAME-market.parquet`."""

    def __init__(self, incident: Incident, wanted: Wanted, instrument: Instrument) -> None:
        self._incident = incident
        self._wanted = wanted
        self._instrument = instrument
        recorded = incident.recorded
        self._market = market_cut.market_of(
            recorded.market.get(incident.order.symbol, []), incident.order.symbol
        )
        self.path = wanted.out / f"{wanted.name}.toml"
        self.market_path = wanted.out / f"{wanted.name}-market.parquet"
        self._moved_ns = wanted.weeks * 7 * 86_400 * 10**9
        self._cut_to: tuple[int, int] | None = None

    def replay(self) -> Replayed:
        """Try it from the last moment at which all was flat, then from the session's beginning; at
        the simulated broker, then through the adapter's bytes. The first run that fails as the
        recording did is made smaller; else the first that fails at all."""
        tried: list[tuple[Plan, Verdict, list[Struck]]] = []
        for world in ("direct", "wire"):
            for start_ns in self._starts():
                plan, struck = self._plan(start_ns, world)
                verdict = self._play(plan)
                tried.append((plan, verdict, struck))
                if self._is_it(verdict):
                    return self._kept(plan, verdict, struck)
        for plan, verdict, struck in tried:
            if verdict.failed and verdict.kind != "stale":
                return self._kept(plan, verdict, struck)
        return Replayed(plan=None, verdict=verdict, struck=struck, runs=len(tried), shrunk=False)

    # --- one run ----------------------------------------------------------------------------------

    def _play(self, plan: Plan) -> Verdict:
        """Run a plan. One that breaks the rule at another time than the recording did tells another
        story: it breaks none here."""
        bare, outcome = self._incident.bare, _quietly(plan)
        verdict = outcome.verdict
        if bare is None or verdict.rule not in _OF_STOPS:
            return verdict
        at_ns = outcome.violations[0].time_ns + self._moved_ns
        judged_ns = 0 if self._wanted.bare is None else read_time(self._wanted.bare)
        if bare.from_ns - _SECOND_NS <= at_ns <= bare.from_ns + judged_ns + _AFTER_NS:
            return verdict
        return structs.replace(verdict, kind="clean", rule="")

    def _starts(self) -> list[int]:
        """When a replay may begin: the later, the less there is to it."""
        recorded, order = self._incident.recorded, self._incident.order
        flat = _flat_before(self._incident.lives, order)
        late = [] if flat is None else [max(flat + _FLAT_AGAIN_NS, recorded.began_ns)]
        return [*dict.fromkeys([*late, recorded.began_ns])]

    def _plan(self, start_ns: int, world: str) -> tuple[Plan, list[Struck]]:
        """The plan of all that struck in a run from then on, and its market beside it."""
        incident = self._incident
        until_ns = min(self._until_ns(), market_cut.ends_ns(self._market) - _END_NS)
        length_ns = max((until_ns - start_ns) // _SECOND_NS, 1) * _SECOND_NS
        self._cut(start_ns, start_ns + length_ns + _TAIL_NS)
        struck = struck_in(incident.recorded, incident.lives, start_ns, until_ns)
        faults = [each.fault for each in struck if each.fault is not None]
        head = head_of(self._head(start_ns, length_ns, world))
        return replace(make_plan(*faults, strict=False), run=head), struck

    def _until_ns(self) -> int:
        """As long as it takes for what happened to break a rule."""
        order, bare = self._incident.order, self._incident.bare
        until_ns = order.ends_ns
        if bare is not None:
            end_ns = self._incident.recorded.ended_ns if bare.to_ns is None else bare.to_ns
            judged_ns = 0 if self._wanted.bare is None else read_time(self._wanted.bare)
            until_ns = min(end_ns, bare.from_ns + judged_ns)
        return until_ns + _AFTER_NS

    def _head(self, start_ns: int, length_ns: int, world: str) -> dict[str, Any]:
        wanted, recorded = self._wanted, self._incident.recorded
        leg_ms = max(round(usual_ns(recorded) / 2 / 1e6), 1)
        head: dict[str, Any] = {
            "what": wanted.what,
            "params": list(wanted.params),
            "instrument": self._instrument.symbol,
            "data": [self.market_path.as_posix()],
            "start": _iso(start_ns - self._moved_ns),
            "length": time_text(length_ns),
            "latency": f"{leg_ms}ms",
            "seed": (recorded.session or {}).get("seed", 0),
            "world": world,
        }
        if not market_cut.has_sizes(self._market):
            head["unknown_size"] = "all"
        if not market_cut.has_trades(self._market):
            head["stop_trigger"] = "quote"
        if any((call.body.get("attached") is not None) for call in recorded.calls):
            head["brackets"] = "native"
        if wanted.bare is not None:
            head["bare"] = wanted.bare
        return head

    def _cut(self, start_ns: int, to_ns: int) -> None:
        wanted = start_ns - _HISTORY_NS, to_ns
        if wanted != self._cut_to:
            market_cut.write_cut(self.market_path, self._market, *wanted, self._moved_ns)
            self._cut_to = wanted
            read_again()

    # --- what is kept -----------------------------------------------------------------------------

    def _is_it(self, verdict: Verdict) -> bool:
        """Whether a run fails as the recording did."""
        if self._incident.bare is not None and self._wanted.bare is not None:
            return verdict.rule in _OF_STOPS
        return verdict.failed and verdict.kind != "stale"

    def _kept(self, plan: Plan, verdict: Verdict, struck: list[Struck]) -> Replayed:
        found = found_plan(plan, verdict, self._play)
        assert found is not None, "it failed"
        assert found.run is not None, "it has a head"
        shrinker = Shrinker(found, self._play, self._wanted.runs)
        with suppress(OutOfRuns):
            shrinker.shrink()
        smallest = shrinker.plan if shrinker.verdict is not None else found
        last = shrinker.verdict or verdict
        return Replayed(
            plan=self._trimmed(smallest), verdict=last, struck=struck, runs=shrinker.runs,
            shrunk=shrinker.verdict is not None,
        )  # fmt: skip

    def _trimmed(self, plan: Plan) -> Plan:
        """The market no longer than the plan's run; as it was where that makes another run."""
        head = plan.run
        assert head is not None, "it has a head"
        assert head.length is not None, "a strategy's run has one"
        before = self._cut_to
        assert before is not None, "it was played"
        self._cut(before[0] + _HISTORY_NS, before[0] + _HISTORY_NS + head.length + _TAIL_NS)
        again = _quietly(replace(plan, strict=False)).verdict
        if (again.rule, again.digest) != (head.fails, head.digest):
            self._cut(before[0] + _HISTORY_NS, before[1])
        return plan


def _quietly(plan: Plan) -> Outcome:
    """Run a plan; what its strategy prints, it has printed before."""
    with redirect_stdout(StringIO()):
        return case_in(plan).run(plan)


def _flat_before(lives: Sequence[Life], order: Life) -> int | None:
    """When nothing was held and nothing worked for the last time before an order was sent; None
    where that is since the beginning."""
    ends = [life for life in lives if life is not order and life.begins_ns < order.begins_ns]
    held = 0
    for life in ends:
        held += life.side.sign * life.filled
        over = any(state.status.terminal for state in life.states)
        if not over or life.ends_ns >= order.begins_ns:
            return None
    return max(life.ends_ns for life in ends) if ends and not held else None


def _iso(ns: int) -> str:
    at = datetime.fromtimestamp(ns // 10**9, UTC).replace(microsecond=ns // 1000 % 10**6)
    return at.replace(tzinfo=None).isoformat()
