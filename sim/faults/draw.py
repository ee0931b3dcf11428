"""A seed becomes a plan: what might go wrong, drawn once and written down before the run.

Each kind of fault rolls its own dice for each call or event (`faults.drop.fill`), so that a new one
never shifts another.
Rates for `live` are fault-model 1's where it has them; the others are assumptions (?).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from ...scenarios.garbling import GARBLED
from ...scenarios.plan import Fault, Plan
from ...scenarios.plan_kinds import READS, RESHAPED, WRITES
from ...trading.errors import UsageError
from ..streams import Stream, named_stream

Profile = Literal["calm", "live", "hostile", "swarm", "crowded"]

_MILLION = 1_000_000
_MS = 1_000_000
_TOLD = ("new", "fill", "canceled", "rejected", "expired", "replaced", "triggered")
_EVENTS = (*_TOLD, "position", "account")
_SHOCKS = ("fill", "new")  # what the venue's and other people's acts follow upon

Keys = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Rate:
    """How often a kind strikes at each of its opportunities, in millionths, and how it looks.
    `kind`: which one, where the row has another name.

    `swarm` draws a rate between `live` and `hostile`, evenly in its doublings; 0 is then 1 in
    10 000.
    """

    key: str  # call or event
    names: tuple[str, ...]
    live: int
    hostile: int
    look: Callable[[Stream], Keys]
    kind: str = ""


def _span(stream: Stream, least_ms: int, doublings: int) -> int:
    """A time from `least_ms` on, evenly in its doublings."""
    base = least_ms << stream.below(doublings)
    return (base + stream.below(base)) * _MS


def _up_to(stream: Stream, most_ms: int) -> int:
    return stream.below(most_ms + 1) * _MS


def _one(stream: Stream, *choices: str) -> str:
    return choices[stream.below(len(choices))]


def _nothing_more(stream: Stream) -> Keys:
    return {}


def _refusal(stream: Stream) -> Keys:
    return {"reason": _one(stream, "not-supported", "insufficient-funds", "market-closed")}


def _soon(stream: Stream) -> Keys:
    return {"after": _span(stream, 5, 9)}


def _coin(stream: Stream) -> Keys:
    return {"applied": stream.below(2) == 1}


def _copies(stream: Stream) -> Keys:
    return {"copies": 1 + stream.below(3), "gap": _up_to(stream, 60_000)}


def _disorder(stream: Stream) -> Keys:
    return {"form": _one(stream, "swap", "reverse")}


def _delay(stream: Stream) -> Keys:
    return {"delay": _span(stream, 30, 10)}


def _break(stream: Stream) -> Keys:
    return {"duration": _span(stream, 100, 12), "told": stream.below(4) > 0}


def _lag(stream: Stream) -> Keys:
    return {"lag": _span(stream, 100, 4)}


def _halt(stream: Stream) -> Keys:
    return {"duration": _span(stream, 2000, 5)}


def _while(stream: Stream) -> Keys:
    return {"after": _up_to(stream, 5000)}


def _form(stream: Stream) -> Keys:
    return {"form": _one(stream, "timeout", "reset", "502", "504")}


def _spike(stream: Stream) -> Keys:
    leg = _one(stream, "request", "response")
    return {leg: _span(stream, 250, 4)}


def _outage(stream: Stream) -> Keys:
    return {"duration": _span(stream, 500, 6)}


def _unreachable(stream: Stream) -> Keys:
    form = _one(stream, "refused", "dns", "connect-timeout")
    return {"form": form, "duration": _span(stream, 1000, 9)}


def _act(stream: Stream) -> Keys:
    act = _one(stream, "buy", "sell", "close")
    return {"act": act, "after": _up_to(stream, 2000)}


def _taken_away(stream: Stream) -> Keys:
    return {"act": "cancel", "after": _up_to(stream, 2000)}


_RATES: Mapping[str, _Rate] = {
    "latency": _Rate("call", (*WRITES, *READS), 10_000, 50_000, _spike),
    "ack-lost": _Rate("call", WRITES, 2_000, 30_000, _form),
    "request-lost": _Rate("call", WRITES, 2_000, 30_000, _form),
    "refused": _Rate("call", WRITES, 1_000, 20_000, _refusal),
    "rejected-later": _Rate("call", ("place",), 500, 10_000, _soon),
    "rate-limited": _Rate("call", WRITES, 500, 10_000, _outage),
    "server-error": _Rate("call", (*WRITES, *READS), 1_000, 20_000, _coin),
    "unreachable": _Rate("call", WRITES, 200, 5_000, _unreachable),
    "duplicate": _Rate("event", _EVENTS, 10_000, 100_000, _copies),
    "drop": _Rate("event", _EVENTS, 5_000, 300_000, _nothing_more),
    "reorder": _Rate("event", _EVENTS, 0, 50_000, _disorder),
    "late": _Rate("event", _EVENTS, 2_000, 50_000, _delay),
    "stream-down": _Rate("event", _SHOCKS, 1_000, 20_000, _break),
    "stale-read": _Rate("call", READS, 20_000, 200_000, _lag),
    "halt": _Rate("event", _SHOCKS, 0, 2_000, _halt),
    "venue-cancel": _Rate("event", ("new",), 0, 10_000, _while),
    "trader": _Rate("event", _SHOCKS, 0, 5_000, _act),
    "trader-cancels": _Rate("event", ("new",), 0, 10_000, _taken_away, "trader"),
}


def _stall(stream: Stream) -> Keys:
    return {"duration": _span(stream, 100, 6), "after": _up_to(stream, 2000)}


def _sum(stream: Stream) -> Keys:
    return {"window": _span(stream, 5, 7)}


def _found_filled(stream: Stream) -> Keys:
    return {"qty": 1 + stream.below(3), "after": _span(stream, 100, 6)}


def _frozen(stream: Stream) -> Keys:
    # For good, as seen in the field, or for a while.
    return {"thaw": stream.below(2) * _span(stream, 500, 6), "after": _up_to(stream, 2000)}


def _shut(stream: Stream) -> Keys:
    return {**_halt(stream), "state": _one(stream, "no-cancel", "pre-open", "close")}


def _moved(stream: Stream) -> Keys:
    ticks = (1 + stream.below(8)) * (2 * stream.below(2) - 1)
    return {"ticks": ticks, "after": _up_to(stream, 5000)}


def _moved_by_hand(stream: Stream) -> Keys:
    return {"act": "move", **_moved(stream)}


def _resized(stream: Stream) -> Keys:
    # Smaller: what a hand made larger may fill before anybody is told, and the hand meant it.
    return {"act": "resize", "qty": 1, "after": _up_to(stream, 5000)}


def _turned_over(stream: Stream) -> Keys:
    return {"act": "flip", "after": _up_to(stream, 2000)}


_STRANGE: Mapping[str, _Rate] = {
    "summed": _Rate("event", ("fill",), 0, 200_000, _sum),
    "late-fill": _Rate("event", ("canceled",), 0, 20_000, _found_filled),
    "stall": _Rate("event", _SHOCKS, 0, 20_000, _stall),
    "frozen": _Rate("event", ("new",), 0, 20_000, _frozen),
    "liquidation": _Rate("event", _SHOCKS, 0, 5_000, _while),
    "venue-replace": _Rate("event", ("new",), 0, 10_000, _moved),
    "trader-moves": _Rate("event", ("new",), 0, 10_000, _moved_by_hand, "trader"),
    "trader-resizes": _Rate("event", ("new",), 0, 5_000, _resized, "trader"),
    "trader-flips": _Rate("event", _SHOCKS, 0, 2_000, _turned_over, "trader"),
    "shut": _Rate("event", _SHOCKS, 0, 2_000, _shut, "halt"),
}
"""What happens so seldom that only a swarm draws it: it is to meet every kind (?)."""


def _over(stream: Stream) -> Keys:
    return {"form": _one(stream, "silent", "logout"), "after": _up_to(stream, 2000)}


def _unheard(stream: Stream) -> Keys:
    return {"form": _one(stream, "refused", "silent", "inert")}


_OF_THE_WIRE: Mapping[str, _Rate] = {
    "token-ended": _Rate("event", _SHOCKS, 500, 20_000, _over),
    "not-subscribed": _Rate("call", ("subscribe",), 1_000, 50_000, _unheard),
}
"""What happens to a session: where there is none, nobody draws it."""


def _reshaped(stream: Stream) -> Keys:
    return {"form": _one(stream, *RESHAPED)}


def _garbled(stream: Stream) -> Keys:
    return {"form": _one(stream, *GARBLED)}


_STRANGE_ON_THE_WIRE: Mapping[str, _Rate] = {
    "reshaped": _Rate("event", _EVENTS, 0, 200_000, _reshaped),
    "garbled": _Rate("event", _EVENTS, 0, 50_000, _garbled),
}
"""What becomes of bytes, where a swarm has some."""


def _again(stream: Stream) -> Keys:
    return {"copies": 1 + stream.below(4), "gap": _up_to(stream, 1_500)}


def _slow(stream: Stream) -> Keys:
    # No slower on its way there: in a second the broker counts as out of reach.
    leg, most_ms = (("response", 4_000), ("request", 900))[stream.below(2)]
    return {leg: (1 + stream.below(most_ms)) * _MS}


def _later(stream: Stream) -> Keys:
    return {"delay": (1 + stream.below(10_000)) * _MS}


def _turned(stream: Stream) -> Keys:
    return {"window": (1 + stream.below(1_500)) * _MS}


def _closed(stream: Stream) -> Keys:
    after = _up_to(stream, 1_500)
    return {"duration": (1 + stream.below(2_000)) * _MS, "state": "close", "after": after}


def _at_once(stream: Stream) -> Keys:
    return {"after": _up_to(stream, 1_500)}


_ENDS = (*_TOLD, "suspended")
_CROWDED: Mapping[str, _Rate] = {
    "latency": _Rate("call", WRITES, 0, 500_000, _slow),
    "duplicate": _Rate("event", _ENDS, 0, 330_000, _again),
    "late": _Rate("event", _ENDS, 0, 170_000, _later),
    "reorder": _Rate("event", _ENDS, 0, 170_000, _turned),
    "venue-cancel": _Rate("event", ("new", "fill"), 0, 100_000, _at_once),
    "rejected-later": _Rate("call", ("place",), 0, 80_000, _at_once),
    "refused": _Rate("call", ("place",), 0, 80_000, _nothing_more),
    "halt": _Rate("event", _SHOCKS, 0, 120_000, _closed),
}
"""Answers so slow, and events so late and so often, that everything meets everything: for reaching
each state of an order with each event and each command on its way, not for what is likely."""


_OFTEN = 100_000
"""How often, of a million, what is asked for strikes at each of its moments."""


def draw_plan(
    seed: int,
    profile: Profile = "live",
    horizon: int = 500,
    *,
    wire: bool = False,
    often: Collection[str] = (),
) -> Plan:
    """The plan of a seed: for each kind, which of the first `horizon` calls or events of a name.

    It is not strict. What of it fired is a strict plan (`FaultLog.fired_plan`). `calm` draws
    nothing; `live` what recordings and the fault model make likely; `hostile` far more; `swarm` a
    random half of the kinds, each at a rate of its own; `crowded` slow answers and events that come
    late and often, so that all meet. `wire`: what a session has is drawn, too. `often`: kinds that
    strike at a tenth of their moments at least, whatever the profile says of them. No crash is
    drawn, because a run needs a harness that restarts. Raises `UsageError` for an unknown profile,
    and for a kind that is not drawn.
    """
    if profile not in get_args(Profile):
        known = ", ".join(get_args(Profile))
        raise UsageError(f"no profile of faults is named {profile!r}; known are {known}")
    faults: list[Fault] = []
    rates = _rates(profile, wire, often)
    for row, rate in rates.items():
        ppm = _ppm(rate, profile, named_stream(seed, f"faults.{row}"))
        if (rate.kind or row) in often:
            ppm = max(ppm, _OFTEN)
        for name in rate.names:
            stream = named_stream(seed, f"faults.{row}.{name}")
            faults += _strikes(rate.kind or row, rate, name, ppm, horizon, stream)
    return Plan(tuple(faults), f"{profile}, seed {seed}", strict=False)


def _rates(profile: Profile, wire: bool, often: Collection[str]) -> Mapping[str, _Rate]:
    usual = {**_RATES, **(_OF_THE_WIRE if wire else {})}
    strange = {**_STRANGE, **(_STRANGE_ON_THE_WIRE if wire else {})}
    kinds = {rate.kind or row: row for row, rate in (*usual.items(), *strange.items())}
    for kind in often:
        if kind not in kinds:
            raise UsageError(
                f"no fault {kind!r} can strike often; known are {', '.join(sorted(kinds))}"
            )
    if profile != "swarm":
        strange = {row: rate for row, rate in strange.items() if (rate.kind or row) in often}
    if profile != "crowded":
        return {**usual, **strange}
    asked = {row: rate for row, rate in usual.items() if (rate.kind or row) in often}
    return {**_CROWDED, **asked, **strange}


def _ppm(rate: _Rate, profile: Profile, stream: Stream) -> int:
    if profile == "swarm":
        on, least = stream.below(2), max(rate.live, 100)
        doublings = max((rate.hostile // least).bit_length(), 1)
        return on * min(least << stream.below(doublings), rate.hostile)
    return {"calm": 0, "live": rate.live}.get(profile, rate.hostile)


def _strikes(
    kind: str, rate: _Rate, name: str, ppm: int, horizon: int, stream: Stream
) -> list[Fault]:
    if not ppm:
        return []
    one = _first(kind, rate.key, name)
    # What `below(_MILLION) < ppm` says, in a third of the time: a seed rolls 30 000 dice.
    roll, below = stream.getrandbits, -(-(ppm << 64) // _MILLION)
    return [
        one.alike({"nth": nth, **rate.look(stream)})
        for nth in range(1, horizon + 1)
        if roll(64) < below
    ]


@cache
def _first(kind: str, key: str, name: str) -> Fault:
    """What all faults of a kind at one name are made of; not validated: thousands are drawn for a
    run that meets a few. A test reads them back."""
    values: dict[str, Any] = {"kind": kind, key: name, "nth": 1}
    return Fault.model_construct(**values)
