"""INV-22: a flatten only ever makes a position smaller."""

from .oracle import Oracle
from .port import FlattenCall, PortEvent, Sent
from .scene import BrokerSaid, Contract, Scene


class Run:
    """One flatten under way. `sent`: tags that left since it began, True once at the broker."""

    def __init__(self, began_ns: int) -> None:
        self.began_ns = began_ns
        self.calls = 1
        self.sent: dict[str, bool] = {}
        self.foreign = False  # somebody else traded meanwhile


class Flattening(Oracle):
    """INV-22: once a flatten's closing order is at the broker, no fill of the client's makes the
    position larger or turns it; one closing order works at a time, however many call; in the end
    nothing is held and nothing of the client's works. Premise: flattens that were called.

    What worked before may fill until its cancel arrives: no client can help that. A flatten may end
    otherwise where the broker could not be reached. Hears of calls made through `Watch.flatten`.
    """

    name = "INV-22"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._runs: dict[str, Run] = {}

    def on_manager(self, event: PortEvent) -> None:
        if isinstance(event, FlattenCall):
            if event.result is None:
                self._begin(event)
            else:
                self._end(event)
        elif isinstance(event, Sent) and event.request is not None:
            run = self._runs.get(event.request.instrument.symbol)
            if run is not None:
                run.sent[event.request.cl_ord_id] = False

    def on_broker(self, said: BrokerSaid) -> None:
        contract = said.contract
        run = self._runs.get(contract.instrument.symbol)
        if run is None:
            return
        run.foreign = run.foreign or (bool(said.filled) and not said.own)
        tag_text = said.record.known_as
        if tag_text in run.sent:
            run.sent[tag_text] = True
            self._alone(run, contract)
        if said.own and said.filled and any(run.sent.values()):
            before, after = said.before, contract.position
            if abs(after) > abs(before) or before * after < 0:
                self._scene.violate(
                    self.name,
                    f"during a flatten {tag_text} took the position from {before} to {after}",
                )

    def _begin(self, event: FlattenCall) -> None:
        self.premise += 1
        run = self._runs.get(event.instrument.symbol)
        if run is None:
            self._runs[event.instrument.symbol] = Run(event.time_ns)
        else:
            run.calls += 1

    def _end(self, event: FlattenCall) -> None:
        symbol, scene = event.instrument.symbol, self._scene
        run, contract = self._runs[symbol], scene.contract(event.instrument)
        run.calls -= 1
        if run.calls:
            return  # others were told of the same end, at the same time
        del self._runs[symbol]
        assert event.result is not None
        whole_ns = event.time_ns - run.began_ns
        reached = scene.reachable.between(run.began_ns, event.time_ns) == whole_ns
        flat = not contract.position and not contract.working
        if event.result.ok and not flat and not run.foreign:
            scene.violate(
                self.name,
                f"a flatten ended well, and {contract.position} {symbol} are held, "
                f"{len(contract.working)} orders work",
            )
        elif not event.result.ok and reached:
            scene.violate(self.name, f"a flatten gave up with {contract.position} {symbol} held")

    def _alone(self, run: Run, contract: Contract) -> None:
        live = [r for r in contract.working.values() if r.known_as in run.sent]
        if len(live) > 1:
            names = ", ".join(record.known_as for record in live)
            self._scene.violate(self.name, f"a flatten has several orders at work: {names}")
