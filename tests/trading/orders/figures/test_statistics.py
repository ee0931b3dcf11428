"""Every field of the statistics has a script that moves it, to the value said."""

import asyncio
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from dryfill.trading.orders.figures.histogram import Histogram
from dryfill.trading.orders.figures.statistics import MEANINGS, Latency, Statistics
from dryfill.trading.orders.settings import OrderSettings

PLACE = "do place buy 3 limit 20000\n> place 1#1 buy 3 limit 20000\n"
RESTS = PLACE + "wait 0.5\n< new 1#1\nwait 0.5\n< ack 1#1\n"
MARKET = "do place buy 1\n> place 1#1 buy 1 market\n"
STOP = "do place sell 2 stop 19990\n> place 1#1 sell 2 stop 19990\n< new 1#1\n< ack 1#1\n"
CANCEL = "do cancel 1#1\n> cancel 1#1\n"
BARE = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    < ack 1.entry#1
"""


def at(ns):
    """A latency of one time that is exact, being alone and the largest."""
    return {"count": 1, "p50_ns": ns, "p99_ns": ns, "most_ns": ns, "sum_ns": ns}


HALF = 500_000_000
# field: (script, value); the value that it has without the script must be another.
MOVERS = {
    "orders": (RESTS, 1),
    "accepted": (RESTS, 1),
    "filled": (RESTS + "< fill 1#1 3 @ 20000", 1),
    "cancelled": (RESTS + CANCEL + "< canceled 1#1\n< ack 1#1", 1),
    "cancelled_by_venue": (RESTS + "< canceled 1#1", 1),
    "expired": (RESTS + "< expired 1#1", 1),
    "rejected": (MARKET + "< refuse 1#1 NO_LAST_PRICE\n= got place 1#1 -> Refused", 1),
    "reject_reasons": (
        MARKET + "< refuse 1#1 NO_LAST_PRICE\n= got place 1#1 -> Refused",
        {"NO_LAST_PRICE": 1},
    ),
    "fills": (RESTS + "< fill 1#1 1 @ 20000\n< again\n< fill 1#1 1 @ 20000", 2),
    "partials": (RESTS + "< fill 1#1 2 @ 20000\n< fill 1#1 1 @ 20000", 1),
    "voided": (RESTS + "< fill 1#1 2 @ 20000\n< void 1#1\n< again", 1),
    "contracts": (RESTS + "< fill 1#1 2 @ 20000\n< fill 1#1 1 @ 20000", 3),
    "traded": (
        RESTS + "< fill 1#1 2 @ 19999.75\n< fill 1#1 1 @ 20000",
        {
            "MNQ": {
                "bought": 3,
                "bought_value": Decimal("59999.50"),
                "sold": 0,
                "sold_value": Decimal(0),
                "fees": Decimal(0),
                "fees_untold": 2,
            }
        },
    ),
    "slippage_ticks": (STOP + "< fill 1#1 1 @ 19989.25\n< fill 1#1 1 @ 19990", Decimal(3)),
    "slippage_contracts": (STOP + "< fill 1#1 2 @ 19990", 2),
    "slippage_mean_ticks": (
        STOP + "< fill 1#1 1 @ 19989.25\n< fill 1#1 1 @ 19990.25",
        Decimal(1),
    ),
    "ack": (RESTS, at(HALF)),
    "first_fill": (RESTS + "wait 1\n< fill 1#1 1 @ 20000\n< fill 1#1 1 @ 20000", at(4 * HALF)),
    "answers": (RESTS, {"place": at(2 * HALF)}),
    "commands": (
        RESTS + CANCEL + "< refuse 1#1 NONE\n> look 1#1\n< lost 1#1",
        {
            "place": {"done": 1},
            "cancel": {"done": 0, "refused": 1},
            "look": {"done": 0, "unknown": 1},
        },
    ),
    "resent": (MARKET + "< unsent 1#1\nwait 0.25\n> place 1#2 buy 1 market", 1),
    "retries": (
        RESTS + CANCEL + "< refuse 1#1 NONE\n> look 1#1\n< found 1#1\nwait 0.25\n> cancel 1#1",
        1,
    ),
    "breakers": (
        MARKET + "< unsent 1#1\nwait 0.25\n> place 1#2 buy 1 market\n< unsent 1#2\n"
        "= got place 1#1 -> NotSent",
        {"ordinary": "open", "risk_reducing": "closed"},
    ),
    "unprotected_contracts": (BARE, 2),
    "unprotected_contract_s": (BARE + "wait 0.5\n< new 1.stop#1\n< ack 1.stop#1\nwait 9", 1.0),
    "unprotected_longest_s": (BARE + "wait 0.5\n< new 1.stop#1\n< ack 1.stop#1\nwait 9", 0.5),
    "incidents": ("< stream down\n", {"stream_down": 1}),
    "faults": ("", 1),
    "tables": (
        RESTS,
        {"working": 1, "finished": 0, "ids": 1, "tombstones": 0, "held_reports": 0},
    ),
    "evicted": (
        RESTS + "< canceled 1#1\n" + RESTS.replace("1#1", "2#1") + "< canceled 2#1",
        1,
    ),
    "found": (RESTS + "< fill 1#1 1 @ 20000", 2),
    "unfound": (RESTS, 1),
    "hit_rate": (RESTS + "< fill 1#1 1 @ 20000", 1.0),
    "timers": (PLACE + "< stream down", 1),
    "tasks": ("< stream down\n", 1),
    "readers": ("", 1),
}
SETTINGS = OrderSettings(entry_tries=2, breaker_tries=2, finished_most=1)


def plain(value):
    """Records as dicts, so that they read as written above."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return structs.asdict(value) if hasattr(type(value), "__struct_fields__") else value


async def never(incident):
    await asyncio.Event().wait()


TIMES = ("ack", "first_fill", "answers", "unprotected_contract_s", "unprotected_longest_s")
EXACT = pytest.mark.exact_times("a figure is compared to the nanosecond")


@pytest.mark.parametrize(
    "field", [pytest.param(each, marks=[EXACT] * (each in TIMES)) for each in MOVERS]
)
def test_every_field_is_moved_by_what_it_counts(field, on_stage):
    script, expected = MOVERS[field]

    async def go(stage):
        manager, kept = stage.manager, []
        before = plain(getattr(manager.figures.statistics(), field))
        if field == "faults":
            manager._outbox.supervision.told(ValueError(), "a test", "")
        elif field == "tasks":
            manager.figures.alarm(never)
        elif field == "readers":
            kept.append(manager.events())
        await stage.play(script)
        if field == "unfound":
            told = stage.broker.told
            order = structs.replace(told.order, cl_ord_id="bot-7", order_id="7")
            stage.broker.sink(structs.replace(told, order=order))
        return before, plain(getattr(manager.figures.statistics(), field))

    before, after = on_stage(go, SETTINGS)
    assert after == expected
    assert type(after) is type(expected)
    assert before != after


def test_no_field_is_without_a_mover_and_a_meaning():
    fields = set(Statistics.__struct_fields__)
    assert set(MOVERS) == fields
    assert set(MEANINGS) == fields


def test_what_is_open_is_not_kept_once_it_is_over(on_stage):
    async def go(stage):
        counted = stage.manager.figures._counted
        await stage.play(BARE + "< ack 1.stop#1\n< fill 1.stop#1 2 @ 19990")
        assert (counted.open, counted.bare._held) == (0, {})

    on_stage(go)


def test_sums_do_not_depend_on_the_callers_decimal_context(on_stage):
    async def go(stage):
        with localcontext(prec=3):
            await stage.play(RESTS + "< fill 1#1 1 @ 19999.75\n< fill 1#1 2 @ 20000.25")
            return stage.manager.figures.statistics().traded["MNQ"].bought_value

    assert on_stage(go) == Decimal("60000.25")


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=60), st.integers(1, 100))
def test_a_quantile_is_never_below_the_exact_one_and_above_by_less_than_a_32nd(times, percent):
    kept, share = Histogram(), Fraction(percent, 100)
    for took in times:
        kept.add(took)
    exact = sorted(times)[-(-share.numerator * len(times) // share.denominator) - 1]
    found = kept.quantile_ns(share)
    assert exact <= found
    assert found == exact or (found - exact) * 32 < exact
    assert (kept.count, kept.sum_ns, kept.most_ns) == (len(times), sum(times), max(times))


def test_a_latency_names_the_middle_and_the_last_hundredth_of_what_it_kept():
    kept = Histogram()
    for n in range(200):
        kept.add(n % 50)  # below 64 ns each time has a cell of its own
    kept.add(60)
    found = Latency.of(kept)
    assert (found.p50_ns, found.p99_ns, found.most_ns) == (25, 49, 60)


def test_a_histogram_has_few_cells_however_long_it_runs():
    kept = Histogram()
    for n in range(64):
        for took in range(2**n, 2 ** (n + 1), max(2**n // 40, 1)):
            kept.add(took)
    assert len(kept._cells) < 2_000
    assert Histogram().quantile_ns(Fraction(1, 2)) is None
    kept.add(-5)
    assert kept.quantile_ns(Fraction(1, 10**9)) == 0


@pytest.mark.exact_times("a figure is compared to the nanosecond")
def test_bare_time_counts_from_each_fill_to_its_stop_and_while_it_lasts(on_stage):
    async def go(stage):
        seen = []

        def look():
            figures = stage.manager.figures.statistics()
            seen.append((figures.unprotected_contract_s, figures.unprotected_longest_s))

        await stage.play("wait 2\n" + BARE + "wait 0.5")
        look()
        await stage.play("< new 1.stop#1\n< ack 1.stop#1\nwait 3")
        look()
        await stage.play(
            "do bracket buy 1 loss 40t\n> place 2.entry#1 buy 1 market\nwait 1\n"
            "< fill 2.entry#1 1 @ 20000\n> place 2.stop#1 sell 1 stop 19990\n< ack 2.entry#1\n"
            "wait 0.25"
        )
        look()
        await stage.play("< new 2.stop#1\n< ack 2.stop#1\nwait 1")
        look()
        return seen

    assert on_stage(go) == [(1.0, 0.5), (1.0, 0.5), (1.25, 0.5), (1.25, 0.5)]


GUARDED = BARE + "< new 1.stop#1\n< ack 1.stop#1\n"
ELSEWHERE = {
    "a flatten, half a second after it took the stop away": """
        do flatten
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 2 market
        < ack 1.stop#1
        wait 0.5
        < fill 2.exit#1 2 @ 20000
        < ack 2.exit#1
        wait 9
    """,
    "orders of the trader's own": """
        do place sell 1
        > place 2#1 sell 1 market
        < ack 2#1
        < fill 2#1 1 @ 20000
        > modify 1.stop#1 order_qty 1
        < replaced 1.stop#1 order_qty 1
        < ack 1.stop#1
        wait 9
        do place sell 1
        > place 3#1 sell 1 market
        < ack 3#1
        < fill 3#1 1 @ 20000
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        wait 9
    """,
}


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.exact_times("a figure is compared to the nanosecond")
def test_what_others_closed_of_a_bracket_is_not_bare_and_is_kept_nowhere(on_stage, name):
    async def go(stage):
        await stage.play(GUARDED + ELSEWHERE[name])
        return stage.manager.figures.statistics(), len(stage.manager.figures._counted.bare._held)

    told, kept = on_stage(go)
    contract_s = 1.0 if name.startswith("a flatten") else 0.0
    assert (told.unprotected_contracts, told.unprotected_contract_s, kept) == (0, contract_s, 0)


@pytest.mark.exact_times("a figure is compared to the nanosecond")
def test_a_stop_that_the_broker_keeps_covers_from_when_it_works(on_stage, native):
    script = """
        do bracket buy 2 limit 20000 loss 40t target 80t
        > place 1.entry#1 buy 2 limit 20000 attached -40 80
        < new 1.entry#1
        < ack 1.entry#1
        < child 1.stop#1 sell 2 stop
        < child 1.target#1 sell 2 limit
        wait 5
        < fill 1.entry#1 2 @ 20000
        wait 0.25
        < new 1.stop#1 order_qty 2 stop_px 19990
        < new 1.target#1 order_qty 2 price 20020
        wait 7
    """

    async def go(stage):
        await stage.play(script)
        return stage.manager.figures.statistics()

    told = on_stage(go, offers=native)
    assert (told.unprotected_contract_s, told.unprotected_longest_s) == (0.5, 0.25)
    assert (told.orders, told.accepted, told.ack.count) == (3, 3, 1)


@pytest.mark.parametrize("script", ["< ack 1#1\n< new 1#1", "< new 1#1\n< ack 1#1"])
def test_an_order_is_accepted_once_whatever_comes_first(script, on_stage):
    async def go(stage):
        await stage.play(PLACE + script + "\n< fill 1#1 1 @ 20000")
        return stage.manager.figures.statistics()

    statistics = on_stage(go)
    assert (statistics.accepted, statistics.ack.count, statistics.first_fill.count) == (1, 1, 1)


@pytest.mark.exact_times("a figure is compared to the nanosecond")
def test_an_answer_that_nobody_waits_for_any_more_took_as_long_as_it_took(on_stage):
    async def go(stage):
        await stage.play(RESTS + CANCEL + "wait 0.75\n> cancel 1#1\n< canceled 1#1\nwait 10")
        await stage.play("< late ack 1#1\n< ack 1#1")
        return stage.manager.figures.statistics().answers["cancel"]

    cancels = on_stage(go)
    assert (cancels.count, cancels.sum_ns, cancels.most_ns) == (2, 20_750_000_000, 10_750_000_000)


def test_what_is_taken_back_counts_in_no_sum_any_more(play):
    script = (
        RESTS + "< fill 1#1 2 @ 19999.75\n< fill 1#1 1 @ 20000\nx time 2\n< void 1#1 x1\n< again"
    )

    def counted(stage):
        numbers = stage.manager.figures.statistics()
        traded = numbers.traded["MNQ"]
        assert (numbers.fills, numbers.voided, numbers.contracts) == (2, 1, 1)
        assert (traded.bought, traded.bought_value) == (1, Decimal(20_000))

    play(script, then=counted)


def test_an_order_that_never_left_is_counted_once_and_works_no_more(on_stage):
    async def go(stage):
        script = MARKET + "< unsent 1#1\ndo cancel 1#1\n= got cancel 1#1 -> cancelled(0)"
        await stage.play(script)
        return stage.manager.figures.statistics()

    numbers = on_stage(go, SETTINGS)
    assert (numbers.orders, numbers.accepted, numbers.cancelled) == (1, 0, 1)
    assert numbers.tables["working"] == 0


@pytest.mark.exact_times("a figure is compared to the nanosecond")
def test_what_is_held_again_as_a_stops_fill_is_taken_back_is_bare_once_more(play):
    script = (
        BARE
        + """
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.stop#1 2 @ 19990
        wait 1
        x time 2
        < void 1.stop#1
        > place 1.stop#2 sell 2 stop 19990
        wait 0.5
        """
    )

    def counted(stage):
        numbers = stage.manager.figures.statistics()
        assert numbers.unprotected_contracts == 2
        assert (numbers.unprotected_contract_s, numbers.unprotected_longest_s) == (1.0, 0.5)

    play(script, then=counted)
