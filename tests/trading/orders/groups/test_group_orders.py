"""What an order of a group is to the rest: its urgency, what it may open, how the gate counts."""

import asyncio

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.broker import Urgency
from dryfill.trading.order import Buy, Sell
from dryfill.trading.orders import tags
from dryfill.trading.orders.risk.exposure import OrderView
from dryfill.trading.strategy import Strategy, make_strategy, run_strategy

HELD = """
    do place buy 3
    > place 1#1 buy 3 market
    < new 1#1
    < ack 1#1
    < fill 1#1 3 @ 20000
"""


@pytest.mark.parametrize(
    ("text", "duty", "opens"),
    [
        ("7#1", "", True),
        ("7.entry#1", "entry", True),
        ("7.first#1", "first", True),
        ("7.oco2#1", "oco", True),
        ("7.leg12#3", "leg", False),
        ("7.stop#1", "stop", False),
        ("7.target2#1", "target", False),
        ("7.exit#1", "exit", False),
    ],
)
def test_a_tag_tells_what_an_order_may_open(text, duty, opens):
    tag = tags.parse(text)
    assert (tag.duty, tag.opens) == (duty, opens)


@pytest.mark.parametrize(
    ("script", "urgency"),
    [
        (HELD + "do oco sell 3 limit 20010 | sell 3 stop 19990", Urgency.RISK_REDUCING),
        ("do oco sell 3 limit 20010 | sell 3 stop 19990", Urgency.ORDINARY),
        (HELD + "do oco sell 4 limit 20010 | sell 4 stop 19990", Urgency.ORDINARY),  # too large
        (HELD + "do oco buy 3 limit 19990 | buy 3 stop 20010", Urgency.ORDINARY),
    ],
)
def test_what_only_closes_what_is_held_goes_as_what_reduces_risk(script, urgency, play):
    def then(stage):
        assert stage.broker.urgency is urgency
        (group,) = stage.groups.values()
        assert group.spec.protects is (urgency is Urgency.RISK_REDUCING)
        stage.broker.sent.clear()

    words = script.rpartition("do oco ")[2].split(" | ")
    tag = "2" if HELD in script else "1"
    duty = "leg" if urgency is Urgency.RISK_REDUCING else "oco"
    sent = [f"> place {tag}.{duty}{n}#1 {order}" for n, order in enumerate(words, 1)]
    play("\n".join([script, *sent]), then=then)


def test_the_gate_counts_a_group_once_and_an_oto_s_first_alone(play):
    def then(stage):
        views = [OrderView.working(order) for order in stage.groups["1"].orders()]
        assert [view.group for view in views] == ["", "1", "1"]

    play(
        """
        do oto buy 1 limit 20000 | sell 1 limit 20010 | sell 1 stop 19990
        > place 1.first#1 buy 1 limit 20000
        < new 1.first#1
        < ack 1.first#1
        < fill 1.first#1 1 @ 20000
        > place 1.leg1#1 sell 1 limit 20010
        > place 1.leg2#1 sell 1 stop 19990
        """,
        then=then,
    )


def test_an_oto_is_bare_until_its_stop_is_confirmed(play):
    script = """
        do oto buy 2 limit 20000 | sell 2 limit 20010 | sell 2 stop 19990
        > place 1.first#1 buy 2 limit 20000
        < new 1.first#1
        < ack 1.first#1
        < fill 1.first#1 2 @ 20000
        > place 1.leg1#1 sell 2 limit 20010
        > place 1.leg2#1 sell 2 stop 19990
        < new 1.leg1#1
        < ack 1.leg1#1
    """
    for more, bare in (("", True), ("< ack 1.leg2#1", False)):
        play(script + more, then=lambda stage, bare=bare: _is(stage.groups["1"].bare, bare))
    play(script + "do close\n= incidents left_undone left_bare")


def test_a_member_that_is_cancelled_for_good_by_its_trader_is_told_as_any(play):
    play(
        HELD
        + """
        do oco sell 3 limit 20010 | sell 3 stop 19990
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < new 2.leg1#1
        < ack 2.leg1#1
        < new 2.leg2#1
        < ack 2.leg2#1
        do cancel 2.leg2#1
        > cancel 2.leg2#1
        < fill 2.leg2#1 3 @ 19990      -- too late
        > cancel 2.leg1#1
        = got cancel 2.leg2#1 -> already_filled(3)
        < refuse 2.leg2#1 TOO_LATE
        < canceled 2.leg1#1
        < ack 2.leg1#1
        = phase 2 done
        """
    )


def test_a_group_whose_own_code_fails_keeps_what_protects(play):
    """OTO: what the first bought stays under its stop; the rest is taken away, and it is said."""

    def spoil(stage):
        stage.groups["1"]._setbacks.look = lambda member, wished: 1 / 0
        stage.broker.happen("fill", "1.first#1", ["1", "@", "20000"])
        stage.broker.tell()
        assert list(stage.broker.sent) == ["cancel 1.leg1#1", "modify 1.leg2#1 order_qty 2"]
        assert [i.kind for i in stage.manager.view.incidents] == ["fault", "fallback"]

    play(
        """
        do oto buy 2 limit 20000 | sell 2 limit 20010 | sell 2 stop 19990
        > place 1.first#1 buy 2 limit 20000
        < new 1.first#1
        < ack 1.first#1
        < fill 1.first#1 1 @ 20000
        > place 1.leg1#1 sell 1 limit 20010
        > place 1.leg2#1 sell 1 stop 19990
        < new 1.leg1#1
        < ack 1.leg1#1
        < new 1.leg2#1
        < ack 1.leg2#1
        """,
        then=spoil,
    )


def test_a_group_that_fails_from_a_timer_is_isolated_too(stage_kind):
    script = """
        do oco buy 2 limit 19990 | buy 2 stop 20010
        > place 1.oco1#1 buy 2 limit 19990
        > place 1.oco2#1 buy 2 stop 20010
        < new 1.oco1#1
        < ack 1.oco1#1
        < new 1.oco2#1
        < ack 1.oco2#1
        < fill 1.oco1#1 2 @ 19990
        > cancel 1.oco2#1
    """

    async def main():
        stage = stage_kind()
        await stage.play(script)
        stage.groups["1"]._ask = lambda: 1 / 0
        await asyncio.sleep(2)
        kinds = [incident.kind for incident in stage.manager.view.incidents]
        assert kinds == ["oco_unresolved", "fault", "fallback"]

    run_virtual(main(), origin_ns=0)


class Linked(Strategy):
    """Every door that a strategy has to groups."""

    async def on_start(self):
        await asyncio.sleep(0.1)
        self.straddle = await self.oco(Buy(1, stop="20020"), Sell(1, stop="19980"))
        self.entry = await self.oto(Buy(1), [Sell(1, limit="20010"), Sell(1, stop="19990")])
        low, high = await self.place(Buy(1, limit="19950")), await self.place(Buy(1, stop="20050"))
        self.pair = self.link(low, high)
        await self.entry.done()
        self.straddle.cancel()
        self.pair.cancel("enough")
        self.ends = [str(await group.done()) for group in (self.entry, self.straddle, self.pair)]
        self.reason = self.pair.outcome.reason


def test_a_strategy_links_orders_by_name(judged):
    market = """
        0 quote 80000x50 80001x50
        10 trade 80000x1
        1000 quote 80041x50 80042x50
        1001 trade 80041x50
        9000 quote 80041x50 80042x50
    """
    seen = []

    async def script(desk):
        strategy = make_strategy(Linked, {}, desk)
        await run_strategy(strategy)
        seen.extend([*strategy.ends, strategy.reason])

    judged(market, script, premises=())
    assert seen == [
        "2.first#1 filled(1), 2.leg1#1 filled(1), 2.leg2#1 canceled(0)",
        "1.oco1#1 canceled(0), 1.oco2#1 canceled(0)",
        "3#1 canceled(0), 4#1 canceled(0)",
        "enough",
    ]


def test_two_hundred_groups_that_fill_in_one_instant_leave_nothing_behind(judged):
    market = """
        0 quote 80000x900 80001x900
        10 trade 80000x1
        3000 quote 79958x900 79959x900
        3001 trade 79958x900
        40000 quote 79958x900 79959x900
    """
    seen = []

    async def script(desk):
        await asyncio.sleep(0.1)
        groups = [
            desk.manager.oco(desk.instrument, [Buy(1, limit="19990"), Buy(1, stop="20010")])
            for _ in range(200)
        ]
        outcomes = [await group.done() for group in groups]
        seen.append(sum(o.ok and len(o.cancelled) == len(o.filled) == 1 for o in outcomes))
        seen.extend([desk.manager.view.timers, len(desk.working_orders), desk.position.qty])

    # A broker without a budget: what is sent in one instant is the strategy's own wish.
    run = judged(market, script, premises=(), rate_most=1_000)
    assert seen == [200, 0, 0, 200]
    assert run.incidents == []


def _is(found, said):
    assert found is said
