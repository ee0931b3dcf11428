//! Which market rows can touch our orders at all, so that the others are passed over unread
//! (`reference/reach.py`).
//!
//! Everything an order of ours waits for is a price, so a few thresholds bound them all. Wrong on
//! the near side only: a row may be taken for a touch that is none.

use crate::bar_path::{Bar, Span, Step};
use crate::rules::Trigger;
use crate::state::BookState;
use crate::words::{NO_PRICE, Side};

const LOWEST: i64 = NO_PRICE;
const HIGHEST: i64 = 1 << 62;

/// A print, bid or ask touches us at or below its `low` and at or above its `high`.
#[allow(missing_docs, reason = "the fields are named for what they are")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    pub print_low: i64,
    pub print_high: i64,
    pub bid_low: i64,
    pub bid_high: i64,
    pub ask_low: i64,
    pub ask_high: i64,
}

impl Reach {
    /// Whether a quote touches. A missing side (NO_PRICE) does.
    #[inline(always)]
    pub fn quote(&self, bid: i64, ask: i64) -> bool {
        // No short cut between the four: the scan runs over whole columns of them.
        (bid <= self.bid_low)
            | (bid >= self.bid_high)
            | (ask <= self.ask_low)
            | (ask >= self.ask_high)
    }

    /// Whether trades between `low` and `high` touch.
    #[inline(always)]
    pub fn print(&self, low: i64, high: i64) -> bool {
        (low <= self.print_low) | (high >= self.print_high)
    }

    /// Whether a bar touches; lows and highs of its trades, bids and asks. Inside a bar the ask may
    /// be lifted to a tick above the bid (bar_path.rs).
    pub fn bar(&self, trades: [i64; 2], bids: [i64; 2], asks: [i64; 2], tick: i64) -> bool {
        let traded = trades[0] != NO_PRICE;
        let quoted = bids[0] != NO_PRICE || asks[0] != NO_PRICE;
        let by_quote = self.quote(bids[0], asks[0])
            || self.quote(bids[1], asks[1])
            || bids[1] + tick >= self.ask_high;
        (traded && self.print(trades[0], trades[1])) || (quoted && by_quote)
    }

    /// Whether the bar that is being walked touches. One without its extremes goes from its open,
    /// which may lie outside.
    pub fn walked_bar(&self, bar: &Bar, tick: i64) -> bool {
        let all = |span: Span| [span.low.min(span.open), span.high.max(span.open)];
        let ends = |span: Option<Span>| span.map_or([NO_PRICE; 2], all);
        self.bar(ends(bar.trades), ends(bar.bids), ends(bar.asks), tick)
    }

    /// Whether a step of a bar touches.
    pub fn step(&self, bar: &Bar, step: &Step) -> bool {
        let (bid, ask) = (step.bid.unwrap_or(NO_PRICE), step.ask.unwrap_or(NO_PRICE));
        (bar.quoted() && self.quote(bid, ask))
            || step.price.is_some_and(|price| self.print(price, price))
    }
}

/// The thresholds of the orders that work now; None while nothing can happen to any. Without quotes
/// so far each trade is a quote too, on either side of itself.
pub fn reach_of(book: &BookState) -> Option<Reach> {
    if book.orders.is_empty() {
        return None;
    }
    let [buy, sell] = Side::BOTH.map(|side| best(book, side));
    let [(buy_stop, buy_trail), (sell_stop, sell_trail)] =
        Side::BOTH.map(|side| stop_reach(book, side));
    let mut reach = Reach {
        print_low: buy,
        print_high: sell,
        bid_low: buy,
        bid_high: sell,
        ask_low: buy,
        ask_high: sell,
    };
    match book.rules.trigger {
        Trigger::Quote => {
            (reach.bid_low, reach.bid_high) = (buy.max(sell_stop), sell.min(sell_trail));
            (reach.ask_low, reach.ask_high) = (buy.max(buy_trail), sell.min(buy_stop));
        }
        Trigger::Trade => {
            reach.print_low = buy.max(sell_stop).max(buy_trail);
            reach.print_high = sell.min(buy_stop).min(sell_trail);
        }
    }
    if !book.quotes_seen {
        let spread = book.rules.spread;
        reach.print_low = reach.print_low.max(reach.bid_low).max(reach.ask_low) + spread;
        reach.print_high = reach.print_high.min(reach.bid_high).min(reach.ask_high) - spread;
    }
    Some(reach)
}

/// The price at which the market meets a side's resting orders; any, for one still taking.
fn best(book: &BookState, side: Side) -> i64 {
    let resting = &book.resting[side.index()];
    let Some(first) = resting.best() else {
        return if side == Side::Buy { LOWEST } else { HIGHEST };
    };
    let taking = resting.iter().any(|slot| book.orders[slot].aggressive);
    book.orders[first].price.filter(|_| !taking).unwrap_or(HIGHEST * side.sign())
}

/// The trigger that the market meets first, and where it begins to move a trailing stop.
fn stop_reach(book: &BookState, side: Side) -> (i64, i64) {
    let stops = &book.stops[side.index()];
    let edges = stops.trailing().iter().map(|&slot| {
        let order = &book.orders[slot];
        order.stop_px.unwrap_or(0) - side.sign() * (order.trail.unwrap_or(0) + 1)
    });
    match side {
        Side::Buy => (stops.first_trigger().unwrap_or(HIGHEST), edges.max().unwrap_or(LOWEST)),
        Side::Sell => (stops.first_trigger().unwrap_or(LOWEST), edges.min().unwrap_or(HIGHEST)),
    }
}
