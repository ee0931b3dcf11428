//! The recorded market as the book lives it: row by row where it touches us, in leaps where not
//! (`reference/market_feed.py`; the leaps are in leap.rs).

use crate::bar_path::Bar;
use crate::bar_walk::{BarWalk, choose_path, commit_step, conflicting_side};
use crate::leap::leap;
use crate::links::follow;
use crate::market_events::{begin_row, on_print, on_quote, taken_at_ask};
use crate::rows::{Kind, NewRows, Rows};
use crate::rules::Fault;
use crate::state::BookState;
use crate::watch::Watch;
use crate::words::price_in;

/// Rows still to come, the bar that is being walked, and their way into the book.
pub struct MarketFeed {
    /// How many bars held more than one story of our orders.
    pub ambiguous_bars: i64,
    /// How many bars were walked whose extremes are not believed.
    pub suspect_bars_walked: i64,
    pub(crate) rows: Rows,
    pub(crate) watch: Watch,
    pub(crate) suspects: Vec<i64>,
    walk: Option<BarWalk>,
}

impl MarketFeed {
    /// No rows yet. `suspects`: the start times of bars whose extremes are not believed.
    pub fn new(mut suspects: Vec<i64>) -> Self {
        suspects.sort_unstable();
        MarketFeed {
            ambiguous_bars: 0,
            suspect_bars_walked: 0,
            rows: Rows::default(),
            watch: Watch::default(),
            suspects,
            walk: None,
        }
    }

    /// Append market rows (see `Rows::extend`).
    pub fn extend(&mut self, new: NewRows, now_ns: i64) -> Result<(), Fault> {
        self.rows.extend(new, now_ns)
    }

    /// Let everything up to and including `to_ns` happen, in order of time, then of file.
    pub fn commit(&mut self, book: &mut BookState, to_ns: i64) -> Result<(), Fault> {
        loop {
            let next = self.rows.next();
            if self.walk.is_some() {
                let until_ns = next.map_or(to_ns, |(_, row_ns)| to_ns.min(row_ns));
                self.walk_on(book, until_ns)?;
            }
            let Some((kind, row_ns)) = next.filter(|&(_, row_ns)| row_ns <= to_ns) else {
                return self.links_before(book, to_ns.saturating_add(1));
            };
            self.links_before(book, row_ns)?;
            let bound = self.walk.is_some() || book.families.are_stirred();
            if bound || !leap(self, book, to_ns) {
                self.commit_row(book, kind)?;
            }
        }
    }

    /// A quote and a trade that no row brings.
    pub fn by_hand(
        &mut self,
        book: &mut BookState,
        bid: i64,
        ask: i64,
        size: i64,
    ) -> Result<(), Fault> {
        if self.walk.is_none() {
            begin_row(book, None, true)?;
        }
        on_quote(book, (Some(bid), size), (Some(ask), size), true)?;
        on_print(book, bid, size, 0)
    }

    /// An order may have come into the bar that is being walked: its story may be two now.
    pub fn orders_changed(&mut self, book: &mut BookState) {
        let Some(walk) = &self.walk else { return };
        if !walk.choice_due() && conflicting_side(book, walk).is_some() {
            self.mark_ambiguous(book);
        }
    }

    /// Let what hangs together follow what happened to it.
    pub fn settle_links(&mut self, book: &mut BookState) -> Result<(), Fault> {
        while let Some(entry_id) = book.families.next_stirred() {
            follow(book, self, entry_id)?;
        }
        Ok(())
    }

    /// Links act after the rows of their nanosecond, and before anything later.
    fn links_before(&mut self, book: &mut BookState, time_ns: i64) -> Result<(), Fault> {
        if book.families.are_stirred() && book.now_ns < time_ns {
            return self.settle_links(book);
        }
        Ok(())
    }

    /// The first moment up to `until_ns` at which the market may touch an order; None: none.
    pub fn next_touch(&mut self, book: &BookState, until_ns: i64) -> Option<i64> {
        self.watch.reach(book, &self.rows)?;
        if !book.matching() {
            return None;
        }
        let row_ns = self.touching_row_ns(book, until_ns);
        let step_ns = self.touching_step_ns(book);
        row_ns.into_iter().chain(step_ns).min().filter(|&first_ns| first_ns <= until_ns)
    }

    /// Whether the next row, whichever it is, may touch: it lifts the bar's volume.
    pub(crate) fn held_back(book: &BookState) -> bool {
        book.volume_left == Some(0) && !book.orders.is_empty()
    }

    fn walk_on(&mut self, book: &mut BookState, to_ns: i64) -> Result<(), Fault> {
        let due = |walk: &BarWalk| walk.next_ns().filter(|&due_ns| due_ns <= to_ns);
        while let Some(walk) = &mut self.walk {
            let Some(due_ns) = due(walk) else {
                if walk.next_ns().is_none() {
                    self.walk = None;
                }
                return Ok(());
            };
            self.links_before(book, due_ns)?;
            let Some(walk) = &mut self.walk else { return Ok(()) };
            book.now_ns = due_ns;
            if walk.choice_due() {
                if choose_path(book, walk) {
                    self.mark_ambiguous(book);
                }
                continue;
            }
            let step = walk.take_one();
            let last = walk.choice_due() || due(walk).is_none();
            let untaken = book.recorded.iter().all(|recorded| recorded.untaken());
            if last || !book.orders.is_empty() || !untaken {
                commit_step(book, &walk.bar, step)?;
            } else if let Some(price) = step.price {
                // Nobody sees this step: all that stays of it is the way the price went.
                book.at_ask = taken_at_ask(book.at_ask, book.last_price, price, 0);
                book.last_price = Some(price);
            }
        }
        Ok(())
    }

    fn mark_ambiguous(&mut self, book: &mut BookState) {
        let Some(walk) = &mut self.walk else { return };
        if !walk.ambiguous && self.suspects.binary_search(&walk.bar.time_ns).is_err() {
            walk.ambiguous = true;
            self.ambiguous_bars += 1;
            book.ambiguous_until_ns = walk.bar.last_ns() + 1;
        }
    }

    fn commit_row(&mut self, book: &mut BookState, kind: Kind) -> Result<(), Fault> {
        match kind {
            Kind::Quotes => {
                let [_, time_ns, bid, bid_size, ask, ask_size] = self.next_row(kind);
                self.begin_tick(book, time_ns, true)?;
                let reach = self.watch.reach(book, &self.rows);
                let touches = reach.is_some_and(|reach| reach.quote(bid, ask));
                on_quote(book, (price_in(bid), bid_size), (price_in(ask), ask_size), touches)
            }
            Kind::Trades => {
                let [_, time_ns, price, size, aggressor] = self.next_row(kind);
                self.begin_tick(book, time_ns, false)?;
                on_print(book, price, size, aggressor)
            }
            Kind::Bars => {
                let row = self.next_row(kind);
                book.now_ns = row[1];
                self.begin_bar(book, Bar::from_row(&row))
            }
        }
    }

    fn next_row<const N: usize>(&mut self, kind: Kind) -> [i64; N] {
        let table = self.rows.table_mut(kind);
        let row = table.row();
        table.move_to(table.at() + 1);
        row
    }

    fn begin_tick(
        &mut self,
        book: &mut BookState,
        time_ns: i64,
        brings_quote: bool,
    ) -> Result<(), Fault> {
        book.now_ns = time_ns;
        // A tick within a bar's time does not lift that bar's volume.
        if self.walk.is_none() { begin_row(book, None, brings_quote) } else { Ok(()) }
    }

    fn begin_bar(&mut self, book: &mut BookState, mut bar: Bar) -> Result<(), Fault> {
        if self.suspects.binary_search(&bar.time_ns).is_ok() {
            self.suspect_bars_walked += 1;
            book.ambiguous_until_ns = bar.last_ns() + 1;
            bar = bar.without_extremes();
        }
        begin_row(book, bar.volume_for_us(), bar.quoted())?;
        if bar.leader().is_some() {
            self.walk = Some(BarWalk::new(bar, book.rules.tick));
        }
        Ok(())
    }

    fn touching_row_ns(&mut self, book: &BookState, until_ns: i64) -> Option<i64> {
        if Self::held_back(book) {
            return self.rows.next().map(|(_, row_ns)| row_ns);
        }
        self.watch.first(book, &self.rows, until_ns).map(|(_, row_ns)| row_ns)
    }

    fn touching_step_ns(&mut self, book: &BookState) -> Option<i64> {
        let walk = self.walk.as_ref()?;
        let reach = self.watch.reach(book, &self.rows)?;
        if walk.left().is_empty() {
            let touches = reach.walked_bar(&walk.bar, book.rules.tick);
            return walk.next_ns().filter(|_| touches);
        }
        walk.left().iter().find(|step| reach.step(&walk.bar, step)).map(|step| step.time_ns)
    }
}
