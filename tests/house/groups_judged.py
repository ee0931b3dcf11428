"""What must be true of groups once nothing moves any more, by the exchange's books."""

from fractions import Fraction
from math import floor

from books_judged import SEEN

from dryfill.trading.orders.groups.core import Mode
from dryfill.trading.orders.groups.lifecycle import Phase
from dryfill.trading.words import ContingencyType, Side


class GroupBooks:
    """One group's fills and working orders as the exchange has them."""

    def __init__(self, group, truth):
        self.group, self.spec = group, group.spec
        states = [s for s in truth.values() if s.ord_status.name != "REJECTED"]
        named = [[s for s in states if _name(s) == m.name] for m in self.spec.members]
        self.filled = [sum(s.cum_qty for s in of) for of in named]
        self.leaves = [sum(s.leaves_qty for s in of) for of in named]
        self.working = [sum(not s.ord_status.terminal for s in of) for of in named]
        exits = [s for s in states if _name(s) == f"{self.spec.intent}.exit"]
        self.given_back = sum(s.side.sign * s.cum_qty for s in exits)
        self.exits_work = any(not s.ord_status.terminal for s in exits)
        first = self.spec.first
        self.first = [s for s in states if first is not None and _name(s) == first.name]

    @property
    def allowed(self):
        first = self.spec.first
        if first is None:
            return Fraction(1)
        return Fraction(sum(s.cum_qty for s in self.first), first.qty)

    def on(self, side):
        pairs = zip(self.spec.members, self.filled, strict=True)
        return sum(filled for member, filled in pairs if member.side is side)

    def used(self, side):
        pairs = zip(self.spec.members, self.filled, strict=True)
        return sum((Fraction(f, m.qty) for m, f in pairs if m.side is side), Fraction(0))


def judge_group(group, truth, incidents):
    """INV-03 and 04 of a group: nothing filled beyond what is meant that was not given back, and
    nothing open beyond what is left."""
    books = GroupBooks(group, truth)
    faults = [i for i in incidents if i.kind in ("fault", "fallback")]
    assert not faults, f"a fault of ours: {faults}"
    said = [i for i in incidents if i.kind == "overfill" and f"group {group.intent} " in i.text]
    assert len(said) <= 1, f"said {len(said)} times"
    assert max(books.working, default=0) <= 1, f"two orders of one member: {group!r}"
    _judge_view(group, books)
    if group.state.mode is Mode.RELEASED:
        assert not any(books.working), f"released, and {books.working} work"
        SEEN["a group released"] += 1
        return
    assert not books.exits_work
    bought, sold = books.on(Side.BUY), books.on(Side.SELL)
    if bought and sold:
        SEEN["a group filled on two sides"] += 1
        assert books.given_back in (sold, -bought), f"{bought}, {sold}: {books.given_back}"
        assert len(said) == 1
    else:
        _judge_one_side(group, books, Side.BUY if bought else Side.SELL, len(said))
    _judge_open(group, books)


def _judge_one_side(group, books, side, said):
    """What was given back is what was filled too much, neither less nor more."""
    given = -side.sign * books.given_back
    assert given >= 0, f"{group!r} made an over-fill larger by {-given}"
    over = books.used(side) - books.allowed
    if over > 0:
        SEEN["a group over-filled"] += 1
    assert (given > 0) == (said == 1), f"{given} given back, said {said} times"
    if books.spec.first is None:
        fewest = _fewest(books, side, over)
        largest = max(member.qty for member in books.spec.members)
        assert fewest <= given <= max(fewest * largest, 0), f"{given}, at least {fewest}"
        if len({member.qty for member in books.spec.members}) == 1:
            assert given == fewest
    elif len({m.qty for m in (books.spec.first, *books.spec.members)}) == 1:
        held = sum(s.cum_qty for s in books.first) - books.on(side) + given
        assert held >= 0, f"{group!r} closed {-held} too much"


def _judge_open(group, books):
    """Nothing is open beyond what is left, and each member that is not out has just that open."""
    state, spec = group.state, books.spec
    left = books.allowed + state.over
    for n, member in enumerate(spec.members):
        winner = None if state.winner is None else spec.members[state.winner]
        mine = left if winner is None else left - books.used(winner.side)
        if winner is not None and winner.side is not member.side:
            mine = 0
        if winner is not None and spec.contingency is ContingencyType.OCO and n != state.winner:
            mine = 0
        wanted = max(floor(mine * member.qty), 0) if state.mode is Mode.KEEPING else 0
        assert books.leaves[n] <= wanted, f"{member.name}: {books.leaves[n]} open, {wanted} wanted"
        if not group._members[n].out:
            assert books.leaves[n] == wanted, f"{member.name}: {books.leaves[n]}, not {wanted}"
            SEEN["a member open at rest"] += wanted > 0


def _judge_view(group, books):
    """The caller is told what is true."""
    assert [member.filled for member in group.outcome.members] == books.filled
    works = any(books.working) or any(not s.ord_status.terminal for s in books.first)
    assert group.finished is not works, f"{group!r}, {books.working} work"
    assert not group.unresolved
    assert group.phase in (Phase.WAITING, Phase.WORKING, Phase.DONE), group
    SEEN[f"a group {group.phase.value}"] += 1


def _fewest(books, side, over):
    """The fewest contracts without which no more than its share was filled."""
    pairs = [(m.qty, f) for m, f in zip(books.spec.members, books.filled, strict=True)]
    found = 0
    for size, filled in sorted(pair for pair in pairs if pair[1]):
        while over > 0 and filled:
            over -= Fraction(1, size)
            filled -= 1
            found += 1
    return found


def _name(state):
    return state.cl_ord_id.rpartition("#")[0]
