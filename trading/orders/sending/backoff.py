"""Pauses between tries: how long, and after which refusals the market's state is to blame."""

from ...words import Reason

NOT_NOW = frozenset({Reason.MARKET_CLOSED, Reason.TYPE_NOT_ALLOWED_NOW})
"""Refusals that say nothing about the order: the market's next state may take it."""


def is_shut(reason: Reason, unsent: int) -> bool:
    """Whether it was the market's state that ended an attempt; `unsent`: how many reached nobody.
    The pauses after such grow long, and are counted by themselves: what reached nobody, or was
    refused for itself, says nothing about how long a market stays shut."""
    return reason in NOT_NOW and not unsent


_DOUBLINGS_MOST = 60  # beyond it every bound is reached, and 2**n would soon be no float any more


def doubled(first_s: float, most_s: float, nth: int) -> float:
    """The `nth` pause (from 1): `first_s`, each twice the last, never above `most_s`.

    >>> [doubled(0.25, 1.0, nth) for nth in (1, 2, 3, 4, 5000)]
    [0.25, 0.5, 1.0, 1.0, 1.0]
    """
    return min(first_s * float(2 ** min(max(nth - 1, 0), _DOUBLINGS_MOST)), most_s)
