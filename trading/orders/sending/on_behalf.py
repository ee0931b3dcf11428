"""The outbox as one owner has it: what the owner starts is known to be the owner's."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..handle import Order

if TYPE_CHECKING:
    from .outbox import Outbox


class OnBehalf:
    """A `Sender` for one intent: its timers and incidents carry the intent."""

    __slots__ = (
        "_intent",
        "_outbox",
        "adopt",
        "advance",
        "asking",
        "cancel",
        "catch_up",
        "flattening",
        "held",
        "hurry",
        "keep",
        "look_around",
        "never",
        "now_s",
        "pause_s",
        "rounds",
        "send",
        "told",
    )

    def __init__(self, outbox: "Outbox", intent: str) -> None:
        self._outbox = outbox
        self._intent = intent
        self.send = outbox.send
        self.rounds = outbox.rounds
        self.told = outbox.told
        self.catch_up = outbox.catch_up
        self.adopt = outbox.adopt
        self.look_around = outbox.look_around
        self.advance, self.hurry = outbox.advance, outbox.hurry
        self.cancel = outbox.cancel
        self.now_s = outbox.now_s
        self.pause_s = outbox.pause_s
        self.never = outbox.never
        self.keep = outbox.keep
        self.held = outbox.held
        self.flattening = outbox.flattening
        self.asking = outbox.asking

    @property
    def last_call(self) -> bool:
        return self._outbox.last_call

    @property
    def closed(self) -> bool:
        return self._outbox.closed

    @property
    def in_place(self) -> bool:
        return self._outbox.in_place

    def later(self, delay_s: float, call: Callable[[], None]) -> int:
        return self._outbox.later(delay_s, call, self._intent)

    def pause(self, order: Order, pause_s: float, call: Callable[[], None]) -> int:
        return self._outbox.pause(order, pause_s, call, self._intent)

    def incident(self, kind: str, text: str, about: str = "") -> None:
        self._outbox.incident(kind, text, about or self._intent)
