"""INV-20, of what has to outlive a crash: an order is in the journal before it is sent."""

from typing import Protocol

from .oracle import Oracle
from .port import Sent
from .scene import Scene


class Room(Protocol):
    """Where a journal is kept, or what stands before it."""

    behind: bool


class Disk(Room, Protocol):
    """Where a journal is kept."""

    def keeps(self, about: str) -> bool: ...


class WrittenFirst(Oracle):
    """INV-20: whatever the client sends is in its journal when it leaves, so that the next life
    knows of it wherever this one is killed. What is sent while the disk takes nothing is not
    judged: what reduces risk does not wait for it; nor is what a dead client still does, behind its
    fence. `before`: what of a plan stands before the disk. Premise: orders that were sent.
    """

    name = "INV-20"

    def __init__(self, scene: Scene, disk: Disk, before: Room | None = None) -> None:
        self.premise = 0
        self._scene = scene
        self._disk = disk
        self._rooms = (disk,) if before is None else (disk, before)

    def on_command(self, event: Sent) -> None:
        request = event.request
        if request is None or any(room.behind for room in self._rooms):
            return
        self.premise += 1
        if not self._disk.keeps(request.cl_ord_id):
            self._scene.violate(
                self.name, f"{request.cl_ord_id} is sent, and is not in the journal yet"
            )
