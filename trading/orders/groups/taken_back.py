"""What the venue takes back of a group's fills: it goes on as if they had never been.

What opens does not go out again for that, long after it was meant; what closes does, for what it
had closed is held again.
"""

from collections.abc import Sequence
from fractions import Fraction

from msgspec import structs

from .core import State
from .member import Member
from .spec import GroupSpec


def taken_back(
    spec: GroupSpec, state: State, first: Member | None, members: Sequence[Member]
) -> State:
    """Look whether fills were taken back since the last look; the state that is left, of which the
    next look says who was filled first, and how much is too much. After a flatten what an order had
    closed is left to whoever guards it."""
    every = [*members] if first is None else [first, *members]
    moved = [qty for member in every if (qty := member.see())]
    if not moved:
        return state
    square = None if state.square is None else state.square + sum(moved)
    for member in every:
        over = member.last is not None and member.live is None
        closes = spec.protects and member is not first
        member.out = member.out or (over and not closes)
    winner = state.winner
    if winner is not None and not members[winner].cum_qty:
        winner = None
    return structs.replace(state, winner=winner, over=Fraction(0), square=square)
