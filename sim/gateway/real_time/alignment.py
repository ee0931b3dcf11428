"""Restamped bars begin at whole minutes: a market begins a little later, so that they do.

What lies between the market's time and the wall's is then whole hours, or whole minutes of a short
tape, for as long as the market goes at real time without a pause.
"""

from collections.abc import Sequence
from dataclasses import replace

from ..venue.listing import Listing, book_ns

_MINUTE_NS = 60 * 10**9
_HOUR_NS = 60 * _MINUTE_NS
_ENOUGH = 12  # of what is left of the tape, at most one part in so many is passed over


def aligned(listings: Sequence[Listing], wall_ns: int) -> tuple[Listing, ...]:
    """The same listings, begun later by less than an hour or a minute; as they are where the
    shortest tape has not enough left for that."""
    start_ns = min(listing.start_ns for listing in listings)
    left_ns = min(listing.tape.end_ns - listing.start_ns for listing in listings)
    for step_ns in (_HOUR_NS, _MINUTE_NS):
        if left_ns >= _ENOUGH * step_ns:
            later_ns = (wall_ns - start_ns) % step_ns
            return tuple(_later(listing, later_ns) for listing in listings)
    return tuple(listings)


def _later(listing: Listing, by_ns: int) -> Listing:
    start_ns = listing.start_ns + by_ns
    return replace(listing, start_ns=start_ns, book_ns=book_ns(listing.tape, start_ns))
