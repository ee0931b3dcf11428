"""What is made again: after which pause, how often an entry is, and what a word of the order eases.

The pauses double from 0.25 s to 1 s and are kept as they are: nothing is drawn here.
"""

import pytest

from dryfill.trading.orders.commands import Command, Do
from dryfill.trading.orders.sending.retries import Cancels, Unsent, eased, served
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import Reason

SETTINGS = OrderSettings(entry_tries=3, entry_within_s=4.0, cancel_tries=3)


def unsent(*asked, at=(), draw=0.0):
    """Requests that never left at these times, the broker having asked for these pauses."""
    kept = Unsent(SETTINGS)
    for retry_after_s, now_s in zip(asked, at or [100.0] * len(asked), strict=True):
        kept.happened(retry_after_s, draw, now_s)
    return kept


@pytest.mark.parametrize(
    ("asked", "draw", "pause_s"),
    [
        ([None], 0.0, 0.25),
        ([None], 0.5, 0.28125),
        ([None] * 2, 0.0, 0.5),
        ([None] * 3, 0.0, 0.8),
        ([None] * 4, 0.0, 0.8),
        ([None] * 4, 0.5, 0.9),
        ([0.125], 0.0, 0.25),
        ([7.0], 0.5, 7.0),
        ([7.0, None], 0.0, 0.5),
    ],
)
def test_a_pause_doubles_and_is_never_shorter_than_the_broker_asked(asked, draw, pause_s):
    assert unsent(*asked, draw=draw).pause_s == pause_s


@pytest.mark.parametrize(
    ("at", "goes_on"),
    [
        ([100.0], True),
        ([100.0, 100.5], True),
        ([100.0, 100.5, 101.0], False),  # as often as the settings say
        ([100.0, 103.5], True),  # it would go just in time
        ([100.0, 103.75], False),
    ],
)
def test_an_entry_is_sent_so_often_and_for_so_long(at, goes_on):
    kept = unsent(*[None] * len(at), at=at)
    assert kept.entry_goes_on(at[-1]) is goes_on


def test_a_pause_is_kept_once():
    assert served(None) is None
    assert served(unsent(7.0)).pause_s == 0.0


def test_a_word_of_the_order_frees_the_way_but_not_before_the_broker_asked():
    assert eased(None) is None
    assert eased(unsent(None)) is None
    limited = unsent(7.0)
    assert eased(limited) is limited


def cancels(*happened):
    kept = Cancels(SETTINGS)
    for what, *given in happened:
        getattr(kept, what)(*given)
    return kept


SHUT, LATE, NONE = Reason.MARKET_CLOSED, Reason.TOO_LATE, Reason.NONE
# what became of cancels: the pause before the next, whether they are spent, and are for the market
AFTER = {
    "none": ([], 0.0, False, False),
    "refused": ([("refused", NONE, 5.0)], 0.25, False, False),
    "refused twice": ([("refused", NONE, 5.0)] * 2, 0.5, False, False),
    "refused as often as it may be": ([("refused", NONE, 5.0)] * 3, 30.0, True, False),
    "taken as often as it may be": (
        [("refused", NONE, 5.0)] * 2 + [("taken",)],
        1.0,
        False,
        False,
    ),
    "taken, and it works all the same": (
        [("refused", NONE, 5.0)] * 2 + [("taken",), ("in_vain", 6.0)],
        30.0,
        True,
        False,
    ),
    "the market is shut": ([("refused", SHUT, 5.0)], 0.25, False, True),
    "too late for what works was the market": (
        [("refused", LATE, 5.0), ("in_vain", 6.0)],
        0.25,
        False,
        True,
    ),
    "too late": ([("refused", LATE, 5.0)], 0.25, False, False),
    "taken after that": ([("refused", SHUT, 5.0), ("taken",)], 0.5, False, False),
    "begun anew": ([("refused", NONE, 5.0)] * 3 + [("renew",)], 0.0, False, False),
}


@pytest.mark.parametrize("name", AFTER)
def test_the_pause_between_cancels_follows_from_what_became_of_them(name):
    happened, *expected = AFTER[name]
    kept = cancels(*happened)
    assert [kept.pause_s, kept.spent, kept.not_now] == expected


@pytest.mark.parametrize(
    ("happened", "since_s"),
    [
        ([("refused", NONE, 5.0)], 5.0),
        ([("refused", NONE, 5.0), ("in_vain", 6.0)], 5.0),
        ([("in_vain", 6.0)], 6.0),
        ([("refused", NONE, 5.0), ("taken",)], None),
        ([("refused", NONE, 5.0), ("overdue",)], None),
        ([("refused", NONE, 5.0), ("unknown",), ("in_vain", 7.0)], 7.0),
    ],
)
def test_a_pause_counts_from_when_the_last_cancel_was_known_to_change_nothing(happened, since_s):
    kept = cancels(*happened)
    assert kept.command(0.0, 0.0) == Command(Do.CANCEL, kept.pause_s, since_s=since_s)


def test_the_next_cancel_waits_for_the_longest_of_its_pauses():
    kept = cancels(("refused", NONE, 5.0))
    assert kept.command(3.0, 9.0) == Command(Do.CANCEL, 3.0)  # nothing left: that alone
    assert kept.command(0.0, 0.125).delay_s == 0.25
    assert kept.command(0.0, 9.0).delay_s == 9.0


def test_an_answer_to_a_cancel_is_waited_for_twice_as_long_each_time_none_came():
    patient = OrderSettings(cancel_again_s=0.25, retry_most_s=1.0)
    kept, waits = Cancels(patient), []
    for _ in range(4):
        waits.append(kept.patience_s)
        kept.overdue()
    assert waits == [0.25, 0.5, 1.0, 1.0]
    kept.taken()
    assert kept.patience_s == 0.25
    kept.overdue()
    kept.refused(NONE, 5.0)
    assert kept.patience_s == 0.25


@pytest.mark.parametrize(
    ("refusals", "look_s"), [(0, 0.25), (1, 0.25), (2, 0.5), (3, 0.75)], ids=str
)
def test_the_look_that_follows_a_cancel_is_a_part_of_the_pause(refusals, look_s):
    kept = Cancels(OrderSettings(told_within_s=0.75))
    for _ in range(refusals):
        kept.refused(NONE, 5.0)
    assert kept.look_s == look_s
