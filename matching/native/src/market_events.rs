//! What a recorded quote and a recorded trade do to the book (`reference/market_events.py`).

use crate::queue_position::{becomes_best, level_leaves, shown_changes, trades};
use crate::recorded_side::offered;
use crate::rules::{Fault, Trigger};
use crate::state::BookState;
use crate::stop_trigger::set_off_due;
use crate::taking::{arrive, cancel_own_within, take, within_volume};
use crate::words::{Liquidity, Side};
use crate::working_order::Slot;

const UNBOUNDED: i64 = 1 << 62;

/// A price (None: nothing is there) and the size shown at it.
pub type Level = (Option<i64>, i64);

/// The recorded best prices are these now. `touches` false: it is known (reach.rs) that no order of
/// ours takes notice.
pub fn on_quote(book: &mut BookState, bid: Level, ask: Level, touches: bool) -> Result<(), Fault> {
    let touches = touches && !book.orders.is_empty();
    book.quotes_seen = true;
    for (side, (price, shown)) in [(Side::Buy, bid), (Side::Sell, ask)] {
        let recorded = &mut book.recorded[side.index()];
        let before = (recorded.price, recorded.shown);
        recorded.update(price, shown);
        if touches {
            move_queues(book, side, before);
        }
    }
    if touches && book.matching() {
        meet_quotes(book)?;
        if book.rules.trigger == Trigger::Quote {
            set_off_due(book)?;
        }
    }
    Ok(())
}

/// A recorded trade: it fills resting orders, then becomes the last price, then sets off stops.
/// `aggressor` is a Side's number or 0 (unknown). Without any quote so far, it also is the quote.
pub fn on_print(book: &mut BookState, price: i64, size: i64, aggressor: i64) -> Result<(), Fault> {
    (book.print_size, book.print_filled) = (size, 0);
    if !book.orders.is_empty() && book.matching() {
        for side in Side::BOTH {
            fill_resting(book, side, price, size, aggressor)?;
        }
    }
    if !book.quotes_seen {
        assume_quote(book, price, size, aggressor)?;
    }
    overtake(book, price);
    book.last_price = Some(price);
    let by_trade = book.rules.trigger == Trigger::Trade;
    if !book.orders.is_empty() && book.matching() && (by_trade || !book.quotes_seen) {
        set_off_due(book)?;
    }
    Ok(())
}

/// Whether a trade was a buyer's: by its aggressor, else by the tick test.
pub fn taken_at_ask(at_ask: bool, last: Option<i64>, price: i64, aggressor: i64) -> bool {
    match last {
        _ if aggressor != 0 => aggressor == Side::Buy.number(),
        Some(last) if price != last => price > last,
        _ => at_ask,
    }
}

/// A row begins, and with it what we may fill in all until the next one (None: no bound). Orders
/// that only a bar's volume held back go on.
pub fn begin_row(
    book: &mut BookState,
    volume: Option<i64>,
    brings_quote: bool,
) -> Result<(), Fault> {
    let held_back = book.volume_left == Some(0) && !brings_quote;
    book.volume_left = volume;
    if held_back && !book.orders.is_empty() && book.matching() {
        meet_quotes(book)?;
    }
    Ok(())
}

/// Match what rests against the recorded market as it stands, in order of arrival.
pub fn meet_market(book: &mut BookState) -> Result<(), Fault> {
    let mut resting: Vec<(i64, Slot)> = Side::BOTH
        .iter()
        .flat_map(|side| book.resting[side.index()].iter())
        .map(|slot| (book.orders[slot].arrival, slot))
        .collect();
    resting.sort_unstable();
    for &(_, slot) in &resting {
        book.displace(slot);
    }
    for &(_, slot) in &resting {
        arrive(book, slot, None)?;
    }
    Ok(())
}

fn move_queues(book: &mut BookState, side: Side, before: Level) {
    let recorded = &book.recorded[side.index()];
    let (best, shown) = (recorded.price, recorded.shown);
    for slot in book.resting[side.index()].iter() {
        let order = &mut book.orders[slot];
        let Some(price) = order.price else { continue };
        if best.is_none_or(|best| (price - best) * side.sign() > 0) {
            if order.ahead != Some(0) {
                let stood = if order.price == before.0 { before.1 } else { 0 };
                level_leaves(order, stood, book.now_ns);
            }
        } else if order.price != best {
            break;
        } else if before.0 == best {
            shown_changes(order, before.1, shown, &book.rules, book.now_ns);
        } else {
            becomes_best(order, shown, book.rules.queue);
        }
    }
}

fn meet_quotes(book: &mut BookState) -> Result<(), Fault> {
    for side in Side::BOTH {
        let across = side.opposite().index();
        let Some(quoted) = book.recorded[across].price else { continue };
        for slot in book.resting[side.index()].reached(quoted) {
            let order = &book.orders[slot];
            if !order.placed {
                continue; // cancelled by one before it
            }
            if order.aggressive {
                take(book, slot, None)?;
                continue;
            }
            let wanted = within_volume(book, order.leaves_qty());
            let qty = if wanted != 0 { book.recorded[across].offer(wanted)? } else { 0 };
            if qty != 0 {
                let limit = order.price.expect("what has no limit goes on taking");
                book.recorded[across].take(qty);
                let unknown_size = book.recorded[across].shown < 0;
                book.fill(slot, qty, limit, Liquidity::Added, unknown_size);
            }
        }
        come_to_rest(book, side, quoted);
    }
    Ok(())
}

fn come_to_rest(book: &mut BookState, side: Side, quoted: i64) {
    for slot in book.resting[side.index()].listed() {
        let order = &mut book.orders[slot];
        if order.aggressive && !order.reaches(quoted) {
            order.aggressive = false;
            book.version += 1;
            cancel_own_within(book, slot);
        }
    }
}

fn fill_resting(
    book: &mut BookState,
    side: Side,
    price: i64,
    size: i64,
    aggressor: i64,
) -> Result<(), Fault> {
    let reached = book.resting[side.index()].reached(price);
    if reached.is_empty() {
        return Ok(());
    }
    let gives =
        offered(size, book.rules.unknown_size, UNBOUNDED, || format!("the trade at {price}"))?;
    for slot in reached {
        let (px, passes) = what_a_print_brings(book, slot, price, gives, aggressor);
        let order = &book.orders[slot];
        let qty = within_volume(book, order.leaves_qty().min(passes - book.print_filled));
        if qty > 0 {
            let taking = order.aggressive;
            book.print_filled += qty;
            let liquidity = if taking { Liquidity::Removed } else { Liquidity::Added };
            book.fill(slot, qty, px, liquidity, size < 0);
        }
    }
    Ok(())
}

/// At which price a trade within the order's limit fills it, and how much of the trade may.
fn what_a_print_brings(
    book: &mut BookState,
    slot: Slot,
    price: i64,
    size: i64,
    aggressor: i64,
) -> (i64, i64) {
    let quoted = book.opposite_price(book.orders[slot].side);
    let order = &mut book.orders[slot];
    if order.aggressive {
        let px = quoted.map_or(price, |quoted| order.worse(price, quoted));
        return match order.price {
            Some(limit) if !order.reaches(px) => (limit, size),
            _ => (px, size),
        };
    }
    let limit = order.price.expect("what has no limit goes on taking");
    if limit != price {
        order.ahead = Some(0);
        return (limit, size);
    }
    if aggressor == order.side.number() {
        return (price, 0);
    }
    (price, trades(order, size, book.now_ns))
}

fn assume_quote(book: &mut BookState, price: i64, size: i64, aggressor: i64) -> Result<(), Fault> {
    // What traded is all that is known to be there, less what this trade has given us already. A
    // guess moves no queue.
    book.at_ask = taken_at_ask(book.at_ask, book.last_price, price, aggressor);
    let bid = if book.at_ask { price - book.rules.spread } else { price };
    for (side, best) in [(Side::Buy, bid), (Side::Sell, bid + book.rules.spread)] {
        let recorded = &mut book.recorded[side.index()];
        recorded.renew(Some(best), size);
        recorded.take(book.print_filled.min(size.max(0)));
        for slot in book.resting[side.index()].iter() {
            let order = &mut book.orders[slot];
            if order.price == Some(best) && order.ahead.is_none() {
                becomes_best(order, size, book.rules.queue);
            }
        }
    }
    if !book.orders.is_empty() && book.matching() {
        meet_quotes(book)?;
    }
    Ok(())
}

fn overtake(book: &mut BookState, price: i64) {
    for side in Side::BOTH {
        let recorded = &mut book.recorded[side.index()];
        if recorded.price.is_some_and(|best| (best - price) * side.sign() > 0) {
            recorded.overtaken = true;
        }
    }
}
