"""Orders that hang on one another: an entry's legs follow it, and one cancels the other."""

from collections.abc import Callable

from ...trading.words import ExecType, OrdStatus
from ..commands import AttachLegs, CancelOrder, ReplaceOrder
from .family import Family, HangingLeg
from .order_entry import cancel, enter
from .order_replace import replace
from .state import BookState


def attach(book: BookState, command: AttachLegs) -> None:
    """Take the legs of an entry in; what becomes of them is decided with the first `follow`."""
    family = Family(command)
    for order_id in family.ids():
        book.families[order_id] = family
    book.stir(family)


def follow(book: BookState, family: Family, changed: Callable[[], None]) -> None:
    """Bring the legs to where the entry and they themselves are now. `changed` hears of each order
    that came, went or moved."""
    family.stirred = False
    if family.asked.entry_id not in book.families:
        return  # it came to its end meanwhile
    complete = family.asked.entry_id not in book.orders
    if complete and not family.cum_qty:
        _end(book, family, changed)
        return
    if not family.told:
        family.told = True
        for leg in family.legs:
            book.say_of_leg(family, leg, ExecType.SUSPENDED, OrdStatus.SUSPENDED)
    # One that is filled cancels the other (gateway-protocol 7.3); what the entry fills later has
    # neither.
    if any(_filled(book, leg) for leg in family.legs):
        _end(book, family, changed)
        return
    if family.cum_qty and (family.asked.each_fill or complete):
        for leg in _live(book, family):
            _bring(book, family, leg)
            changed()
    if complete and not _live(book, family):
        _forget(book, family)


def _bring(book: BookState, family: Family, leg: HangingLeg) -> None:
    """Have a leg work for what is open, at its distance; what was made of it by command stays."""
    qty, px = family.qty_for(leg), family.px_for(leg)
    if leg.suspended:
        leg.suspended, leg.px, leg.qty = False, px, qty
        enter(book, family.order_of(leg, qty, px))
        return
    order = book.orders.get(leg.asked.order_id)
    if order is None:
        return  # the one before it took it away
    before, leg.qty = qty if leg.qty is None else leg.qty, qty
    size = order.order_qty + leg.asked.carried
    # Made smaller or larger by command it stays so: it grows with what the entry fills, and is
    # never larger than what became less.
    wanted = min(size, qty) if qty < before else size + qty - before
    # A trailing stop moves by itself, and never back.
    moved = (order.stop_px if leg.stops else order.price) != leg.px or leg.asked.trail is not None
    if wanted == size and (moved or px == leg.px):
        return
    new_px = None
    if not moved and px != leg.px:
        leg.px = new_px = px
    stop_px, price = (new_px, None) if leg.stops else (None, new_px)
    replace(
        book, ReplaceOrder(order.order_id, wanted - leg.asked.carried, price=price, stop_px=stop_px)
    )


def _end(book: BookState, family: Family, changed: Callable[[], None]) -> None:
    """Nothing becomes of a family any more: the legs that are left go."""
    legs = _live(book, family) if family.told else []
    _forget(book, family)
    for leg in legs:
        if leg.suspended:
            book.withdraw(family, leg)
        elif leg.asked.order_id in book.orders:
            cancel(book, CancelOrder(leg.asked.order_id))
            changed()


def _forget(book: BookState, family: Family) -> None:
    for order_id in family.ids():
        book.families.pop(order_id, None)


def _live(book: BookState, family: Family) -> list[HangingLeg]:
    return [leg for leg in family.legs if leg.suspended or leg.asked.order_id in book.orders]


def _filled(book: BookState, leg: HangingLeg) -> bool:
    done = book.done.get(leg.asked.order_id)
    return done is not None and done.status is OrdStatus.FILLED
