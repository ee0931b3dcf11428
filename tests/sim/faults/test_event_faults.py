"""What becomes of events: twice, never, late, out of order, and while the stream is down."""

import asyncio

import pytest

from dryfill.trading import instruments
from dryfill.trading.broker import StreamState
from dryfill.trading.words import ExecType

ES = instruments.find("ES")


def fault(kind, event="fill", **keys):
    return {"kind": kind, "event": event, **keys}


def placing(*orders, every_s=0.1):
    """A script that places orders, one every so often."""

    async def script(broker):
        for order in orders:
            broker.place(order)
            await asyncio.sleep(every_s)

    return script


@pytest.fixture
def three(order):
    """Three resting orders; their events reach the broker at 10, 110 and 210 ms."""
    return placing(*(order(f"{n}#1", limit=90) for n in (1, 2, 3)))


def test_a_duplicate_is_the_same_event_again(stage, order, reports):
    at = stage(fault("duplicate", copies=2, gap="1 s"))

    async def script(broker):
        heard = reports(broker)
        broker.place(order())
        await asyncio.sleep(3)
        return heard

    new, fill, *again = at.play(script)
    assert again == [fill, fill]
    assert new != fill
    assert at.orders[1:] == [("fill of 1#1", 15), ("fill of 1#1", 1015), ("fill of 1#1", 2015)]


def test_a_dropped_event_never_comes_and_those_after_it_do(stage, three):
    at = stage(fault("drop", "new", nth=2))
    at.play(three)
    assert at.log == [("new of 1#1", 15), ("new of 3#1", 215)]


def test_a_kind_of_event_is_dropped_and_the_other_kinds_come(stage, order):
    at = stage(fault("drop", "position", times="all"))
    at.play(placing(order("1#1"), order("2#1")))
    names = [str(what).split()[0] for what, _ in at.log]
    assert names == ["new", "fill", "account"] * 2


def test_events_are_chosen_by_role_and_intent(stage, order):
    at = stage(fault("drop", "new", role="stop", intent="2"))
    tags = ("1.stop#1", "2.target#1", "2.stop#1", "2.stop#2")
    at.play(placing(*(order(tag, limit=90) for tag in tags)))
    assert [what for what, _ in at.log] == [f"new of {t}" for t in tags if t != "2.stop#1"]


@pytest.mark.parametrize(("role", "lost"), [("target", "12"), ("target2", "2")])
def test_one_of_several_targets_may_be_meant_or_each(stage, order, role, lost):
    at = stage(fault("drop", "new", role=role, times="all"))
    at.play(placing(*(order(f"1.target{n}#1", limit=90) for n in (1, 2))))
    assert [what for what, _ in at.log] == [f"new of 1.target{n}#1" for n in "12" if n not in lost]


def test_an_order_of_no_bracket_has_the_empty_role(stage, order):
    at = stage(fault("drop", "new", role=""))
    at.play(placing(order("1.stop#1", limit=90), order("2#1", limit=90)))
    assert [what for what, _ in at.log] == ["new of 1.stop#1"]


def test_swapped_events_change_places(stage, three):
    at = stage(fault("reorder", "new", form="swap"))
    at.play(three)
    assert [what for what, _ in at.log] == ["new of 2#1", "new of 1#1", "new of 3#1"]


def test_the_last_event_does_not_wait_for_ever_for_one_to_swap_with(stage, three):
    at = stage(fault("reorder", "new", nth=3, form="swap", window="2 s"))
    at.play(three)
    assert at.log[-1] == ("new of 3#1", 2215)


def test_a_window_comes_the_last_first(stage, three):
    at = stage(fault("reorder", "new", form="reverse", window="150 ms"))
    at.play(three)
    assert at.log == [("new of 2#1", 165), ("new of 1#1", 165), ("new of 3#1", 215)]


@pytest.mark.parametrize("blocks", [True, False])
def test_a_late_event_holds_up_the_others_only_if_told_so(stage, three, blocks):
    at = stage(fault("late", "new", delay="150 ms", blocks=blocks))
    at.play(three)
    second = ("new of 2#1", 165 if blocks else 115)
    first = ("new of 1#1", 165)
    assert at.log[:2] == ([first, second] if blocks else [second, first])
    assert at.log[2] == ("new of 3#1", 215)


def test_what_happens_while_the_stream_is_down_is_lost_and_it_comes_back_with_a_gap(stage, three):
    at = stage({"kind": "stream-down", "at": "50 ms", "duration": "100 ms"})
    heard = []
    at.broker.listen(lambda e: isinstance(e, StreamState) and heard.append((e.up, e.gap)))
    at.play(three)
    assert at.log == [
        ("new of 1#1", 15),
        ("stream down", 55),
        ("stream up", 155),
        ("new of 3#1", 215),
    ]
    assert heard == [(False, False), (True, True)]


def test_a_black_hole_is_announced_by_nobody(stage, three):
    at = stage({"kind": "stream-down", "at": "50 ms", "duration": "100 ms", "told": False})
    at.play(three)
    assert [what for what, _ in at.log] == ["new of 1#1", "stream up", "new of 3#1"]


def test_queued_events_come_after_the_stream_is_back(stage, three):
    at = stage({"kind": "stream-down", "at": "50 ms", "duration": "1 s", "lost": False})
    at.play(three)
    assert at.log[2:] == [("stream up", 1055), ("new of 2#1", 1055), ("new of 3#1", 1055)]


def test_the_event_that_takes_the_stream_down_is_lost_with_it(stage, three):
    at = stage(fault("stream-down", "new", nth=2, duration="50 ms"))
    at.play(three)
    assert [what for what, _ in at.log] == ["new of 1#1", "stream down", "stream up", "new of 3#1"]


def test_the_news_that_the_stream_is_down_may_be_lost_itself(stage, three):
    at = stage(
        fault("drop", "stream"), {"kind": "stream-down", "at": "50 ms", "duration": "100 ms"}
    )
    at.play(three)
    assert [what for what, _ in at.log] == ["new of 1#1", "stream up", "new of 3#1"]


def test_events_are_counted_while_the_stream_is_down(stage, three):
    at = stage(
        {"kind": "stream-down", "at": "50 ms", "duration": "100 ms"}, fault("drop", "new", nth=3)
    )
    at.play(three)
    assert [what for what, _ in at.log] == ["new of 1#1", "stream down", "stream up"]


@pytest.mark.parametrize(
    ("plan", "lossless"),
    [
        (fault("drop", times="all"), False),
        (fault("reorder"), False),
        (fault("late", delay="1 s"), False),
        (fault("stream-down", duration="1 s"), False),
        (fault("duplicate"), True),
        ({"kind": "ack-lost", "call": "place"}, True),
    ],
)
def test_a_broker_whose_stream_a_plan_touches_does_not_offer_a_lossless_one(stage, plan, lossless):
    assert stage(plan).broker.offers.lossless_stream is lossless


@pytest.mark.parametrize(("window", "told"), [("0 ns", [1, 2, 4]), ("60 ms", [2, 4])])
def test_fills_within_a_window_are_told_as_one_sum(stage, order, reports, window, told):
    """Fills at 100, 150 and 200 ms; the event says how many are filled, not by which fills."""
    text = "0 quote 100x9 101x9\n" + "\n".join(
        f"{at} trade 99x{qty} seller" for at, qty in ((100, 1), (150, 1), (200, 2))
    )
    at = stage(
        {"kind": "summed", "event": "fill", "times": "all", "window": window},
        text=text + "\n600000 quote 100x9 101x9",
        strict=False,
    )
    heard = reports(at.broker)

    async def script(broker):
        await broker.place(order(qty=4, limit=100))

    at.play(script)
    sums = [report for report in heard if report.exec_type is ExecType.TRADE]
    assert [report.order.cum_qty for report in sums] == told
    assert all((r.last_qty, r.last_px, r.exec_id) == (0, None, None) for r in sums)


def test_a_sum_that_waits_is_told_before_what_happens_to_the_order_next(stage, order):
    text = "0 quote 100x9 101x9\n100 trade 99x1 seller\n600000 quote 100x9 101x9"
    at = stage({"kind": "summed", "event": "fill", "window": "1 s"}, text=text)

    async def script(broker):
        ack = await broker.place(order(qty=4, limit=100))
        await asyncio.sleep(0.1)
        await broker.cancel(ES, ack.order_id)

    at.play(script)
    assert [what for what, _ in at.orders] == ["new of 1#1", "fill of 1#1", "canceled of 1#1"]
    assert at.orders[1][1] == at.orders[2][1]
