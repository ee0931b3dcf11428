"""INV-20, of what has to outlive a crash: an order is in the journal before it is sent."""

from typing import Protocol

from .oracle import Oracle
from .port import Sent
from .scene import Scene


class Disk(Protocol):
    """Where a journal is kept."""

    behind: bool

    def keeps(self, about: str) -> bool: ...


class WrittenFirst(Oracle):
    """INV-20: whatever the client sends is in its journal when it leaves, so that the next life
    knows of it wherever this one is killed. What is sent while the disk takes nothing is not
    judged: what reduces risk does not wait for it; nor is what a dead client still does, behind its
    fence. Premise: orders that were sent.
    """

    name = "INV-20"

    def __init__(self, scene: Scene, disk: Disk) -> None:
        self.premise = 0
        self._scene = scene
        self._disk = disk

    def on_command(self, event: Sent) -> None:
        request = event.request
        if request is None or self._disk.behind:
            return
        self.premise += 1
        if not self._disk.keeps(request.cl_ord_id):
            self._scene.violate(
                self.name, f"{request.cl_ord_id} is sent, and is not in the journal yet"
            )
