"""Scripts with a journal: see the language in `tests/trading/orders/conftest.py`."""

import pytest

from dryfill.trading.orders.journal.memory import MemoryJournal

ROUND = """
    > ask fills
    > ask open
    > ask orders
    > ask positions
"""
BEGIN = "do recover\n" + ROUND + "< shown\n= recovered true\n"
AGAIN = "do die\ndo live\n" + ROUND


@pytest.fixture
def relive(play):
    """Play a script on a manager with a journal; `{again}` ends its life and begins another, up to
    the questions that it asks."""

    def go(script, settings=None, journal=None, **given):
        journal = MemoryJournal() if journal is None else journal
        return play(BEGIN + script.replace("{again}", AGAIN), settings, journal=journal, **given)

    return go
