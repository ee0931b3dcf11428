//! Orders that hang on one another: an entry's legs follow it, and one cancels the other
//! (`reference/links.py`).

use crate::commands::{AttachLegs, ReplaceOrder};
use crate::family::{Family, HangingLeg};
use crate::market_feed::MarketFeed;
use crate::order_entry::{cancel, enter};
use crate::order_replace::replace;
use crate::rules::Fault;
use crate::state::BookState;
use crate::words::{ExecType, OrdStatus, Reason};

/// Take the legs of an entry in; what becomes of them is decided with the first `follow`.
pub fn attach(book: &mut BookState, command: &AttachLegs) {
    book.families.add(Family::new(command.clone()));
}

/// Bring the legs to where the entry and they themselves are now. `feed` hears of each order that
/// came, went or moved.
pub fn follow(book: &mut BookState, feed: &mut MarketFeed, entry_id: i64) -> Result<(), Fault> {
    let complete = book.orders.find(entry_id).is_none();
    let Some(family) = book.families.of_mut(entry_id) else {
        return Ok(()); // it came to its end meanwhile
    };
    family.stirred = false;
    let some = family.cum_qty != 0;
    if complete && !some {
        end(book, feed, entry_id);
        return Ok(());
    }
    let works = family.asked.each_fill || complete;
    let size = family.asked.order_qty;
    if !std::mem::replace(&mut family.told, true) {
        let (what, status) = (ExecType::Suspended, OrdStatus::Suspended);
        for leg in legs_of(book, entry_id) {
            book.say_of_leg(leg.asked.order_id, size, what, status, Reason::None);
        }
    }
    // One that is filled cancels the other; what the entry fills later has neither.
    let legs = legs_of(book, entry_id);
    if legs.iter().any(|leg| filled(book, leg)) {
        end(book, feed, entry_id);
        return Ok(());
    }
    if some && works {
        for (nth, leg) in legs.iter().enumerate() {
            if is_live(book, leg) {
                bring(book, entry_id, nth)?;
                feed.orders_changed(book);
            }
        }
    }
    if complete && !legs_of(book, entry_id).iter().any(|leg| is_live(book, leg)) {
        book.families.forget(entry_id);
    }
    Ok(())
}

/// Have a leg work for what is open, at its distance; what was made of it by command stays.
fn bring(book: &mut BookState, entry_id: i64, nth: usize) -> Result<(), Fault> {
    let Some(family) = book.families.of_mut(entry_id) else { return Ok(()) };
    let leg = family.legs[nth];
    let (qty, px) = (family.qty_for(&leg), family.px_for(&leg));
    let now = &mut family.legs[nth];
    if leg.suspended {
        (now.suspended, now.px, now.qty) = (false, Some(px), Some(qty));
        let order = family.order_of(&leg, qty, px);
        return enter(book, &order);
    }
    let Some(slot) = book.orders.find(leg.asked.order_id) else { return Ok(()) };
    let order = &book.orders[slot];
    let before = leg.qty.unwrap_or(qty);
    now.qty = Some(qty);
    let size = order.order_qty + leg.asked.carried;
    // Made smaller or larger by command it stays so.
    let wanted = if qty < before { size.min(qty) } else { size + qty - before };
    // A trailing stop moves by itself, and never back.
    let stands = if leg.stops() { order.stop_px } else { order.price };
    let moved = stands != leg.px || leg.asked.trail.is_some();
    let stays = moved || leg.px == Some(px);
    if wanted == size && stays {
        return Ok(());
    }
    let new_px = (!stays).then_some(px);
    now.px = new_px.or(leg.px);
    replace(
        book,
        &ReplaceOrder {
            order_id: leg.asked.order_id,
            order_qty: Some(wanted - leg.asked.carried),
            price: new_px.filter(|_| !leg.stops()),
            stop_px: new_px.filter(|_| leg.stops()),
            trail: None,
        },
    )
}

/// Nothing becomes of a family any more: the legs that are left go.
fn end(book: &mut BookState, feed: &mut MarketFeed, entry_id: i64) {
    let Some(family) = book.families.of(entry_id) else { return };
    let (told, size, legs) = (family.told, family.asked.order_qty, family.legs.clone());
    book.families.forget(entry_id);
    for leg in legs.iter().filter(|_| told) {
        if leg.suspended {
            book.withdraw(leg.asked.order_id, size);
        } else if book.orders.find(leg.asked.order_id).is_some() {
            cancel(book, leg.asked.order_id);
            feed.orders_changed(book);
        }
    }
}

fn legs_of(book: &BookState, entry_id: i64) -> Vec<HangingLeg> {
    book.families.of(entry_id).map_or_else(Vec::new, |family| family.legs.clone())
}

fn is_live(book: &BookState, leg: &HangingLeg) -> bool {
    leg.suspended || book.orders.find(leg.asked.order_id).is_some()
}

fn filled(book: &BookState, leg: &HangingLeg) -> bool {
    book.done.get(&leg.asked.order_id).is_some_and(|done| done.status == OrdStatus::Filled)
}
