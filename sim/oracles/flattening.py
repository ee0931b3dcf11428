"""INV-22: a flatten only ever makes a position smaller."""

from ...trading.words import OrdStatus
from .contract import BrokerSaid, Contract, duty_in, duty_of
from .knowable import Moment
from .oracle import Oracle
from .port import Answered, FlattenCall, Sent
from .scene import Scene

_CLOSES = ("exit", "close")


Fill = tuple[Moment, int, str]
"""When it happened, how many contracts, signed, and the order's tag."""


class Run:
    """One flatten under way. `sent`: when each tag left, or was changed, since it began; `arrived`:
    those of them that the broker has; `closes`: one of these is its closing order. `doubted`: what
    nobody had heard of when one left. `asked`: questions about fills that left since it began, be
    it in that instant; `told_ns`: when one of them was answered."""

    def __init__(self, began_ns: int) -> None:
        self.began_ns = began_ns
        self.calls = 1
        self.told_ns: int | None = None
        self.asked: list[Sent] = []
        self.closes = False
        self.sent: dict[str, int] = {}
        self.arrived: dict[str, None] = {}
        self.doubted: dict[str, None] = {}


class Flattening(Oracle):
    """INV-22: once a flatten's closing order is at the broker, no fill of the client's makes the
    position larger or turns it; one closing order works at a time, however many call, but for those
    of brackets that close at market what each of them holds while it waits, all together no more
    than is held (explored, voids, all, swarm 130); in the end nothing is held and nothing of the
    client's works. Premise: flattens that were called.

    What worked before may fill until its cancel arrives, and what nobody had heard of when the
    closing order left may fill after it: no client can help that. Nor can it know
    what other hands trade before it was told or must have looked, nor what an order filled whose
    cancel denied it: such a fill is not judged itself, and is left out of the position by which its
    order, or the end of its flatten, is judged. Of its own orders it has to know before it closes;
    a stop, which is owed while it waits for that, is judged by what was known of them, or by what
    its own bracket holds against another since a fill was taken back (decision 0021; explored,
    voids, all, swarm 102). A flatten may end otherwise where the broker could not be reached. One
    that ends well and says that nobody confirmed it may be wrong about what others traded and
    nobody told, and about nothing else; it may say so only where no question about fills was
    answered since it began.
    Hears of calls made through `Watch.flatten`.
    """

    name = "INV-22"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._runs: dict[str, Run] = {}
        self._foreign: dict[str, list[Fill]] = {}  # by symbol: of others
        self._own: dict[str, list[Fill]] = {}

    def on_flatten(self, event: FlattenCall) -> None:
        if event.result is None:
            self._begin(event)
        else:
            self._end(event)

    def on_command(self, event: Sent) -> None:
        if event.request is not None:
            run = self._runs.get(event.request.instrument.symbol)
            if run is not None:
                run.sent[event.request.cl_ord_id] = event.time_ns
                if duty_in(event.request.cl_ord_id) in _CLOSES:
                    run.doubted.update(self._unheard_of())
        elif event.change is not None:
            self._change(event)

    def on_broker(self, said: BrokerSaid) -> None:
        contract, tag_text = said.contract, said.record.known_as
        # Of a fill that its cancel had denied nobody can know before it is told (F23).
        denied = said.record.status is OrdStatus.CANCELED or said.voids
        if said.filled:
            whose = self._own if said.own and not denied else self._foreign
            fills = whose.setdefault(contract.instrument.symbol, [])
            fills.append((said.moment, said.filled, tag_text))
        run = self._runs.get(contract.instrument.symbol)
        if run is None:
            return
        if tag_text in run.sent:
            run.arrived[tag_text] = None
            refused = said.record.status is OrdStatus.REJECTED
            run.closes = run.closes or (duty_of(said.record) in _CLOSES and not refused)
            self._alone(run, contract)
        # A stop that went out under it is no reason for what worked before not to fill any more.
        judged = said.own and said.filled and not denied and tag_text not in run.doubted
        if judged and (run.closes or tag_text in run.sent):
            sent_ns = run.sent.get(tag_text, self._scene.now_ns())
            unknown = self._unknown(self._foreign, contract, sent_ns)
            just_told = self._unknown(self._foreign, contract, sent_ns - 1)
            if duty_of(said.record) == "stop" and tag_text in run.sent:
                if contract.closed_its_own(said.record):
                    return
                own = self._unknown(self._own, contract, sent_ns, but=tag_text)
                unknown, just_told = unknown + own, just_told + own
            # What was told in the instant in which it left may have come after it.
            before, after = said.before - unknown, contract.position - unknown
            apart = unknown - just_told
            if not (_smaller(before, after) or _smaller(before + apart, after + apart)):
                self._scene.violate(
                    self.name,
                    f"during a flatten {tag_text} took the position from {before} to {after}",
                )

    def _unheard_of(self) -> dict[str, None]:
        """Orders that left, and nobody knows whether they are there."""
        orders = self._scene.handles.items()
        return {tag: None for tag, order in orders if order.core.untold}

    def _unknown(
        self, fills: dict[str, list[Fill]], contract: Contract, at_ns: int, but: str = ""
    ) -> int:
        """What had been traded, signed, that the client could not know at a moment; `but`: by other
        orders than this."""
        symbol, from_ns = contract.instrument.symbol, self._scene.knowledge.from_ns
        known = fills.get(symbol, [])
        # What was known when the oldest flatten's order left is known for good.
        oldest_ns = min([at_ns, *(run.began_ns for run in self._runs.values())])
        fills[symbol] = [e for e in known if from_ns(e[0]) >= oldest_ns or not _told(e, oldest_ns)]
        return sum(qty for moment, qty, by in known if by != but and from_ns(moment) > at_ns)

    def on_question(self, event: Sent) -> None:
        if event.read == "executions-since":
            for run in self._runs.values():
                run.asked.append(event)

    def on_answer(self, event: Answered) -> None:
        if event.sent.read == "executions-since" and event.error is None:
            for run in self._runs.values():
                if run.told_ns is None and any(each is event.sent for each in run.asked):
                    run.told_ns = event.time_ns

    def _change(self, event: Sent) -> None:
        """An order that is changed is judged by what was known then."""
        record = self._scene.record_of(event.order_id)
        for run in self._runs.values():
            if record is not None and record.known_as in run.sent:
                run.sent[record.known_as] = event.time_ns

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
        assert event.result is not None
        if event.result.ok:
            contract.flattened()
        whole_ns = event.time_ns - run.began_ns
        reached = scene.reachable.between(run.began_ns, event.time_ns) == whole_ns
        unknown = self._unknown(self._foreign, contract, event.time_ns)
        if not event.result.confirmed:  # nobody was there to ask, however long ago it was
            untold = [e for e in self._foreign.get(symbol, ()) if not _told(e, event.time_ns)]
            unknown = sum(qty for _, qty, _ in untold)
        # What is told in the instant in which it ends may come after its end.
        just_told = self._unknown(self._foreign, contract, event.time_ns - 1)
        flat = contract.position in (0, unknown, just_told) and not contract.working
        told = run.told_ns is not None and run.told_ns < event.time_ns
        if event.result.ok and told and not event.result.confirmed:
            scene.violate(self.name, "a flatten says that nobody confirmed it, and somebody did")
        if event.result.ok and not flat:
            scene.violate(
                self.name,
                f"a flatten ended well, and {contract.position} {symbol} are held, "
                f"{len(contract.working)} orders work",
            )
        elif not event.result.ok and reached:
            scene.violate(self.name, f"a flatten gave up with {contract.position} {symbol} held")
        del self._runs[symbol]

    def _alone(self, run: Run, contract: Contract) -> None:
        working = contract.working.values()
        live = [r for r in working if r.known_as in run.arrived and duty_of(r) in _CLOSES]
        others = [r for r in live if not contract.is_brackets(r)]
        most = sum(record.leaves_qty for record in live)
        if len(live) > 1 and (len(others) > 1 or most > abs(contract.position)):
            names = ", ".join(record.known_as for record in live)
            self._scene.violate(self.name, f"a flatten has several orders at work: {names}")


def _smaller(before: int, after: int) -> bool:
    """Whether a position became no larger and did not turn."""
    return abs(after) <= abs(before) and before * after >= 0


def _told(fill: Fill, by_ns: int) -> bool:
    """Whether a fill had been told by then; that it had to be looked up is something else."""
    known_ns = fill[0].known_ns
    return known_ns is not None and known_ns <= by_ns
