//! Everything that must hold of a book at any time (`reference/invariants.py`).

use crate::rules::{Fault, QueueModel};
use crate::state::BookState;
use crate::stop_trigger::trigger_reference;
use crate::words::{OrdType, Side};
use crate::working_order::WorkingOrder;

/// A Fault that names what is broken. It is a bug of ours.
pub fn check(book: &BookState) -> Result<(), Fault> {
    check_places(book)?;
    for (_, order) in book.orders.working() {
        check_order(book, order)?;
    }
    for side in Side::BOTH {
        let recorded = &book.recorded[side.index()];
        let bounds = if recorded.shown >= 0 { 0..=recorded.shown } else { -1..=1 };
        require(bounds.contains(&recorded.available), || format!("{side:?}: taken beyond shown"))?;
    }
    let printed = book.print_size < 0 || book.print_filled <= book.print_size;
    require(printed, || "a trade filled more than its size".into())?;
    let volume = book.volume_left.is_none_or(|left| left >= 0);
    require(volume, || "a bar filled more than its volume".into())?;
    check_families(book)?;
    if book.matching() {
        check_not_crossed(book)?;
        check_stops_wait(book)?;
    }
    Ok(())
}

fn require(holds: bool, what: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::Broken(what())) }
}

/// Every working order stands in one place, in order, but for those that are frozen, which stand in
/// none; nothing else stands anywhere.
fn check_places(book: &BookState) -> Result<(), Fault> {
    let mut ids = Vec::new();
    for side in Side::BOTH {
        let sign = side.sign();
        let resting: Vec<_> =
            book.resting[side.index()].iter().map(|slot| &book.orders[slot]).collect();
        let stops: Vec<_> =
            book.stops[side.index()].iter().map(|slot| &book.orders[slot]).collect();
        let line = resting.iter().filter_map(|o| o.price.map(|price| (-sign * price, o.arrival)));
        require(line.is_sorted(), || format!("{side:?}: orders stand out of price or time order"))?;
        let queue = stops.iter().map(|o| (o.stop_px.unwrap_or(0) * sign, o.arrival));
        require(queue.is_sorted(), || format!("{side:?}: stops stand out of order"))?;
        require(!resting.iter().any(|o| o.waiting), || format!("{side:?}: a waiting stop rests"))?;
        require(stops.iter().all(|o| o.waiting), || format!("{side:?}: no stop waits as one"))?;
        let here = resting.iter().chain(&stops);
        let right = here.clone().all(|o| o.side == side && o.placed && o.works);
        require(right, || format!("{side:?}: an order stands where it does not belong"))?;
        ids.extend(here.map(|order| order.order_id));
    }
    ids.sort_unstable();
    let working = book.orders.working().map(|(_, order)| order);
    let mut stand: Vec<_> = working.filter(|o| !o.frozen).map(|o| o.order_id).collect();
    stand.sort_unstable();
    require(ids == stand, || "an order works without a place, or twice".into())?;
    let over = ids.iter().any(|order_id| book.done.contains_key(order_id));
    require(!over, || "a finished order works".into())
}

fn check_order(book: &BookState, order: &WorkingOrder) -> Result<(), Fault> {
    let require =
        |holds: bool, what: &str| require(holds, || format!("order {}: {what}", order.order_id));
    require((0..order.order_qty).contains(&order.cum_qty), "quantities do not add up")?;
    if order.waiting {
        require(order.stop_px.is_some(), "a stop without a trigger")?;
        require(order.ahead.is_none(), "a stop with a place in a queue")?;
        let trailing = order.ord_type == OrdType::TrailingStop;
        return require(!trailing || order.trail.is_some_and(|trail| trail > 0), "no trail");
    }
    if order.frozen {
        return require(order.ahead.is_none(), "frozen, and with a place in a queue");
    }
    require(order.ahead.is_none_or(|ahead| ahead >= 0), "less than nothing ahead")?;
    let recorded = &book.recorded[order.side.index()];
    let front = book.rules.queue == QueueModel::Front;
    require(!front || order.ahead == Some(0), "somebody ahead under FRONT")?;
    let (Some(ahead), Some(best), Some(price)) = (order.ahead, recorded.price, order.price) else {
        return Ok(());
    };
    if ahead == 0 || !book.quotes_seen {
        return Ok(());
    }
    require((price - best) * order.sign() <= 0, "somebody ahead where nothing is shown")?;
    let at_best = price == best && recorded.shown >= 0;
    require(!at_best || ahead <= recorded.shown, "more ahead than is shown")
}

/// What hangs together is known by each of its ids, has somebody left, and was followed.
fn check_families(book: &BookState) -> Result<(), Fault> {
    let followed = !book.families.are_stirred();
    require(followed, || "something happened to linked orders, and they did not follow".into())?;
    require(book.families.are_whole(), || "an order hangs on what does not know it".into())?;
    for family in book.families.sorted() {
        let known = |order_id: i64| book.orders.find(order_id).is_some();
        let mut suspended = family.legs.iter().filter(|leg| leg.suspended).peekable();
        let left = suspended.peek().is_some() || family.ids().any(known);
        require(left, || format!("nobody is left of {}", family.asked.entry_id))?;
        let twice = suspended.any(|leg| {
            let order_id = leg.asked.order_id;
            known(order_id) || book.done.contains_key(&order_id)
        });
        require(!twice, || format!("a leg of {} is suspended twice", family.asked.entry_id))?;
    }
    Ok(())
}

/// No order of ours could trade now: not with the recorded market, not with another of ours.
fn check_not_crossed(book: &BookState) -> Result<(), Fault> {
    for side in Side::BOTH {
        let opposite = &book.recorded[side.opposite().index()];
        let exhausted =
            opposite.available == 0 || opposite.overtaken || book.volume_left == Some(0);
        for slot in book.resting[side.index()].iter() {
            let order = &book.orders[slot];
            let crossing = opposite.price.is_some_and(|price| order.reaches(price));
            require(exhausted || !crossing, || {
                format!("order {} has not taken what it could", order.order_id)
            })?;
        }
    }
    let [buys, sells] = Side::BOTH.map(|side| {
        let slots = book.resting[side.index()].iter();
        let orders = slots.map(|slot| &book.orders[slot]).filter(|order| !order.aggressive);
        orders.collect::<Vec<_>>()
    });
    for buy in buys {
        for sell in sells.iter().filter(|sell| sell.price.is_some_and(|price| buy.reaches(price))) {
            let ids = (buy.order_id, sell.order_id);
            require(false, || format!("orders {} and {} of ours cross", ids.0, ids.1))?;
        }
    }
    Ok(())
}

fn check_stops_wait(book: &BookState) -> Result<(), Fault> {
    for side in Side::BOTH {
        let Some(reference) = trigger_reference(book, side) else { continue };
        if let Some(&slot) = book.stops[side.index()].due(reference).first() {
            let order_id = book.orders[slot].order_id;
            require(false, || format!("order {order_id} should have been set off"))?;
        }
    }
    Ok(())
}
