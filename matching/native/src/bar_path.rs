//! The way a bar is walked: which extreme first, through which prices, when, with how much volume
//! (`reference/bar_path.py`, which says why). Pure: everything here computes and returns.

use crate::rules::BarPath;
use crate::words::{NO_PRICE, UNKNOWN_SIZE};

/// Open, high, low and close of trades, bids or asks.
#[allow(missing_docs, reason = "the fields are named for what they are")]
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub open: i64,
    pub high: i64,
    pub low: i64,
    pub close: i64,
}

impl Span {
    /// The prices at which the legs begin and end.
    pub fn corners(&self, high_first: bool) -> [i64; 4] {
        if high_first {
            [self.open, self.high, self.low, self.close]
        } else {
            [self.open, self.low, self.high, self.close]
        }
    }

    fn of(values: &[i64]) -> Option<Span> {
        let &[open, high, low, close] = values else { return None };
        (!values.contains(&NO_PRICE)).then_some(Span { open, high, low, close })
    }
}

/// One row of bars; a span is None where the bar has no such prices.
#[allow(missing_docs, reason = "the fields are those of reference/bar_path.py")]
#[derive(Clone, Debug)]
pub struct Bar {
    pub time_ns: i64,
    pub span_ns: i64,
    pub trades: Option<Span>,
    pub volume: i64,
    pub bids: Option<Span>,
    pub bid_size: i64,
    pub asks: Option<Span>,
    pub ask_size: i64,
}

impl Bar {
    /// A bar from its columns in the order of `rows::BARS`.
    pub fn from_row(row: &[i64; 18]) -> Self {
        Bar {
            time_ns: row[1],
            span_ns: row[2],
            trades: Span::of(&row[3..7]),
            volume: row[7],
            bids: Span::of(&row[8..12]),
            bid_size: row[12],
            asks: Span::of(&row[13..17]),
            ask_size: row[17],
        }
    }

    /// The prices that decide the path: the trades', else the bids', else the asks'.
    pub fn leader(&self) -> Option<Span> {
        self.trades.or(self.bids).or(self.asks)
    }

    /// Whether it has quotes on either side.
    pub fn quoted(&self) -> bool {
        self.bids.is_some() || self.asks.is_some()
    }

    /// The last nanosecond that belongs to the bar.
    pub fn last_ns(&self) -> i64 {
        self.time_ns + (self.span_ns - 1).max(0)
    }

    /// What a bar has for us in all; None where nothing bounds that but the sizes it shows.
    pub fn volume_for_us(&self) -> Option<i64> {
        let shown = (self.bids.is_some() && self.bid_size >= 0)
            || (self.asks.is_some() && self.ask_size >= 0);
        (self.trades.is_some() && self.volume >= 0 && !shown).then_some(self.volume)
    }

    /// The same bar walked straight to its close: for one whose extremes are not believed.
    pub fn without_extremes(&self) -> Self {
        let straight = |span: Option<Span>| {
            span.map(|Span { open, close, .. }| Span { open, high: close, low: close, close })
        };
        Bar {
            trades: straight(self.trades),
            bids: straight(self.bids),
            asks: straight(self.asks),
            ..self.clone()
        }
    }

    fn spans(&self) -> [Option<Span>; 3] {
        [self.trades, self.bids, self.asks]
    }
}

/// One moment of a bar: the quote (None: no such side), then a trade (price None: none).
#[allow(missing_docs, reason = "the fields are those of reference/bar_path.py")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub time_ns: i64,
    pub price: Option<i64>,
    pub size: i64,
    pub bid: Option<i64>,
    pub ask: Option<i64>,
}

/// Whether the high is visited first where no order of ours decides it.
pub fn high_first(bar: &Bar, path: BarPath) -> bool {
    match path {
        BarPath::HighFirst => true,
        BarPath::LowFirst => false,
        _ => bar.leader().is_some_and(|span| span.high - span.open < span.open - span.low),
    }
}

/// The first step. Its share of the volume is the smallest that either path would give it.
pub fn open_step(bar: &Bar, tick: i64) -> Step {
    let most = [false, true].map(|way| leg_steps(bar, way, tick).iter().sum::<i64>());
    let steps = 1 + most[0].max(most[1]);
    let size = if bar.volume > 0 { (bar.volume / steps).max(1) } else { bar.volume };
    step_at(bar.time_ns, values(bar, 0, true, 0, 1, tick), size)
}

/// When the first extreme is chosen: just before the earliest step that either path could take.
/// None for a bar that never leaves its open.
pub fn choice_ns(bar: &Bar, tick: i64) -> Option<i64> {
    [false, true]
        .iter()
        .filter_map(|&way| times(bar, &leg_steps(bar, way, tick)).first().copied())
        .min()
}

/// All steps but the first. Their sizes and the first's add up to the volume.
pub fn steps_after_open(bar: &Bar, first_high: bool, tick: i64) -> Vec<Step> {
    let legs = leg_steps(bar, first_high, tick);
    let times = times(bar, &legs);
    let sizes = shares(bar.volume, open_step(bar, tick).size, &legs);
    let mut found = Vec::with_capacity(times.len());
    for (leg, &count) in legs.iter().enumerate() {
        for nth in 1..=count {
            let values = values(bar, leg, first_high, nth, count, tick);
            found.push(step_at(times[found.len()], values, sizes[found.len()]));
        }
    }
    found
}

/// How many steps each leg takes: the farthest way any of the prices has to go, in ticks.
fn leg_steps(bar: &Bar, first_high: bool, tick: i64) -> [i64; 3] {
    let mut legs = [0; 3];
    for span in bar.spans().into_iter().flatten() {
        let corners = span.corners(first_high);
        for (leg, steps) in legs.iter_mut().enumerate() {
            let way = (corners[leg + 1] - corners[leg]).abs();
            *steps = (*steps).max((way + tick - 1) / tick);
        }
    }
    legs
}

fn times(bar: &Bar, legs: &[i64; 3]) -> Vec<i64> {
    let edges = [0, 1, 2, 3].map(|third| bar.time_ns + part(bar.span_ns, third, 3));
    let mut found = Vec::new();
    for (leg, &count) in legs.iter().enumerate() {
        let width = edges[leg + 1] - edges[leg];
        found.extend(
            (1..=count).map(|nth| (edges[leg] + part(width, nth, count)).min(bar.last_ns())),
        );
    }
    found
}

/// `whole * nth // count`, rounded down, without going through a number that does not fit.
fn part(whole: i64, nth: i64, count: i64) -> i64 {
    (i128::from(whole) * i128::from(nth)).div_euclid(i128::from(count)) as i64
}

fn shares(volume: i64, opened: i64, legs: &[i64; 3]) -> Vec<i64> {
    let total = legs.iter().sum::<i64>();
    if volume < 0 {
        return vec![UNKNOWN_SIZE; total as usize];
    }
    let left = volume - opened;
    if total == 0 || left >= total {
        return (0..total).map(|n| part(left, n + 1, total) - part(left, n, total)).collect();
    }
    let mut shares = vec![0; total as usize];
    let mut corners = Vec::new();
    let mut end = 0;
    for &count in legs.iter() {
        end += count;
        if end > 0 && corners.last() != Some(&(end - 1)) {
            corners.push(end - 1);
        }
    }
    for &place in corners.iter().take(left as usize) {
        shares[place as usize] = 1;
    }
    let spare = (left - corners.len() as i64).max(0);
    let others: Vec<i64> = (0..total).filter(|place| !corners.contains(place)).collect();
    let count = others.len() as i64;
    for (n, &place) in (0..).zip(&others) {
        shares[place as usize] = part(spare, n + 1, count) - part(spare, n, count);
    }
    shares
}

/// Trade, bid and ask at the nth of `count` steps of a leg; nth 0 is where the leg begins. In whole
/// ticks, rounded towards where the leg begins; exact at its end.
fn values(
    bar: &Bar,
    leg: usize,
    first_high: bool,
    nth: i64,
    count: i64,
    tick: i64,
) -> [Option<i64>; 3] {
    let mut found = bar.spans().map(|span| {
        let corners = span?.corners(first_high);
        let (begin, end) = (corners[leg], corners[leg + 1]);
        if nth == count {
            return Some(end);
        }
        let way = part((end - begin).abs(), nth, count) / tick * tick;
        Some(if end > begin { begin + way } else { begin - way })
    });
    if let (Some(bids), Some(asks)) = (bar.bids, bar.asks)
        && (1..count).contains(&nth)
    {
        let (bids, asks) = (bids.corners(first_high), asks.corners(first_high));
        let touching = [leg, leg + 1].iter().any(|&end| bids[end] >= asks[end]);
        if !touching {
            // Bid and ask reach their extremes at different moments of the bar; walked together
            // they may meet on the way though they never did. The ends are as they were recorded.
            found[2] = found[2].max(found[1].map(|bid| bid + tick));
        }
    }
    found
}

fn step_at(time_ns: i64, [price, bid, ask]: [Option<i64>; 3], size: i64) -> Step {
    Step { time_ns, price, size: if price.is_none() { 0 } else { size }, bid, ask }
}

#[cfg(test)]
mod tests {
    use super::{Bar, Span, choice_ns, open_step, steps_after_open};

    fn bar(volume: i64) -> Bar {
        let trades = Some(Span { open: 100, high: 103, low: 98, close: 101 });
        Bar {
            time_ns: 0,
            span_ns: 90,
            trades,
            volume,
            bids: None,
            bid_size: 0,
            asks: None,
            ask_size: 0,
        }
    }

    #[test]
    fn the_steps_of_a_bar_share_its_volume_and_end_at_its_close() {
        for volume in 1..40 {
            for first_high in [false, true] {
                let steps = steps_after_open(&bar(volume), first_high, 1);
                let opened = open_step(&bar(volume), 1);
                let sum = opened.size + steps.iter().map(|step| step.size).sum::<i64>();
                assert_eq!(sum, volume);
                assert_eq!(steps.last().and_then(|step| step.price), Some(101));
                assert!(steps.iter().all(|step| (0..90).contains(&step.time_ns)));
            }
        }
    }

    #[test]
    fn the_choice_falls_before_the_first_step_of_either_path() {
        let first = [false, true].map(|way| steps_after_open(&bar(9), way, 1)[0].time_ns);
        assert_eq!(choice_ns(&bar(9), 1), Some(first[0].min(first[1])));
    }
}
