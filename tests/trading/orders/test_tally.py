"""What brackets hold, kept from look to look, and when all of them are looked at after all."""

from hypothesis import given
from hypothesis import strategies as st

from dryfill.trading.orders.tally import Tally

STEPS = st.lists(st.tuples(st.sampled_from("abcd"), st.none() | st.integers(-3, 3), st.booleans()))


@given(STEPS)
def test_a_tally_is_the_sum_of_what_was_said_last_of_each(steps):
    tally, said = Tally(), {}
    for intent, held, leaves in steps:
        if leaves:
            tally.drop(intent)
            said.pop(intent, None)
        else:
            tally.put(intent, held)
            said[intent] = held
        assert tally.net == sum(held for held in said.values() if held is not None)
        assert tally.plain is (None not in said.values())
        assert all(tally.held(name) == (said.get(name) or 0) for name in "abcd")
