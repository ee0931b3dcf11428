"""F10 and F18: a session that was ended, or lost its connection, is whole again, and at what cost.

They judge runs with bytes alone. What they need is counted at the gateway's end (`Seen`), so that
nothing that the client says of itself is believed.
"""

from typing import Protocol

from ...trading.broker import StreamState
from .oracle import Oracle
from .port import Delivered, PortEvent
from .scene import Scene


class Seen(Protocol):
    """What a client has asked of the gateway so far: subscriptions to the user hub, answered or
    not; logins that gave it a token; and how often all tokens were ended."""

    @property
    def subscribed(self) -> int: ...
    @property
    def logins(self) -> int: ...
    @property
    def endings(self) -> int: ...


class SubscribedAgain(Oracle):
    """F18: a stream that was down is called up only after the client has asked for its streams
    anew, on the connection that took the place of the other. Premise: streams that came back."""

    name = "F18"

    def __init__(self, scene: Scene, seen: Seen) -> None:
        self.premise = 0
        self._scene = scene
        self._seen = seen
        self._before: int | None = None  # asked for by the time it went down

    def on_manager(self, event: PortEvent) -> None:
        if not isinstance(event, Delivered) or not isinstance(event.event, StreamState):
            return
        if not event.event.up:
            if self._before is None:
                self._before = self._seen.subscribed
        elif self._before is not None:
            self.premise += 1
            if self._seen.subscribed == self._before:
                self._scene.violate(
                    self.name, "the stream is called up again, and nothing was subscribed to"
                )
            self._before = None


class OneLogin(Oracle):
    """F10: once all tokens were ended one login is enough, however many requests meet it; who logs
    in for each is locked out. Premise: endings."""

    name = "F10"

    def __init__(self, scene: Scene, seen: Seen) -> None:
        self.premise = 0
        self._scene = scene
        self._seen = seen
        self._said = False

    def on_manager(self, event: PortEvent) -> None:
        self.premise = self._seen.endings
        # A life that died before it opened has logged in, too.
        enough = len(self._scene.managers) + 1 + self.premise
        if self._seen.logins > enough and not self._said:
            self._said = True
            self._scene.violate(
                self.name,
                f"{self._seen.logins} logins, where all tokens were ended {self.premise} times",
            )
