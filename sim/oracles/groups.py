"""INV-04 and 08: what one intent may fill, and what one bracket may close."""

from ...trading.order import OrderRequest
from ...trading.orders import tags
from ...trading.words import ExecType, OrdType
from .bounds import in_ns
from .knowable import Moment, Stopwatch
from .oracle import Oracle
from .port import PortEvent, Sent
from .scene import CLOSING, BrokerSaid, Scene


class Group:
    """What a bracket opened and closed by the broker's fills. `excess`: closed more than opened."""

    def __init__(self, request: OrderRequest, repair: Stopwatch) -> None:
        self.symbol = request.instrument.symbol
        self.sign = request.side.sign
        self.opened = 0  # signed
        self.closed = 0  # signed, the other way when all is well
        self.closed_by: dict[int, Moment] = {}  # the last fill of each closing order
        self.repair = repair

    @property
    def excess(self) -> int:
        return max((-self.closed - self.opened) * self.sign, 0)


class OneCancelsOther(Oracle):
    """INV-04: the legs of a bracket close no more than its entry opened. Where two legs filled in
    one race, an `overfill` incident is raised exactly once and the excess is given back within
    T_flat, by the bracket or by whoever closes all that is held. Premise: such double fills.

    It is a race where the client, when it sent the order that closed too much, could not know what
    another one had closed already. How soon that order must go is INV-02's.
    """

    name = "INV-04"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._groups: dict[str, Group] = {}
        self._repairing: dict[str, Group] = {}
        self._to_judge: dict[str, Group] = {}  # double fills whose incident is still to be counted
        self._sent_ns: dict[str, int] = {}

    def on_manager(self, event: PortEvent) -> None:
        request = event.request if isinstance(event, Sent) else None
        tag = None if request is None else tags.parse(request.cl_ord_id)
        if request is None or tag is None:
            return
        if tag.role == "entry" and tag.intent not in self._groups:
            repair = self._scene.stopwatch(self._scene.bounds.flat_s)
            self._groups[tag.intent] = Group(request, repair)
        elif tag.duty in CLOSING:
            self._sent_ns[request.cl_ord_id] = self._scene.now_ns()

    def on_broker(self, said: BrokerSaid) -> None:
        self._book(said)
        if said.filled and not said.contract.position:
            self._all_flat(said)

    def _book(self, said: BrokerSaid) -> None:
        tag = said.tag
        # A flatten's closing orders have an intent of their own, which has no entry.
        if tag is None or not tag.role or not said.filled or tag.intent not in self._groups:
            return
        group = self._groups[tag.intent]
        before = group.excess
        if tag.role == "entry":
            group.opened += said.filled
        else:
            group.closed += said.filled
        if group.excess > before:
            self._overfilled(tag.intent, group, said)
        if tag.role != "entry":
            group.closed_by[said.record.number] = said.moment
        if group.repair.hold(group.excess > 0, said.moment):
            self._repairing[tag.intent] = group
        elif not group.excess:
            self._repairing.pop(tag.intent, None)

    def on_step(self, now_ns: int) -> None:
        for intent, group in self._repairing.items():
            if group.repair.overrun(now_ns):
                self._scene.violate(
                    self.name,
                    f"bracket {intent} closed {group.excess} too much, and it was not given back "
                    f"within {self._scene.bounds.flat_s} s",
                )

    def at_quiescence(self) -> None:
        self._count_incidents()

    def at_end(self) -> None:
        self._count_incidents()

    def _all_flat(self, said: BrokerSaid) -> None:
        """Nothing is held any more: what was closed too much is made good, by whoever it was."""
        for intent, group in list(self._repairing.items()):
            if group.symbol == said.contract.instrument.symbol:
                group.closed = -group.opened
                group.repair.hold(False, said.moment)
                del self._repairing[intent]

    def _overfilled(self, intent: str, group: Group, said: BrokerSaid) -> None:
        scene, order = self._scene, said.record
        sent_ns = self._sent_ns.get(order.request.cl_ord_id, 0)
        others = [moment for number, moment in group.closed_by.items() if number != order.number]
        if not any(scene.knowledge.from_ns(moment) >= sent_ns for moment in others):
            scene.violate(
                self.name,
                f"order {order.request.cl_ord_id} closed {group.excess} more than its bracket held,"
                f" and nothing had been closed that was not known when it was sent",
            )
            return
        self.premise += 1
        self._to_judge[intent] = group

    def _count_incidents(self) -> None:
        scene = self._scene
        for intent, group in list(self._to_judge.items()):
            last = max(scene.knowledge.from_ns(moment) for moment in group.closed_by.values())
            if scene.reachable.between(last, scene.now_ns()) <= in_ns(scene.bounds.flat_s):
                continue  # it may still be told
            del self._to_judge[intent]
            said = [
                incident
                for incident in scene.incidents()
                if incident.kind == "overfill" and f"bracket {intent} " in incident.text
            ]
            if len(said) != 1:
                scene.violate(
                    self.name,
                    f"bracket {intent} was over-filled, and {len(said)} incidents say so, not one",
                )


class OneFill(Oracle):
    """INV-08: of one intent one order works at a time, and an entry or plain order fills no more
    than it was for, however often it was sent. Premise: second and later attempts at the broker.

    The one exception is a stop's substitute: sent T_hedge or more after the stop it stands for, and
    then both work for T_over at most.
    """

    name = "INV-08"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._live: dict[str, dict[int, BrokerSaid]] = {}  # by intent
        self._used: dict[str, dict[int, int]] = {}  # entries and plain orders: filled, by number
        self._sizes: dict[str, int] = {}
        self._sent_ns: dict[str, int] = {}
        self._doubled: dict[str, Stopwatch] = {}

    def on_manager(self, event: PortEvent) -> None:
        request = event.request if isinstance(event, Sent) else None
        if request is not None and request.ord_type in (OrdType.STOP, OrdType.STOP_LIMIT):
            self._sent_ns[request.cl_ord_id] = self._scene.now_ns()

    def on_broker(self, said: BrokerSaid) -> None:
        tag, record = said.tag, said.record
        if not said.own or tag is None:
            return
        intent = f"{tag.intent}.{tag.role}"
        live = self._live.setdefault(intent, {})
        if record.status.terminal:
            live.pop(record.number, None)
            self._sent_ns.pop(record.request.cl_ord_id, None)
        elif record.number not in live:
            self._second(intent, live, said)
            live[record.number] = said
        if said.report.exec_type is ExecType.NEW and tag.attempt > 1:
            self.premise += 1
        if tag.duty not in CLOSING:
            self._fills(intent, said)
        doubled = self._doubled.get(intent)
        if doubled is not None and not doubled.hold(len(live) > 1, said.moment) and len(live) < 2:
            del self._doubled[intent]
        if not live:
            del self._live[intent]

    def on_step(self, now_ns: int) -> None:
        for intent, stopwatch in self._doubled.items():
            if stopwatch.overrun(now_ns):
                self._scene.violate(
                    self.name,
                    f"two stops of intent {intent} work for more than "
                    f"{self._scene.bounds.over_s} s",
                )

    def _second(self, intent: str, live: dict[int, BrokerSaid], said: BrokerSaid) -> None:
        if not live:
            return
        first = next(iter(live.values()))
        tags = first.record.request.cl_ord_id, said.record.request.cl_ord_id
        apart_ns = self._sent_ns.get(tags[1], 0) - self._sent_ns.get(tags[0], 0)
        is_stop = said.tag is not None and said.tag.role == "stop"
        if is_stop and len(live) == 1 and apart_ns >= in_ns(self._scene.bounds.hedge_s):
            self._doubled[intent] = self._scene.stopwatch(self._scene.bounds.over_s)
            return
        self._scene.violate(self.name, f"{tags[0]} and {tags[1]} work at the same time")

    def _fills(self, intent: str, said: BrokerSaid) -> None:
        record = said.record
        self._sizes[intent] = max(self._sizes.get(intent, 0), record.order_qty)
        if not said.filled:
            return
        used = self._used.setdefault(intent, {})
        used[record.number] = record.cum_qty
        filled = sum(used.values())
        if filled > self._sizes[intent]:
            self._scene.violate(
                self.name,
                f"intent {intent} was for {self._sizes[intent]}, and {filled} were filled in "
                f"{len(used)} orders",
            )
