"""FAULT: nothing raises inside the order manager, whatever a plan does to it."""

from ...trading.orders.incident import Incident
from ...trading.orders.observing import OBSERVER
from .oracle import Oracle
from .scene import Scene
from .telling import Telling

_OF_OURS = ("fault", "fallback", "fallback_failed", "broker_error")
"""Kinds of incidents that tell of an exception of ours: in the manager, in what was put in the
place of an owner that raised, in the port."""


class Faultless(Oracle):
    """FAULT: no incident tells of an exception of our own. Supervision isolates such a one, so that
    what follows may well be in order; it is a mistake in the program all the same, and no plan
    injects any: what a broker, a wire and a disk do has kinds of its own.

    `users`: a trader's own program runs, whose observers may raise what is not ours. Premise: lives
    of the manager.
    """

    name = "FAULT"

    def __init__(self, scene: Scene, *, users: bool) -> None:
        self.premise = 0
        self._scene = scene
        self._users = users
        self._telling = Telling(scene)

    def on_step(self, now_ns: int) -> None:
        for incident in self._telling.new():
            if incident.kind in _OF_OURS and not (self._users and _by_observer(incident)):
                self._scene.violate(self.name, f"{incident.kind}: {incident.text}")
        self.premise = self._telling.lives


def _by_observer(incident: Incident) -> bool:
    return incident.kind == "fault" and incident.text.startswith(OBSERVER)
