"""INV-01 to 03: what is held is protected, by as much as is held, and by nothing when flat."""

from ...trading.errors import Refused
from ...trading.order import OrderRequest
from ...trading.words import ExecType, Reason
from ..desk.orders import OrderRecord
from .bounds import in_ns
from .contract import STOPS, BrokerSaid, Contract, duty_of
from .doubtful import CLOSES, PROTECTS
from .knowable import Backlog, Moment, Stopwatch
from .oracle import Oracle
from .owed_back import OwedBack
from .port import Answered, Sent
from .scene import Scene


class Protected(Oracle):
    """INV-01: a contract that a bracket opened is without a stop for T_prot at most, and where a
    stop, or making one larger, was refused meanwhile, for T_flat from the first refusal on.
    Premise: such spans.

    Any working stop of the client's on the closing side counts; it covers what has been bare for
    longest. While a closing order is in doubt, or any leg once a stop was refused, nothing more may
    be sent: the time begins anew when what became of it is known (`doubtful.py`). It does so, too,
    when a closing order of the client's finds nobody to trade with: whoever asks on does all that
    can be done, and who stops asking is judged.
    """

    name = "INV-01"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._bare: dict[str, Backlog] = {}
        self.timed = self._timed = dict[str, None]()  # contracts that are bare
        self._doubted: dict[str, Moment] = {}  # the end of the doubt that was taken in last
        self._refused: dict[str, bool] = {}  # contracts whose span is judged by T_flat; whether new
        self._stood: dict[str, tuple[int, int, int]] = {}  # held, meant and covered, for the text

    def on_broker(self, said: BrokerSaid) -> None:
        contract, request = said.contract, said.record.request
        symbol = contract.instrument.symbol
        cover = contract.cover
        bare = max(contract.meant - cover, 0)
        self._stood[symbol] = contract.position, contract.meant, cover
        # What is given back lets appear what was hidden by what was closed too much, and so does
        # what closes something else (explored, native, swarm 72): nobody may know yet of a fill
        # that was taken back, and is bare since.
        # Another bracket's stop may have covered until it went what nobody was told of (explored,
        # swarm 1286).
        shows = duty_of(said.record) == "exit" or not said.filled
        hidden = [moment for moment in contract.fills if shows or moment.fill < 0]
        self.premise += self._backlog(symbol).set(bare, *said.moments, *hidden)
        if bare:
            self._timed[symbol] = None
        else:
            self._timed.pop(symbol, None)
            refused = self._refused.pop(symbol, None)
            if refused is not None and self._scene.doubts.about(symbol, CLOSES):
                # Another bracket's stop may cover it for a moment; who may not close, may not yet.
                self._refused[symbol] = False
        if said.own and said.report.exec_type is ExecType.REJECTED:
            if request.ord_type in STOPS:
                self._refusal(symbol, said.moment)
            elif said.report.reason is Reason.NO_OPPOSITE and request.side.sign == -contract.sign:
                self._backlog(symbol).restart(said.moment, self._bound_ns(symbol))

    def on_outcome(self, event: Answered) -> None:
        if isinstance(event.error, Refused):
            stop = self._meant_for(event.sent)
            if stop is not None and stop.ord_type in STOPS:
                self._refusal(stop.instrument.symbol, self._scene.now())

    def on_step(self, now_ns: int) -> None:
        for symbol, backlog in self._bare.items():
            if not backlog.amount or self._in_doubt(symbol, backlog, now_ns):
                continue
            if backlog.overrun(now_ns):
                held, meant, cover = self._stood[symbol]
                self._scene.violate(
                    self.name,
                    f"{held} {symbol} held, {meant} of them by brackets, and stops for {cover} "
                    f"work, for more than {self._bound_ns(symbol) / 1e9} s",
                )

    def _in_doubt(self, symbol: str, backlog: Backlog, now_ns: int) -> bool:
        doubts = self._scene.doubts
        kinds = CLOSES if symbol in self._refused else PROTECTS
        ended = doubts.newly_ended(symbol, kinds, self._doubted, now_ns)
        if ended is not None:
            backlog.restart(ended, self._bound_ns(symbol))
        return doubts.about(symbol, kinds)

    def _bound_ns(self, symbol: str) -> int:
        bounds = self._scene.bounds
        return in_ns(bounds.flat_s if symbol in self._refused else bounds.protect_s)

    def _backlog(self, symbol: str) -> Backlog:
        if symbol not in self._bare:
            self._bare[symbol] = self._scene.backlog(self._scene.bounds.protect_s)
        return self._bare[symbol]

    def _meant_for(self, sent: Sent) -> OrderRequest | None:
        """The order that would have worked by a request, or worked for more; None for any other."""
        if sent.change is None:
            return sent.request
        record = self._scene.record_of(sent.order_id)
        more = record is not None and (sent.change.order_qty or 0) > record.order_qty
        return record.request if record is not None and more else None

    def _refusal(self, symbol: str, moment: Moment) -> None:
        backlog = self._backlog(symbol)
        waits = backlog.amount or self._scene.doubts.about(symbol, CLOSES)
        if waits and not self._refused.get(symbol):
            self._refused[symbol] = True
            backlog.restart(moment, in_ns(self._scene.bounds.flat_s))


class RightSize(Oracle):
    """INV-02: closing orders are for no more than is held, on its other side, but for T_over; at
    quiescence the stops of brackets are for exactly what brackets hold, and those of guards for no
    more than the rest.
    Premise: spans of too much, and quiet moments with something held.

    A bracket's stops and targets count once, whichever are for more; its closing orders count
    beside them. What one bracket holds against another, each closes; what is taken for a bracket's
    after a void may be as well, and need not (`Intents.void`). What would close too much and what
    would add are timed apart: the one ends where the position turns over, and the other begins.
    While what gives back is in doubt, what is held once it is there counts as well: the time begins
    anew when what became of it is known.
    """

    name = "INV-02"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._over: dict[str, Backlog] = {}
        self._wrong: dict[str, Backlog] = {}
        self._owed = OwedBack(scene)
        self.timed = self._timed = dict[str, None]()  # contracts of which there is too much
        self._stood: dict[str, tuple[int, int, int]] = {}  # held, closing, adding, for the text

    def on_broker(self, said: BrokerSaid) -> None:
        contract = said.contract
        symbol = contract.instrument.symbol
        if symbol not in self._over:
            bound_s = self._scene.bounds.over_s
            self._over[symbol] = self._scene.backlog(bound_s)
            self._wrong[symbol] = self._scene.backlog(bound_s)
        closing = contract.closing
        wrong = sum([record.leaves_qty for record in contract.wrong_sided])
        self._stood[symbol] = contract.position, closing, wrong
        against = contract.against + contract.perhaps
        over = max(closing - abs(contract.position) - against, 0)
        # What is held is known once every fill is: two may leave nothing, and one never be told.
        # What works is known once every order is, the broker's own and those in doubt, too.
        moments = (*said.moments, *contract.fills, *contract.came)
        self.premise += self._over[symbol].set(over, *moments)
        self.premise += self._wrong[symbol].set(wrong, *moments)
        if over or wrong:
            self._timed[symbol] = None
        else:
            self._timed.pop(symbol, None)

    def on_step(self, now_ns: int) -> None:
        for symbol, over in self._over.items():
            if over.amount and self._excused(symbol, over):
                continue
            too_much, wrongly = over.overrun(now_ns), self._wrong[symbol].overrun(now_ns)
            if too_much or wrongly:
                held, closing, wrong = self._stood[symbol]
                self._scene.violate(
                    self.name,
                    f"{held} {symbol} held, and closing orders that would close {closing} and add "
                    f"{wrong} work, for more than {self._scene.bounds.over_s} s",
                )

    def _excused(self, symbol: str, over: Backlog) -> bool:
        """Whether as much is held as closing orders are for, if what gives back is there."""
        held, closing, _ = self._stood[symbol]
        over_ns = in_ns(self._scene.bounds.over_s)
        return self._owed.excuses(
            symbol,
            lambda back: closing <= abs(held + back),
            lambda moment: over.restart(moment, over_ns),
        )

    def at_quiescence(self) -> None:
        for symbol, contract in self._scene.contracts.items():
            self.premise += contract.meant > 0
            right = contract.meant + contract.against * bool(contract.position)
            if abs(contract.protection - right) > contract.perhaps:
                self._scene.violate(
                    self.name,
                    f"all is quiet, brackets hold {contract.meant} {symbol}, and their stops "
                    f"would close {contract.protection}",
                )
            left = max(abs(contract.position) - contract.meant, 0)
            if contract.guarded > left:
                self._scene.violate(
                    self.name,
                    f"all is quiet, no bracket holds {left} {symbol}, and the stops of guards "
                    f"would close {contract.guarded}",
                )


class NoOrphan(Oracle):
    """INV-03: while nothing is held and no entry works or is on its way, a closing order works for
    T_orphan at most, and so does one that would add to what is held; at quiescence none does. What
    gives back and is in doubt may be held already: the time begins anew when that is known.
    Premise: such spans."""

    name = "INV-03"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._orphaned: dict[str, Stopwatch] = {}
        self._owed = OwedBack(scene)
        self.timed = self._timed = dict[str, None]()  # contracts with such a span

    def on_broker(self, said: BrokerSaid) -> None:
        self._look(said.contract, *said.moments, *said.contract.fills)

    def on_command(self, event: Sent) -> None:
        self._moved(event.request)

    def on_outcome(self, event: Answered) -> None:
        self._moved(event.sent.request)

    def _moved(self, request: OrderRequest | None) -> None:
        """An order left, or is not awaited any more."""
        if request is not None:
            contract = self._scene.contract(request.instrument)
            moved = () if contract.moved is None else (contract.moved,)
            self._look(contract, self._scene.now(), *moved, *contract.fills)

    def on_step(self, now_ns: int) -> None:
        for symbol, stopwatch in self._orphaned.items():
            if stopwatch.since and self._excused(symbol, stopwatch):
                continue
            if stopwatch.overrun(now_ns):
                self._scene.violate(
                    self.name,
                    f"{self._story(symbol)} for more than {self._scene.bounds.orphan_s} s",
                )

    def _excused(self, symbol: str, stopwatch: Stopwatch) -> bool:
        """Whether all that seems to close nothing closes what is given back, if that is there."""
        contract = self._scene.contracts[symbol]

        def closes(back: int) -> bool:
            signs = [record.request.side.sign for record in _orphans(contract)]
            return not contract.position and all(sign * back < 0 for sign in signs)

        return self._owed.excuses(symbol, closes, stopwatch.restart)

    def at_quiescence(self) -> None:
        for symbol, contract in self._scene.contracts.items():
            if _orphaned(contract):
                self._scene.violate(self.name, f"all is quiet, and {self._story(symbol)}")

    def _look(self, contract: Contract, *moments: Moment) -> None:
        symbol = contract.instrument.symbol
        if symbol not in self._orphaned:
            self._orphaned[symbol] = self._scene.stopwatch(self._scene.bounds.orphan_s)
        self.premise += self._orphaned[symbol].hold(_orphaned(contract), *moments)
        if self._orphaned[symbol].since:
            self._timed[symbol] = None
        else:
            self._timed.pop(symbol, None)

    def _story(self, symbol: str) -> str:
        contract = self._scene.contracts[symbol]
        names = ", ".join(f"{r.known_as} ({duty_of(r)})" for r in _orphans(contract))
        return f"{contract.position} {symbol} held and no entry works, but {names} does"


def _orphaned(contract: Contract) -> bool:
    return bool(contract.closers) and not contract.entries and bool(_orphans(contract))


def _orphans(contract: Contract) -> list[OrderRecord]:
    """Closing orders that close nothing."""
    if contract.position:
        return contract.wrong_sided
    return [r for number, r in contract.closers.items() if not contract.closes_its_own(number)]
