"""Ways out: cancel all, flatten one instrument or every one, the kill switch."""

from collections.abc import Callable
from functools import partial

from ...broker import Broker
from ...instrument import Instrument
from ..admission import Admission
from ..handle import Order
from ..recovery.life import Life
from ..risk.locks import Locks
from ..risk.switch import KillSwitch
from ..sending.outbox import Outbox
from ..view import View
from .cancel_all import CancelAll, epoch
from .flatten import Flatten
from .flatten_all import FlattenAll
from .flatten_core import FlattenResult
from .flattens import Flattens


class Leaving:
    """Begins them, each once however many call."""

    def __init__(
        self,
        broker: Broker,
        outbox: Outbox,
        view: View,
        flattens: Flattens,
        admission: Admission,
        switch: KillSwitch,
        life: Life,
        start_cancel: Callable[[Order], None],
        locks: Locks,
    ) -> None:
        self._broker = broker
        self._outbox = outbox
        self._view = view
        self._flattens = flattens
        self._admission = admission
        self._switch = switch
        self._life = life
        self._start_cancel = start_cancel
        self._locks = locks
        self.killing: FlattenAll | None = None

    def cancel_all(
        self, instrument: Instrument | None = None, *, keep_protection: bool = False
    ) -> CancelAll:
        """Take away every order that was sent so far, of one instrument or of all; `finished()` of
        what is returned waits for the result of each. One that is not answered yet is cancelled
        when it is. What is sent later stays: protection of an entry that is filled meanwhile.

        A stop is an order like any other here, unless `keep_protection`; closing orders at market
        go on.
        """
        self._admission.check_open()
        orders = self._view.orders() if instrument is None else self._view.orders_of(instrument)
        return CancelAll(epoch(orders, keep_protection=keep_protection), self._start_cancel)

    async def flatten(self, instrument: Instrument, reason: str = "") -> FlattenResult:
        """Cancel everything that works in an instrument and close what is held; however many call,
        it is done once. Entries are refused meanwhile. Brackets are released: nothing guards what a
        flatten that fails leaves behind, and an incident says so."""
        return await self.start_flatten(instrument, reason).finished()

    def start_flatten(self, instrument: Instrument, reason: str) -> Flatten:
        """As `flatten`, without a wait for the outcome."""
        flatten = self._flattens.under_way(instrument)
        if flatten is None:
            self._admission.check_open()
            flatten = self._flattens.begin(instrument, reason)
        return flatten

    def flatten_all(self, reason: str = "", *, include_foreign: bool = False) -> FlattenAll:
        """Flatten every instrument in which something works or is held; `finished()` of what is
        returned waits for one result each. Orders of others on the account are left alone unless
        `include_foreign` says so."""
        self._admission.check_open()
        flattens = FlattenAll(self._view.instruments, lambda each: self.start_flatten(each, reason))
        if include_foreign:
            flattens.with_foreign(partial(self._flattens.foreign, self._broker))
        return flattens

    def kill(self, reason: str) -> FlattenAll:
        """Flatten everything, and refuse all that opens until `release`, over restarts too."""
        self._switch.pull(reason)
        self._outbox.keep(self._switch)
        self.killing = self.flatten_all(f"kill switch: {reason}")
        return self.killing

    def release(self) -> None:
        """End `kill`, and every lock of an instrument."""
        self._locks.release()
        self.killing = None
        self._switch.release()
        self._life.left(self._switch)

    def keep_flat(self, instrument: Instrument) -> None:
        """After `kill`: what is filled all the same is closed."""
        if self.killing is not None:
            self.killing.keep_flat(instrument, self._view.held(instrument))
