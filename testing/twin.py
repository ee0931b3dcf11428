"""The gateway's twin in a rehearsal: one user, one account, one contract, on the loop's clock."""

from collections.abc import Callable
from typing import Any

from ..sim.gateway.gateway import Clocks, Gateway, GatewaySetup
from ..sim.gateway.venue.accounts import AccountSpec, User, people
from ..sim.gateway.venue.listing import Listing
from ..sim.gateway.venue.paper_account import PaperAccount
from ..sim.loop.loop import VirtualLoop
from ..sim.loop.process import Process
from ..sim.network.server import Server
from ..sim.setup import Setup
from .live_settings import KEY, USER

ACCOUNT = "SIM"


class Twin:
    """The gateway as a program: its process, and the account that is traded.

    `crash` ends the program and `restart` begins it anew. The venue behind it is not a part of it:
    accounts, orders and the market go on meanwhile, as at a broker whose gateway alone is down.
    Tokens, subscriptions and what was under way are gone. `on_restart` is called with each new
    life. `given` are fields of `GatewaySetup` beyond what the run's setup says.
    """

    def __init__(self, loop: VirtualLoop, setup: Setup, **given: Any) -> None:
        self.on_restart: Callable[[], None] = lambda: None
        self._loop = loop
        self._numbers = self._lives = 0
        start_ns = setup.start_ns  # as in a backtest, the engine has nothing of before
        listing = Listing(
            setup.instrument, setup.tape, setup.calendar, setup.rules, start_ns, book_ns=start_ns
        )
        self._setup = GatewaySetup(
            listings=(listing,),
            people=people([User(USER, KEY)], [_account(setup)]),
            **given,
        )
        self.gateway = self._begin()
        self.server = Server(self.gateway.app, Process("gateway", loop))
        loop.add_source(self.gateway.venue)

    @property
    def account(self) -> PaperAccount:
        """The account that is traded."""
        return next(iter(self.gateway.venue.accounts.values()))

    def crash(self) -> None:
        """End the gateway's process, as kill -9 does; once it is dead, nothing more happens."""
        self.server.process.crash()
        for client in self.gateway.hubs.clients():
            self.gateway.hubs.leave(client)

    def restart(self) -> None:
        """Begin the gateway anew, before the venue as it is now. Raises `UsageError` while it
        lives."""
        begun = self._begin(self.gateway) if not self.server.alive else self.gateway
        self.server.started_again(begun.app, Process("gateway", self._loop))
        self.gateway = begun
        self.on_restart()

    def _begin(self, before: Gateway | None = None) -> Gateway:
        loop = self._loop
        self._lives += 1
        return Gateway(
            self._setup,
            Clocks(
                market_ns=lambda: loop.now_ns,
                wall_s=lambda: loop.now_ns / 1e9,
                steady_s=loop.time,
            ),
            token_key=b"a key of no secret, %d" % self._lives,
            connection_id=self._connection_id,
            venue=None if before is None else before.venue,
        )

    def _connection_id(self) -> str:
        self._numbers += 1
        return f"c-{self._numbers}"


def _account(setup: Setup) -> AccountSpec:
    """The account of a run's setup, as the twin has it."""
    brackets = setup.brackets
    more: dict[str, Any] = {}
    if brackets is not None:
        more = {
            "opens": brackets.opens,
            "shrinks": brackets.shrinks,
            "close_cancels": brackets.close_cancels,
        }
    return AccountSpec(
        name=ACCOUNT,
        user=USER,
        cash=setup.cash,
        fees=dict(setup.fees.per_side),
        brackets="auto-oco" if brackets is not None and brackets.auto_oco else "position",
        margin=None if setup.margin is None else dict(setup.margin),
        **more,
    )
