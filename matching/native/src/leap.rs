//! Passing over rows that touch nothing, and taking the state that the last of them leaves.
//!
//! A leap leaves the book exactly as the commit of its rows one by one would (the leaps of
//! `reference/market_feed.py`).

use crate::bar_path::Bar;
use crate::market_events::taken_at_ask;
use crate::market_feed::MarketFeed;
use crate::rows::Kind;
use crate::state::BookState;
use crate::table::{SEQ, TIME_NS, Table};
use crate::words::{NO_PRICE, Side, price_in};

// Places of the columns that a leap looks at (rows.rs).
const PRICE: usize = 2;
const SIZE: usize = 3;
const AGGRESSOR: usize = 4;
const SPAN_NS: usize = 2;
const CLOSE: usize = 6;
/// Price and size of a quote's bid and ask; of a bar's closing bid and ask.
const QUOTE_SIDES: [(Side, usize, usize); 2] = [(Side::Buy, 2, 3), (Side::Sell, 4, 5)];
const BAR_SIDES: [(Side, usize, usize); 2] = [(Side::Buy, 11, 12), (Side::Sell, 16, 17)];

/// Leap as far as nothing is touched, at most to `to_ns`; whether that was anywhere.
pub fn leap(feed: &mut MarketFeed, book: &mut BookState, to_ns: i64) -> bool {
    let untaken = book.recorded.iter().all(|recorded| recorded.untaken());
    if MarketFeed::held_back(book) || !untaken {
        return false;
    }
    let stop_seq = leap_end(feed, book, to_ns);
    let end = |kind: Kind| {
        let table = feed.rows.table(kind);
        // A seq is never the smallest integer: it is above the one before it.
        table.first_above(TIME_NS, to_ns).min(table.first_above(SEQ, stop_seq - 1))
    };
    let ends = [end(Kind::Quotes), end(Kind::Trades), end(Kind::Bars)];
    let [quotes, trades, bars] = &mut feed.rows.tables;
    if [&*quotes, trades, bars].iter().zip(ends).all(|(table, end)| table.at() == end) {
        return false;
    }
    book.volume_left = None;
    let [quotes_end, trades_end, bars_end] = ends;
    if quotes_end > quotes.at() {
        renew(book, quotes, quotes_end - 1, QUOTE_SIDES);
        quotes.move_to(quotes_end);
    }
    if trades_end > trades.at() {
        leap_trades(book, trades, trades_end);
    }
    if bars_end > bars.at() {
        leap_bars(book, bars, bars_end);
    }
    true
}

/// The seq of the first row that has to be committed by itself.
fn leap_end(feed: &mut MarketFeed, book: &BookState, to_ns: i64) -> i64 {
    let touch = feed.watch.first(book, &feed.rows, to_ns).map(|(seq, _)| seq);
    let [quotes, trades, bars] = &feed.rows.tables;
    let first_quote = quotes.head().filter(|_| !book.quotes_seen).map(|(seq, _)| seq);
    let mut own_bar = None;
    if let Some((seq, _)) = bars.head() {
        // Where ticks fall into a bar's time the two have to be interleaved; where there is no
        // quote, what a bar leaves depends on the last steps of its path.
        let mixed = !quotes.is_done() || !trades.is_done();
        own_bar = if mixed || !book.quotes_seen {
            Some(seq)
        } else {
            next_own_bar(bars, &feed.suspects, to_ns)
        };
    }
    [touch, first_quote, own_bar].into_iter().flatten().min().unwrap_or(i64::MAX)
}

/// The seq of the first bar that is suspect or does not end by `to_ns`, if there is one.
fn next_own_bar(bars: &Table, suspects: &[i64], to_ns: i64) -> Option<i64> {
    let begun = bars.first_above(TIME_NS, to_ns);
    let mut place = bars.at().max(begun.saturating_sub(1));
    if bars.value(TIME_NS, place) + bars.value(SPAN_NS, place) - 1 <= to_ns {
        place += 1;
    }
    let start_ns = bars.value(TIME_NS, bars.at());
    if let Some(&suspect_ns) = suspects.get(suspects.partition_point(|&other| other < start_ns)) {
        place = place.min(bars.first_above(TIME_NS, suspect_ns - 1));
    }
    (place < bars.end()).then(|| bars.value(SEQ, place))
}

fn renew(book: &mut BookState, table: &Table, last: usize, sides: [(Side, usize, usize); 2]) {
    for (side, price, size) in sides {
        let best = price_in(table.value(price, last));
        book.recorded[side.index()].renew(best, table.value(size, last));
    }
}

fn leap_trades(book: &mut BookState, trades: &mut Table, end: usize) {
    let last = end - 1;
    if !book.quotes_seen {
        leap_assumed(book, trades, end);
    }
    book.last_price = Some(trades.value(PRICE, last));
    trades.move_to(end);
}

/// The quote that the last of these trades makes; its side is that of the last change.
fn leap_assumed(book: &mut BookState, trades: &Table, end: usize) {
    let at = trades.at();
    let before = |place: usize| match place {
        _ if place > at => trades.value(PRICE, place - 1),
        _ => book.last_price.unwrap_or_else(|| trades.value(PRICE, at)),
    };
    let tells = |&place: &usize| {
        trades.value(AGGRESSOR, place) != 0 || trades.value(PRICE, place) != before(place)
    };
    if let Some(place) = (at..end).rev().find(tells) {
        let (price, aggressor) = (trades.value(PRICE, place), trades.value(AGGRESSOR, place));
        book.at_ask = taken_at_ask(book.at_ask, Some(before(place)), price, aggressor);
    }
    let (price, size) = (trades.value(PRICE, end - 1), trades.value(SIZE, end - 1));
    let bid = if book.at_ask { price - book.rules.spread } else { price };
    book.recorded[Side::Buy.index()].renew(Some(bid), size);
    book.recorded[Side::Sell.index()].renew(Some(bid + book.rules.spread), size);
}

fn leap_bars(book: &mut BookState, bars: &mut Table, end: usize) {
    let has = |name: usize, place: usize| bars.value(name, place) != NO_PRICE;
    if let Some(traded) = (bars.at()..end).rev().find(|&place| has(CLOSE, place)) {
        book.last_price = Some(bars.value(CLOSE, traded));
    }
    let [(_, bid, _), (_, ask, _)] = BAR_SIDES;
    let quoted = |&place: &usize| has(bid, place) || has(ask, place);
    if let Some(last) = (bars.at()..end).rev().find(quoted) {
        renew(book, bars, last, BAR_SIDES);
    }
    bars.move_to(end - 1);
    book.volume_left = Bar::from_row(&bars.row()).volume_for_us();
    bars.move_to(end);
}
