"""The REST half of a session alone, onto a played wire, in virtual time."""

import asyncio

from live_wire import KEY

from dryfill.live.rest.login import Login
from dryfill.live.rest.rate_budget import RateBudget, RateLimits
from dryfill.live.rest.redaction import Secrets
from dryfill.live.rest.rest import Rest
from dryfill.live.rest.turnstile import Turnstile
from dryfill.sim.loop.run import run_virtual


class Session:
    """The REST half of a session onto a played wire, logged in unless told otherwise."""

    def __init__(self, wire, **limits):
        self.wire = wire
        self.secrets = Secrets()
        loop = asyncio.get_running_loop()
        self.login = Login(
            "ada",
            lambda: KEY,
            self.secrets,
            loop.time,
            renew_before_s=900,
            renew_least_s=30,
            refused_s=60,
        )
        self.turnstile = Turnstile(RateBudget(RateLimits(**limits)))
        self.rest = Rest(
            wire.client(),
            self.turnstile,
            self.secrets,
            lambda: self.login.token,
            self.login.renew,
            60.0,
        )
        self.login.ask = self.rest.bare
        self.call = self.rest.call

    async def close(self):
        await self.login.close()
        await self.rest.close()


def play(wire, script, *, login=True, **limits):
    async def main():
        session = Session(wire, **limits)
        if login:
            await session.login.renew()
        try:
            return await script(session)
        finally:
            await session.close()

    return run_virtual(main(), origin_ns=0)
