"""A group, sans I/O: from what was filled follows what each member should have open.

    left = allowed - used          as shares of the group

A member's fill uses up its share of the group: 1 of 3 contracts a third. What is left is open to
every member (one updates the other), or to the one that was filled first alone (one cancels the
other). `allowed` is the whole, or what the first order of an OTO group has filled of its own. With
members of one size this is: open = quantity of the group - filled, 0 being cancelled.

On two sides the first fill decides which side is meant; what the other side fills is too much, as
is whatever one side fills beyond `allowed`. What was filled too much is given back at market, in
one order, once nothing else of it may still be filled.
"""

from enum import Enum
from fractions import Fraction
from math import ceil, floor

from msgspec import Struct, structs

from ...words import ContingencyType, Side
from .lifecycle import Happened, Phase, step
from .spec import GroupSpec, MemberSpec


class Mode(Enum):
    """KEEPING lets the members work. ENDING takes all orders away. RELEASED does so too, and leaves
    what was filled too much to somebody else (flatten)."""

    KEEPING = "keeping"
    ENDING = "ending"
    RELEASED = "released"


class MemberFacts(Struct, frozen=True):
    """One member, all its orders together. `live`: one works or may be working, and may still fill
    `open_qty` contracts at most. `sent`: one was. `out`: it ended by itself, or the trader took it
    away; it is not sent again. `since_ns`: the broker's time of its first fill, where that was
    told."""

    cum_qty: int = 0
    live: bool = False
    open_qty: int = 0
    sent: bool = False
    out: bool = False
    since_ns: int | None = None


class Facts(Struct, frozen=True):
    """A group as it is. `exit_net`: contracts that its closing orders bought, less those that they
    sold. `late`: members have had more open than they should for too long. `anew`: contracts,
    signed, that it holds since a flatten was through, by what was told after that, or taken back of
    what had given back."""

    members: tuple[MemberFacts, ...]
    first: MemberFacts | None = None
    exit_net: int = 0
    exit_live: bool = False
    late: bool = False
    anew: int = 0


class State(Struct, frozen=True):
    """What is remembered from one look to the next. `winner`: the member that was filled first.
    `over`: the largest share that was ever filled beyond what was allowed; it was given back, or
    will be, and counts no more. `passed`: the member whose stop the market has traded through: it
    alone is meant from then on, and closes at market what it was for. `said`: an incident tells
    already that too much was filled. `square`: the group's position as a flatten was through that
    it was left to, and nothing was held; what comes to light after that it gives back itself."""

    phase: Phase
    mode: Mode = Mode.KEEPING
    winner: int | None = None
    over: Fraction = Fraction(0)
    passed: int | None = None
    said: bool = False
    square: int | None = None


class Desired(Struct, frozen=True):
    """What should be. `opens`: contracts that each member should have open. `too_much`: contracts
    to be undone in all. `give_back`: to be bought (above zero) or sold (below) at market now."""

    opens: tuple[int, ...]
    first_works: bool
    too_much: int = 0
    give_back: int = 0


def begin(spec: GroupSpec) -> State:
    """Before anything is sent."""
    return State(Phase.WORKING if spec.first is None else Phase.WAITING)


def advance(spec: GroupSpec, state: State, facts: Facts) -> tuple[State, Desired]:
    """What follows from the facts: the state after them, and what should be."""
    state = _look(spec, state, facts)
    wish = desired(spec, state, facts)
    while (what := happened(spec, state, facts, wish)) is not None:
        state = structs.replace(state, phase=step(state.phase, what))
    return state, wish


def squared(state: State, position: int) -> State:
    """A flatten is through, and nothing is held."""
    return structs.replace(state, square=position) if state.mode is Mode.RELEASED else state


def desired(spec: GroupSpec, state: State, facts: Facts) -> Desired:
    """What should be, given what is."""
    opens = tuple([_open_qty(spec, state, facts, n) for n in range(len(spec.members))])
    works = state.mode is Mode.KEEPING and state.passed is None
    due, too_much = correction(spec, state, facts)
    wish = Desired(opens, works, too_much)
    # What may still be filled could make it more, and then it would take a second order.
    settled = not facts.exit_live and (facts.late or not lagging(facts, wish))
    if not settled:
        return wish
    back = -facts.anew if state.mode is Mode.RELEASED else due - facts.exit_net
    return structs.replace(wish, give_back=back)


def happened(spec: GroupSpec, state: State, facts: Facts, wish: Desired) -> Happened | None:
    """What happened to the group since it came into its phase; None while nothing did."""
    phase = state.phase
    orders = facts.members if facts.first is None else (facts.first, *facts.members)
    live = facts.exit_live or any(order.live for order in orders)
    if state.mode is Mode.RELEASED:
        if phase is Phase.RELEASED:
            return None if live else Happened.ENDED
        return Happened.LET_GO if live or phase is not Phase.DONE else None
    if facts.exit_live or correction(spec, state, facts)[0] != facts.exit_net:
        return None if phase is Phase.OVERFILLED else Happened.TOO_MUCH
    if not live and not _goes_on(facts, wish):
        return None if phase is Phase.DONE else Happened.ENDED
    if phase is Phase.OVERFILLED:
        return Happened.GIVEN_BACK
    if lagging(facts, wish):
        if phase is Phase.REDUCING and facts.late:
            return Happened.TIME_UP
        return None if phase in (Phase.REDUCING, Phase.UNRESOLVED) else Happened.FILLED
    if phase in (Phase.REDUCING, Phase.UNRESOLVED):
        return Happened.CONFIRMED
    triggered = phase is Phase.WAITING and allowed(spec, facts) > 0
    return Happened.TRIGGERED if triggered or phase is Phase.DONE else None


def lagging(facts: Facts, wish: Desired) -> bool:
    """Whether an order may still fill more than it should."""
    if facts.first is not None and facts.first.live and not wish.first_works:
        return True
    pairs = zip(facts.members, wish.opens, strict=True)
    return any(member.live and member.open_qty > open_qty for member, open_qty in pairs)


def allowed(spec: GroupSpec, facts: Facts) -> Fraction:
    """The share of the group that may be filled."""
    if spec.first is None or facts.first is None:
        return Fraction(1)
    return Fraction(facts.first.cum_qty, spec.first.qty)


def correction(spec: GroupSpec, state: State, facts: Facts) -> tuple[int, int]:
    """What has to be done about what was filled too much: contracts bought (above zero) or sold in
    all, and how many contracts that is about."""
    if state.winner is None:
        return 0, 0
    side = spec.members[state.winner].side
    wrong = sum(f.cum_qty for m, f in _with_specs(spec, facts) if m.side is not side)
    beyond = _contracts(spec, state, facts)
    return side.sign * (wrong - beyond), wrong + beyond


def owed(spec: GroupSpec, state: State, facts: Facts) -> int:
    """Contracts filled too much that are still to be given back, signed as they are held."""
    released = state.mode is Mode.RELEASED
    return facts.anew if released else facts.exit_net - correction(spec, state, facts)[0]


def _look(spec: GroupSpec, state: State, facts: Facts) -> State:
    """Remember who was filled first, and how much was ever filled beyond what was allowed."""
    winner = state.winner
    if winner is None:
        filled = [n for n, member in enumerate(facts.members) if member.cum_qty]
        if not filled:
            return state
        untold = max([m.since_ns or 0 for m in facts.members]) + 1
        winner = min(filled, key=lambda n: (facts.members[n].since_ns or untold, n))
    side = spec.members[winner].side
    over = max(state.over, _used(spec, facts, side) - allowed(spec, facts))
    return structs.replace(state, winner=winner, over=over)


def _open_qty(spec: GroupSpec, state: State, facts: Facts, n: int) -> int:
    """Contracts that the `n`th member should have open."""
    member = spec.members[n]
    if state.mode is not Mode.KEEPING or facts.members[n].out or state.passed not in (None, n):
        return 0
    if state.winner is None:
        return floor(allowed(spec, facts) * member.qty)
    winner = spec.members[state.winner]
    alone = spec.contingency is ContingencyType.OCO and n not in (state.winner, state.passed)
    if alone or member.side is not winner.side:
        return 0
    left = allowed(spec, facts) - _used(spec, facts, winner.side) + state.over
    return max(floor(left * member.qty), 0)


def _used(spec: GroupSpec, facts: Facts, side: Side) -> Fraction:
    """The share of the group that one side has filled."""
    shares = [Fraction(f.cum_qty, m.qty) for m, f in _with_specs(spec, facts) if m.side is side]
    return sum(shares, Fraction(0))


def _contracts(spec: GroupSpec, state: State, facts: Facts) -> int:
    """The share filled beyond what was allowed, in whole contracts: those of the losers first."""
    if not state.over or state.winner is None:
        return 0
    winner = spec.members[state.winner]
    losers = [n for n in range(len(spec.members)) if n != state.winner]
    found, rest = 0, state.over
    for n in (*reversed(losers), state.winner):
        member = spec.members[n]
        if member.side is winner.side and rest > 0:
            qty = min(facts.members[n].cum_qty, ceil(rest * member.qty))
            found += qty
            rest -= Fraction(qty, member.qty)
    return found


def _goes_on(facts: Facts, wish: Desired) -> bool:
    """Whether an order that does not work should."""
    if facts.first is not None and not facts.first.sent and wish.first_works:
        return True
    pairs = zip(facts.members, wish.opens, strict=True)
    return any(open_qty and not member.live for member, open_qty in pairs)


def _with_specs(spec: GroupSpec, facts: Facts) -> "zip[tuple[MemberSpec, MemberFacts]]":
    return zip(spec.members, facts.members, strict=True)
