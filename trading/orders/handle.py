"""What a caller holds: a live view of one order, and ways to wait for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Literal

from msgspec import Struct

from ..errors import NotSent, OutcomeUnknown, Refused
from ..instrument import Instrument
from ..order import Execution, ExecutionReport, OrderRequest
from ..words import ExecType, OrdStatus, Side
from .agreement import Wish
from .made import MadeWhenAsked
from .order_core import OrderCore
from .told import ReportsMissed, Told


class Changed:
    """Wakes whoever waits for something to become true; nothing is missed between test and wait."""

    __slots__ = ("_error", "_waiters")

    def __init__(self) -> None:
        self._waiters: tuple[asyncio.Future[None], ...] = ()
        self._error: Exception | None = None

    @property
    def waited_for(self) -> int:
        """How many wait."""
        return len(self._waiters)

    def tell(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def end(self, error: Exception) -> None:
        """Whoever waits now gets this instead."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(error)

    def spoil(self, error: Exception) -> None:
        """Whoever waits, now or later, for what is not true already, gets this instead."""
        self._error = error
        self.end(error)

    async def until(self, true: Callable[[], bool]) -> None:
        """Return as soon as `true()` holds; it is asked at once and after every `tell`."""
        while not true():
            if self._error is not None:
                raise self._error
            waiter = asyncio.get_running_loop().create_future()
            self._waiters = (*self._waiters, waiter)
            try:
                await waiter
            finally:
                self._waiters = tuple(each for each in self._waiters if each is not waiter)


class Order:
    """One order of ours, live: its numbers change as the broker speaks.

    Made by the manager. `fills` are in order of arrival, each counted once.
    """

    __slots__ = (
        "alarmed",
        "awaited",
        "booked",
        "core",
        "counted",
        "covered",
        "ended",
        "executions",
        "finished",
        "reports",
        "told",
    )

    changed = MadeWhenAsked[Changed]("awaited", lambda order: Changed())
    fills = MadeWhenAsked[list[Execution]]("executions", lambda order: [])

    def __init__(self, core: OrderCore) -> None:
        self.core = core
        self.awaited: Changed | None = None  # `changed`, once somebody asked for it
        self.executions: list[Execution] | None = None  # `fills`, once there is one
        self.booked = 0  # contracts by which its fills moved the position
        self.covered = 0  # contracts taken over with the position, their fills still untold
        self.counted = 0  # contracts filled when the ledger noted it last
        self.alarmed = False  # an incident said already that it cannot be cancelled
        self.finished = False  # it stands among the finished ones of the table
        self.ended = False  # the report of its end was told
        self.told: ExecType | None = None  # NEW, then TRIGGERED: of these, what was told
        self.reports = Told()

    def tell(self) -> None:
        """It changed: wake whoever waits."""
        if self.awaited is not None:
            self.awaited.tell()

    def filled(self, fill: Execution) -> None:
        """One more fill."""
        if self.executions is None:
            self.executions = [fill]
        else:
            self.executions.append(fill)

    def unfilled(self, exec_id: str) -> None:
        """A fill was taken back."""
        if self.executions is not None:
            self.executions = [fill for fill in self.executions if fill.exec_id != exec_id]

    @property
    def request(self) -> OrderRequest:
        return self.core.request

    @property
    def cl_ord_id(self) -> str:
        return self.core.request.cl_ord_id

    @property
    def order_id(self) -> str | None:
        """The broker's id; None until it is known."""
        return self.core.order_id

    @property
    def instrument(self) -> Instrument:
        return self.core.request.instrument

    @property
    def side(self) -> Side:
        return self.core.request.side

    @property
    def status(self) -> OrdStatus:
        return self.core.status

    @property
    def order_qty(self) -> int:
        return self.core.order_qty

    @property
    def cum_qty(self) -> int:
        return self.core.cum_qty

    @property
    def leaves_qty(self) -> int:
        return self.core.leaves_qty

    @property
    def avg_px(self) -> Decimal | None:
        return self.core.avg_px

    @property
    def working(self) -> bool:
        """True until the order is known to be over."""
        return not self.core.venue_status.terminal

    async def answered(self) -> None:
        """Wait until the broker has answered, one way or the other; never raises for a refusal."""
        core = self.core
        await self.changed.until(lambda: core.accepted or core.terminal or core.uncertain)

    async def accepted(self) -> "Order":
        """Wait until the broker has taken the order; returns it.

        Where there was no answer in time, it waits on for an event or a look that tells of the
        order, for `settled_within_s` (race scenario RS-04). Raises `Refused` when the broker said
        no, `NotSent` when it was never reached, and `OutcomeUnknown` when nobody told by then and
        the order still has to be looked up (which goes on by itself).
        """
        core = self.core
        await self.answered()
        if core.uncertain:
            with suppress(TimeoutError):
                async with asyncio.timeout(core.doubt.settled_within_s):
                    await self.changed.until(lambda: core.accepted or core.terminal)
        if core.accepted or core.venue_status is OrdStatus.CANCELED:
            return self
        if core.venue_status is OrdStatus.REJECTED:
            if core.unsent.count:
                raise NotSent(
                    f"{self.describe()} never left: {core.text}",
                    retry_after_s=core.unsent.retry_after_s,
                )
            raise Refused(f"{self.describe()} was refused: {core.text}", reason=core.reason)
        raise OutcomeUnknown(f"{self.describe()} was sent and not answered; it is being looked up")

    async def done(self) -> OrdStatus:
        """Wait until the order is over; returns how it ended. Never raises for a refusal."""
        await self.changed.until(lambda: self.core.terminal)
        return self.core.venue_status

    async def __aiter__(self) -> AsyncIterator[ExecutionReport | ReportsMissed]:
        """Every report told of the order, from the first, then as they come, until it is over.

        Each reader has its own pace. One that is behind by more than the settings' `reports_most`,
        or comes long after the order was over, gets a `ReportsMissed` instead of what is gone.
        """
        told, read = self.reports, 0
        while True:
            while read < told.count:
                report = told.after(read)
                read += report.count if isinstance(report, ReportsMissed) else 1
                yield report
            if self._all_told:
                return
            await self.changed.until(partial(self._more_than, read))

    @property
    def _all_told(self) -> bool:
        """Whether it is over and no report will come. The fills of one that is filled tell its end,
        whatever a look knows already."""
        core = self.core
        return self.ended or (core.terminal and core.venue_status is not OrdStatus.FILLED)

    def _more_than(self, read: int) -> bool:
        return self.reports.count > read or self._all_told

    def describe(self) -> str:
        request = self.core.request
        kind = request.ord_type.name.lower().replace("_", "-")
        return (
            f"order {self.cl_ord_id} ({request.side.name.lower()} {request.order_qty} "
            f"{request.instrument.symbol} {kind})"
        )

    def __repr__(self) -> str:
        return (
            f"<{self.describe()} {self.status.name} "
            f"cum_qty={self.cum_qty} leaves_qty={self.leaves_qty}>"
        )


async def until_changed(order: Order, *, sized: bool = False) -> None:
    """Wait until the broker agreed to what is wished of an order, the order is over, or a later
    change took this one's place. `sized`: its size was asked for, too; else that may follow what
    is held meanwhile, and this change is still waited for. Raises `Refused` when the broker said
    no; the order is as it was then."""
    core = order.core
    asked, refusals = _asked(core.wish, sized), core.refusals
    await order.changed.until(
        lambda: (
            core.terminal or core.change_refused or core.agreed or _asked(core.wish, sized) != asked
        )
    )
    refused = core.refusals > refusals and _asked(core.agreement.now, sized) != asked
    if refused and not core.terminal:
        why = core.refusal or f"reason {core.refusal_reason.name}"  # its words are not kept
        raise Refused(
            f"change of {order.describe()} was refused: {why}", reason=core.refusal_reason
        )


def _asked(wish: Wish, sized: bool) -> tuple[object, ...]:
    """What a caller asked for of a change."""
    return wish.working, wish.price, wish.stop_px, wish.trail, wish.order_qty if sized else None


class CancelResult(Struct, frozen=True):
    """How a cancel ended. `filled`: contracts filled in the order's whole life.

    `cancelled`: the rest is gone. `already_filled`: nothing was left. `already_done`: it had ended
    otherwise. `unknown`: it was tried as often as the settings allow and may still be working.
    """

    state: Literal["cancelled", "already_filled", "already_done", "unknown"]
    filled: int

    @classmethod
    def of(cls, order: Order) -> "CancelResult":
        """How it stands with an order that was to be cancelled."""
        states: dict[OrdStatus, Literal["cancelled", "already_filled"]] = {
            OrdStatus.CANCELED: "cancelled",
            OrdStatus.FILLED: "already_filled",
        }
        if order.working:
            return cls("unknown", order.cum_qty)
        return cls(states.get(order.core.venue_status, "already_done"), order.cum_qty)

    @property
    def ok(self) -> bool:
        """Whether the order is certain to do nothing more."""
        return self.state != "unknown"

    def __str__(self) -> str:
        return f"{self.state}({self.filled})"
