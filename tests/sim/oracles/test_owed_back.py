"""What gives back and is in doubt excuses what would close it, until it is known what it did."""

from types import SimpleNamespace

from dryfill.sim.oracles.doubtful import Doubts
from dryfill.sim.oracles.knowable import Moment
from dryfill.sim.oracles.owed_back import OwedBack
from dryfill.sim.oracles.port import Answered, Sent
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.settings import OrderSettings

from .conftest import request

S = 10**9
MOVED = Moment(S // 2, S // 2)


class Rule:
    """A rule about MNQ; `restarts` are the moments from which it counted anew."""

    def __init__(self):
        self.doubts, self.now_ns, self.restarts = Doubts(), 0, []
        self._owed = OwedBack(
            SimpleNamespace(
                doubts=self.doubts,
                now_ns=lambda: self.now_ns,
                contracts={"MNQ": SimpleNamespace(moved=MOVED)},
            )
        )

    def sends(self, tag, side, qty):
        asked = request(tag, side, qty)
        order = SimpleNamespace(core=OrderCore(asked, OrderSettings()), cl_ord_id=tag)
        order.side = asked.side
        sent = Sent(do="place", time_ns=self.now_ns, instrument=asked.instrument, request=asked)
        self.doubts.sent(sent, order)
        return sent

    def answered(self, sent):
        self.doubts.answered(Answered(sent, self.now_ns, None, None), heard=True)

    def excused(self, closes=lambda back: back == -1):
        return self._owed.excuses("MNQ", closes, self.restarts.append)


def test_it_is_excused_while_the_order_is_in_doubt_and_judged_from_its_end_on():
    rule = Rule()
    assert not rule.excused()
    sent = rule.sends("7.exit#1", "sell", 1)
    assert rule.excused()
    rule.now_ns = 9 * S
    assert rule.excused()
    rule.answered(sent)
    assert not rule.excused()
    assert [moment.at_ns for moment in rule.restarts] == [9 * S]
    assert not rule.excused()
    assert len(rule.restarts) == 1


def test_what_it_would_not_close_is_judged_all_the_while():
    rule = Rule()
    rule.sends("7.exit#1", "sell", 2)
    assert not rule.excused()
    assert rule.restarts == []


def test_a_target_in_doubt_gives_nothing_back():
    rule = Rule()
    rule.sends("7.target#1", "sell", 1)
    assert not rule.excused()


def test_an_answer_in_time_gives_no_time():
    """Whoever is refused again and again is judged by when the position moved."""
    rule = Rule()
    for attempt in (1, 2, 3):
        sent = rule.sends(f"7.exit#{attempt}", "sell", 1)
        assert rule.excused()
        rule.now_ns += S // 2
        rule.answered(sent)
        assert not rule.excused()
    assert rule.restarts == 3 * [MOVED]


def test_where_what_is_held_changes_meanwhile_it_counts_from_there():
    rule = Rule()
    rule.sends("7.exit#1", "sell", 1)
    assert rule.excused()
    assert not rule.excused(closes=lambda back: False)
    assert rule.restarts == [MOVED]
