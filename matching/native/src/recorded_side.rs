//! One side of the recorded book, and how much of it is still to be had
//! (`reference/recorded_side.py`).

use crate::rules::{Fault, UnknownSize};
use crate::words::UNKNOWN_SIZE;

/// The best recorded bid or ask. The fields are those of the reference, which describes them.
#[allow(missing_docs, reason = "the fields are those of reference/recorded_side.py")]
pub struct RecordedSide {
    rule: Option<UnknownSize>,
    pub price: Option<i64>,
    pub shown: i64,
    pub available: i64,
    pub overtaken: bool,
}

impl RecordedSide {
    /// Nothing is there yet.
    pub fn new(rule: Option<UnknownSize>) -> Self {
        RecordedSide { rule, price: None, shown: 0, available: 0, overtaken: false }
    }

    /// A recorded quote: this price with this size.
    pub fn update(&mut self, price: Option<i64>, shown: i64) {
        self.overtaken = false;
        if price.is_none() || price != self.price || shown < 0 || self.shown < 0 {
            self.renew(price, shown);
        } else if shown > self.shown {
            self.available += shown - self.shown;
            self.shown = shown;
        } else {
            self.shown = shown;
            self.available = self.available.min(shown);
        }
    }

    /// A level that owes nothing to what stood here before.
    pub fn renew(&mut self, price: Option<i64>, shown: i64) {
        self.overtaken = false;
        self.price = price;
        self.shown = if price.is_none() { 0 } else { shown };
        self.available = self.fresh();
    }

    /// Whether all that is shown is still to be had.
    pub fn untaken(&self) -> bool {
        self.available == self.fresh()
    }

    /// How much of `wanted` can be taken.
    pub fn offer(&self, wanted: i64) -> Result<i64, Fault> {
        if self.available >= 0 {
            return Ok(wanted.min(self.available));
        }
        offered(self.available, self.rule, wanted, || {
            format!("the quote at {}", self.price.map_or("None".into(), |p| p.to_string()))
        })
    }

    /// `qty`, at most what was offered, is ours now.
    pub fn take(&mut self, qty: i64) {
        if self.available >= 0 {
            self.available -= qty;
        }
    }

    fn fresh(&self) -> i64 {
        match self.rule {
            _ if self.shown >= 0 => self.shown,
            Some(UnknownSize::All) | None => self.shown,
            Some(UnknownSize::One) => 1,
            Some(UnknownSize::Nothing) => 0,
        }
    }
}

/// How much of `wanted` a size gives, by `rule` where it is UNKNOWN_SIZE; `what` names the place in
/// the data for the error.
pub fn offered(
    size: i64,
    rule: Option<UnknownSize>,
    wanted: i64,
    what: impl FnOnce() -> String,
) -> Result<i64, Fault> {
    if size != UNKNOWN_SIZE {
        return Ok(size.min(wanted));
    }
    match rule {
        Some(UnknownSize::All) => Ok(wanted),
        Some(UnknownSize::One) => Ok(wanted.min(1)),
        Some(UnknownSize::Nothing) => Ok(0),
        None => Err(Fault::UnknownSize(format!(
            "{} has no size, and an order of ours needs one: name a rule, \
             Rules(unknown_size=UnknownSize.ALL), ONE or NONE",
            what()
        ))),
    }
}
