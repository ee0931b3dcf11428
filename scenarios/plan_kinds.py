"""What can go wrong, as a table: each kind of fault, when it may happen, and the keys it has.

The numbers are the fault model's; F36, a working order that the venue freezes, came to it. What a
kind does is decided in `sim/faults/`; here stands what a plan may say about it.
"""

from collections.abc import Mapping

from msgspec import Struct

from .garbling import GARBLED

WRITES = ("place", "modify", "cancel", "close-position")
READS = ("open-orders", "order", "orders-since", "executions-since", "positions", "account")
OF_THE_SESSION = ("login", "lookup", "subscribe")
CALLS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in (*WRITES, *READS, *OF_THE_SESSION)},
    "write": WRITES,
    "read": READS,
    "any": (*WRITES, *READS, "login", "lookup"),
}
"""What a plan may call a call, and the calls that it means: of the broker port, and of the session,
which has some where there are bytes. `lookup` is of contracts and bars. On the wire a question goes
by its endpoint: an order that is looked for by its tag is `orders-since` there.
"""

REQUESTS = tuple(name for name in CALLS if name != "subscribe")
"""Calls that are a request of their own; a subscription is asked for on the user hub."""

_NAMED = (
    *("new", "fill", "canceled", "rejected", "expired", "replaced", "triggered", "suspended"),
    "void",
)
_UNNAMED = ("position", "account", "stream")
EVENTS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in (*_NAMED, *_UNNAMED)},
    "order": _NAMED,
    "any": (*_NAMED, *_UNNAMED),
}
"""What a plan may call an event, and the events of the stream that it means."""

ROLES = ("entry", "stop", "target", "exit", "first", "oco", "leg", "")
"""The last names an order that belongs to no bracket. One of several is "target2"; "target" means
each of them."""

ABOUT_AN_ORDER = ("place", "modify", "cancel", "order", "write", "any", *_NAMED)
"""Calls and events that are about one order, so that `role` and `intent` may choose among them."""

MOMENTS = ("call", "event", "at", "step")
CHOOSING = ("role", "intent", "since", "nth", "every", "times")

_LOST = ("timeout", "reset", "502", "504")
RESHAPED = ("flat", "list", "many", "after-id", "text-numbers", "other-case", "unknown", "nulls")
"""How a message is written otherwise and says the same (F15)."""
_OUTAGE = ("duration", "on")


class Kind(Struct, frozen=True):
    """One kind of fault: its number in the fault model, what it does, its moments and its keys.

    `needs` are the keys that must be given, `choices` the values that a key may have, `calls` and
    `events` what it can happen to. `wire`: it is of a session, so that only a run with bytes has
    it.
    """

    number: str
    says: str
    moments: tuple[str, ...]
    keys: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str | int, ...]] = {}
    calls: tuple[str, ...] = REQUESTS
    events: tuple[str, ...] = tuple(EVENTS)
    wire: bool = False


_ACTS = ("call", "event", "at")

KINDS: Mapping[str, Kind] = {
    "latency": Kind(
        "F01",
        "request and response take longer by this much",
        ("call", "at"),
        ("request", "response", *_OUTAGE),
    ),
    "ack-lost": Kind(
        "F02",
        "the broker acts, and the answer is lost",
        ("call",),
        ("form", "after", "cut"),
        choices={"form": (*_LOST, "cut")},
    ),
    "request-lost": Kind(
        "F03",
        "the request is lost; to the client as ack-lost",
        ("call",),
        ("form", "after"),
        choices={"form": _LOST},
    ),
    "refused": Kind(
        "F04",
        "the broker says no; an order may be in its books as rejected",
        ("call",),
        ("reason", "text", "record"),
        calls=(*WRITES, "write"),
    ),
    "rejected-later": Kind(
        "F05",
        "the order is acknowledged, and rejected by an event",
        ("call",),
        ("after", "reason", "text"),
        calls=("place",),
    ),
    "rate-limited": Kind("F06", "429: not sent", ("call", "at"), ("retry_after", *_OUTAGE)),
    "server-error": Kind(
        "F07",
        "5xx: of a write it may have happened, of a read it proves nothing",
        ("call", "at"),
        ("status", "applied", *_OUTAGE),
        choices={"status": (500, 502, 503, 504)},
    ),
    "unreachable": Kind(
        "F08",
        "no connection: refused and dns are not sent, of a connect-timeout nobody knows",
        ("call", "at"),
        ("form", "after", *_OUTAGE),
        choices={"form": ("refused", "dns", "connect-timeout")},
    ),
    "token-ended": Kind(
        "F10",
        "every token is over: silent, or the hubs say so and close; of a session alone",
        ("call", "event", "at"),
        ("form", "after"),
        choices={"form": ("silent", "logout")},
        wire=True,
    ),
    "duplicate": Kind("F11", "an event comes again", ("event",), ("copies", "gap")),
    "drop": Kind("F12", "an event never comes, the stream is up", ("event",)),
    "reorder": Kind(
        "F13",
        "swap: it changes places with the next; reverse: all of a window come last first",
        ("event",),
        ("form", "window"),
        choices={"form": ("swap", "reverse")},
    ),
    "late": Kind("F14", "an event comes later", ("event",), ("delay", "blocks"), needs=("delay",)),
    "reshaped": Kind(
        "F15",
        "an event is written otherwise and says the same",
        ("event",),
        ("form",),
        needs=("form",),
        choices={"form": RESHAPED},
    ),
    "garbled": Kind(
        "F16",
        "an event's message cannot be read",
        ("event",),
        ("form",),
        choices={"form": GARBLED},
    ),
    "not-subscribed": Kind(
        "F18",
        "a subscription to the user hub is refused, never answered, or confirmed and inert",
        ("call",),
        ("form",),
        choices={"form": ("refused", "silent", "inert")},
        calls=("subscribe",),
        wire=True,
    ),
    "summed": Kind(
        "F22",
        "an order's fills within a window are told as one event: how much is filled by then",
        ("event",),
        ("window",),
        events=("fill",),
    ),
    "stream-down": Kind(
        "F17",
        "no events until the stream is back, with a gap",
        _ACTS,
        ("duration", "lost", "told", "after"),
        needs=("duration",),
    ),
    "halt": Kind(
        "F26",
        "the market stands in another state",
        _ACTS,
        ("duration", "state", "after"),
        needs=("duration",),
        choices={"state": ("halt", "pre-open", "no-cancel", "close")},
    ),
    "venue-cancel": Kind(
        "F27",
        "the venue cancels an order by itself",
        _ACTS,
        ("target", "which", "after", "text"),
    ),
    "venue-replace": Kind(
        "F27",
        "the venue gives an order another price by itself, so many ticks higher or, below 0, lower",
        _ACTS,
        ("ticks", "target", "which", "after"),
        needs=("ticks",),
    ),
    "frozen": Kind(
        "F36",
        "the venue fails an order: it works on by its word and meets nothing, until it thaws",
        _ACTS,
        ("target", "which", "after", "thaw"),
    ),
    "late-fill": Kind(
        "F23",
        "an order whose cancel was confirmed was filled before, and it is told now",
        ("event",),
        ("qty", "after"),
        events=("canceled",),
    ),
    "void": Kind(
        "F27",
        "the venue takes the fill back, as if it had never been",
        ("event",),
        ("after",),
        events=("fill",),
    ),
    "liquidation": Kind(
        "F27",
        "the venue cancels every order and closes the position",
        _ACTS,
        ("after",),
    ),
    "clock": Kind(
        "F28",
        "the client's wall clock is so much behind or ahead from now on; it runs fast or slow by "
        "so many millionths",
        ("at",),
        ("behind", "ahead", "fast", "slow"),
    ),
    "crash": Kind(
        "F29",
        "the client's process dies; of its journal all is left, or the last write is lost or torn",
        MOMENTS,
        ("point", "after", "journal"),
        choices={
            "point": ("before", "sent", "acted", "told", "heard"),
            "journal": ("whole", "last-lost", "last-torn"),
        },
    ),
    "stall": Kind(
        "F30",
        "the client's process stands still: what it is told and its timers wait until it goes on",
        _ACTS,
        ("duration", "after"),
        needs=("duration",),
    ),
    "disk-full": Kind(
        "F35",
        "the disk of the client's journal is full: nothing is written until there is room",
        _ACTS,
        ("duration", "after"),
        needs=("duration",),
    ),
    "stale-read": Kind(
        "F32",
        "a query tells what was true before, or tells it late",
        ("call",),
        ("lag", "response"),
        calls=(*READS, "read"),
    ),
    "trader": Kind(
        "F33",
        "somebody trades on the account by hand",
        _ACTS,
        ("act", "qty", "ticks", "target", "which", "after"),
        needs=("act",),
        choices={"act": ("buy", "sell", "cancel", "close", "flip", "move", "resize")},
    ),
}
"""Every kind of fault by the name that a plan calls it."""

CRASH_POINTS = {"call": ("before", "sent", "acted"), "event": ("told", "heard")}
"""Where on the way of a call or an event a crash may be; the default is sent and heard."""
