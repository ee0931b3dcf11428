//! When a stop is set off, and what it then is (`reference/stop_trigger.py`).

use crate::rules::{Fault, Trigger};
use crate::state::BookState;
use crate::taking::arrive;
use crate::words::{ExecType, OrdType, Reason, Side};
use crate::working_order::Slot;

/// The price that stops of a side look at: the last trade, or the quote opposite.
pub fn trigger_reference(book: &BookState, side: Side) -> Option<i64> {
    match book.rules.trigger {
        Trigger::Trade => book.last_price,
        Trigger::Quote => book.opposite_price(side),
    }
}

/// Why a trigger is already reached (2060, 2061), or None. One at the last price is.
pub fn wrong_side(book: &BookState, side: Side, stop_px: i64) -> Reason {
    match (trigger_reference(book, side), side) {
        (Some(reference), Side::Buy) if stop_px <= reference => Reason::BuyStopNotAboveLast,
        (Some(reference), Side::Sell) if stop_px >= reference => Reason::SellStopNotBelowLast,
        _ => Reason::None,
    }
}

/// Set off every stop that the market has reached, sell stops first; then the trailing ones follow
/// the market. A stop set off by a trade is never filled better than that trade.
pub fn set_off_due(book: &mut BookState) -> Result<(), Fault> {
    let by_trade = book.rules.trigger == Trigger::Trade;
    for side in [Side::Sell, Side::Buy] {
        let Some(reference) = trigger_reference(book, side) else { continue };
        if book.stops[side.index()].is_empty() {
            continue;
        }
        for slot in book.stops[side.index()].due(reference) {
            set_off(book, slot, by_trade.then_some(reference))?;
        }
        if book.stops[side.index()].follow(reference, &mut book.orders) {
            book.version += 1;
        }
    }
    Ok(())
}

/// A stop becomes a market or limit order and meets the market; its place in time begins here.
pub fn set_off(book: &mut BookState, slot: Slot, not_better: Option<i64>) -> Result<(), Fault> {
    if book.orders[slot].placed {
        book.displace(slot);
    }
    let arrival = book.next_arrival();
    let order = &mut book.orders[slot];
    order.waiting = false;
    order.arrival = arrival;
    if order.ord_type != OrdType::StopLimit && book.rules.protected {
        // A protected stop's limit counts from its trigger, not from the best price.
        let trigger = order.stop_px.expect("a stop has a trigger");
        order.price = Some(trigger + order.sign() * book.rules.protection);
    }
    book.report(slot, ExecType::Triggered, Reason::None);
    arrive(book, slot, not_better)
}
