"""The way between clients and a hub: what is wrong with it concerns every connection over it."""

from collections.abc import Callable
from typing import Protocol


class Joined(Protocol):
    """A connection, as its road knows it."""

    def cut(self, *, at_server: bool) -> None:
        """It broke: its client learns of it, and its server only where that is said."""

    def resume(self) -> None:
        """What waited on it goes on its way."""

    def die(self) -> None:
        """What waited on it is gone, and nothing goes over it any more, though nobody is told."""


class Road:
    """Open, or down: then a dial is refused, or nothing comes back of it (`silent`).

    `zombies`: messages that came on a connection that its client had given up. `next_arrival`, once
    set, is called in place of the next message that a server sends, when it arrives.
    """

    def __init__(self) -> None:
        self.down = False
        self.silent = False
        self.queues = False
        self.zombies = 0
        self.next_arrival: Callable[[], None] | None = None
        self.links: dict[Joined, None] = {}

    def go_down(self, *, told: bool, queues: bool) -> None:
        """Nothing passes from now on. `told`: clients learn of it at once; else connections are
        half open. `queues`: what is sent meanwhile comes when the road is up again, on the
        connections that were there; servers do not learn of anything then."""
        self.down, self.silent, self.queues = True, not told, queues
        if told:
            for link in list(self.links):
                link.cut(at_server=not queues)

    def come_up(self) -> None:
        """Messages pass again; those of a connection that lost some never will."""
        self.down = False
        for link in list(self.links):
            if self.queues:
                link.resume()
            else:
                link.die()
