"""A strategy at a broker, in real time: reconciled before it trades, guarded after it stops.

It ends in steps, each one interrupt further: the strategy stops and what would open goes, while
what is held stays guarded until it is flat; everything is closed at market; it leaves at once.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import IntEnum
from random import Random
from typing import Any

from ...trading.broker import Broker
from ...trading.calendar import calendar
from ...trading.desk import Desk
from ...trading.errors import DryfillError
from ...trading.instrument import Instrument
from ...trading.market import Market
from ...trading.order import Execution, ExecutionReport
from ...trading.orders import tags
from ...trading.orders.exits.flatten_core import FlattenResult
from ...trading.orders.handle import Changed, Order
from ...trading.orders.incident import Incident
from ...trading.orders.journal.port import Journal
from ...trading.orders.observing import Observer
from ...trading.orders.positions import Position
from ...trading.orders.risk.keeper import keep_within
from ...trading.orders.risk.limits import RiskLimits
from ...trading.orders.settings import OrderSettings
from ...trading.strategy import Trader
from .account_acts import look
from .order_text import order_text


class Wish(IntEnum):
    """What whoever interrupts wants; each interrupt is a step further."""

    TRADE = 0
    STOP = 1
    FLATTEN = 2
    LEAVE = 3


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a session trades under. `limits`: the risk gate's. `journal`: None keeps nothing for the
    next process. `stop_s`: seconds that the strategy has to stop, before it is cancelled."""

    limits: RiskLimits
    settings: OrderSettings = field(default_factory=OrderSettings)
    journal: Journal | None = None
    stop_s: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a session ended. `error`: what the strategy raised. `left`: in words, what was left at
    the broker: positions, and orders that work."""

    error: BaseException | None
    notes: list[str]
    left: list[str]


class TradingSession:
    """One strategy, one account, one instrument first; `run` it once.

    `say` gets a line for each thing a person wants to know. `now_ns` is the wall clock.
    """

    def __init__(
        self,
        market: Market,
        broker: Broker,
        instrument: Instrument,
        trader: Trader,
        terms: Terms,
        *,
        now_ns: Callable[[], int],
        random: Random,
        say: Callable[[str], None],
    ) -> None:
        self.desk = Desk(
            market,
            broker,
            instrument,
            now_ns=now_ns,
            random=random,
            settings=terms.settings,
            journal=terms.journal,
        )
        self._trader = trader
        self._terms = terms
        self._now_ns = now_ns
        self._say = say
        self._wish = Wish.TRADE
        self._over = False  # the market's data
        self._changed = Changed()
        self.desk.manager.observe(_Follower(self._changed))

    def interrupt(self) -> None:
        """One step further: stop and keep what is held guarded; flatten; leave at once."""
        self._wish = Wish(min(self._wish + 1, Wish.LEAVE))
        self._changed.tell()

    def end_of_data(self) -> None:
        """The market has ended: the strategy stops, and nothing is waited for any more."""
        self._over = True
        self._wish = max(self._wish, Wish.STOP)
        self._changed.tell()

    async def run(self) -> Ended:
        """Reconcile, trade, and leave; returns when the strategy has ended and nothing is left to
        guard, or when interrupts say so.

        What the strategy raises, or a step fails with, stops the session as an interrupt does, and
        is in what is returned: whatever happens, what is held is guarded, or named.
        """
        error: BaseException | None = None
        notes: list[str] = []
        try:
            error = await self._tried(Wish.STOP, self._open())
            if error is None and self._wish is Wish.TRADE:
                error, notes = await self._trade()
            self._wish = max(self._wish, Wish.STOP)
            for most, step in ((Wish.STOP, self._guard), (Wish.FLATTEN, self._finish)):
                error = await self._tried(most, step()) or error
            left = await self._left()
        finally:
            self.desk.close()
            self.desk.manager.close()
        return Ended(error=error, notes=notes, left=left)

    # --- the steps --------------------------------------------------------------------------------

    async def _open(self) -> None:
        desk = self.desk
        await desk.open()
        hours = calendar(desk.instrument.calendar)
        await keep_within(
            self._terms.limits, hours, desk.manager, desk.market, desk.instrument, self._now_ns
        )
        for line in self._standing():
            self._say(f"at the start: {line}")

    async def _trade(self) -> tuple[BaseException | None, list[str]]:
        """Until the strategy ends by itself, or stops because it was told to."""
        desk, stop_s = self.desk, self._terms.stop_s
        trading = asyncio.create_task(_contained(self._trader, desk), name="strategy")
        trading.add_done_callback(lambda _: self._changed.tell())
        await self._changed.until(lambda: trading.done() or self._wish > Wish.TRADE)
        desk.inbox.close()
        if not trading.done():
            then = "the market has ended" if self._over else "interrupt again to close what is held"
            self._say(f"the strategy is told to stop; {then}")
            await self._while(Wish.STOP, _within(stop_s, trading))
        if not trading.done():
            self._say(f"the strategy did not stop within {stop_s:g} s and is cancelled")
            trading.cancel()
            await self._changed.until(lambda: trading.done() or self._wish > Wish.STOP)
        if not trading.done() or trading.cancelled():
            return None, ["the strategy did not stop by itself and was cancelled"]
        error = trading.exception()
        if error is not None:
            self._say(f"the strategy failed: {type(error).__name__}: {error}")
        return error, [] if error is not None else trading.result()

    async def _guard(self) -> None:
        """Take away what may open, and keep what is held guarded until it is flat."""
        manager = self.desk.manager
        cancels = [manager.cancel(each) for each in manager.view.orders() if self._may_open(each)]
        await asyncio.gather(*cancels)
        held = manager.view.holdings()
        if held and not self._over:
            told = ", ".join(f"{qty:+d} {each.symbol}" for _, each, qty in held)
            self._say(f"{told} stays guarded here until it is flat; interrupt again to close it")
        await self._changed.until(lambda: self._over or not manager.view.holdings())

    async def _finish(self) -> None:
        manager = self.desk.manager
        if self._wish is Wish.FLATTEN:
            results = await manager.flatten_all("interrupted").finished()
            for symbol, result in results.items():
                self._say(f"{symbol}: {flattened(result)}")
        for incident in await manager.wind_down():
            self._say(f"{incident.kind}: {incident.text}")

    async def _tried(self, most: Wish, step: Coroutine[Any, Any, None]) -> Exception | None:
        """As `_while`; what the step failed with, which is said."""
        try:
            await self._while(most, step)
        except Exception as error:  # noqa: BLE001  the steps that protect still have to be gone
            self._say(f"{type(error).__name__}: {error}")
            return error
        return None

    async def _while(
        self, most: Wish, step: "Coroutine[Any, Any, None] | asyncio.Task[Any]"
    ) -> None:
        """Go a step, or as much of it as is done before an interrupt wants more than `most`."""
        going = step if isinstance(step, asyncio.Task) else asyncio.create_task(step)
        going.add_done_callback(lambda _: self._changed.tell())
        await self._changed.until(lambda: going.done() or self._wish > most)
        if not going.done():
            going.cancel()
            await asyncio.wait([going])
        if not going.cancelled():
            going.result()

    # --- what is ----------------------------------------------------------------------------------

    def _may_open(self, order: Order) -> bool:
        """Whether an order may open or grow a position. Of orders that were placed alone, those on
        the side that makes what is held smaller are taken for the trader's own stops and targets.
        """
        if not order.core.is_entry:
            return False
        tag = tags.parse(order.cl_ord_id)
        alone = tag is not None and not tag.role
        held = self.desk.manager.view.held(order.instrument)
        return not alone or held * order.side.sign >= 0

    async def _left(self) -> list[str]:
        """In words, what is left in what was traded, whoever it belongs to: the broker's word, and
        ours where there was no time to ask or no answer."""
        told = self._standing()
        unasked = [*told, "the broker was not asked: `dryfill status` says what is left"]
        if self._wish is Wish.LEAVE:
            return unasked
        asking = asyncio.create_task(look(self.desk.broker, self._terms.settings))
        try:
            await self._while(Wish.FLATTEN, asking)
        except DryfillError as error:
            return [*told, f"the broker did not say what is left: {error}"]
        if asking.cancelled():
            return unasked
        found = asking.result()
        manager = self.desk.manager
        traded = {self.desk.instrument.symbol, *manager.figures.statistics().traded}
        traded |= {each.symbol for each in manager.view.instruments()}
        held = [
            f"{each.qty:+d} {each.instrument.symbol} held"
            for each in found.positions
            if each.instrument.symbol in traded
        ]
        orders = [each for each in found.orders if each.instrument.symbol in traded]
        return held + [f"{order_text(each)} works" for each in orders]

    def _standing(self) -> list[str]:
        """In words, what is held and what works as far as we were told."""
        view = self.desk.manager.view
        held = [f"{each.qty:+d} {each.instrument.symbol} held" for each in view.positions()]
        return held + [f"{order.describe()} works" for order in view.orders()]


def flattened(result: FlattenResult) -> str:
    """How a flatten ended, in words."""
    if not result.ok:
        return f"{result.position:+d} held, {result.reason}"
    return "flat" if result.confirmed else "flat as far as is known: the broker was not reached"


class _Follower(Observer):
    """Tells that something changed in the manager."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed

    def on_report(self, order: Order, report: ExecutionReport, fill: Execution | None) -> None:
        self._changed.tell()

    def on_position(self, position: Position) -> None:
        self._changed.tell()

    def on_incident(self, incident: Incident) -> None:
        self._changed.tell()


async def _contained(trader: Trader, desk: Desk) -> list[str]:
    """What a trader returns. One that ends the program would take the guards of what it holds
    along: it has failed, and nothing more."""
    try:
        return await trader(desk)
    except SystemExit as ending:
        raise RuntimeError(
            f"the strategy called sys.exit({ending.code!r}); to end, let its handlers return"
        ) from None


async def _within(most_s: float, task: "asyncio.Task[Any]") -> None:
    await asyncio.wait([task], timeout=most_s)
