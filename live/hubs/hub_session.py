"""One SignalR hub as its client sees it, sans I/O: text and times in, events and commands out.

Whoever carries the bytes tells a session what happened (`opened`, `received`, `lost`, `woke`) and
does what it asks for (`Send`, `HangUp`), in order. Each connection is a *generation*: what a dead
one still brings is known by its number and dropped (a zombie link, fault-model F17). A connection
is READY only when every subscription was confirmed by its completion (RS-39); it is given up when
nothing at all arrives for `silence_s`, whatever the link says of itself (RS-38).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from msgspec import Struct

from ...trading.errors import UsageError
from . import records
from .records import Bad, Close, Completion, HandshakeAnswer, Invocation, Ping, Records


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """Bounds of a hub session, in seconds where the name ends in `_s`.

    `handshake_s`: how long the server may take to answer the handshake; `confirm_s`: to confirm a
    subscription, before it is asked for again. `ping_s`: how often we say that we live (SignalR
    drops a client that is silent for 30 s). `silence_s`: how long nothing may arrive before the
    connection is given up; the server pings every 15 s. `record_chars_most`: the longest record.
    """

    handshake_s: float = 15.0
    confirm_s: float = 10.0
    ping_s: float = 10.0
    silence_s: float = 30.0
    record_chars_most: int = 4_000_000

    def __post_init__(self) -> None:
        for name in ("handshake_s", "confirm_s", "ping_s", "silence_s", "record_chars_most"):
            value = getattr(self, name)
            if not value > 0:
                raise UsageError(f"HubSettings.{name} is {value!r}; it must be above zero")


class HubState(Enum):
    """DOWN: no connection. GREETING: the handshake is on its way. SUBSCRIBING: not every
    subscription is confirmed. READY: all are."""

    DOWN = "down"
    GREETING = "greeting"
    SUBSCRIBING = "subscribing"
    READY = "ready"


class Subscription(Struct, frozen=True):
    """A method of the hub that starts a stream, and its arguments: an account or a contract."""

    method: str
    arguments: tuple[Any, ...] = ()


class Send(Struct, frozen=True):
    """Send this text on the connection of this generation."""

    generation: int
    text: str


class HangUp(Struct, frozen=True):
    """Close the connection of this generation; it is dead already as far as we are concerned."""

    generation: int
    why: str


class Up(Struct, frozen=True):
    """Every subscription is confirmed. What happened since the last `Down` was not told."""

    generation: int


class Down(Struct, frozen=True):
    """The connection is gone, or was given up. `allow_reconnect`: false where the server said that
    it wants us no more."""

    generation: int
    why: str
    allow_reconnect: bool = True


class Told(Struct, frozen=True):
    """The server called one of our methods."""

    target: str
    arguments: list[Any]


class Confirmed(Struct, frozen=True):
    """This stream has begun, on this connection."""

    subscription: Subscription


class SubscriptionRefused(Struct, frozen=True):
    """The server would not start a stream; it is asked again after `confirm_s`."""

    subscription: Subscription
    why: str


class Zombie(Struct, frozen=True):
    """Something came on a connection that is over; it was dropped."""

    generation: int


Event = Up | Down | Told | Confirmed | SubscriptionRefused | Zombie | Bad
Command = Send | HangUp


class Step(Struct, frozen=True):
    """What follows from one thing that happened: told in order, then done in order."""

    events: list[Event]
    commands: list[Command]


class _Asked(Struct):
    """A subscription on its way. `due_s`: when it is asked for again."""

    subscription: Subscription
    due_s: float


class HubSession:
    """The state of one hub over all its connections. Times are the caller's, in seconds."""

    def __init__(self, settings: HubSettings) -> None:
        self.state = HubState.DOWN
        self.generation = 0
        self._settings = settings
        self._wanted: dict[Subscription, None] = {}  # in the order in which they were wished
        self._asked: dict[str, _Asked] = {}  # by invocation id
        self._confirmed: dict[Subscription, None] = {}
        self._calls = 0
        self._records = Records(settings.record_chars_most)
        self._heard_s = 0.0
        self._pinged_s = 0.0
        self._greeted_s = 0.0

    # --- what is wished ---------------------------------------------------------------------------

    def want(self, subscription: Subscription, now_s: float) -> Step:
        """Have a stream from now on, over every reconnect. Wished twice is wished once."""
        if subscription in self._wanted:
            return Step([], [])
        self._wanted[subscription] = None
        if self.state not in (HubState.SUBSCRIBING, HubState.READY):
            return Step([], [])
        self.state = HubState.SUBSCRIBING
        return Step([], [self._ask(subscription, now_s)])

    def drop(self, subscription: Subscription) -> Step:
        """Have a stream no more. `Subscribe…` is ended by the method `Unsubscribe…`."""
        if self._wanted.pop(subscription, ...) is ...:
            return Step([], [])
        asked = [call for call, each in self._asked.items() if each.subscription == subscription]
        for call in asked:
            del self._asked[call]
        # One that was asked for and not confirmed may be confirmed on its way.
        began = bool(asked) or self._confirmed.pop(subscription, ...) is None
        step = self._settled()
        if began and self.state is not HubState.DOWN:
            text = records.invoke(
                "Un" + _lower_first(subscription.method), [*subscription.arguments]
            )
            step.commands.append(Send(self.generation, text))
        return step

    # --- what happens -----------------------------------------------------------------------------

    def opened(self, now_s: float) -> Step:
        """A connection stands; greet the server. The one before it, if any, is a zombie now."""
        self.generation += 1
        self.state = HubState.GREETING
        self._records = Records(self._settings.record_chars_most)
        self._asked.clear()
        self._confirmed.clear()
        self._heard_s = self._pinged_s = self._greeted_s = now_s
        return Step([], [Send(self.generation, records.handshake())])

    def received(self, generation: int, data: str | bytes, now_s: float) -> Step:
        """Text came on a connection."""
        if generation != self.generation or self.state is HubState.DOWN:
            return Step([Zombie(generation)], [])
        self._heard_s = now_s
        step = Step([], [])
        for record in self._records.feed(data):
            if self._is_down:
                break  # what follows a close is not ours any more
            self._take(record if isinstance(record, Bad) else records.read(record), step, now_s)
        return step

    def lost(self, generation: int, why: str) -> Step:
        """A connection ended."""
        if generation != self.generation or self.state is HubState.DOWN:
            return Step([], [])
        self.state = HubState.DOWN
        return Step([Down(generation, why)], [])

    def woke(self, now_s: float) -> Step:
        """The moment that `due_s` named has come: ping, ask again, or give up."""
        step, settings = Step([], []), self._settings
        if self.state is HubState.DOWN:
            return step
        if self.state is HubState.GREETING and now_s >= self._greeted_s + settings.handshake_s:
            self._give_up(step, f"no answer to the handshake within {settings.handshake_s:g} s")
            return step
        if now_s >= self._heard_s + settings.silence_s:
            self._give_up(step, f"nothing arrived for {settings.silence_s:g} s")
            return step
        if self.state is not HubState.GREETING:
            if now_s >= self._pinged_s + settings.ping_s:
                self._pinged_s = now_s
                step.commands.append(Send(self.generation, records.ping()))
            for call, asked in list(self._asked.items()):
                if now_s >= asked.due_s:
                    del self._asked[call]
                    step.commands.append(self._ask(asked.subscription, now_s))
        return step

    def has(self, subscription: Subscription) -> bool:
        """Whether a stream is confirmed on the connection that stands."""
        return not self._is_down and subscription in self._confirmed

    @property
    def due_s(self) -> float | None:
        """When `woke` is to be called next; None while there is no connection."""
        settings = self._settings
        if self.state is HubState.DOWN:
            return None
        silent_s = self._heard_s + settings.silence_s
        if self.state is HubState.GREETING:
            return min(silent_s, self._greeted_s + settings.handshake_s)
        asked = [each.due_s for each in self._asked.values()]
        return min(silent_s, self._pinged_s + settings.ping_s, *asked)

    # --- how --------------------------------------------------------------------------------------

    @property
    def _is_down(self) -> bool:
        return self.state is HubState.DOWN

    def _take(self, message: records.Message, step: Step, now_s: float) -> None:
        if self.state is HubState.GREETING:
            self._greeted(message, step, now_s)
        elif isinstance(message, Invocation):
            step.events.append(Told(message.target, message.arguments))
        elif isinstance(message, Completion):
            self._answered(message, step, now_s)
        elif isinstance(message, Close):
            self.state = HubState.DOWN
            why = f"the server closed: {message.error or 'no reason given'}"
            step.events.append(Down(self.generation, why, message.allow_reconnect))
            step.commands.append(HangUp(self.generation, why))
        elif isinstance(message, Bad):
            step.events.append(message)
        elif isinstance(message, HandshakeAnswer):
            step.events.append(Bad("a second answer to the handshake", message.error or "{}"))
        else:
            assert isinstance(message, Ping)

    def _greeted(self, message: records.Message, step: Step, now_s: float) -> None:
        if not isinstance(message, HandshakeAnswer):
            self._give_up(step, f"the server did not answer the handshake but {message!r:.200}")
        elif message.error is not None:
            self._give_up(step, f"the server refused the handshake: {message.error}")
        else:
            self.state = HubState.SUBSCRIBING
            step.commands.extend(self._ask(each, now_s) for each in self._wanted)
            step.events.extend(self._settled().events)

    def _answered(self, answer: Completion, step: Step, now_s: float) -> None:
        asked = self._asked.get(answer.invocation_id)
        if asked is None:
            return  # of a stream that nobody wants any more, or that was asked for again
        if answer.error is not None:
            asked.due_s = now_s + self._settings.confirm_s
            step.events.append(SubscriptionRefused(asked.subscription, answer.error))
            return
        del self._asked[answer.invocation_id]
        self._confirmed[asked.subscription] = None
        step.events.append(Confirmed(asked.subscription))
        step.events.extend(self._settled().events)

    def _ask(self, subscription: Subscription, now_s: float) -> Send:
        self._calls += 1
        call = f"{self.generation}.{self._calls}"
        self._asked[call] = _Asked(subscription, now_s + self._settings.confirm_s)
        text = records.invoke(subscription.method, [*subscription.arguments], call)
        return Send(self.generation, text)

    def _settled(self) -> Step:
        """READY as soon as nothing is asked for any more."""
        if self.state is not HubState.SUBSCRIBING or self._asked:
            return Step([], [])
        self.state = HubState.READY
        return Step([Up(self.generation)], [])

    def _give_up(self, step: Step, why: str) -> None:
        self.state = HubState.DOWN
        step.events.append(Down(self.generation, why))
        step.commands.append(HangUp(self.generation, why))


def _lower_first(method: str) -> str:
    return method[0].lower() + method[1:]
