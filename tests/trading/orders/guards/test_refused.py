"""Guards that cannot be: refused with the way out, and nothing is sent."""

import pytest
from position_acts import HELD
from scripted_broker import MNQ

from dryfill.trading.errors import RefusedByUs, UsageError
from dryfill.trading.price import Ticks

WRONG = {
    "nothing is asked for": ({}, "give a stop, a target or both; `unprotect` takes a guard away"),
    "no distance": ({"stop": Ticks(0)}, "stop is 0 ticks away; give at least Ticks"),
    "a bare number": ({"target": 20}, r"target is 20; write Ticks\(20\) or the price '20'"),
    "no contracts": ({"stop": "19990", "qty": 0}, "qty is 0; give whole contracts from 1"),
    "a truth is no number": ({"stop": "19990", "qty": True}, "qty is True; give whole contracts"),
    "half a contract": ({"stop": "19990", "qty": 1.5}, "qty is 1.5; give whole contracts"),
    "stop and target cross": ({"stop": "20020", "target": "19990"}, "stop"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_guard_that_cannot_be_is_refused_and_nothing_is_sent(wrong, play):
    given, message = WRONG[wrong]

    def protects(stage):
        with pytest.raises(UsageError, match=message):
            stage.manager.protect(MNQ, **given)
        assert not stage.broker.sent
        assert stage.manager.unprotect(MNQ) is None

    play(HELD, then=protects)


def test_after_the_close_nothing_is_guarded_or_closed(play):
    def acts(stage):
        for act in (lambda: stage.manager.protect(MNQ, stop="19990"), closes(stage)):
            with pytest.raises(RefusedByUs, match="the order manager is closed"):
                act()

    def closes(stage):
        return lambda: stage.manager.close_position(MNQ)

    play(HELD + "do close\n", then=acts)
