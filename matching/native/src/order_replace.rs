//! A change in place: what may change, what it costs in priority, and when it is refused
//! (`reference/order_replace.py`).

use crate::commands::ReplaceOrder;
use crate::order_entry::{bad_price, bad_quantity, start};
use crate::rules::Fault;
use crate::state::BookState;
use crate::stop_trigger::{trigger_reference, wrong_side};
use crate::words::{ExecType, OrdStatus, OrdType, Reason, TradingStatus};
use crate::working_order::Slot;

/// Change a working order, or refuse and leave it exactly as it is.
pub fn replace(book: &mut BookState, change: &ReplaceOrder) -> Result<(), Fault> {
    let Some(slot) = book.orders.find(change.order_id) else {
        let reason = not_there(book, change.order_id);
        book.refuse_request(change.order_id, ExecType::ReplaceRejected, reason);
        return Ok(());
    };
    let stop_px = new_trigger(book, slot, change);
    let reason = match not_now(book) {
        Reason::None => not_this(book, slot, change, stop_px),
        reason => reason,
    };
    if reason != Reason::None {
        book.refuse_request(change.order_id, ExecType::ReplaceRejected, reason);
        return Ok(());
    }
    let order = &mut book.orders[slot];
    let qty = change.order_qty.unwrap_or(order.order_qty);
    if qty <= order.cum_qty {
        book.end(slot, OrdStatus::Canceled, Reason::None);
        return Ok(());
    }
    let (price, trail) = (change.price.or(order.price), change.trail.or(order.trail));
    let moved = (price, stop_px, trail) != (order.price, order.stop_px, order.trail);
    if !moved && qty <= order.order_qty {
        order.order_qty = qty;
        book.report(slot, ExecType::Replaced, Reason::None);
        return Ok(());
    }
    if order.placed {
        book.displace(slot);
    }
    let arrival = book.next_arrival();
    let order = &mut book.orders[slot];
    (order.order_qty, order.price, order.stop_px, order.trail) = (qty, price, stop_px, trail);
    order.arrival = arrival;
    (order.ahead, order.traded, order.drop_ns) = (None, 0, -1);
    book.report(slot, ExecType::Replaced, Reason::None);
    start(book, slot)
}

fn not_there(book: &BookState, order_id: i64) -> Reason {
    if book.done.contains_key(&order_id) {
        Reason::TooLate
    } else if book.families.suspended(order_id).is_some() {
        Reason::TypeNotAllowedNow
    } else {
        Reason::UnknownOrder
    }
}

/// The trigger after the change: as asked, else a new trail's distance from the market now.
fn new_trigger(book: &BookState, slot: Slot, change: &ReplaceOrder) -> Option<i64> {
    let order = &book.orders[slot];
    match (change.stop_px, change.trail) {
        (Some(stop_px), _) => Some(stop_px),
        (None, Some(trail)) if order.waiting => match trigger_reference(book, order.side) {
            Some(reference) => Some(reference + order.sign() * trail),
            None => order.stop_px,
        },
        _ => order.stop_px,
    }
}

fn not_now(book: &BookState) -> Reason {
    match book.status {
        TradingStatus::NoCancel => Reason::TypeNotAllowedNow,
        TradingStatus::Halt | TradingStatus::Close => Reason::MarketClosed,
        _ => Reason::None,
    }
}

fn not_this(book: &BookState, slot: Slot, change: &ReplaceOrder, stop_px: Option<i64>) -> Reason {
    let order = &book.orders[slot];
    if change.order_qty.is_some_and(|qty| bad_quantity(book, qty)) {
        return Reason::QuantityOutOfRange;
    }
    let trailing = order.waiting && order.ord_type == OrdType::TrailingStop;
    let no_trail = change.trail.is_some_and(|trail| !trailing || trail < 1);
    let no_trigger = change.stop_px.is_some() && !order.waiting;
    let no_limit = change.price.is_some() && order.price.is_none();
    if no_trail || no_trigger || no_limit {
        return Reason::NotSupported;
    }
    if bad_price(book, change.price, change.stop_px) {
        return Reason::PriceNotPositive;
    }
    if order.waiting && stop_px != order.stop_px && book.rules.stop_side_checked {
        return wrong_side(book, order.side, stop_px.expect("a stop keeps a trigger"));
    }
    Reason::None
}
