"""The broker's own brackets, told as a table: what happens, and what the client hears of it.

A line is a step and what it tells. Orders are 1 the entry, 2 the stop, 3 the target, told as
`number exec-type status open/size @price`; prices in units of 0.25, distances in ticks.
"""

import pytest

from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.trading import instruments
from dryfill.trading.errors import Refused
from dryfill.trading.order import Attached, ExecutionReport, OrderChange
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdStatus, OrdType, Reason

ES = instruments.find("ES")

MARKET = """
    0   quote 100x5 101x5
    1   trade 101x1 buyer
    10  quote 100x5 101x5
    20  quote 99x1 100x5
    21  trade 98x1 seller
    30  quote 98x5 99x5
    31  trade 98x9 seller
    40  quote 104x5 105x5
    41  trade 106x9 buyer
    50  quote 104x5 105x5
    60  quote 80x50 81x50
    61  trade 80x9 seller
    90  quote 80x50 81x50
"""


class Table:
    """Plays the lines of a table on a desk."""

    def __init__(self, counter, rules):
        self.at = counter(MARKET, brackets=rules).at(1)
        self.ms = 1
        self.heard = 0

    def play(self, lines):
        for line in filter(str.strip, lines.splitlines()):
            step, _, told = line.partition("->")
            self.step(*step.split())
            assert self.news() == " | ".join(part.strip() for part in told.split("|")), line

    def step(self, what, *words):
        desk = self.at.desk
        if what == "at":
            for ms in range(self.ms + 1, int(words[0]) + 1):  # the loop stops at each row too
                self.at.at(ms)
            self.ms = int(words[0])
        elif what in ("buy", "sell"):
            given = dict(zip(words[1::2], words[2::2], strict=True))
            stop, target = given.pop("loss", None), given.pop("gain", None)
            attached = None
            if stop or target:
                attached = Attached(
                    stop=None if stop is None else Ticks(int(stop)),
                    target=None if target is None else Ticks(int(target)),
                )
            prices = {name: int(text) for name, text in given.items()}
            self.at.place(what, int(words[0]), attached=attached, **prices)
        elif what == "cancel":
            desk.cancel(words[0])
        elif what == "close":
            desk.close_position(ES, None)
        elif what == "resize":
            desk.modify(words[0], OrderChange(order_qty=int(words[1])))
        else:
            assert what == "modify", what
            desk.modify(words[0], OrderChange(stop_px=ES.decimal(int(words[1]))))

    def news(self):
        new, self.heard = self.at.told[self.heard :], len(self.at.told)
        return " | ".join(words(e) for e in new if isinstance(e, ExecutionReport))


def words(report):
    order = report.order
    px = order.stop_px if order.ord_type is OrdType.STOP else order.price
    at = "" if px is None or order.ord_type is OrdType.MARKET else f" @{ES.units(px)}"
    said = f"{order.order_id} {report.exec_type.name} {order.ord_status.name}"
    return f"{said} {order.leaves_qty}/{order.order_qty}{at}"


FILLED = """
    buy 2 loss -4 gain 3 -> 1 NEW NEW 2/2 | 1 TRADE FILLED 0/2 \
| 2 SUSPENDED SUSPENDED 2/2 | 3 SUSPENDED SUSPENDED 2/2 \
| 2 NEW NEW 2/2 @97 | 3 NEW NEW 2/2 @104
"""
RESTING = """
    buy 3 limit 99 loss -4 gain 5 -> 1 NEW NEW 3/3 @99 \
| 2 SUSPENDED SUSPENDED 3/3 | 3 SUSPENDED SUSPENDED 3/3
"""
IN_PARTS = (
    RESTING
    + """
    at 21 -> 1 TRADE PARTIALLY_FILLED 2/3 @99 | 2 NEW NEW 1/1 @95 | 3 NEW NEW 1/1 @104
    at 31 -> 1 TRADE FILLED 0/3 @99 | 2 REPLACED NEW 3/3 @95 | 3 REPLACED NEW 3/3 @104
"""
)


@pytest.mark.parametrize(
    ("rules", "table"),
    [
        pytest.param({}, FILLED, id="they work at once when the entry fills at once"),
        pytest.param({}, IN_PARTS, id="they grow with each fill of the entry"),
        pytest.param(
            {"opens": "complete"},
            RESTING + "at 21 -> 1 TRADE PARTIALLY_FILLED 2/3 @99\n"
            "at 31 -> 1 TRADE FILLED 0/3 @99 | 2 NEW NEW 3/3 @95 | 3 NEW NEW 3/3 @104",
            id="or wait until it is complete",
        ),
        pytest.param(
            {"opens": "complete"},
            RESTING + "at 21 -> 1 TRADE PARTIALLY_FILLED 2/3 @99\n"
            "cancel 1 -> 1 CANCELED CANCELED 0/3 @99 | 2 NEW NEW 1/1 @95 | 3 NEW NEW 1/1 @104",
            id="the rest of which may be cancelled",
        ),
        pytest.param(
            {},
            RESTING + "cancel 1 -> 1 CANCELED CANCELED 0/3 @99 "
            "| 2 CANCELED CANCELED 0/3 | 3 CANCELED CANCELED 0/3",
            id="they go with an entry that was not filled",
        ),
        pytest.param(
            {},
            RESTING + "cancel 2 -> 2 CANCELED CANCELED 0/3\n"
            "at 21 -> 1 TRADE PARTIALLY_FILLED 2/3 @99 | 3 NEW NEW 1/1 @104",
            id="one that was taken away stays away",
        ),
        pytest.param(
            {},
            FILLED + "at 41 -> 3 TRADE FILLED 0/2 @104 | 2 CANCELED CANCELED 0/2 @97",
            id="the target's fill takes the stop away",
        ),
        pytest.param(
            {},
            "buy 2 gain 3 -> 1 NEW NEW 2/2 | 1 TRADE FILLED 0/2 "
            "| 2 SUSPENDED SUSPENDED 2/2 | 2 NEW NEW 2/2 @104",
            id="a target alone",
        ),
        pytest.param(
            {},
            "sell 1 loss 4 gain -3 -> 1 NEW NEW 1/1 | 1 TRADE FILLED 0/1 "
            "| 2 SUSPENDED SUSPENDED 1/1 | 3 SUSPENDED SUSPENDED 1/1 "
            "| 2 NEW NEW 1/1 @104 | 3 NEW NEW 1/1 @97",
            id="of a short entry the signs are the other way round",
        ),
        pytest.param(
            {},
            FILLED + "close -> 4 NEW NEW 2/2 | 4 TRADE FILLED 0/2",
            id="a close leaves them working",
        ),
        pytest.param(
            {"close_cancels": True},
            FILLED + "close -> 4 NEW NEW 2/2 | 4 TRADE FILLED 0/2 "
            "| 2 CANCELED CANCELED 0/2 @97 | 3 CANCELED CANCELED 0/2 @104",
            id="unless the broker is kinder than was seen",
        ),
        pytest.param(
            {},
            RESTING + "at 21 -> 1 TRADE PARTIALLY_FILLED 2/3 @99 "
            "| 2 NEW NEW 1/1 @95 | 3 NEW NEW 1/1 @104\n"
            "modify 2 96 -> 2 REPLACED NEW 1/1 @96\n"
            "at 31 -> 1 TRADE FILLED 0/3 @99 | 2 REPLACED NEW 3/3 @96 | 3 REPLACED NEW 3/3 @104",
            id="one that the client moved stays where it is",
        ),
        pytest.param(
            {},
            FILLED + "resize 2 1 -> 2 REPLACED NEW 1/1 @97\n"
            "resize 3 5 -> 3 REPLACED NEW 5/5 @104\n"
            "modify 2 96 -> 2 REPLACED NEW 1/1 @96",
            id="one whose size the client changed keeps it",
        ),
        pytest.param(
            {},
            RESTING + "at 21 -> 1 TRADE PARTIALLY_FILLED 2/3 @99 "
            "| 2 NEW NEW 1/1 @95 | 3 NEW NEW 1/1 @104\n"
            "resize 3 2 -> 3 REPLACED NEW 2/2 @104\n"
            "at 31 -> 1 TRADE FILLED 0/3 @99 | 2 REPLACED NEW 3/3 @95 | 3 REPLACED NEW 4/4 @104",
            id="and grows from there with what the entry fills",
        ),
    ],
)
def test_what_becomes_of_an_entrys_children(counter, rules, table):
    Table(counter, BracketRules(**rules)).play(table)


PARTLY = """
    0   quote 100x5 101x5
    1   trade 101x1 buyer
    10  quote 104x2 105x5
    11  trade 104x1 buyer
    12  trade 104x1 buyer
    20  quote 103x2 104x5
    30  quote 103x2 104x5
"""


@pytest.mark.parametrize(("shrinks", "stop_open"), [(True, 1), (False, 3)])
def test_a_target_that_fills_in_part_makes_the_stop_smaller_where_the_broker_does_so(
    counter, shrinks, stop_open
):
    """Three are held, the target's limit takes the two at 104 that are bid there."""
    at = counter(PARTLY, brackets=BracketRules(shrinks=shrinks)).at(1)
    at.place("buy", 3, attached=Attached(stop=Ticks(-8), target=Ticks(3)))
    at.at(10)
    stop, target = at.desk.order("2", None), at.desk.order("3", None)
    assert (target.cum_qty, stop.leaves_qty) == (2, stop_open)


@pytest.mark.parametrize(("size", "stop_open"), [(3, 2), (1, 1), (5, 2)])
def test_a_stop_that_the_client_resized_is_no_larger_than_what_the_target_left(
    counter, size, stop_open
):
    at = counter(PARTLY, brackets=BracketRules()).at(1)
    at.place("buy", 4, attached=Attached(stop=Ticks(-8), target=Ticks(3)))
    at.desk.modify("2", OrderChange(order_qty=size))
    assert at.desk.order("2", None).leaves_qty == size
    at.at(10)
    stop, target = at.desk.order("2", None), at.desk.order("3", None)
    assert (target.cum_qty, stop.leaves_qty) == (2, stop_open)


REFUSALS = {
    "unsigned, as the documentation has it": (
        ("buy", 40, 80),
        {},
        Reason.BRACKET_REFUSED,
        "Invalid stop loss ticks (40). Ticks should be less than zero when longing.",
    ),
    "a short's target above": (
        ("sell", 40, 30),
        {},
        Reason.BRACKET_REFUSED,
        "Invalid take profit ticks (30). Ticks should be less than zero when going short.",
    ),
    "a short's stop below": (
        ("sell", -50, -80),
        {},
        Reason.BRACKET_REFUSED,
        "Invalid stop loss ticks (-50). Stop loss tick value should be at least 4 ticks.",
    ),
    "a long's target below": (
        ("buy", -40, -80),
        {},
        Reason.BRACKET_REFUSED,
        "Invalid take profit ticks (-80). Ticks should be greater than zero when longing.",
    ),
    "one tick too near": (
        ("buy", -3, 80),
        {},
        Reason.BRACKET_REFUSED,
        "Invalid stop loss ticks (-3). Stop loss tick value should be at least 4 ticks.",
    ),
    "Auto OCO is off": (
        ("buy", -40, 80),
        {"auto_oco": False},
        Reason.BRACKET_REFUSED,
        "Brackets cannot be used with Position Brackets. You must enable Auto OCO Brackets.",
    ),
    "a broker without": (
        ("buy", -40, 80),
        None,
        Reason.NOT_SUPPORTED,
        "this broker keeps no stop and target for an entry",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_the_account_does_not_take_is_refused_and_nothing_of_it_exists(counter, case):
    (side, stop, target), rules, reason, text = REFUSALS[case]
    brackets = None if rules is None else BracketRules(**rules)
    at = counter(MARKET, brackets=brackets).at(1)
    with pytest.raises(Refused) as caught:
        at.place(side, 1, attached=Attached(stop=Ticks(stop), target=Ticks(target)))
    assert (caught.value.reason, str(caught.value)) == (reason, text)
    assert (at.desk.orders, at.told) == ({}, [])


def test_the_least_distance_is_taken(counter):
    at = counter(MARKET, brackets=BracketRules()).at(1)
    at.place("buy", 1, attached=Attached(stop=Ticks(-4)))
    assert at.desk.order("2", None).stop_px == ES.decimal(97)


def test_children_name_their_entry_and_have_no_tag_of_the_clients(counter):
    at = counter(MARKET, brackets=BracketRules()).at(1)
    at.place("buy", 1, limit=90, tag="7.entry#1", attached=Attached(stop=Ticks(-8)))
    entry, child = at.desk.orders_since(0)
    assert (entry.parent_id, child.parent_id) == (None, "1")
    assert (child.cl_ord_id, child.ord_status) == ("", OrdStatus.SUSPENDED)
    assert at.desk.open_orders(None) == [entry], "a suspended order is not among the open ones"
    assert str(at.desk.orders[2].tag) == "7.stop#2"


def test_a_child_that_waits_cannot_be_changed_and_needs_no_margin(counter):
    at = counter(MARKET, brackets=BracketRules(), margin={"ES": 50_000}).at(1)
    at.place("buy", 1, limit=90, attached=Attached(stop=Ticks(-8), target=Ticks(8)))
    with pytest.raises(Refused) as caught:
        at.desk.modify("2", OrderChange(stop_px=ES.decimal(85)))
    assert caught.value.reason == Reason.TYPE_NOT_ALLOWED_NOW
    at.place("sell", 1, limit=120)
    assert at.desk.order("4", None).ord_status is OrdStatus.NEW


def test_a_stop_that_the_market_has_passed_when_it_is_to_work_is_rejected(counter):
    """The entry fills at 101, and the last trade is 80 when its second part does."""
    rows = """
        0  quote 100x5 101x1
        1  trade 90x1 seller
        20 quote 100x5 101x1
    """
    at = counter(rows, brackets=BracketRules()).at(1)
    at.place("buy", 1, attached=Attached(stop=Ticks(-4), target=Ticks(4)))
    stop, target = at.desk.order("2", None), at.desk.order("3", None)
    assert (stop.ord_status, stop.reason) == (OrdStatus.REJECTED, Reason.SELL_STOP_NOT_BELOW_LAST)
    assert target.ord_status is OrdStatus.NEW
