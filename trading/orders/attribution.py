"""Other hands: what somebody else closed of what a bracket holds is taken off the bracket.

    own = what an owner's orders opened, less what they closed
    unowned = held - sum(own - taken) of all owners

The trader's own opposite order, a manual trade, a forced liquidation and a flatten's exit all close
contracts that a bracket answers for, and none of them is an order of the bracket's. While what
nobody owns stands against an owner, as many contracts were closed for it: they are taken off the
oldest owner first, as the simulated broker's books count them. A stranger's fill that turns out to
be an owner's order is no stranger's: what was taken for it is given back, and nothing counts twice.
So is what was taken before a stranger's fill was told that was there before (`late_strangers`); and
where something may not have been told, what was filled is asked for as soon as anything is taken.
"""

from collections.abc import Sequence

from msgspec import Struct

from ..instrument import Instrument
from ..words import OrdStatus
from .brackets.bracket import Bracket
from .brackets.core import Mode
from .exits.fallback import Fallback
from .groups.group import Group
from .guards.close import Close
from .guards.guard import Guard
from .owners import Owner, Owners
from .risk.locks import Locks
from .sending.outbox import Outbox
from .tally import Tally


class Stake(Struct, frozen=True):
    """One owner, all signed as they are held. `own`: by its own orders. `before`: `own` when it was
    looked at last. `taken`: off it so far. `cut`: whether other hands can close what it holds.
    `let_go`: somebody else closes what is held through it, or gives back what it closed too
    much, now or soon."""

    own: int
    before: int
    taken: int
    cut: bool
    let_go: bool = False

    @property
    def held(self) -> int:
        return self.own - self.taken


def shares(held: int, claimed: Sequence[int], stakes: Sequence[Stake]) -> list[int]:
    """What is taken off each owner, oldest first. `held`: in the account, what guards and closes
    are about to give back apart. `claimed`: what of it was booked as strangers' fills and has
    turned out since the last look to be owners', or was taken back, or what would undo strangers'
    fills that were told late; what was bought and what was sold apart: one owner's is not made good
    by another's.

    >>> shares(1, [], [Stake(2, 2, 0, True), Stake(1, 1, 0, True)])
    [2, 0]
    >>> shares(-1, [], [Stake(2, 2, 0, True)])  # through zero: what is beyond is nobody's
    [2]
    >>> shares(1, [-1], [Stake(1, 2, 1, True)])  # the stranger was its stop
    [0]
    >>> shares(0, [-2, 1], [Stake(0, 2, 2, True), Stake(0, -1, -1, True)])
    [0, 0]
    >>> shares(2, [-2], [Stake(4, 4, 4, False), Stake(2, 2, 2, True, True)])  # a group, a bracket
    [4, 0]
    >>> shares(0, [], [Stake(-1, -1, 0, True, True), Stake(1, 1, 0, True, True)])
    [-1, 1]
    """
    taken = [stake.taken for stake in stakes]
    if not claimed and held == sum([stake.own - stake.taken for stake in stakes]):
        _offset(stakes, taken)  # all that is held is somebody's
        return taken
    for left in claimed:
        for n in sorted(range(len(stakes)), key=lambda n: _last_to_get(stakes[n])):
            back = _same_side(-left, taken[n])
            taken[n] -= back
            left += back
    unowned = held - sum(stake.own for stake in stakes) + sum(taken)
    for n, stake in enumerate(stakes):
        if stake.cut:
            lost = _same_side(-unowned, stake.own - taken[n])
            taken[n] += lost
            unowned += lost
    _offset(stakes, taken)
    return taken


def _last_to_get(stake: Stake) -> tuple[bool, bool]:
    """Who gets something back first: whose own orders changed, and of others those who protect what
    they have back; a group that is over does not."""
    return stake.own == stake.before, not stake.cut


def _offset(stakes: Sequence[Stake], taken: list[int]) -> None:
    """Whoever closes for all those that were let go sees only what is held in the end: what one of
    them holds too much and another too little needs no order."""
    free = [n for n, stake in enumerate(stakes) if stake.let_go]
    for n in free:
        for other in free:
            common = _same_side(stakes[n].own - taken[n], taken[other] - stakes[other].own)
            taken[n] += common
            taken[other] -= common


def _same_side(one: int, other: int) -> int:
    """What two quantities have in common; 0 where their signs differ."""
    if one * other <= 0:
        return 0
    return min(one, other) if one > 0 else max(one, other)


class Attribution:
    """Looks at an instrument after its fills and before its owners act on them."""

    def __init__(self, owners: Owners, outbox: Outbox, locks: Locks) -> None:
        self._owners = owners
        self._outbox = outbox
        self._locks = locks
        self.changes: dict[str, int] = {}  # by symbol: the ledger's, as of the last look
        self._own: dict[str, dict[str, int]] = {}  # by symbol and intent
        self._tallies: dict[str, Tally] = {}  # by symbol

    def look(self, instrument: Instrument, first: Owner | None = None) -> None:
        """Take off owners what others closed; those that lost something act at once. Asked for
        where something was filled since the last look, or owners were let go. `first`: the owner
        of the order that changed: where it closes what is held, its word on what it closed too
        much is taken before, and so is that of all whose orders were filled since (explored, all,
        swarm 119)."""
        symbol, ledger = instrument.symbol, self._outbox.ledger
        if self._outbox.closed:
            return
        self.changes[symbol] = ledger.changes
        if not self._owners.any:  # nobody has anything that could be missing
            ledger.pass_over(symbol)
            return
        if first is not None:
            self._speak(first)
        seen = self._own.setdefault(symbol, {})
        ours = self._stir(instrument, seen, first)
        held = ledger.position(instrument).qty
        claimed = [*ledger.take_claimed(symbol), *ledger.late.take(symbol)]
        claimed += self._given_back(symbol)
        flattened = self._outbox.flattening(instrument)
        if claimed or flattened or not self._all_is_somebodys(symbol, held, seen):
            self._look_at_all(instrument, seen, held, claimed, ours)

    def _all_is_somebodys(self, symbol: str, held: int, own: dict[str, int]) -> bool:
        """Whether brackets hold all that is held, as it is nearly always, going by those of them
        that moved since the last look."""
        tally, moved = self._tallies.get(symbol), self._owners.take_moved(symbol)
        if tally is None or moved is None:
            return False
        found = [(intent, self._owners.awake(intent)) for intent in moved]
        for intent, owner in found:
            if owner is None:
                tally.drop(intent)
            else:
                tally.put(intent, owner.position if _is_plain(owner) else None)
        if tally.net != held or not tally.plain:
            return False
        for intent, owner in found:
            qty = tally.held(intent)
            if owner is None or (qty == 0 and self._owners.rest(owner)):
                tally.drop(intent)
                own.pop(intent, None)
            else:
                own[intent] = qty + _taken(owner)
        return True

    def _look_at_all(
        self,
        instrument: Instrument,
        seen: dict[str, int],
        held: int,
        claimed: list[int],
        ours: bool,
    ) -> None:
        symbol = instrument.symbol
        if not held:
            self._let_go_of_groups(instrument)
        own = self._own[symbol] = dict[str, int]()
        tally = self._tallies[symbol] = Tally()
        late = self._owners.late(instrument) if claimed else self._owners.stirring(instrument)
        trading = self._owners.trading(instrument)
        if not (late or trading):
            return
        held -= sum([_owed(owner) for owner in trading])
        holders = [owner for owner in (*late, *trading) if _holds(owner)]
        flattened = self._outbox.flattening(instrument) and any(map(_owes, holders))
        stakes = [_stake(owner, seen, own, flattened) for owner in holders]
        after = shares(held, claimed, stakes)
        for owner, stake, taken in zip(holders, stakes, after, strict=True):
            if taken != stake.taken and isinstance(owner, Bracket | Fallback):
                self._cut(owner, stake, taken, ours)
        for owner in late:
            if own.get(owner.intent, 0) == _taken(owner):
                self._owners.rest(owner)  # there may be a thousand of these
            else:  # it has something back, and is looked at until that is gone
                self._owners.stir(owner)
        for owner in (*self._owners.stirring(instrument), *trading):
            tally.put(owner.intent, owner.position if _is_plain(owner) else None)

    def _let_go_of_groups(self, instrument: Instrument) -> None:
        """Nothing is held, by anybody: what a finished group bought or sold, others closed, as they
        did what was let go."""
        late, trading = self._owners.stirring(instrument), self._owners.trading(instrument)
        groups = [owner for owner in late if isinstance(owner, Group)]
        holders = [o for o in (*late, *trading) if o not in groups and not _let_go(o)]
        if groups and not any(owner.position for owner in holders):
            for group in groups:
                group.gone = group.position

    def _given_back(self, symbol: str) -> list[int]:
        """Contracts, signed, of fills taken back of orders through which nothing is held: what they
        had closed of others is theirs again. A group closes again itself what it had closed."""
        found = []
        for order, qty in self._outbox.ledger.fallen(symbol):
            owner = self._owners.of(order)
            if owner is None or not (_holds(owner) or isinstance(owner, Group)):
                found.append(order.side.sign * qty)
        return found

    def _speak(self, owner: Owner) -> None:
        """Let one that closes what is held say what it closed too much."""
        if isinstance(owner, Guard | Close | Group):
            if self._outbox.let_go(owner.instrument) and self._owners.is_late(owner):
                self._owners.release(owner)  # it was over when the others were
            else:
                self._owners.settle(owner)

    def _stir(self, instrument: Instrument, seen: dict[str, int], first: Owner | None) -> bool:
        """Finished owners whose orders were filled after all have a stake again; at rest, each had
        as much as was taken off it. Whether an order of ours in the instrument that no owner
        answers for was filled: it closed, then."""
        ours = False
        for order in self._outbox.ledger.filled():
            owner = self._owners.of(order)
            if owner is not None:
                if owner is not first:
                    self._speak(owner)
                if self._owners.stir(owner):
                    seen[owner.intent] = _taken(owner)
                if self._outbox.let_go(owner.instrument) and self._owners.is_late(owner):
                    self._owners.release(owner)  # it was over when the others were
                self._owners.touch(owner)
            elif order.instrument.symbol == instrument.symbol:
                ours = True
        return ours

    def _cut(self, owner: Bracket | Fallback, stake: Stake, taken: int, ours: bool) -> None:
        lost = abs(taken) - abs(stake.taken)
        if isinstance(owner, Bracket):
            owner.taken = owner.plan.side.sign * taken
            self._outbox.keep(owner)
        else:
            owner.taken = taken
        self._outbox.observers.on_others_closed(owner.intent, lost)
        if lost > 0:
            newest_ns = max(order.core.time_ns for order in owner.orders())
            self._outbox.ledger.late.cut(owner.instrument.symbol, newest_ns)
        if lost > 0 and not stake.let_go:
            self._outbox.ask_fills()
            text = (
                f"{owner!r}: other hands closed {lost} contracts of it, {abs(taken)} in all; its "
                f"orders follow"
            )
            self._outbox.incident("position_cut", text, owner.intent)
            if owner.position == 0 and _swept(owner) and not ours:
                self._lock(owner)
        if self._outbox.let_go(owner.instrument) and self._owners.is_late(owner):
            self._owners.release(owner)  # a flatten closes what it has back, too
        else:
            self._owners.settle(owner)

    def _lock(self, owner: Owner) -> None:
        symbol = owner.instrument.symbol
        if symbol not in self._locks.locked:
            reason = "a position was closed and its orders were cancelled, neither by us"
            self._locks.lock(owner.instrument, reason)
            self._outbox.incident("locked", f"{symbol}: {reason}; no entries", owner.intent)


def _is_plain(owner: Owner) -> bool:
    """Whether all that counts of an owner is how many contracts are held through it."""
    return isinstance(owner, Bracket) and not _let_go(owner)


def _holds(owner: Owner) -> bool:
    """Whether contracts are held through an owner. Guards, closes and groups that only close what
    is held hold nothing themselves."""
    if isinstance(owner, Bracket):  # as a rule
        return True
    if isinstance(owner, Guard | Close):
        return False
    return not (isinstance(owner, Group) and owner.spec.only_closes)


def _swept(owner: Owner) -> bool:
    """Whether the venue took an order of an owner away that nobody here wanted gone."""
    return any(
        order.core.venue_status is OrdStatus.CANCELED and order.core.wish.working
        for order in owner.orders()
    )


def _stake(owner: Owner, seen: dict[str, int], own: dict[str, int], flattened: bool) -> Stake:
    """An owner's stake; what it has by its own orders goes into `own` and was in `seen`.
    `flattened`: a flatten is under way, and one closed too much. That is not given back then, which
    would enlarge what is held: others hold so much less."""
    held, taken, intent = owner.position, _taken(owner), owner.intent
    if isinstance(owner, Group):
        held -= owner.gone  # no group leaves what others closed out of its position
    mine = own[intent] = held + taken
    let_go = flattened or _let_go(owner)
    return Stake(mine, seen.get(intent, mine), taken, _can_be_cut(owner, held), let_go)


def _owes(owner: Owner) -> bool:
    """Whether a bracket closed more than it held."""
    return isinstance(owner, Bracket) and owner.position * owner.plan.side.sign < 0


def _can_be_cut(owner: Owner, held: int) -> bool:
    """What a bracket closed too much it gives back itself, unless it has let go."""
    if isinstance(owner, Bracket):
        return _let_go(owner) or held * owner.plan.side.sign >= 0
    return isinstance(owner, Fallback)


def _let_go(owner: Owner) -> bool:
    """Whether somebody else closes what is held through an owner."""
    if isinstance(owner, Bracket):
        return owner.mode is Mode.RELEASED
    return isinstance(owner, Fallback) and owner.let_go


def _taken(owner: Owner) -> int:
    """What other hands closed of an owner, signed as it was held."""
    if isinstance(owner, Bracket):
        return owner.plan.side.sign * owner.taken
    if isinstance(owner, Group):
        return owner.gone
    return owner.taken if isinstance(owner, Fallback) else 0


def _owed(owner: Owner) -> int:
    """Contracts that were closed too much and are on their way back, signed as they are held."""
    if isinstance(owner, Bracket):  # as a rule
        return 0
    if isinstance(owner, Guard | Close) or (isinstance(owner, Group) and owner.spec.only_closes):
        return owner.owed
    return 0
