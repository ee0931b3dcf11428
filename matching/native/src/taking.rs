//! An order meets the market: what it takes at once, and how what is left comes to rest
//! (`reference/taking.py`).

use crate::queue_position::joins;
use crate::rules::Fault;
use crate::state::BookState;
use crate::words::{Liquidity, OrdStatus, Reason, TimeInForce};
use crate::working_order::Slot;

/// Let an order that stands nowhere take what it can; the rest is placed or, IOC, cancelled.
/// `not_better`: a price that the order's fills here may not beat.
pub fn arrive(book: &mut BookState, slot: Slot, not_better: Option<i64>) -> Result<(), Fault> {
    if book.matching() {
        take(book, slot, not_better)?;
        let order = &book.orders[slot];
        if order.leaves_qty() != 0 && order.tif == TimeInForce::Ioc {
            book.end(slot, OrdStatus::Canceled, Reason::NoLiquidity);
        }
    }
    let order = &book.orders[slot];
    if order.leaves_qty() != 0 && order.works {
        rest(book, slot, not_better);
    }
    Ok(())
}

/// Fill an order from what the recorded market opposite still has, at its price.
pub fn take(book: &mut BookState, slot: Slot, not_better: Option<i64>) -> Result<(), Fault> {
    cancel_own_before(book, slot);
    let order = &book.orders[slot];
    let opposite = &book.recorded[order.side.opposite().index()];
    let Some(quoted) = opposite.price else { return Ok(()) };
    let px = not_better.map_or(quoted, |bound| order.worse(quoted, bound));
    if !order.reaches(px) {
        return Ok(());
    }
    let wanted = within_volume(book, order.leaves_qty());
    let qty = if wanted != 0 { opposite.offer(wanted)? } else { 0 };
    if qty != 0 {
        let unknown_size = opposite.shown < 0;
        book.recorded[order.side.opposite().index()].take(qty);
        book.fill(slot, qty, px, Liquidity::Removed, unknown_size);
    }
    Ok(())
}

/// `wanted`, but no more than what is left of the bar's volume.
pub fn within_volume(book: &BookState, wanted: i64) -> i64 {
    book.volume_left.map_or(wanted, |left| wanted.min(left))
}

/// Cancel our own resting orders that a taker would meet before the recorded quote.
pub fn cancel_own_before(book: &mut BookState, slot: Slot) {
    let (side, sign) = (book.orders[slot].side, book.orders[slot].sign());
    let quoted = book.opposite_price(side);
    for own in book.resting[side.opposite().index()].listed() {
        let other = &book.orders[own];
        let Some(price) = other.price.filter(|_| !other.aggressive) else { continue };
        if !book.orders[slot].reaches(price) {
            continue;
        }
        if let Some(quoted) = quoted {
            let behind = (price - quoted) * sign;
            if behind > 0 || (behind == 0 && other.ahead != Some(0)) {
                continue;
            }
        }
        book.end(own, OrdStatus::Canceled, Reason::SelfMatch);
    }
}

/// Cancel our own resting orders that cross the limit of an order that comes to rest.
pub fn cancel_own_within(book: &mut BookState, slot: Slot) {
    for own in book.resting[book.orders[slot].side.opposite().index()].listed() {
        let other = &book.orders[own];
        let Some(price) = other.price.filter(|_| !other.aggressive) else { continue };
        if book.orders[slot].reaches(price) {
            book.end(own, OrdStatus::Canceled, Reason::SelfMatch);
        }
    }
}

fn rest(book: &mut BookState, slot: Slot, not_better: Option<i64>) {
    let matching = book.matching();
    let aggressive = matching && still_marketable(book, slot, not_better);
    book.orders[slot].aggressive = aggressive;
    if matching && !aggressive {
        cancel_own_within(book, slot);
    }
    let order = &mut book.orders[slot];
    if order.ahead.is_none() {
        let own_side = &book.recorded[order.side.index()];
        order.ahead = joins(order, own_side.price, own_side.shown, book.rules.queue);
    }
    book.place(slot);
}

fn still_marketable(book: &BookState, slot: Slot, not_better: Option<i64>) -> bool {
    let order = &book.orders[slot];
    match book.opposite_price(order.side) {
        None => order.ord_type.is_marketable(),
        Some(quoted) => {
            order.reaches(not_better.map_or(quoted, |bound| order.worse(quoted, bound)))
        }
    }
}
