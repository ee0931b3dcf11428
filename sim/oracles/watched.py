"""What oracles need of a run: a backtest's world has it, and so has a rehearsal."""

from collections.abc import Callable
from typing import Protocol

from ...trading.broker import Broker
from ...trading.desk import Desk
from ..desk.account import Account
from ..desk.broker_desk import BrokerDesk
from ..faults.injector import Faults
from ..loop.loop import VirtualLoop
from ..loop.process import Process
from ..setup import Setup


class World(Protocol):
    """One run that has not begun. `broker` is the client's port, before which one may stand;
    `opened` hears the trader's desk; `desk` and `account` are the broker's own."""

    setup: Setup
    end_ns: int
    loop: VirtualLoop
    process: Process
    desk: BrokerDesk
    account: Account
    broker: Broker
    faults: Faults | None
    opened: Callable[[Desk], None]
