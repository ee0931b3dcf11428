"""What breaks on real sockets while a bracket is under way: it ends protected, by the broker's own
word, and can be closed. (The twin and the strategy that are killed: tests/app.)"""

import asyncio
import time
from contextlib import asynccontextmanager
from random import Random

import pytest
from cut_wire import cut_wire
from live_loopback import adapter_on, setup_of
from twin_world import tape_of

from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.gateway.real_time.serve import running_gateway
from dryfill.trading import instruments
from dryfill.trading.order import Buy
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdType

MNQ = instruments.find("MNQZ26")
MARKET = "\n".join(
    f"{ms} quote 80000x50 80001x70\n{ms} trade 80000x1 seller" for ms in range(0, 120_000, 250)
)
PROTECTED_S = 8.0
AT_THE_FILL = {
    "the user hub is cut": {"kind": "stream-down", "event": "fill", "duration": "1s"},
    "the user hub is silent": {
        "kind": "stream-down", "event": "fill", "duration": "2s", "told": False, "lost": True,
    },
    "the token ends without a word": {"kind": "token-ended", "event": "fill", "form": "silent"},
    "the session is ended": {"kind": "token-ended", "event": "fill", "form": "logout"},
}  # fmt: skip


class Deaf:
    def on_report(self, order, report): ...
    def on_fill(self, order, fill): ...
    def on_position(self, position): ...
    def on_incident(self, incident): ...


class Scene:
    """A manager at a gateway; what the broker itself has is asked of the gateway's own books."""

    def __init__(self, running, session, broker, wire):
        self.running, self.session, self.broker, self.wire = running, session, broker, wire
        self.manager = OrderManager(broker, Deaf(), now_ns=time.time_ns, random=Random(2))

    def bracket(self):
        price = MNQ.decimal(80_001)
        return self.manager.bracket(MNQ, Buy(2), stop=Ticks(40), target=Ticks(80), market=price)

    @property
    def truth(self):
        """Contracts held, and the stops that work: contracts and price."""
        (account,) = self.running.gateway.venue.accounts.values()
        working = account.desk.open_orders(None)
        stops = [
            (each.leaves_qty, float(each.stop_px))
            for each in working
            if each.ord_type is OrdType.STOP
        ]
        return sum(each.qty for each in account.desk.positions()), stops

    async def comes_to(self, held, *stops):
        try:
            async with asyncio.timeout(PROTECTED_S):
                while self.truth != (held, list(stops)):
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(self.truth) from None


def played(script, *, attaching, carrier="websockets", plan=None, life_s=86_400.0, **settings):
    """Run `async def script(scene)` at a gateway behind a wire that can be cut."""

    @asynccontextmanager
    async def stage():
        setup = setup_of((MNQ, tape_of(MARKET)), attaching=attaching, token_life_s=life_s)
        async with running_gateway(setup) as running, cut_wire(running.url) as wire:
            given = {"rest": wire.url, "carrier": carrier, "auto_oco": attaching}
            async with adapter_on(running, **given | settings) as session:
                await session.market.find("MNQ")
                broker = await session.broker()
                if plan is not None:
                    running.arming.arm(make_plan(plan))
                yield Scene(running, session, broker, wire)

    async def main():
        async with asyncio.timeout(40), stage() as scene:
            await script(scene)
            result = await scene.manager.flatten(MNQ)
            assert result.ok
            await scene.comes_to(0)
            scene.manager.close()

    asyncio.run(main())


kept = pytest.mark.parametrize("attaching", [False, True], ids=["ours", "the broker's"])


@kept
@pytest.mark.parametrize("fault", list(AT_THE_FILL))
def test_what_breaks_as_the_entry_fills_leaves_it_protected(fault, attaching):
    async def script(scene):
        bracket = scene.bracket()
        await scene.comes_to(2, (2, 19990.25))
        assert (await bracket.protected(PROTECTED_S)).ok
        assert scene.running.arming.work.faults.log.counts == (1,)

    played(script, attaching=attaching, plan=AT_THE_FILL[fault])


@kept
@pytest.mark.parametrize(
    ("when_s", "carrier"),
    [
        (0.3, "websockets"),
        (0.3, "signalrcore"),
        # The entry is on its way, and in doubt for as long as it may still be seen.
        *(
            pytest.param(when_s, carrier, marks=pytest.mark.nightly)
            for carrier in ("websockets", "signalrcore")
            for when_s in (0.0, 0.002, 0.01)
        ),
    ],
)
def test_every_socket_is_reset_under_a_bracket_and_it_is_protected(when_s, carrier, attaching):
    """REST as well as both hubs: an order that is on its way is in doubt, and looked up."""

    async def script(scene):
        bracket = scene.bracket()
        await asyncio.sleep(when_s)
        scene.wire.cut()
        await bracket.protected(PROTECTED_S)
        held = bracket.position
        assert held in (0, 2)
        await scene.comes_to(held, *[(2, 19990.25)] * (held > 0))

    played(script, attaching=attaching, carrier=carrier)


@kept
def test_a_token_that_expired_while_the_bracket_worked_is_replaced_when_its_stop_is_moved(
    attaching,
):
    """The client believes in its token for longer than the gateway: it was not renewed in time."""

    async def script(scene):
        bracket = scene.bracket()
        await scene.comes_to(2, (2, 19990.25))
        first = scene.session.login.token
        await asyncio.sleep(1.5)
        await bracket.move_stop("19995")
        await scene.comes_to(2, (2, 19995.0))
        assert scene.session.login.token != first

    played(script, attaching=attaching, life_s=1.0, renew_least_s=60.0)
