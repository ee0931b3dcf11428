"""A fault of ours in a guard: its stop stays, and it is not asked again (DESIGN 3)."""

from position_acts import GUARDED

from dryfill.trading.orders.guards import core as guard_core


def test_the_stop_of_a_guard_that_fails_stays_and_no_other_owner_suffers(play, monkeypatch):
    real = guard_core.desired

    def breaks(spec, facts, mode):
        if facts.share == 4:
            raise ZeroDivisionError("a fault of ours")
        return real(spec, facts, mode)

    monkeypatch.setattr(guard_core, "desired", breaks)
    play(
        GUARDED
        + """
        do place buy 1
        > place 3#1 buy 1 market
        < ack 3#1
        < fill 3#1 1 @ 20000
        > cancel 2.target#1
        = incidents fault fallback
        < canceled 2.target#1
        < ack 2.target#1
        do bracket buy 1 loss 40t
        > place 4.entry#1 buy 1 market
        < ack 4.entry#1
        < fill 4.entry#1 1 @ 20000
        > place 4.stop#1 sell 1 stop 19990
        < ack 4.stop#1
        = working 2.stop#1 4.stop#1
        do flatten
        > cancel 2.stop#1
        > cancel 4.stop#1
        """
    )
