"""INV-25 and 30: every question ends, nothing runs wild, and nothing is said twice."""

from ...trading.orders import tags
from .bounds import in_ns
from .contract import BrokerSaid
from .oracle import Oracle
from .port import Answered, Delivered, PortEvent, Sent
from .scene import Scene
from .telling import Telling


class Lively(Oracle):
    """INV-25, at the port: every request has a deadline and ends by it, give or take a second; and
    in one second no more than `steps_most` things pass the port. Premise: requests that ended.

    That no wait is left when a run ends, and that virtual time moves on, the loop sees to.
    """

    name = "INV-25"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._second_ends_ns = 0
        self._steps_most = scene.bounds.steps_most
        self._steps = 0

    def on_command(self, event: Sent) -> None:
        self._asked(event)

    def on_question(self, event: Sent) -> None:
        self._asked(event)

    def on_outcome(self, event: Answered) -> None:
        self._ended(event)

    def on_answer(self, event: Answered) -> None:
        self._ended(event)

    def on_manager(self, event: PortEvent) -> None:
        if event.time_ns >= self._second_ends_ns:
            self._second_ends_ns, self._steps = (event.time_ns // 10**9 + 1) * 10**9, 0
        self._steps += 1
        if self._steps == self._steps_most + 1:
            self._scene.violate(self.name, f"{self._steps} things passed the port in one second")

    def _asked(self, event: Sent) -> None:
        if event.deadline_s is None:
            self._scene.violate(self.name, f"{event.do} {event.key} may wait for ever: no deadline")

    def _ended(self, event: Answered) -> None:
        if event.sent.deadline_s is not None:
            self.premise += 1
            took_ns = event.time_ns - event.sent.time_ns
            if took_ns > in_ns(event.sent.deadline_s + 1):
                self._scene.violate(
                    self.name,
                    f"{event.sent.do} ended after {took_ns / 1e9:g} s, its deadline was "
                    f"{event.sent.deadline_s:g} s",
                )


class Quiet(Oracle):
    """INV-30, its incidents: the same words are not said twice within a second, unless it was done
    anew what they tell of: the order that they name, or one of the bracket that was cut, was sent
    again or changed, the stream was back, the market was halted again, or a fill was taken back, so
    that others closed the same once more, or it was closed too much again (explored, voids, all,
    swarm 106, 133). Premise: incidents. Log lines are judged where they are written."""

    name = "INV-30"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._telling = Telling(scene)
        self._said_ns: dict[tuple[str, str], int] = {}
        self._halted = 0  # incidents that tell of a halt

    def on_stream(self, event: Delivered) -> None:
        self._forget("stream_down")

    def on_broker(self, said: BrokerSaid) -> None:
        if said.voids:
            self._forget("overfill")

    def on_command(self, event: Sent) -> None:
        if self._said_ns:
            sent = event.request.cl_ord_id if event.request else self._scene.tag_of(event.order_id)
            self._forget(f"order {sent} ")
            tag = tags.parse(sent)
            if tag is not None and event.request is not None:  # it holds something again
                self._forget(f"<bracket {tag.intent} guarding position=0>: other hands")
                self._forget(f"<bracket {tag.intent} exiting position=0>: other hands")

    def _forget(self, about: str) -> None:
        for key in [key for key in self._said_ns if about in key[1] or about == key[0]]:
            del self._said_ns[key]

    def on_step(self, now_ns: int) -> None:
        for incident in self._telling.new():
            self.premise += 1
            key = incident.kind, incident.text
            before_ns = self._said_ns.get(key)
            self._halted += incident.kind == "halted"
            if incident.kind == "halted" and self._halted <= self._scene.halts:
                before_ns = None  # one may follow another in an instant
            # The client's clock may have jumped back meanwhile (F28).
            if before_ns is not None and 0 <= incident.time_ns - before_ns < 10**9:
                self._scene.violate(self.name, f"said twice within a second: {key[0]}: {key[1]}")
            self._said_ns[key] = incident.time_ns
