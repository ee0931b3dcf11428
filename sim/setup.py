"""What a run depends on: all of it, in one value."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct, field

from ..matching.engines import AUTO
from ..matching.rules import Rules
from ..trading.calendar import Calendar
from ..trading.instrument import Instrument
from ..trading.orders.journal.port import Journal
from ..trading.orders.risk.limits import RiskLimits
from ..trading.orders.settings import OrderSettings
from ..trading.tape import Tape
from .desk.bracket_rules import BracketRules
from .desk.fees import FeeSchedule
from .loop.process import Process
from .loop.schedule import Schedule
from .wire.latency import LatencyProfile

if TYPE_CHECKING:
    from ..scenarios.plan import Plan

_GRACE_NS = 10**9


class Setup(Struct, frozen=True, kw_only=True):
    """Everything a run depends on; the same setup and trader give the same run.

    `tape` may begin before `start_ns` (that part is history) and ends the run, but for a trader who
    is to stop at `stop_ns`, before it, while the market goes on. `suspects` are starts of bars
    whose extremes are not to be believed. `margin`: money for each contract, None: not checked.
    `plan`: what goes wrong, None: nothing. `risk`: limits before every order, None: none.
    `schedule`: in which order ready callbacks run, None: first in first out.
    `brackets`: how the account keeps stop and target for an entry itself, None: not at all, and the
    order manager sends them. `modify_in_place`: the broker changes orders as they are; else it
    takes no changes, and an order's place is taken by another. `lossless`: the simulated broker
    says that its stream loses nothing; None: it does while the plan leaves the stream alone.
    `engine`: one of `matching.engines.ENGINES`; they differ in speed alone. `journal` makes the
    journal of each life of the trader's process; None: in memory, and a new life knows nothing of
    the last.
    """

    instrument: Instrument
    tape: Tape
    start_ns: int
    calendar: Calendar
    rules: Rules
    latency: LatencyProfile
    fees: FeeSchedule
    cash: Decimal
    seed: int = 0
    margin: Mapping[str, Decimal] | None = None
    settings: OrderSettings = field(default_factory=OrderSettings)
    suspects: frozenset[int] = frozenset()
    risk: RiskLimits | None = None
    plan: "Plan | None" = None
    journal: Callable[[Process], Journal] | None = None
    schedule: Schedule | None = None
    brackets: BracketRules | None = None
    modify_in_place: bool = True
    lossless: bool | None = None
    stop_ns: int | None = None
    engine: str = AUTO

    @property
    def end_ns(self) -> int:
        """When the trader's time is over: a second after the last row, for what is still on its
        way, or at `stop_ns`."""
        return self.tape.end_ns + _GRACE_NS if self.stop_ns is None else self.stop_ns
