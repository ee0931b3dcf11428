//! A bar on its way: where it is, and the stories that our orders make of it
//! (`reference/bar_walk.py`).

use crate::bar_path::{Bar, Span, Step, choice_ns, high_first, open_step, steps_after_open};
use crate::market_events::{on_print, on_quote};
use crate::rules::{BarPath, Fault, Trigger};
use crate::state::BookState;
use crate::words::Side;
use crate::working_order::WorkingOrder;

/// The steps of one bar, in order of time. The first extreme is chosen when the first step that
/// depends on it falls due, so that orders which arrived since the open count.
pub struct BarWalk {
    /// The bar that is walked.
    pub bar: Bar,
    /// Whether it has been told as more than one story.
    pub ambiguous: bool,
    tick: i64,
    steps: Vec<Step>,
    at: usize,
    choice_ns: Option<i64>,
}

impl BarWalk {
    /// A bar at its open.
    pub fn new(bar: Bar, tick: i64) -> Self {
        let (steps, choice_ns) = (vec![open_step(&bar, tick)], choice_ns(&bar, tick));
        BarWalk { bar, ambiguous: false, tick, steps, at: 0, choice_ns }
    }

    /// Whether the walk cannot go on without `choose`.
    pub fn choice_due(&self) -> bool {
        self.at == self.steps.len() && self.choice_ns.is_some()
    }

    /// When the next step, or the choice before it, falls due; None at the end.
    pub fn next_ns(&self) -> Option<i64> {
        self.steps.get(self.at).map(|step| step.time_ns).or(self.choice_ns)
    }

    /// Take the path with the high or the low first.
    pub fn choose(&mut self, first_high: bool) {
        self.steps.extend(steps_after_open(&self.bar, first_high, self.tick));
        self.choice_ns = None;
    }

    /// The steps to come, as far as they are known.
    pub fn left(&self) -> &[Step] {
        &self.steps[self.at..]
    }

    /// The next step, which is the caller's to commit.
    pub fn take_one(&mut self) -> Step {
        self.at += 1;
        self.steps[self.at - 1]
    }

    /// The lowest and highest price of these kinds in the rest of the bar; (1, 0): none.
    fn bounds(&self, kinds: &[Kind]) -> (i64, i64) {
        let seen: Vec<i64> = if self.choice_ns.is_none() {
            let at = |step: &Step, kind: &Kind| match kind {
                Kind::Price => step.price,
                Kind::Bid => step.bid,
                Kind::Ask => step.ask,
            };
            let steps = self.left().iter();
            steps.flat_map(|step| kinds.iter().filter_map(move |kind| at(step, kind))).collect()
        } else {
            let span = |kind: &Kind| match kind {
                Kind::Price => self.bar.trades,
                Kind::Bid => self.bar.bids,
                Kind::Ask => self.bar.asks,
            };
            let spans = kinds.iter().filter_map(span);
            spans.flat_map(|Span { low, high, .. }| [low, high]).collect()
        };
        match (seen.iter().min(), seen.iter().max()) {
            (Some(&low), Some(&high)) => (low, high),
            _ => (1, 0),
        }
    }
}

/// Quotes fill and trades trigger: the quote of a step comes before its trade.
pub fn commit_step(book: &mut BookState, bar: &Bar, step: Step) -> Result<(), Fault> {
    if bar.quoted() {
        on_quote(book, (step.bid, bar.bid_size), (step.ask, bar.ask_size), true)?;
    }
    match step.price {
        Some(price) => on_print(book, price, step.size, 0),
        None => Ok(()),
    }
}

/// Decide which extreme is visited first: ADVERSE asks the orders that work now. Whether those
/// orders make two stories of the bar.
pub fn choose_path(book: &BookState, walk: &mut BarWalk) -> bool {
    let side = conflicting_side(book, walk);
    let first_high = match side {
        Some(side) if book.rules.bar_path == BarPath::Adverse => side == Side::Buy,
        _ => high_first(&walk.bar, book.rules.bar_path),
    };
    walk.choose(first_high);
    side.is_some()
}

/// The side on which the rest of a bar holds both a stop and a limit of ours; None: neither. With
/// conflicts on both sides, the sell orders' is the one returned.
pub fn conflicting_side(book: &BookState, walk: &BarWalk) -> Option<Side> {
    [Side::Sell, Side::Buy].into_iter().find(|&side| {
        let stops = &book.stops[side.index()];
        if stops.is_empty() {
            return false;
        }
        let quote = if side == Side::Sell { Kind::Bid } else { Kind::Ask };
        let by_quote = book.rules.trigger == Trigger::Quote && book.quotes_seen;
        let (low, high) = walk.bounds(&[if by_quote { quote } else { Kind::Price }]);
        let held = |price: Option<i64>, low, high| price.is_some_and(|p| low <= p && p <= high);
        let stop = stops.iter().any(|slot| {
            let order = &book.orders[slot];
            held(order.stop_px, low, high) || held(carried(order, low, high), low, high)
        });
        let (low, high) = walk.bounds(&[Kind::Price, quote]);
        let resting = &book.resting[side.index()];
        stop && resting.iter().any(|slot| held(book.orders[slot].price, low, high))
    })
}

#[derive(Clone, Copy)]
enum Kind {
    Price,
    Bid,
    Ask,
}

fn carried(order: &WorkingOrder, low: i64, high: i64) -> Option<i64> {
    let trail = order.trail?;
    Some(if order.side == Side::Buy { low + trail } else { high - trail })
}
