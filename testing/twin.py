"""The gateway's twin in a rehearsal: one user, one account, one contract, on the loop's clock."""

from typing import Any

from ..sim.gateway.accounts import AccountSpec, User, people
from ..sim.gateway.gateway import Clocks, Gateway, GatewaySetup
from ..sim.gateway.listing import Listing
from ..sim.gateway.paper_account import PaperAccount
from ..sim.loop import VirtualLoop
from ..sim.process import Process
from ..sim.setup import Setup
from .live_settings import KEY, USER

ACCOUNT = "SIM"


class Twin:
    """The gateway as a program: its process, and the account that is traded.

    `given` are fields of `GatewaySetup` beyond what the run's setup says.
    """

    def __init__(self, loop: VirtualLoop, setup: Setup, **given: Any) -> None:
        self.process = Process("gateway", loop)
        start_ns = setup.start_ns  # as in a backtest, the engine has nothing of before
        listing = Listing(
            setup.instrument, setup.tape, setup.calendar, setup.rules, start_ns, book_ns=start_ns
        )
        self._numbers = 0
        self.gateway = Gateway(
            GatewaySetup(
                listings=(listing,),
                people=people([User(USER, KEY)], [_account(setup)]),
                **given,
            ),
            Clocks(
                market_ns=lambda: loop.now_ns,
                wall_s=lambda: loop.now_ns / 1e9,
                steady_s=loop.time,
            ),
            token_key=b"a key of no secret",
            connection_id=self._connection_id,
        )
        loop.add_source(self.gateway.venue)

    @property
    def account(self) -> PaperAccount:
        """The account that is traded."""
        return next(iter(self.gateway.venue.accounts.values()))

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
