"""Who keeps a bracket's stop and target in a backtest: the option, and what it changes."""

import pytest

from dryfill import Backtest, Buy, Ticks, UsageError


async def one_bracket(desk):
    """One bracket at market, to its end."""
    bracket = await desk.bracket(Buy(1), stop=Ticks(8), target=Ticks(8))
    await bracket.closed()


@pytest.fixture
def tested(tape):
    """A backtest of one bracket with some latency."""

    def make(**given):
        return Backtest(one_bracket, tape, instrument="ES", latency="25ms", **given)

    return make


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, False),
        ({"brackets": "native"}, True),
        ({"brackets": "client"}, False),
        ({"venue": "projectx-sim"}, True),
        ({"venue": "projectx-sim", "brackets": "client"}, False),
    ],
)
def test_what_the_broker_keeps_is_never_bare(tested, given, kept):
    report = tested(**given).run()
    assert (report.unprotected.longest == 0) is kept


def test_a_word_that_names_nobody_is_refused(tested):
    with pytest.raises(UsageError, match="brackets is 'broker'; give one of auto, native, client"):
        tested(brackets="broker")
