"""RS-60: every cancel fails for ten minutes: one command and one timer an order, none lost."""

import asyncio
import os
from collections import Counter

from msgspec import structs
from scripted_broker import MNQ, ScriptedBroker

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.errors import OutcomeUnknown
from dryfill.trading.order import Buy, ExecutionReport
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.words import ExecType, OrdStatus

COUNT = 1_000 if os.environ.get("DRYFILL_NIGHTLY") == "1" else 50
OUTAGE_S = 600.0


class Stubborn(ScriptedBroker):
    """Takes orders and answers questions at once; cancels fail until `mended`."""

    mended = False

    def __init__(self):
        super().__init__()
        self.cancels = Counter()
        self.under_way = Counter()
        self.by_id = {}

    def place(self, request, *, urgency=0, deadline_s=None):
        future = super().place(request, urgency=urgency, deadline_s=deadline_s)
        self.answer("ack", request.cl_ord_id)
        self.by_id[self.truth[request.cl_ord_id].order_id] = request.cl_ord_id
        return future

    def order(self, instrument, *, order_id=None, cl_ord_id=None, urgency=0, deadline_s=None):
        return self._soon(lambda: self.truth[cl_ord_id])

    def cancel(self, instrument, order_id, *, urgency=1, deadline_s=None):
        tag = self.by_id[order_id]
        self.cancels[tag] += 1
        self.under_way[tag] += 1
        assert self.under_way[tag] == 1, f"two cancels of {tag} at once"
        return self._soon(lambda: self._cancelled(tag))

    def _cancelled(self, tag):
        self.under_way[tag] -= 1
        if not self.mended:
            raise OutcomeUnknown("HTTP 500")
        state = structs.replace(self.truth[tag], ord_status=OrdStatus.CANCELED, leaves_qty=0)
        self.truth[tag] = state
        self.sink(ExecutionReport(exec_type=ExecType.CANCELED, order=state))

    def _soon(self, result):
        future = asyncio.get_running_loop().create_future()

        def answer():
            try:
                future.set_result(result())
            except OutcomeUnknown as error:
                future.set_exception(error)

        asyncio.get_running_loop().call_later(0.05, answer)
        return future


class Ear:
    def __getattr__(self, name):
        return lambda *told: None


def test_rs_60_every_cancel_fails_for_ten_minutes_and_then_all_are_cancelled():
    async def main():
        broker = Stubborn()
        manager = OrderManager(broker, Ear(), now_ns=lambda: 0)
        orders = [manager.place(MNQ, Buy(1, limit="19000")) for _ in range(COUNT)]
        await asyncio.sleep(0.2)
        waiting = asyncio.ensure_future(manager.cancel_all().finished(OUTAGE_S))
        for _ in range(int(OUTAGE_S / 10)):
            await asyncio.sleep(10)
            assert manager.view.timers <= COUNT + 8
        result = await waiting
        assert {str(each) for each in result.results.values()} == {"unknown(0)"}
        assert len(result.unknown) == COUNT, "none lost, none counted twice"
        kinds = Counter(incident.kind for incident in manager.view.incidents)
        assert kinds == {"breaker_open": 1}, "said once, not once a failure"
        probes = sum(broker.cancels.values()) - COUNT
        assert probes <= OUTAGE_S / manager.settings.breaker_risk_s + 8, (
            "the breaker lets one through"
        )
        broker.mended = True
        before = broker.cancels.copy()
        await asyncio.sleep(62)
        assert not any(order.working for order in orders)
        assert set((broker.cancels - before).values()) == {1}, "one more cancel took each away"
        manager.close()
        assert manager.view.timers == 0

    run_virtual(main(), origin_ns=0)
