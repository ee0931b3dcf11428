"""What the managers of a run have told since they were listened to last, life after life."""

from ...trading.orders.manager import Incident, OrderManager
from .scene import Scene


class Telling:
    """One listener's place in the incidents. `lives`: managers that were met so far."""

    def __init__(self, scene: Scene) -> None:
        self.lives = 0
        self._scene = scene
        self._manager: OrderManager | None = None
        self._heard = 0

    def new(self) -> list[Incident]:
        """The incidents since the last call, oldest first. Of what a manager told in one step it
        keeps as many as its settings say."""
        manager, before = self._scene.manager, self._manager
        if manager is before:
            return [] if manager is None else self._told(manager)
        last = [] if before is None else self._told(before)  # what its last step brought
        self._manager, self._heard = manager, 0
        if manager is None:
            return last
        self.lives += 1
        return [*last, *self._told(manager)]

    def _told(self, manager: OrderManager) -> list[Incident]:
        count = manager.view.incident_count
        new, self._heard = count - self._heard, count
        return manager.view.incidents[-new:] if new else []
