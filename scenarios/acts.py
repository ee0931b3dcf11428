"""What the actors of a scenario do, in a trader's words.

    bracket buy 3 limit 20000 stop 19990 target 20010 timeout 60 s
    move stop 19995
    flatten

`read_act` reads the strategy's acts; `hand_of` those of the trader's own hands and of the venue,
which are faults of the plan. The words stand in docs/scenarios.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..trading.price import Ticks
from ..trading.words import Side
from .plan_time import time_text
from .sentence import Level, Words

_SIDES = {"buy": Side.BUY, "sell": Side.SELL}
_TIFS = ("day", "gtc", "ioc")


@dataclass(frozen=True, kw_only=True)
class Place:
    """An order: at market, or with a limit, a trigger or both."""

    side: Side
    qty: int
    limit: Decimal | None = None
    stop: Decimal | None = None
    tif: str = "day"


@dataclass(frozen=True, kw_only=True)
class BracketAct:
    """An entry with its stop and targets."""

    entry: Place
    stop: Level
    targets: tuple[Level, ...] = ()
    trail: Ticks | None = None
    break_even: Ticks | None = None
    timeout_ns: int | None = None


@dataclass(frozen=True)
class Oco:
    """Orders of which one cancels the others."""

    orders: tuple[Place, ...]


@dataclass(frozen=True, kw_only=True)
class Protect:
    """A guard of what is held."""

    stop: Level | None = None
    target: Level | None = None


@dataclass(frozen=True, kw_only=True)
class Modify:
    """Change an order. `of`: the step that sent it; "": the last one that did."""

    of: str = ""
    limit: Decimal | None = None
    stop: Decimal | None = None
    qty: int | None = None


@dataclass(frozen=True)
class MoveStop:
    """Move a bracket's stop."""

    price: Decimal
    of: str = ""


@dataclass(frozen=True)
class Cancel:
    """Cancel an order."""

    of: str = ""


@dataclass(frozen=True, kw_only=True)
class ClosePosition:
    """Close what is held, or some contracts of it."""

    qty: int | None = None
    limit: Decimal | None = None


@dataclass(frozen=True)
class CancelAll:
    """Cancel every order; `keep_protection`: but stops and targets of what is held."""

    keep_protection: bool = False


@dataclass(frozen=True)
class Unprotect:
    """Take the guard away."""


@dataclass(frozen=True)
class Flatten:
    """Cancel every order and close what is held."""


@dataclass(frozen=True)
class WindDown:
    """Finish what reduces risk, within a time, and say what is left."""

    within_ns: int | None = None


Act = (
    Place
    | BracketAct
    | Oco
    | Protect
    | Unprotect
    | Modify
    | MoveStop
    | Cancel
    | CancelAll
    | ClosePosition
    | Flatten
    | WindDown
)


def read_act(text: str) -> Act:
    """An act of the strategy's. Raises an error of pydantic's that says how it is written."""
    verb = text.split()[0] if text.split() else ""
    if verb not in _VERBS:
        known = ", ".join(_VERBS)
        raise Words(text, "flatten").wrong(f"nobody knows how to {verb!r}; known are {known}")
    like, read = _VERBS[verb]
    words = Words(text, like)
    act = read(words)
    words.end()
    return act


def _order(words: Words, trigger: str) -> Place:
    """An order; `trigger` is the word for the price of its trigger."""
    side = words.take("buy or sell")
    if side not in _SIDES:
        raise words.wrong(f"{side!r} is neither buy nor sell")
    given: dict[str, Any] = {"side": _SIDES[side], "qty": words.contracts()}
    while words.next in ("limit", trigger, *_TIFS):
        word = words.take("a word of the order")
        key = "tif" if word in _TIFS else "stop" if word == trigger else word
        if key in given:
            raise words.wrong(f"it has {word!r} too often")
        given[key] = word if key == "tif" else words.price()
    return Place(**given)


def _place(words: Words) -> Place:
    return _order(words, "stop")


def _bracket(words: Words) -> BracketAct:
    words.take("bracket")
    given: dict[str, Any] = {"entry": _order(words, "trigger")}
    targets: list[Level] = []
    readers: Mapping[str, tuple[str, Callable[[], Any]]] = {
        "stop": ("stop", words.level),
        "trail": ("trail", words.ticks),
        "break-even": ("break_even", words.ticks),
        "timeout": ("timeout_ns", words.time),
    }
    while words.next:
        if words.skip("target"):
            targets.append(words.level())
            continue
        word = words.take("a word of the bracket")
        if word not in readers:
            raise words.wrong(f"a bracket has no {word!r}")
        key, read = readers[word]
        if key in given:
            raise words.wrong(f"it has {word!r} twice")
        given[key] = read()
    if "stop" not in given:
        raise words.wrong("a bracket needs a stop")
    return BracketAct(targets=tuple(targets), **given)


def _oco(words: Words) -> Oco:
    words.take("oco")
    orders = [Words(part, words.like) for part in words.rest().split(",")]
    if len(orders) < 2:
        raise words.wrong("give two orders or more, with commas between them")
    placed = []
    for order in orders:
        placed.append(_place(order))
        order.end()
    return Oco(tuple(placed))


def _protect(words: Words) -> Protect:
    words.take("protect")
    given: dict[str, Level] = {}
    while words.next:
        word = words.take("stop or target")
        if word not in ("stop", "target") or word in given:
            raise words.wrong(f"{word!r} has no place there")
        given[word] = words.level()
    if not given:
        raise words.wrong("give a stop, a target or both")
    return Protect(**given)


def _modify(words: Words) -> Modify:
    words.take("modify")
    known: Mapping[str, Callable[[], Any]] = {
        "limit": words.price,
        "stop": words.price,
        "qty": words.contracts,
    }
    given: dict[str, Any] = {}
    if words.next and words.next not in known:
        given["of"] = words.take("a name")
    while words.next:
        word = words.take("what to change")
        if word not in known or word in given:
            raise words.wrong(f"{word!r} has no place there")
        given[word] = known[word]()
    if not given.keys() - {"of"}:
        raise words.wrong("say what to change: limit, stop or qty")
    return Modify(**given)


def _move(words: Words) -> MoveStop:
    words.take("move")
    if not words.skip("stop"):
        raise words.wrong("only a stop is moved")
    price = words.price()
    return MoveStop(price, words.take("a name") if words.skip("of") else "")


def _cancel(words: Words) -> Cancel | CancelAll:
    words.take("cancel")
    name = words.take("a name") if words.next else ""
    if name != "all":
        return Cancel(name)
    kept = words.skip("but")
    if kept and not words.skip("protection"):
        raise words.wrong("only protection is left at work")
    return CancelAll(keep_protection=kept)


def _close(words: Words) -> ClosePosition:
    words.take("close")
    qty = None if words.next in ("", "limit") else words.contracts()
    return ClosePosition(qty=qty, limit=words.price() if words.skip("limit") else None)


def _unprotect(words: Words) -> Unprotect:
    words.take("unprotect")
    return Unprotect()


def _flatten(words: Words) -> Flatten:
    words.take("flatten")
    return Flatten()


def _wind_down(words: Words) -> WindDown:
    words.take("wind-down")
    return WindDown(words.time() if words.next else None)


_VERBS: Mapping[str, tuple[str, Callable[[Words], Act]]] = {
    "buy": ("buy 3 limit 20000", _place),
    "sell": ("sell 3 stop 19990", _place),
    "bracket": ("bracket buy 3 limit 20000 stop 19990 target 20010 timeout 60 s", _bracket),
    "oco": ("oco sell 3 stop 19990, sell 3 limit 20010", _oco),
    "protect": ("protect stop 19990 target 20010", _protect),
    "unprotect": ("unprotect", _unprotect),
    "modify": ("modify limit 20000.25", _modify),
    "move": ("move stop 19995", _move),
    "cancel": ("cancel", _cancel),
    "close": ("close 1", _close),
    "flatten": ("flatten", _flatten),
    "wind-down": ("wind-down 2 s", _wind_down),
}


# --- what others do, as faults ------------------------------------------------------------------


def hand_of(who: str, text: str, at_ns: int) -> dict[str, Any]:
    """What the trader does by hand, or the venue by itself, as the keys of a fault.

    `who`: "trader" or "venue". Raises an error of pydantic's that says how it is written.
    """
    verbs = _TRADER if who == "trader" else _VENUE
    verb = text.split()[0] if text.split() else ""
    if verb not in verbs:
        known = ", ".join(verbs)
        example = Words(text, next(iter(verbs.values()))[0])
        raise example.wrong(f"the {who} does not {verb!r}; known are {known}")
    like, read = verbs[verb]
    words = Words(text, like)
    words.take("a verb")
    fault = read(words, verb)
    words.end()
    return {**fault, "at": time_text(at_ns)}


def _by_hand(words: Words, verb: str) -> dict[str, Any]:
    fault: dict[str, Any] = {"kind": "trader", "act": verb}
    if verb in _SIDES:
        fault["qty"] = words.contracts()
    if verb == "cancel":
        fault["target"] = words.take("the order's tag")
    return fault


def _moved(words: Words) -> dict[str, Any]:
    """An order's tag, and by how many ticks it goes up, or below 0 down."""
    target = words.take("the order's tag")
    if not words.skip("by"):
        raise words.wrong("say by how many ticks")
    ticks = words.price()
    if ticks != int(ticks) or not ticks or not (words.skip("ticks") or words.skip("tick")):
        raise words.wrong(f"{ticks} is no number of ticks")
    return {"target": target, "ticks": int(ticks)}


def _moved_by_hand(words: Words, verb: str) -> dict[str, Any]:
    return {"kind": "trader", "act": verb, **_moved(words)}


def _resized(words: Words, verb: str) -> dict[str, Any]:
    target = words.take("the order's tag")
    if not words.skip("to"):
        raise words.wrong("say to how many contracts")
    return {"kind": "trader", "act": verb, "target": target, "qty": words.contracts()}


def _venue_replace(words: Words, verb: str) -> dict[str, Any]:
    return {"kind": "venue-replace", **_moved(words)}


def _venue_cancel(words: Words, verb: str) -> dict[str, Any]:
    return {"kind": "venue-cancel", "target": words.take("the order's tag")}


def _liquidate(words: Words, verb: str) -> dict[str, Any]:
    return {"kind": "liquidation"}


def _freeze(words: Words, verb: str) -> dict[str, Any]:
    fault: dict[str, Any] = {"kind": "frozen", "target": words.take("the order's tag")}
    if words.skip("for"):
        fault["thaw"] = time_text(words.time())
    return fault


def _halt(words: Words, verb: str) -> dict[str, Any]:
    return {"kind": "halt", "state": verb, "duration": time_text(words.time())}


_Hand = Callable[[Words, str], dict[str, Any]]
_TRADER: Mapping[str, tuple[str, _Hand]] = {
    "buy": ("buy 1", _by_hand),
    "sell": ("sell 1", _by_hand),
    "close": ("close", _by_hand),
    "cancel": ("cancel 1.stop", _by_hand),
    "flip": ("flip", _by_hand),
    "move": ("move 1.stop by -8 ticks", _moved_by_hand),
    "resize": ("resize 1.stop to 1", _resized),
}
_VENUE: Mapping[str, tuple[str, _Hand]] = {
    "cancel": ("cancel 1.stop", _venue_cancel),
    "replace": ("replace 1.stop by -8 ticks", _venue_replace),
    "liquidate": ("liquidate", _liquidate),
    "freeze": ("freeze 1.stop for 2 s", _freeze),
    "halt": ("halt 60 s", _halt),
    "no-cancel": ("no-cancel 60 s", _halt),
    "pre-open": ("pre-open 60 s", _halt),
}
