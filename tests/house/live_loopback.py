"""The live adapter over real sockets to our own gateway on loopback: a subject for any test."""

import asyncio
import time
from contextlib import asynccontextmanager
from random import Random

from dryfill.live.session import ProjectXSession
from dryfill.live.settings import LiveSettings
from dryfill.sim.gateway.gateway import GatewaySetup
from dryfill.sim.gateway.real_time.serve import running_gateway
from dryfill.sim.gateway.venue.accounts import AccountSpec, User, people
from dryfill.sim.gateway.venue.listing import list_contract
from dryfill.trading.calendar import AlwaysOpen

USER, KEY = "ada", "k-loopback-0123456789"
_QUIET_S = 0.04
"""Nothing came for so long: nothing is on its way any more, on one machine."""


def setup_of(*markets, attaching=True, limits=None, **given):
    """A gateway with one account, in which `markets`, (instrument, tape), are never shut."""
    listings = tuple(list_contract(i, tape, hours=AlwaysOpen()) for i, tape in markets)
    mode = "auto-oco" if attaching else "position"
    account = AccountSpec(name="SIM", user=USER, brackets=mode)
    return GatewaySetup(
        listings=listings, people=people([User(USER, KEY)], [account]), limits=limits, **given
    )


@asynccontextmanager
async def adapter_on(running, **settings):
    """A session at a gateway that runs."""
    given = {"user_name": USER, "api_key": KEY, "rest": running.url}
    given |= {"reconnect_first_s": 0.1, "renew_least_s": 0.5}
    session = await ProjectXSession.open(
        LiveSettings(**given | settings), now_ns=time.time_ns, random=Random(1)
    )
    async with session:
        yield session


@asynccontextmanager
async def loopback(setup, *, speed=1, **settings):
    """A gateway, and a session at it."""
    async with running_gateway(setup, speed=speed) as running, adapter_on(running, **settings) as s:
        yield running, s


async def quiet(events):
    """Wait until nothing new was heard for a while."""
    seen = -1
    while seen != len(events):
        seen = len(events)
        await asyncio.sleep(_QUIET_S)
