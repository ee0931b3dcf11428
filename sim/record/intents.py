"""Whose contracts are held: books by intent, from broker truth and the orders' tags alone."""

from ...trading.orders import tags
from ...trading.orders.tags import Tag

_GROUPS = (tags.OCO, tags.LEG, tags.FIRST)


class Intents:
    """What brackets hold in one instrument: signed contracts by intent, oldest first.

    Bracket by bracket this is exact: what its own orders traded, less what others closed of it, and
    by whom. Others are a flatten or a close, a group, a guard, an order that stands alone, another
    hand. What they trade makes up what nobody owns first: only what is more is against a bracket.
    """

    def __init__(self) -> None:
        self._held: dict[str, int] = {}
        self._owed: dict[str, int] = {}  # closed too much and not given back yet, as it was traded
        self._opened: dict[str, int] = {}  # brackets that had an entry, and its side's sign
        self._others: dict[str, bool] = {}  # groups, guards and closes, and whether they open
        self._taken: dict[str, dict[str, int]] = {}  # by closer: of whom, signed as it was held
        self._back: dict[str, str] = {}  # who had something back, and of what who had closed
        self._by = ""  # who traded last
        self._voided = False  # a fill was: they may hold opposite sides, and one owe beside others
        self.perhaps = 0  # contracts, signed, that are taken for brackets', and may be nobody's
        self._unowned = 0  # what nobody owned when this was settled last

    def fill(self, tag_text: str, signed: int) -> None:
        """Take in a fill: an entry opens, another leg of the same bracket closes."""
        tag = tags.parse(tag_text)
        self._by = tag_text if tag is None else tag.intent
        if tag is None or not tag.role:
            return
        if tag.role == "entry":
            self._opened[tag.intent] = 1 if signed > 0 else -1
        if tag.intent not in self._opened:
            self._by_no_bracket(tag, signed)
            return
        if self._voided and tag.role == "exit" and signed * self._opened[tag.intent] > 0:
            # What it gives back and does not owe was nobody's, and taken for what it owed.
            signed = self._given_back(tag.intent, signed)
            signed -= _common(signed, -self._unowned)
        if self._voided:
            self._traded(tag.intent, signed)
            return
        if tag.role == "exit" and tag.intent not in self._held:
            self._closed(self._given_back(tag.intent, signed))
            return
        held = self._held.pop(tag.intent, 0)
        if tag.role == "entry" or abs(signed) < abs(held):
            held += signed
        else:
            too_much, held = held + signed, 0
            self._owe(tag.intent, too_much)
        if held:
            self._held[tag.intent] = held

    def _by_no_bracket(self, tag: Tag, signed: int) -> None:
        """Take in a fill of a flatten, a group, a guard or a close."""
        intent = tag.intent
        if tag.role == "exit" and intent not in self._others:
            # By a flatten or a close, which are for what brackets hold, but for what it gives back.
            self._closed(self._given_back(intent, signed))
            return
        opens = tag.opens or self._others.get(intent, False)
        self._others[intent] = opens
        if not opens:  # it closes what nobody owns, and is to give back what is more
            signed -= _common(signed, -self._unowned)
        self._owe(intent, signed)

    def void(self, tag_text: str, signed: int) -> None:
        """A fill of so many contracts is taken back. A bracket's entry opened less, or its legs
        closed less; what another order had closed of brackets is theirs again, and what a group had
        closed is the group's business. What is left had closed what nobody owned: it is any's of
        which others closed some, as clients count it that know how much was closed of each, and
        not by whom."""
        self._voided = True
        tag = tags.parse(tag_text)
        self._by = tag_text if tag is None else tag.intent
        if tag is not None and tag.intent in self._opened:
            self._traded(tag.intent, -signed)
            return
        if self._by in self._others:
            whole = self._others[self._by] or (tag is not None and tag.role == "exit")
            own = signed if whole else _common(signed, self._owes(self._by))
            self._owe(self._by, -own)
            signed -= own
        if tag is None or tag.duty not in _GROUPS:
            self._held_again(-signed)

    def _held_again(self, signed: int) -> None:
        """So many contracts that somebody closed are there again."""
        signed = self._back_from(self._taken.get(self._by, {}), signed)
        for taken in list(self._taken.values()):
            left = self._back_from(taken, signed)
            self.perhaps += signed - left
            signed = left

    def _back_from(self, taken: dict[str, int], signed: int) -> int:
        """Those from whom somebody took so much have it back; what is left."""
        for intent, lost in list(taken.items()):
            back = _common(signed, lost)
            signed -= back
            if back:
                taken[intent] -= back
                _more(self._held, intent, back)
                self._back[intent] = self._by
        return signed

    def _owe(self, intent: str, signed: int) -> None:
        """One closed so much more too much, or gave so much back."""
        _more(self._owed, intent, signed)

    def _owes(self, intent: str) -> int:
        return self._owed.get(intent, 0)

    def _traded(self, intent: str, signed: int) -> None:
        """A bracket holds what its orders make in all, or owes it where that is on the other side:
        after a fill was taken back it may do either, and its next order may be for the other."""
        net = self._held.pop(intent, 0) + self._owed.pop(intent, 0) + signed
        if net * self._opened[intent] < 0:
            net -= self._closed_of_another(intent, net)
        if net:
            (self._held if net * self._opened[intent] > 0 else self._owed)[intent] = net

    def _closed_of_another(self, intent: str, signed: int) -> int:
        """What of so much that a bracket closed too much another one had got back, while this one
        had not, of which some was closed as well: whose of them it is makes no difference to what
        is held (explored, voids, all, swarm 103, 120)."""
        found = 0
        for other, closer in list(self._back.items()):
            for taken in list(self._taken.values()):
                most = _common(taken.get(intent, 0), self._held.get(other, 0))
                qty = _common(-signed, most)
                if qty:
                    taken[intent] -= qty
                    _more(self._held, other, -qty)
                    _more(self._taken.setdefault(closer, {}), other, qty)
                    signed += qty
                    found -= qty
        return found

    def _given_back(self, intent: str, signed: int) -> int:
        """What is left of a trade when what its bracket closed too much is given back."""
        back = _common(signed, -self._owes(intent))
        self._owe(intent, back)
        return signed - back

    def flattened(self) -> None:
        """All that is held was closed, and nothing is left: neither is what one holds against
        another since a fill was taken back (explored, all, swarm 5), or against what another one
        closed too much and nobody was told of (explored, crashes, hostile 501)."""
        self._held.clear()
        self._owed.clear()
        self.perhaps = 0

    def held(self, intent: str) -> int:
        """What one of them holds."""
        return self._held.get(intent, 0)

    def against(self, sign: int) -> int:
        """Contracts of those that are held against others: on the other side than `sign`, or all of
        them where nothing is left of both (0)."""
        return sum([abs(held) for held in self._held.values() if held * sign <= 0])

    def owes(self, intent: str) -> bool:
        """Whether one of them closed more than it held, and has not given that back."""
        return intent in self._owed

    def settle(self, position: int) -> int:
        """How many contracts of a position are brackets'; what others closed the oldest lose. What
        is still to be given back is nobody's loss: what another holds is hidden by it meanwhile. It
        is made good where nothing is held after somebody else traded, and not where it hides all
        that is (explored, all, swarm 39)."""
        unowned = self._nobodys(position)
        if not (position or self._voided):
            for intent in list(self._owed):
                if unowned != self._unowned or (self._others.get(intent) and not self._held):
                    del self._owed[intent]  # by whomever, it is made good
            unowned = self._nobodys(position)
        if unowned:
            self._closed(unowned, new=unowned - self._unowned)
        self._unowned = self._nobodys(position)
        if not (unowned or self._owed or self._voided):
            return abs(position)
        sign = 1 if position > 0 else -1
        return min(max(sign * sum(self._held.values()), 0), abs(position))

    def _nobodys(self, position: int) -> int:
        """What is held beside what brackets hold and what is to be given back."""
        return position - sum(self._held.values()) - sum(self._owed.values())

    def _closed(self, unowned: int, *, new: int = 0) -> None:
        """So much was traded against what brackets hold: the oldest lose it. What is owed is made
        good by what is `new` of it alone: the rest stood beside it before."""
        taken = self._taken.setdefault(self._by, {})
        for intent, held in list(self._held.items()):
            lost = _common(held, -unowned)
            unowned += lost
            if lost:
                _more(taken, intent, lost)
                _more(self._held, intent, -lost)
        for intent, owed in list(self._owed.items()) if self._voided else ():
            made_good = _common(owed, -new)
            new += made_good
            self._owe(intent, -made_good)


def _more(book: dict[str, int], intent: str, qty: int) -> None:
    """So many contracts more; who has none is in no book. The order stays as it is."""
    qty += book.get(intent, 0)
    if qty:
        book[intent] = qty
    else:
        book.pop(intent, None)


def _common(one: int, other: int) -> int:
    """What two quantities have in common; 0 where their signs differ."""
    if one * other <= 0:
        return 0
    return min(one, other) if one > 0 else max(one, other)
