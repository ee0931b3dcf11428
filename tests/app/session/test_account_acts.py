"""Look, cancel and flatten from beside a strategy: the account's truth, whoever sent what."""

import asyncio

import pytest
from small_world import MNQ, MS, small_world

from dryfill.app.session.account_acts import cancel_everything, flatten, look
from dryfill.app.session.dry_broker import DryBroker
from dryfill.sim.determinism.guards import guarded
from dryfill.sim.loop.run import run_on
from dryfill.trading.errors import OutcomeUnknown, RefusedByUs
from dryfill.trading.order import OrderChange, OrderRequest
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdType, Side

MARKET = "\n".join(
    f"{ms} quote 80000x9 80001x9\n{ms + 1} trade 80001x1" for ms in range(0, 300_000, 1_000)
)
SETTINGS = OrderSettings()


def order(tag, side, qty, kind=OrdType.MARKET, limit=None, stop=None):
    return OrderRequest(
        cl_ord_id=tag,
        instrument=MNQ,
        side=side,
        ord_type=kind,
        order_qty=qty,
        price=None if limit is None else MNQ.decimal(limit),
        stop_px=None if stop is None else MNQ.decimal(stop),
    )


LONG_AND_HALF_COVERED = (
    order("hand-1", Side.BUY, 3),
    order("hand-2", Side.SELL, 1, OrdType.STOP, stop=79_960),
    order("hand-3", Side.SELL, 2, OrdType.LIMIT, limit=80_100),
)


class Beside:
    """A small world in which others have traded already."""

    def __init__(self, requests=LONG_AND_HALF_COVERED):
        self.world = small_world(MARKET)
        self.lines = []
        self._requests = requests

    def run(self, act):
        world = self.world

        async def main():
            for request in self._requests:
                world.desk.place(request)
            await asyncio.sleep(1)
            return await world.process.spawn(act(world.broker), "act")

        with guarded(world.loop):
            return run_on(world.loop, main())

    def flatten(self):
        return self.run(
            lambda broker: flatten(
                broker, SETTINGS, lambda _: MNQ, lambda: self.world.loop.now_ns, self.lines.append
            )
        )

    @property
    def held(self):
        return self.world.account.holding(MNQ).qty

    @property
    def working(self):
        return [each.cl_ord_id for each in self.world.desk.open_orders(None)]


def test_a_look_says_what_is_held_what_works_and_how_much_is_bare():
    seen = Beside().run(lambda broker: look(broker, SETTINGS))
    assert [(each.instrument, each.qty) for each in seen.positions] == [(MNQ, 3)]
    assert [each.cl_ord_id for each in seen.orders] == ["hand-2", "hand-3"]
    assert seen.bare == {"MNQ": 2}


def test_a_target_is_no_protection_and_a_stop_on_the_wrong_side_is_none():
    wrong = order("hand-4", Side.BUY, 3, OrdType.STOP, stop=80_050)
    seen = Beside((LONG_AND_HALF_COVERED[0], LONG_AND_HALF_COVERED[2], wrong)).run(
        lambda broker: look(broker, SETTINGS)
    )
    assert seen.bare == {"MNQ": 3}


def test_cancel_takes_everything_away_and_closes_nothing():
    beside = Beside()
    left = beside.run(lambda broker: cancel_everything(broker, SETTINGS, beside.lines.append))
    assert (left, beside.working, beside.held) == ([], [], 3)


class Deaf:
    """A broker whose cancels, or looks, are not answered for a while."""

    def __init__(self, broker, deaf, times):
        self._broker, self._deaf, self._times = broker, deaf, times

    def __getattr__(self, name):
        if name == self._deaf and self._times:
            return self._lost
        return getattr(self._broker, name)

    def _lost(self, *_, **__):
        self._times -= 1
        answer = asyncio.get_running_loop().create_future()
        answer.set_exception(OutcomeUnknown("no answer"))
        return answer


@pytest.mark.parametrize("deaf", ["cancel", "open_orders"])
def test_cancel_tries_again_where_it_was_not_answered(deaf):
    beside = Beside()
    act = lambda broker: cancel_everything(  # noqa: E731
        Deaf(broker, deaf, 2), SETTINGS, beside.lines.append
    )
    assert beside.run(act) == []
    assert beside.working == []


def test_cancel_looks_once_more_after_its_last_try():
    beside = Beside()
    once = OrderSettings(cancel_tries=1)
    assert beside.run(lambda broker: cancel_everything(broker, once, beside.lines.append)) == []


def test_cancel_that_never_gets_through_says_what_works_or_that_nobody_knows():
    beside = Beside()
    left = beside.run(
        lambda broker: cancel_everything(Deaf(broker, "cancel", 99), SETTINGS, beside.lines.append)
    )
    assert [each.cl_ord_id for each in left] == ["hand-2", "hand-3"]
    assert len(beside.lines) == 2 * SETTINGS.cancel_tries
    with pytest.raises(OutcomeUnknown):
        Beside().run(
            lambda broker: cancel_everything(
                Deaf(broker, "open_orders", 99), SETTINGS, beside.lines.append
            )
        )


def test_flatten_closes_what_others_hold_and_takes_their_orders_away():
    beside = Beside()
    results = beside.flatten()
    assert {symbol: result.ok for symbol, result in results.items()} == {"MNQ": True}
    assert (beside.held, beside.working) == (0, [])


class Noting:
    """A broker, and when its cancels were called."""

    def __init__(self, broker, loop):
        self._broker, self._loop, self.cancelled_ns = broker, loop, []

    def __getattr__(self, name):
        return getattr(self._broker, name)

    def cancel(self, *given, **how):
        self.cancelled_ns.append(self._loop.now_ns)
        return self._broker.cancel(*given, **how)


def test_flatten_closes_what_a_limit_order_fills_while_its_cancel_is_on_its_way():
    crossed = 0
    for ms in range(1_000, 1_300, 10):
        falls = MARKET.replace("quote 80000x9 80001x9", "quote 80010x9 80011x9", 2)
        rows = [*falls.splitlines()[:3], f"{ms} quote 80000x9 80001x9", *MARKET.splitlines()[6:]]
        beside = Beside((order("hand-1", Side.BUY, 2, OrdType.LIMIT, limit=80_001),))
        beside.world = small_world("\n".join(rows))
        noting = []

        def act(broker, beside=beside, noting=noting):
            noting.append(Noting(broker, beside.world.loop))
            return flatten(
                noting[0], SETTINGS, lambda _: MNQ, lambda: beside.world.loop.now_ns, print
            )

        beside.run(act)
        assert (beside.held, beside.working) == (0, []), ms
        filled_ns = next((each.time_ns for each in beside.world.desk.executions_since(0)), 0)
        crossed += any(0 < filled_ns - sent_ns <= 25 * MS for sent_ns in noting[0].cancelled_ns)
    assert crossed, "no fill crossed a cancel: these moments test nothing"


def test_flatten_of_an_account_that_is_flat_sends_nothing():
    beside = Beside(())
    assert beside.flatten() == {}
    assert beside.world.desk.orders == {}


def test_a_dry_run_answers_questions_and_keeps_every_command_back():
    beside = Beside()

    async def act(broker):
        dry = DryBroker(broker, beside.lines.append)
        for command in (
            dry.place(order("1#1", Side.BUY, 2, OrdType.LIMIT, limit=80_000)),
            dry.modify(MNQ, "2", OrderChange(order_qty=3)),
            dry.cancel(MNQ, "2"),
            dry.close_position(MNQ),
            dry.close_position(MNQ, 1),
        ):
            with pytest.raises(RefusedByUs, match="a dry run sends nothing"):
                await command
        return (await look(dry, SETTINGS)).bare, dry.account_name, dry.offers == broker.offers

    assert beside.run(act) == ({"MNQ": 2}, "SIM", True)
    assert beside.working == ["hand-2", "hand-3"]
    assert beside.lines[0] == "dry run, not sent: place buy 2 MNQ limit 20000 (1#1)"
    assert len(beside.lines) == 5
