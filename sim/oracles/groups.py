"""INV-04 and 08: what one intent may fill, and what one bracket or group may."""

from ...trading.order import OrderRequest
from ...trading.orders import tags
from ...trading.words import ExecType, OrdStatus, OrdType
from .bounds import in_ns
from .contract import CLOSING, BrokerSaid
from .doubtful import GIVES_BACK
from .group_books import MEMBERS, Book, LinkedBook, OpenedBook
from .knowable import Backlog, Moment, Stopwatch
from .oracle import Oracle
from .passed_stops import Trades
from .port import FlattenCall, GroupTold, Sent
from .scene import Scene
from .siblings import Siblings


class OneCancelsOther(Oracle):
    """INV-04: the legs of a bracket close no more than its entry opened, and the orders of a group
    fill no more than the group is for. Where two were filled in one race, an `overfill` incident is
    raised exactly once and the excess is given back within T_flat, by the bracket or group or by
    whoever closes all that is held; while a closing order is in doubt, that time does not run
    (`doubtful.py`), nor while one at market finds nobody to trade with and waits for somebody, and
    it begins anew with what becomes of such an order. What is closed too much under a flatten,
    while others hold more than that, is not to be given back, since that would enlarge the position
    (INV-22): others hold so much less. Under a flatten nothing is given back, either, while nobody
    knows of an order whether it has closed it already: the flatten has to know what became of every
    order before it closes (INV-22), for how long that may take is INV-09's, and the time begins
    anew when it is known (explored, swarm 91).
    Premise: such double fills.

    It is a race where the client, when it sent the order that filled too much, could not know what
    another one had filled already. How soon a bracket's order must go is INV-02's; a group's has no
    more open than is left of the group, but for T_over, none goes but for a reason, and the group
    is not finished before all are over (`siblings.py`). Orders that were sent alone and linked
    later are not judged: their tags do not tell.
    """

    name = "INV-04"

    def __init__(self, scene: Scene, trades: Trades | None) -> None:
        self.premise = 0
        self._scene = scene
        self._books: dict[str, Book] = {}
        self._repairing: dict[str, Book] = {}
        self._doubted: dict[str, Moment] = {}  # the end of the doubt that was taken in last
        self._ahead: dict[str, Backlog] = {}
        self._to_judge: dict[str, Book] = {}  # double fills whose incident is still to be counted
        self._sent_ns: dict[str, int] = {}
        self._flattening: dict[str, int] = {}  # by symbol: how many wait for it
        self._held_up: dict[str, None] = {}  # intents whose excess a flatten could not close yet
        self._siblings = Siblings(scene, trades)

    def on_group_told(self, event: GroupTold) -> None:
        self._say(self._siblings.called_finished(event))

    def on_flatten(self, event: FlattenCall) -> None:
        more, symbol = 1 if event.result is None else -1, event.instrument.symbol
        self._flattening[symbol] = self._flattening.get(symbol, 0) + more

    def on_command(self, event: Sent) -> None:
        self._say(self._siblings.taken_away(event))
        request = event.request
        tag = None if request is None else tags.parse(request.cl_ord_id)
        if request is None or tag is None or not tag.role:
            return
        book = self._books.get(tag.intent)
        if book is None:
            book = self._open(tag, request)
        if isinstance(book, LinkedBook) and tag.duty in MEMBERS:
            book.sent(tag.role, request)
        elif tag.duty == tags.OCO:
            self._books.pop(tag.intent, None)  # what follows in an OTO group may open more
        if tag.duty in (*CLOSING, *MEMBERS):
            self._sent_ns[request.cl_ord_id] = self._scene.now_ns()

    def on_broker(self, said: BrokerSaid) -> None:
        self._siblings.on_broker(said)
        tag = said.tag
        # A flatten's closing orders have an intent of their own, which has no entry.
        if said.own and said.record.request.ord_type is OrdType.MARKET:
            for book in self._repairing.values():
                if book.symbol == said.contract.instrument.symbol:
                    book.repair.restart(said.moment)
        if tag is not None and tag.role and said.own and tag.intent in self._books:
            self._book(said, tag)
        if said.filled and not said.contract.position:
            self._all_flat(said)

    def on_step(self, now_ns: int) -> None:
        bounds = self._scene.bounds
        for intent, book in self._repairing.items():
            waits = self._in_doubt(intent, book) or self._rests(book) or self._waits(intent, book)
            if not waits and book.repair.overrun(now_ns):
                self._scene.violate(
                    self.name,
                    f"{book.what} {intent} filled {book.excess} too much, and it was not given "
                    f"back within {bounds.flat_s} s",
                )
        for intent, ahead in self._ahead.items():
            if ahead.overrun(now_ns):
                self._scene.violate(
                    self.name,
                    f"orders of group {intent} may fill {ahead.amount} more than is left of it, "
                    f"for more than {bounds.over_s} s",
                )

    def at_quiescence(self) -> None:
        self._count_incidents()
        for intent, ahead in self._ahead.items():
            if ahead.amount:
                self._scene.violate(
                    self.name,
                    f"all is quiet, and orders of group {intent} may fill {ahead.amount} more than "
                    f"is left of it",
                )

    def at_end(self) -> None:
        self._count_incidents()

    # --- how --------------------------------------------------------------------------------------

    def _say(self, wrong: str | None) -> None:
        if wrong is not None:
            self._scene.violate(self.name, wrong)

    def _in_doubt(self, intent: str, book: Book) -> bool:
        """Whether an order that may have given it back is in doubt."""
        doubts = self._scene.doubts
        doubts.look(self._scene.now_ns())
        ended = doubts.ended(book.symbol, GIVES_BACK)
        if ended is not None and ended is not self._doubted.get(intent):
            self._doubted[intent] = ended
            book.repair.restart(ended)
        return doubts.about(book.symbol, GIVES_BACK)

    def _waits(self, intent: str, book: Book) -> bool:
        """Whether a flatten may not give it back yet: an order that left, and of which nobody has
        heard, may have closed it, too."""
        scene = self._scene
        contract = scene.contracts[book.symbol]
        if scene.flattening.get(book.symbol) and any(
            order.instrument.symbol == book.symbol
            and order.side.sign * contract.position < 0
            and order.core.untold
            for order in scene.handles.values()
        ):
            self._held_up[intent] = None
            return True
        if intent in self._held_up:
            del self._held_up[intent]
            book.repair.restart(scene.now())
        return False

    def _rests(self, book: Book) -> bool:
        """Whether an order at market waits for somebody to trade with."""
        working = self._scene.contracts[book.symbol].working.values()
        return any(record.request.ord_type is OrdType.MARKET for record in working)

    def _open(self, tag: tags.Tag, request: OrderRequest) -> Book | None:
        """The book of an intent that begins, None where there is nothing to judge of it."""
        repair = self._scene.stopwatch(self._scene.bounds.flat_s)
        if tag.role in ("entry", tags.FIRST):
            what = "bracket" if tag.role == "entry" else "group"
            self._books[tag.intent] = OpenedBook(what, request, repair)
        elif tag.duty in MEMBERS:
            self._books[tag.intent] = LinkedBook("group", request, repair)
            self._ahead[tag.intent] = self._scene.backlog(self._scene.bounds.over_s)
        return self._books.get(tag.intent)

    def _book(self, said: BrokerSaid, tag: tags.Tag) -> None:
        book = self._books[tag.intent]
        before = book.excess
        book.book(said, tag)
        if tag.intent in self._ahead:
            # What is left is known once every fill of the group's is.
            self._ahead[tag.intent].set(book.ahead, said.moment, *book.filled_by.values())
        if not said.filled:
            return
        if book.excess > before and not said.voids:
            self._overfilled(tag.intent, book, said)
            contract = said.contract
            held_by_others = contract.position * said.filled < 0
            if held_by_others and self._flattening.get(contract.instrument.symbol):
                book.square()
        if book.repair.hold(book.excess > 0, said.moment, *book.voids):
            self._repairing[tag.intent] = book
        elif not book.excess:
            self._repairing.pop(tag.intent, None)

    def _all_flat(self, said: BrokerSaid) -> None:
        """Nothing is held any more: what was filled too much is made good, by whoever it was."""
        for intent, book in list(self._repairing.items()):
            if book.symbol == said.contract.instrument.symbol:
                book.square()
                book.repair.hold(False, said.moment)
                del self._repairing[intent]

    def _overfilled(self, intent: str, book: Book, said: BrokerSaid) -> None:
        scene, order = self._scene, said.record
        sent_ns = self._sent_ns.get(order.known_as, 0)
        others = [moment for number, moment in book.filled_by.items() if number != order.number]
        if not any(scene.knowledge.from_ns(moment) >= sent_ns for moment in others):
            scene.violate(
                self.name,
                f"order {order.known_as} filled {book.excess} more than its {book.what} "
                f"was for, and nothing had been filled that was not known when it was sent",
            )
            return
        self.premise += 1
        self._to_judge[intent] = book

    def _count_incidents(self) -> None:
        scene = self._scene
        for intent, book in list(self._to_judge.items()):
            last = max(scene.knowledge.from_ns(moment) for moment in book.filled_by.values())
            if scene.reachable.between(last, scene.now_ns()) <= in_ns(scene.bounds.flat_s):
                continue  # it may still be told
            del self._to_judge[intent]
            said = [
                incident
                for incident in scene.incidents()
                if incident.kind == "overfill" and f"{book.what} {intent} " in incident.text
            ]
            at_once = not said and book.voids  # told together with what made it good
            if len(said) != 1 and not at_once:
                scene.violate(
                    self.name,
                    f"{book.what} {intent} was over-filled, and {len(said)} incidents say so, not "
                    f"one",
                )


class OneFill(Oracle):
    """INV-08: of one intent one order works at a time, and an entry or plain order fills no more
    than it was for, however often it was sent. Premise: second and later attempts at the broker.

    The exceptions are a stop's substitute, sent T_hedge or more after the stop it stands for and
    declared by a `stop_hedged` incident that names both, a child that the broker brings beside
    orders of ours, or of which nobody could know when one was sent, and, at a broker that changes
    no order in place, the stop that takes another's place at a new price or size: then both work
    for T_over at most. A third may only be the substitute of one of such two.
    """

    name = "INV-08"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._live: dict[str, dict[int, BrokerSaid]] = {}  # by intent
        self._used: dict[str, dict[int, int]] = {}  # entries and plain orders: filled, by number
        self._sizes: dict[str, int] = {}
        self._sent_ns: dict[str, int] = {}
        self.timed = self._doubled = dict[str, Stopwatch]()

    def on_command(self, event: Sent) -> None:
        if event.request is not None:
            self._sent_ns[event.request.cl_ord_id] = self._scene.now_ns()

    def on_broker(self, said: BrokerSaid) -> None:
        tag, record = said.tag, said.record
        if not said.own or tag is None:
            return
        intent = f"{tag.intent}.{tag.role}"
        live = self._live.setdefault(intent, {})
        if record.status.terminal or record.status is OrdStatus.SUSPENDED:
            live.pop(record.number, None)
            self._sent_ns.pop(record.known_as, None)
        elif record.number not in live:
            self._second(intent, live, said)
            live[record.number] = said
        sent = record.parent is None
        if said.report.exec_type is ExecType.NEW and sent and tag.attempt > 1:
            self.premise += 1
        if tag.duty not in CLOSING:
            self._fills(intent, said)
        doubled = self._doubled.get(intent)
        if doubled is not None:
            # Nobody knows of two who was not told of both: one may be the broker's own, or be there
            # though its answer was lost.
            came = [each.moment for each in live.values()]
            if not doubled.hold(len(live) > 1, said.moment, *came) and len(live) < 2:
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
        # A child that the client could not know of when it sent this one is in nobody's way.
        known = [each for each in live.values() if not self._unheard_of(each, said)]
        if not known or said.record.parent is not None:  # the broker brings what it brings
            if live:
                self._doubled[intent] = self._scene.stopwatch(self._scene.bounds.over_s)
            return
        first, *more = known
        is_stop = said.tag is not None and said.tag.role == "stop"
        substitute = is_stop and any(self._substitute(each, said) for each in live.values())
        if more:  # one takes the place of another, and a substitute that of one of the two
            allowed = substitute and len(more) == 1 and not self._scene.in_place
        else:
            allowed = substitute or (is_stop and self._other(first, said))
        if allowed:
            self._doubled[intent] = self._scene.stopwatch(self._scene.bounds.over_s)
            return
        tags = first.record.known_as, said.record.known_as
        self._scene.violate(self.name, f"{tags[0]} and {tags[1]} work at the same time")

    def _substitute(self, first: BrokerSaid, said: BrokerSaid) -> bool:
        """Whether one was sent late enough, and declared; either may arrive first."""
        tags = first.record.known_as, said.record.known_as
        apart_ns = abs(self._sent_ns.get(tags[1], 0) - self._sent_ns.get(tags[0], 0))
        return apart_ns >= in_ns(self._scene.bounds.hedge_s) and self._declared(tags)

    def _other(self, first: BrokerSaid, said: BrokerSaid) -> bool:
        """Whether it is the order for other numbers that cannot be changed into it."""
        one, other = first.record, said.record
        differs = (one.stop_px, one.leaves_qty) != (other.stop_px, other.leaves_qty)
        return differs and not self._scene.in_place

    def _unheard_of(self, child: BrokerSaid, said: BrokerSaid) -> bool:
        """Whether an order is a child that the client could not know of when it sent another."""
        sent_ns = self._sent_ns.get(said.record.known_as, 0)
        known_ns = self._scene.knowledge.from_ns(child.moment)
        return child.record.parent is not None and known_ns >= sent_ns

    def _declared(self, tags: tuple[str, str]) -> bool:
        return any(
            incident.kind == "stop_hedged" and all(tag in incident.text for tag in tags)
            for incident in self._scene.incidents()
        )

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
