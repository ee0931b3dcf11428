"""An order of ours that another hand changes: its price is taken over, a leg gets its size back."""

import pytest
from held_with_a_stop import HELD
from msgspec import structs

from dryfill.trading import instruments
from dryfill.trading.order import OrderChange
from dryfill.trading.orders.other_hands import take_over

MNQ = instruments.find("MNQ")
RESTS = """
    do place buy 3 limit 20000
    > place 1#1 buy 3 limit 20000
    < new 1#1
    < ack 1#1
"""
SCRIPTS = {
    "a stop moved by hand stays where it is": HELD
    + """
        < replaced 1.stop#1 stop_px 19985
        = incidents changed_elsewhere
        = working 1.stop#1 1.target#1
    """,
    "and a stop that takes its place later goes there, too": HELD
    + """
        < replaced 1.stop#1 stop_px 19985
        < canceled 1.stop#1
        > ask fills
        > ask open
        < shown
        > place 1.stop#2 sell 2 stop 19985
    """,
    "it moves on from there when the trader moves it here": HELD
    + """
        < replaced 1.stop#1 stop_px 19985
        do move 1 stop 19987
        > modify 1.stop#1 stop_px 19987
        < ack 1.stop#1
        < replaced 1.stop#1 stop_px 19987
        = incidents changed_elsewhere
    """,
    "a target moved by hand stays where it is": HELD
    + """
        < replaced 1.target#1 price 20030
        = incidents changed_elsewhere
        = working 1.stop#1 1.target#1
    """,
    "a stop made smaller by hand gets its size back, and keeps its new price": HELD
    + """
        < replaced 1.stop#1 order_qty 1 stop_px 19985
        > modify 1.stop#1 order_qty 2
        < ack 1.stop#1
        < replaced 1.stop#1 order_qty 2 stop_px 19985
        = incidents changed_elsewhere
    """,
    "an order of a group keeps its new price, and gets its size back": """
        do oco buy 2 limit 19990 | buy 2 stop 20010
        > place 1.oco1#1 buy 2 limit 19990
        > place 1.oco2#1 buy 2 stop 20010
        < new 1.oco1#1
        < ack 1.oco1#1
        < new 1.oco2#1
        < ack 1.oco2#1
        < replaced 1.oco1#1 order_qty 1 price 19985
        > modify 1.oco1#1 order_qty 2
        < ack 1.oco1#1
        < replaced 1.oco1#1 order_qty 2 price 19985
        = incidents changed_elsewhere
    """,
    "an order of the trader's is as large as he made it": RESTS
    + """
        < replaced 1#1 order_qty 2 price 19999
        = incidents changed_elsewhere
        = working 1#1
    """,
    "an order that is being cancelled is not followed": RESTS
    + """
        do cancel 1#1
        > cancel 1#1
        < replaced 1#1 price 19999
        = incidents
        < canceled 1#1
        < ack 1#1
    """,
    "while a change of ours is under way ours is the newer word": RESTS
    + """
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        < replaced 1#1 price 19999
        = incidents
        < ack 1#1
        < replaced 1#1 price 20001
        = got modify 1#1 -> None
    """,
    "a change of ours that nobody answered, and that comes late, is none of another hand's": RESTS
    + """
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        < lost 1#1
        > look 1#1
        < found 1#1
        > modify 1#1 price 20001
        < ack 1#1
        < replaced 1#1 price 20001
        = incidents
    """,
    "moved back to where it was it is moved by another hand all the same": RESTS
    + """
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        < ack 1#1
        < replaced 1#1 price 20001
        < replaced 1#1 price 20000
        = incidents changed_elsewhere
    """,
    "a guard's stop moved by hand is the guard's": """
        x rests web-1 buy 2 20000
        x fill web-1 2 @ 20000
        < told
        do guard loss 40t
        > place 1.stop#1 sell 2 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        < replaced 1.stop#1 stop_px 19985
        = incidents changed_elsewhere
        < canceled 1.stop#1
        > ask fills
        > ask open
        < shown
        > place 1.stop#2 sell 2 stop 19985
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])


class Owns:
    """Answers for an order, its price not being its business; an outbox that keeps incidents."""

    def __init__(self, *, sizes):
        self._sizes = sizes
        self.said = []

    def sizes(self, order):
        return self._sizes

    def move(self, order, wish):
        return False

    def incident(self, kind, text, about):
        self.said.append((kind, text.rpartition(": ")[2]))


@pytest.mark.parametrize(("sizes", "qty"), [(True, 3), (False, 2)])
def test_a_size_is_taken_over_where_nobody_else_decides_it(play, sizes, qty):
    order, owns = play(RESTS).order("1#1"), Owns(sizes=sizes)
    agreement = order.core.agreement
    agreement.now = structs.replace(agreement.now, order_qty=2, price=MNQ.decimal(79_996))
    agreement.strange = OrderChange(order_qty=2, price=agreement.now.price)
    take_over(order, owns, owns)
    assert (order.core.wish.order_qty, order.core.wish.price) == (qty, 19_999)
    assert owns.said == [("changed_elsewhere", "2 in all, limit 19999")]
