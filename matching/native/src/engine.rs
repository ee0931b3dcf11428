//! The native engine: commands and market rows, committed in the one order of their times
//! (`reference/engine.py`).
//!
//! At one nanosecond: session state, market rows in file order, orders; then by sequence of
//! submission.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashSet};

use crate::commands::{AttachLegs, Command, Report};
use crate::invariants;
use crate::links::attach;
use crate::market_feed::MarketFeed;
use crate::order_entry;
use crate::order_replace::replace;
use crate::rows::NewRows;
use crate::rules::{Fault, Rules};
use crate::state::BookState;

const BEFORE_ROWS: u8 = 0;
const AFTER_ROWS: u8 = 2;

/// One instrument's book: what `reference.ReferenceEngine` does, in the same order.
pub struct Engine {
    state: BookState,
    feed: MarketFeed,
    pending: BinaryHeap<Reverse<Pending>>,
    submitted: u64,
    ids: HashSet<i64>,
    hanging: HashSet<i64>,
    now_ns: Option<i64>,
}

impl Engine {
    /// An open market without rows. `suspects`: the start times of bars whose extremes are not
    /// believed. The rules are workable (`matching/workable.py`).
    pub fn new(rules: Rules, suspects: Vec<i64>) -> Self {
        Engine {
            state: BookState::new(rules),
            feed: MarketFeed::new(suspects),
            pending: BinaryHeap::new(),
            submitted: 0,
            ids: HashSet::new(),
            hanging: HashSet::new(),
            now_ns: None,
        }
    }

    /// The state after the last `advance`.
    pub fn state(&self) -> &BookState {
        &self.state
    }

    /// How many bars held a stop and a limit of ours on one side.
    pub fn ambiguous_bars(&self) -> i64 {
        self.feed.ambiguous_bars
    }

    /// How many bars were walked whose extremes are not believed.
    pub fn suspect_bars_walked(&self) -> i64 {
        self.feed.suspect_bars_walked
    }

    /// Append market rows: `seq` rising, times not falling, nothing before what was committed.
    pub fn extend(&mut self, new: NewRows) -> Result<(), Fault> {
        self.feed.extend(new, self.now_ns.unwrap_or(i64::MIN))
    }

    /// Let a command reach the exchange at `at_ns`. An order has the fields of its type.
    pub fn submit(&mut self, at_ns: i64, command: Command) -> Result<(), Fault> {
        self.require_in_time(at_ns)?;
        match &command {
            Command::New(new) => self.take_ids(&[new.order_id])?,
            Command::Attach(attached) => self.link_ids(attached)?,
            _ => {}
        }
        let status = matches!(command, Command::SetStatus(_));
        let tie = if status { BEFORE_ROWS } else { AFTER_ROWS };
        self.submitted += 1;
        self.pending.push(Reverse(Pending { at_ns, tie, nth: self.submitted, command }));
        Ok(())
    }

    /// A Fault if a command of this time is too late.
    pub fn require_in_time(&self, at_ns: i64) -> Result<(), Fault> {
        match self.now_ns {
            Some(now_ns) if at_ns < now_ns => Err(Fault::Value(format!(
                "a command at {at_ns} is too late: {now_ns} is committed"
            ))),
            _ => Ok(()),
        }
    }

    /// The first moment up to `limit_ns` with a command due or a row that may touch an order.
    pub fn next_moment(&mut self, limit_ns: i64) -> Option<i64> {
        let due_ns = self.pending.peek().map(|Reverse(pending)| pending.at_ns);
        let until_ns = due_ns.map_or(limit_ns, |due_ns| limit_ns.min(due_ns));
        let touch_ns = self.feed.next_touch(&self.state, until_ns);
        touch_ns.or(due_ns.filter(|&due_ns| due_ns <= limit_ns))
    }

    /// Commit everything up to and including `to_ns`; the reports, in order.
    pub fn advance(&mut self, to_ns: i64) -> Result<Vec<Report>, Fault> {
        if let Some(now_ns) = self.now_ns.filter(|&now_ns| to_ns < now_ns) {
            return Err(Fault::Value(format!("advance to {to_ns}: {now_ns} is committed already")));
        }
        while self.pending.peek().is_some_and(|Reverse(pending)| pending.at_ns <= to_ns) {
            let Some(Reverse(pending)) = self.pending.pop() else { break };
            let before = i64::from(pending.tie == BEFORE_ROWS);
            self.feed.commit(&mut self.state, pending.at_ns - before)?;
            self.state.now_ns = pending.at_ns;
            self.carry_out(&pending.command)?;
        }
        self.feed.commit(&mut self.state, to_ns)?;
        self.state.now_ns = to_ns;
        self.now_ns = Some(to_ns);
        Ok(std::mem::take(&mut self.state.reports))
    }

    /// Walk every invariant of the book.
    pub fn check(&self) -> Result<(), Fault> {
        invariants::check(&self.state)
    }

    fn take_ids(&mut self, ids: &[i64]) -> Result<(), Fault> {
        if let Some(order_id) = ids.iter().find(|order_id| self.ids.contains(order_id)) {
            return Err(Fault::Value(format!("order id {order_id} was used before")));
        }
        self.ids.extend(ids);
        Ok(())
    }

    fn link_ids(&mut self, attached: &AttachLegs) -> Result<(), Fault> {
        let legs = attached.legs.iter().map(|leg| leg.order_id);
        let ids: Vec<i64> = std::iter::once(attached.entry_id).chain(legs).collect();
        if let Some(order_id) = ids.iter().find(|order_id| self.hanging.contains(order_id)) {
            return Err(Fault::Value(format!("order {order_id} is linked already")));
        }
        let new = attached.legs.iter().filter(|leg| leg.px.is_none()).map(|leg| leg.order_id);
        self.take_ids(&new.collect::<Vec<_>>())?;
        self.hanging.extend(ids);
        Ok(())
    }

    fn carry_out(&mut self, command: &Command) -> Result<(), Fault> {
        let book = &mut self.state;
        match command {
            Command::New(new) => order_entry::enter(book, new)?,
            Command::Cancel(order_id) => order_entry::cancel(book, *order_id),
            Command::Replace(change) => replace(book, change)?,
            Command::Freeze(order_id, frozen) => order_entry::freeze(book, *order_id, *frozen)?,
            Command::SetMarket { bid, ask, size } => self.feed.by_hand(book, *bid, *ask, *size)?,
            Command::Attach(attached) => attach(book, attached),
            Command::SetStatus(status) => order_entry::set_status(book, *status)?,
        }
        self.feed.orders_changed(&mut self.state);
        if matches!(command, Command::SetStatus(_)) {
            return Ok(()); // the rows of its nanosecond are still to come
        }
        self.feed.settle_links(&mut self.state)
    }
}

/// A command on its way, in the order of the ties.
struct Pending {
    at_ns: i64,
    tie: u8,
    nth: u64,
    command: Command,
}

impl Pending {
    fn key(&self) -> (i64, u8, u64) {
        (self.at_ns, self.tie, self.nth)
    }
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Pending {}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}
