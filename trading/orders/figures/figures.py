"""`manager.figures`: what can be measured of one manager, and who is called when it needs help."""

import asyncio
from collections.abc import Callable
from typing import Any

from ...broker import Broker
from ..exits.fallback import Fallback
from ..incident import Incident
from ..owners import Owners
from ..recovery.watch import Watch
from ..sending.breaker import BreakerState
from ..sending.outbox import Outbox
from .alarm import Alarm
from .counting import Counting
from .health import Health
from .metrics import metrics_text
from .order_log import OrderLog
from .statistics import Latency, Statistics, mean_slippage, traded
from .stream import EventStream


class Figures:
    """Reads what was counted and what is; changes nothing."""

    def __init__(
        self, broker: Broker, owners: Owners, outbox: Outbox, watch: Watch, stream: EventStream
    ) -> None:
        self._broker = broker
        self._owners = owners
        self._outbox = outbox
        self._watch = watch
        self._stream = stream
        self._alarms: list[Alarm] = []
        self._counted = Counting(outbox.now_s)
        outbox.observers.add(self._counted)

    def statistics(self) -> Statistics:
        """Everything that was counted so far; see `statistics.MEANINGS`."""
        counted, outbox, now_s = self._counted, self._outbox, _now_s()
        orders, bare = outbox.orders, self._counted.bare
        looked = orders.found + orders.unfound
        sent = {do.value: ends for do, ends in counted.commands.items() if ends.took.count}
        commands = {do: {"done": ends.done, **ends.others} for do, ends in sent.items()}
        return Statistics(
            orders=counted.orders,
            accepted=counted.accepted,
            filled=counted.filled,
            cancelled=counted.cancelled,
            cancelled_by_venue=counted.cancelled_by_venue,
            expired=counted.expired,
            rejected=counted.rejected,
            reject_reasons=dict(counted.reasons),
            fills=counted.fills,
            partials=counted.partials,
            voided=counted.voided,
            contracts=counted.contracts,
            traded=traded(counted),
            slippage_ticks=counted.slipped_ticks,
            slippage_contracts=counted.slippage_contracts,
            slippage_mean_ticks=mean_slippage(counted),
            ack=Latency.of(counted.ack),
            first_fill=Latency.of(counted.first_fill),
            answers={do: Latency.of(ends.took) for do, ends in sent.items()},
            commands=commands,
            resent=counted.resent,
            retries=counted.retries,
            breakers=self.breakers(),
            unprotected_contracts=bare.contracts(),
            unprotected_contract_s=bare.contract_s(now_s),
            unprotected_longest_s=bare.longest_s(now_s),
            incidents=dict(counted.incidents),
            faults=outbox.supervision.count,
            tables=orders.sizes(),
            evicted=orders.evicted,
            found=orders.found,
            unfound=orders.unfound,
            hit_rate=orders.found / looked if looked else None,
            timers=outbox.timers,
            tasks=sum(alarm.tasks for alarm in self._alarms),
            readers=self._stream.readers,
        )

    def health(self) -> Health:
        """Whether somebody should look, and at what."""
        working = list(self._outbox.orders.working())
        breakers = self.breakers().items()
        return Health(
            stream_up=self._watch.up,
            behind=self._watch.behind,
            breakers_open=tuple(w for w, state in breakers if state != BreakerState.CLOSED.value),
            uncertain=tuple(o.cl_ord_id for o in working if o.core.uncertain),
            stuck=tuple(o.cl_ord_id for o in working if o.core.stuck),
            bare=tuple(owner.intent for owner in self._owners.bare()),
            fallbacks=tuple(o.intent for o in self._owners.all() if isinstance(o, Fallback)),
            closed=self._outbox.closed,
        )

    def breakers(self) -> dict[str, str]:
        """Of each way to the broker, `ordinary` and `risk_reducing`, the state of its breaker:
        "closed" lets all through, "open" nothing, "half-open" waits for the answer to a trial."""
        return self._outbox.path.states()

    def metrics(self) -> str:
        """The statistics as OpenMetrics text, which Prometheus and others read; every sample is
        labelled with the account's name."""
        return metrics_text(self.statistics(), self._broker.account_name)

    def alarm(self, carry: Callable[[Incident], Any], *, timeout_s: float = 10.0) -> None:
        """Have every incident from now on given to `carry`: a plain function, called at once, or an
        `async` one (`alarm.Command` for a program), which gets `timeout_s` for each.

        What it raises, or does not finish in time, is an incident `hook_failed`, which is not
        carried.
        """
        alarm = Alarm(carry, self._outbox.incident, timeout_s=timeout_s)
        self._alarms.append(alarm)
        self._outbox.observers.add(alarm)

    def log(self, logger: Any) -> None:
        """Write a log of orders from now on, to a logger of structlog's (`order_logger` makes one
        for a file). The setting `log_ids` says whether it may name ids."""
        self._stream.sink(OrderLog(logger, ids=self._outbox.settings.log_ids).hear)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
