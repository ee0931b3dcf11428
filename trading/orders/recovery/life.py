"""One life of a manager: what it keeps for the next one, and what it has from the last."""

from collections.abc import Callable, Sequence

from ...errors import RunEnded
from ...order import OrderRequest
from ...state import KeptState
from ..events import OrderEvent
from ..exits.closing import Kept
from ..exits.flattens import Flattens
from ..figures.stream import EventStream
from ..guards.close import Close
from ..guards.guard import Guard
from ..guards.kept import CloseKept, GuardKept
from ..guards.position_orders import PositionOrders
from ..intake import Intake
from ..journal.codec import Find, event_of
from ..journal.keeper import Keeper
from ..journal.kinds import KINDS, Kind
from ..journal.port import Journal, Loaded
from ..journal.restore import Restored
from ..journal.unkept import Unkept
from ..owners import Owners
from ..sending.outbox import Outbox
from .restart import Restart
from .watch import Watch


class Life:
    """Counts the intents, writes the journal, and begins where another life ended.

    `prefix`, or else the journal's, goes before every intent. `keeper` writes. `state`: the
    strategy's own; `events`: the number of the newest event that was kept.
    """

    def __init__(
        self,
        journal: Journal | None,
        prefix: str,
        find: Find,
        outbox: Outbox,
        intake: Intake,
        owners: Owners,
    ) -> None:
        settings = outbox.settings
        loaded = Loaded([]) if journal is None else journal.load()
        self._journal = journal
        self._prefix = prefix or loaded.prefix
        self._outbox = outbox
        self._torn = loaded.torn
        self._new = not loaded.entries
        self._intents = 0
        self._begun = False
        restored = Restored(loaded, outbox, settings, find)
        self.keeper: Keeper | Unkept = Unkept()
        if journal is not None:
            self.keeper = keeper = Keeper(
                journal, outbox, owners, settings, lambda: (self._intents, intake.last_ns)
            )
            keeper.resume(loaded, restored.orders)
        self.state = KeptState(restored.state, settings.state_bytes_most, self.keeper.state)
        self.events = restored.events
        intake.last_ns = restored.last_ns
        self._intents = restored.intents
        self._restart = Restart(
            restored, outbox, intake, owners, settings, find, self._number, self._count
        )
        if isinstance(self.keeper, Keeper):
            outbox.observers.add(self.keeper)
        outbox.keeps = self.keeper.keep
        owners.left = self.keeper.left

    def next_intent(self) -> str:
        """A name that no intent had before."""
        self._intents += 1
        return f"{self._prefix}{self._intents}"

    def join(
        self,
        watch: Watch,
        flattens: Flattens,
        positions: PositionOrders,
        killed: Callable[[str], object],
        *,
        again: bool,
    ) -> None:
        """Know the rest of the manager. `killed(reason)`: the kill switch was pulled. `again`: the
        account may hold something already, so that nothing that adds risk goes before the broker
        was asked what."""
        self._watch, restart = watch, self._restart
        restart.flattens, restart.ask, restart.killed = flattens, watch.ask, killed
        restart.kinds = {
            **KINDS,
            Guard.kind: Kind(GuardKept, positions.rebuild_guard),
            Close.kind: Kind(CloseKept, positions.rebuild_close),
        }
        if again:
            watch.resume(self._restart.merge, new=self._new)

    def tell_on(self, stream: EventStream) -> None:
        """Keep what is told on a stream, which goes on where the last life's ended."""
        stream.kept_by(self.keeper.event, last=self.events)
        stream.past = self._told_after

    def _told_after(self, n: int) -> list[OrderEvent]:
        return [event_of(body) for _, body in self.keeper.events(n)]

    @property
    def refusal(self) -> str:
        """Why nothing that adds risk may be sent; "" where it may."""
        if self.keeper.failing:
            return "the journal cannot be written; no entries until it can"
        if self._watch.resuming:
            return "orders, fills and positions of before are not known yet; await recover() first"
        return ""

    def begins(self, requests: Sequence[OrderRequest], owner: Kept | None, opens: bool) -> None:
        """Keep what is about to be sent, and what answers for it. Raises `RefusedByUs` where it
        opens something and cannot be kept."""
        if opens:
            self.keeper.first(requests, owner)
        elif owner is not None:
            self.keeper.keep(owner)

    def left(self, owner: Kept) -> None:
        """What was kept is through."""
        self.keeper.left(owner)

    async def recover(self) -> None:
        """Ask the broker what is true, make it one with what the journal knows, and bring every
        bracket, group, guard and flatten of before under guard again (`view.differences` says what
        was otherwise). Until then nothing is sent but what reduces risk. Waits for as long as the
        broker does not answer; called again it does nothing more."""
        if not self._begun:
            self._begun = True
            if self._torn:
                text = f"the last record of the journal was not whole and is left out: {self._torn}"
                self._outbox.incident("journal_torn", text)
            self._watch.resume(self._restart.merge, new=self._new)
            self._watch.look_now()
        await self._restart.changed.until(lambda: self._restart.through)

    def end_waits(self) -> None:
        """Who waits for the recovery waits for what will not be."""
        self._restart.changed.end(RunEnded("the run ended before the broker said what is true"))

    def end(self) -> None:
        """Let go of the journal; the next life begins with what it has."""
        self.end_waits()
        if self._journal is not None:
            self._journal.close()

    def _number(self, intent: str) -> int | None:
        """The number of an intent of ours; None for anybody else's."""
        own = intent.startswith(self._prefix)
        digits = intent[len(self._prefix) :]
        return int(digits) if own and digits.isascii() and digits.isdigit() else None

    def _count(self, number: int) -> None:
        self._intents = max(self._intents, number)
