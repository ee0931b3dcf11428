"""INV-12 and 13: what a manager keeps and runs has bounds, and it leaves nothing behind."""

from .bounds import in_ns
from .contract import BrokerSaid
from .oracle import Oracle
from .port import Answered, Sent
from .scene import Scene


class TasksBounded(Oracle):
    """INV-12: at most so many timers as orders, brackets and a few of the manager's own need; at
    most one fresh cancel of an order is on its way; and once closed, no timer is left and nothing
    more is sent. Premise: cancels, and closings."""

    name = "INV-12"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._cancels: dict[str, list[int]] = {}

    def on_command(self, event: Sent) -> None:
        self._sent(event)

    def on_question(self, event: Sent) -> None:
        self._sent(event)

    def on_outcome(self, event: Answered) -> None:
        if event.sent.do == "cancel":
            # A cancel that is made again asks the same: an answer to one is an answer to all.
            self._cancels.pop(event.sent.order_id, None)

    def at_quiescence(self) -> None:
        self._count_timers()

    def at_end(self) -> None:
        manager = self._scene.manager
        if manager is not None and manager.view.closed:
            self.premise += 1
            if manager.view.timers:
                self._scene.violate(self.name, f"closed, and {manager.view.timers} timers are left")

    def _sent(self, event: Sent) -> None:
        manager = self._scene.manager
        if manager is not None and manager.view.closed:
            self._scene.violate(self.name, f"closed, and a {event.do} is sent")
        if event.do == "cancel":
            self.premise += 1
            under_way = self._cancels.setdefault(event.order_id, [])
            fresh_ns = event.time_ns - in_ns(self._scene.bounds.fresh_s)
            if any(sent_ns > fresh_ns for sent_ns in under_way):
                self._scene.violate(
                    self.name, f"cancel of order {event.order_id}, with another on its way"
                )
            under_way.append(event.time_ns)
        self._count_timers()

    def _count_timers(self) -> None:
        manager = self._scene.manager
        if manager is None:
            return
        bounds, view = self._scene.bounds, manager.view
        orders = sum(len(c.working) + len(c.awaited) for c in self._scene.contracts.values())
        most = bounds.timers_free + bounds.timers_each * (orders + len(self._scene.handles))
        if view.timers > most:
            self._scene.violate(self.name, f"{view.timers} timers run, at most {most} are needed")


class MemoryBounded(Oracle):
    """INV-13: of orders that are over no more are kept than the settings say, and one that works
    at the broker is never forgotten, however many end; and no more ids are known than there are
    orders and tombstones. Premise: ends of the client's orders.

    That late events of forgotten orders are known, and what all of it weighs, is measured where
    the numbers are large enough to tell.
    """

    name = "INV-13"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene

    def on_broker(self, said: BrokerSaid) -> None:
        if said.own and said.record.status.terminal:
            self.premise += 1
            self._count()

    def at_quiescence(self) -> None:
        self._count()
        manager = self._scene.manager
        if manager is None:
            return
        for contract in self._scene.contracts.values():
            self._scene.meet(contract.instrument)
            known = {order.cl_ord_id for order in manager.view.orders_of(contract.instrument)}
            for record in contract.working.values():
                name = self._scene.name_of(record)
                if name not in known:
                    self._scene.violate(
                        self.name,
                        f"order {name} works, and the manager has forgotten it",
                    )

    def at_end(self) -> None:
        self._count()

    def _count(self) -> None:
        manager = self._scene.manager
        if manager is None:
            return
        kept, most = manager.view.finished, manager.settings.finished_most
        if kept > most:
            self._scene.violate(self.name, f"{kept} orders that are over are kept, of {most}")
        tables = manager.view.tables
        known = tables["working"] + tables["finished"] + tables["tombstones"]
        if tables["ids"] > known:
            self._scene.violate(
                self.name,
                f"{tables['ids']} ids of orders are known, and of {known} orders anything else is",
            )
