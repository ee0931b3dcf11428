//! The gate: what is accepted in which state of the market, what is refused, and why
//! (`reference/order_entry.py`).

use crate::commands::NewOrder;
use crate::market_events::meet_market;
use crate::rules::Fault;
use crate::state::BookState;
use crate::stop_trigger::{set_off, set_off_due, trigger_reference, wrong_side};
use crate::taking::arrive;
use crate::words::{ExecType, OrdStatus, OrdType, Reason, Side, TimeInForce, TradingStatus};
use crate::working_order::{Slot, WorkingOrder};

/// Take an order or refuse it; one taken meets the market at once where that is open.
pub fn enter(book: &mut BookState, new: &NewOrder) -> Result<(), Fault> {
    let arrival = book.next_arrival();
    let slot = book.orders.hold(as_entered(new, arrival));
    let reason = refusal(book, slot, new);
    if reason != Reason::None {
        book.end(slot, OrdStatus::Rejected, reason);
        return Ok(());
    }
    book.orders.begin(slot);
    book.version += 1;
    book.report(slot, ExecType::New, Reason::None);
    start(book, slot)
}

/// Put an accepted order to work: a stop waits unless it is due, others meet the market.
pub fn start(book: &mut BookState, slot: Slot) -> Result<(), Fault> {
    let order = &book.orders[slot];
    if order.frozen {
        return Ok(());
    }
    if !order.waiting {
        return arrive(book, slot, None);
    }
    let due = wrong_side(book, order.side, order.stop_px.unwrap_or(0)) != Reason::None;
    if book.matching() && due {
        return set_off(book, slot, None);
    }
    book.place(slot);
    Ok(())
}

/// Whether a quantity is refused (2115).
pub fn bad_quantity(book: &BookState, qty: i64) -> bool {
    qty < 1 || book.rules.max_qty.is_some_and(|most| qty > most)
}

/// Whether one of two prices is refused (1012).
pub fn bad_price(book: &BookState, one: Option<i64>, other: Option<i64>) -> bool {
    !book.rules.negative_prices && [one, other].into_iter().flatten().any(|price| price <= 0)
}

/// Take an order away. Refused in the no-cancel period; GTC orders can go after the close.
pub fn cancel(book: &mut BookState, order_id: i64) {
    if let Some((family, _)) = book.families.suspended(order_id) {
        // The market's state is nothing to what is not in the book.
        let (entry_id, size) = (family.asked.entry_id, family.asked.order_qty);
        book.families.withdraw(order_id);
        book.withdraw(order_id, size);
        book.families.stir(entry_id);
        return;
    }
    let reason = match book.orders.find(order_id) {
        None if book.done.contains_key(&order_id) => Reason::TooLate,
        None => Reason::UnknownOrder,
        Some(_) if book.status == TradingStatus::NoCancel => Reason::TypeNotAllowedNow,
        Some(slot) => return book.end(slot, OrdStatus::Canceled, Reason::None),
    };
    book.refuse_request(order_id, ExecType::CancelRejected, reason);
}

/// Take a working order out of its place while it works on, or put it back.
pub fn freeze(book: &mut BookState, order_id: i64, frozen: bool) -> Result<(), Fault> {
    let Some(slot) = book.orders.find(order_id) else { return Ok(()) };
    if book.orders[slot].frozen == frozen {
        return Ok(());
    }
    book.orders[slot].frozen = frozen;
    if frozen {
        book.displace(slot);
        book.orders[slot].ahead = None; // it stands in no queue
        return Ok(());
    }
    book.orders[slot].arrival = book.next_arrival();
    start(book, slot)
}

/// Move the session: the open matches what has gathered, the close ends day orders by age.
pub fn set_status(book: &mut BookState, status: TradingStatus) -> Result<(), Fault> {
    let was = std::mem::replace(&mut book.status, status);
    book.version += 1;
    if status == was {
        return Ok(());
    }
    if book.matching() {
        meet_market(book)?;
        set_off_due(book)?;
    } else if status == TradingStatus::Close {
        let mut ending: Vec<(i64, Slot)> = book
            .orders
            .working()
            .filter(|(_, order)| order.tif != TimeInForce::Gtc)
            .map(|(slot, order)| (order.arrival, slot))
            .collect();
        ending.sort_unstable();
        for (_, slot) in ending {
            book.end(slot, OrdStatus::Expired, Reason::DayEnded);
        }
    }
    Ok(())
}

fn as_entered(new: &NewOrder, arrival: i64) -> WorkingOrder {
    WorkingOrder {
        order_id: new.order_id,
        side: new.side,
        ord_type: new.ord_type,
        tif: new.tif,
        order_qty: new.order_qty,
        price: new.price,
        stop_px: new.stop_px,
        trail: new.trail,
        arrival,
        cum_qty: 0,
        works: false,
        waiting: new.ord_type.is_stop(),
        placed: false,
        frozen: false,
        aggressive: false,
        ahead: None,
        traded: 0,
        drop_ns: -1,
        drop_left: 0,
        drop_moved: 0,
    }
}

/// The first thing that speaks against an order, or None; on the way it is given its prices.
fn refusal(book: &mut BookState, slot: Slot, new: &NewOrder) -> Reason {
    let checks: [&dyn Fn(&mut BookState) -> Reason; 4] = [
        &|book| closed_to(book, new),
        &|book| bad_numbers(book, new),
        &|book| find_price(book, slot),
        &|book| place_trigger(book, slot),
    ];
    checks
        .iter()
        .map(|check| check(book))
        .find(|&reason| reason != Reason::None)
        .unwrap_or(Reason::None)
}

fn closed_to(book: &BookState, new: &NewOrder) -> Reason {
    if book.matching() {
        Reason::None
    } else if matches!(book.status, TradingStatus::Halt | TradingStatus::Close) {
        Reason::MarketClosed
    } else if new.ord_type.needs_market() || new.tif == TimeInForce::Ioc {
        Reason::TypeNotAllowedNow
    } else {
        Reason::None
    }
}

fn bad_numbers(book: &BookState, new: &NewOrder) -> Reason {
    if bad_quantity(book, new.order_qty) {
        Reason::QuantityOutOfRange
    } else if bad_price(book, new.price, new.stop_px) {
        Reason::PriceNotPositive
    } else {
        Reason::None
    }
}

/// Give the types that take their price from the market their limit; why not, or None.
fn find_price(book: &mut BookState, slot: Slot) -> Reason {
    let order = &mut book.orders[slot];
    if let Some(side) = order.ord_type.join_side() {
        if side != order.side {
            return Reason::NotSupported;
        }
        order.price = book.recorded[side.index()].price;
        return if order.price.is_none() { Reason::NoLiquidity } else { Reason::None };
    }
    if order.ord_type == OrdType::Market {
        let Some(quoted) = book.recorded[order.side.opposite().index()].price else {
            let refused = book.rules.market_needs_opposite;
            return if refused { Reason::NoOpposite } else { Reason::None };
        };
        if book.rules.protected {
            order.price = Some(quoted + order.sign() * book.rules.protection);
        }
    }
    Reason::None
}

/// Give a trailing stop its trigger and check any stop's side; why not, or None.
fn place_trigger(book: &mut BookState, slot: Slot) -> Reason {
    let order = &book.orders[slot];
    if !order.waiting {
        return Reason::None;
    }
    let (side, sign, trail): (Side, i64, i64) =
        (order.side, order.sign(), order.trail.unwrap_or(0));
    let stop_px = match order.stop_px {
        Some(stop_px) => stop_px,
        None => {
            let Some(reference) = trigger_reference(book, side) else {
                return Reason::NoLastPrice;
            };
            reference + sign * trail
        }
    };
    book.orders[slot].stop_px = Some(stop_px);
    if book.rules.stop_side_checked { wrong_side(book, side, stop_px) } else { Reason::None }
}
