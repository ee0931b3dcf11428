"""Between an account of the twin and its user hub: where a plan's faults of events are put in
bytes.

An event of the plan is what the broker's desk tells, as at `SimBroker`; on the wire it is the
records that follow from it, a fill's order and trade together. The account's money is told last of
all, by itself.
"""

from collections.abc import Callable
from contextvars import Context
from functools import partial

from ...trading.broker import AccountState, BrokerEvent
from ...trading.order import ExecutionReport
from ...trading.words import ExecType
from ..faults.injector import Faults
from ..faults.passing import Message
from ..gateway.gateway import Gateway
from ..gateway.venue.paper_account import PaperAccount, UserEvent
from ..loop.moments import Tie
from ..loop.timers import Timers
from .forms import written
from .road import Road


class Telling:
    """Tells the hubs of an account as the faults will have it, and does to sessions what they say
    (`WireFaults`). `gateway`: the one that lives now. `road`: the way to the user hub."""

    def __init__(
        self,
        loop: Timers,
        gateway: Callable[[], Gateway],
        account: PaperAccount,
        road: Road,
        faults: Faults,
    ) -> None:
        self._loop = loop
        self._gateway = gateway
        self._account = account
        self._desk = account.desk
        self._road = road
        self._faults = faults
        self._books = account.desk.tell
        self._records: list[UserEvent] | None = None
        self._not_before_ns = 0
        account.desk.tell = self._told
        self.listen()
        faults.connect_wire(self._carry, self)

    def listen(self) -> None:
        """Stand before the hubs, which hear the account themselves from when they begin."""
        self._account.tell = self._writes

    # --- what the broker says ---------------------------------------------------------------------

    def _told(self, event: BrokerEvent) -> None:
        records: list[UserEvent] = []
        self._records = records
        self._books(event)
        self._records = None
        if not isinstance(event, AccountState):  # that one the account tells by itself
            self._faults.told(event, records)

    def _writes(self, record: UserEvent) -> None:
        if self._records is not None:
            self._records.append(record)
        else:
            self._faults.told(self._desk.account_state(), [record])

    # --- what the hub says ------------------------------------------------------------------------

    def _carry(self, message: Message, extra_ns: int = 0, ordered: bool = True) -> None:
        at_ns = self._loop.now_ns + extra_ns
        if ordered:
            at_ns = self._not_before_ns = max(at_ns, self._not_before_ns)
        if at_ns == self._loop.now_ns:
            self._tell(message)
        else:
            tell = partial(self._tell, message)
            self._loop.call_at_ns(at_ns, tell, tie=Tie.REPORT, context=Context())

    def _tell(self, message: Message) -> None:
        hubs, event, records = self._gateway().hubs, message.event, message.body
        if message.instead is not None:
            self._road.next_arrival = message.instead
        if not isinstance(records, list):  # of the stream itself, which is bytes' own matter
            return
        is_sum = (
            isinstance(event, ExecutionReport)
            and event.exec_type is ExecType.TRADE
            and event.exec_id is None
        )
        for record in records:
            if is_sum and record.stream != "orders":
                continue
            text = hubs.text_of(record)
            hubs.tell_text(record, text if message.form is None else written(text, message.form))

    # --- what is done to sessions (`WireFaults`) --------------------------------------------------

    @property
    def down(self) -> bool:
        return self._road.down

    def go_down(self, *, told: bool, queues: bool) -> None:
        self._road.go_down(told=told, queues=queues)

    def come_up(self) -> None:
        self._road.come_up()

    def end_tokens(self, *, logout: bool) -> None:
        self._gateway().sessions.tokens.end_all()
        if logout:
            for client in self._gateway().hubs.clients():
                client.log_out("the session was opened elsewhere")
