//! What an order book is told and what it says: the words of `matching/order_book.py`.

use crate::words::{ExecType, NO_PRICE, Reason, Side};

/// The most contracts that an order may have.
pub const QTY_MAX: i64 = i32::MAX as i64;
/// The owner of an order whose owner is not known.
pub const NOBODY: i64 = 0;

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the members are those of matching/order_book.py")]
pub enum Kind {
    Limit = 1,
    Ioc = 2,
    Market = 3,
    Reduce = 4,
    Cancel = 5,
    Replace = 6,
}

/// What happens where an order would trade with another of its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the members are those of matching/order_book.py")]
pub enum SelfMatch {
    Allow = 0,
    CancelResting = 1,
    CancelAggressor = 2,
}

/// One message. What its kind does not need is not looked at.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the fields are those of matching/order_book.py")]
pub struct Message {
    pub kind: Kind,
    pub order_id: i64,
    pub side: Side,
    pub price: i64,
    pub qty: i64,
    pub owner: i64,
}

impl Message {
    /// A message of its numbers; None where no order can have them.
    pub fn of([kind, order_id, side, price, qty, owner]: [i64; 6]) -> Option<Self> {
        let kind = match kind {
            1 => Kind::Limit,
            2 => Kind::Ioc,
            3 => Kind::Market,
            4 => Kind::Reduce,
            5 => Kind::Cancel,
            6 => Kind::Replace,
            _ => return None,
        };
        let comes = matches!(kind, Kind::Limit | Kind::Ioc | Kind::Market);
        let side = match side {
            1 => Side::Buy,
            2 => Side::Sell,
            _ if comes => return None,
            _ => Side::Buy,
        };
        let priced = matches!(kind, Kind::Limit | Kind::Ioc | Kind::Replace);
        let sized = kind != Kind::Cancel;
        if (priced && price == NO_PRICE) || (sized && !(1..=QTY_MAX).contains(&qty)) {
            return None;
        }
        Some(Message { kind, order_id, side, price, qty, owner })
    }
}

/// What a message did that it did not say itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of matching/order_book.py")]
pub struct BookReport {
    pub exec_type: ExecType,
    pub order_id: i64,
    pub side: Option<Side>,
    pub price: i64,
    pub qty: i64,
    pub leaves_qty: i64,
    pub owner: i64,
    pub against: Against,
    pub reason: Reason,
}

/// The other order of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of matching/order_book.py")]
pub struct Against {
    pub order_id: i64,
    pub leaves_qty: i64,
    pub owner: i64,
}

/// Who hears the reports.
pub trait Told {
    /// One more.
    fn tell(&mut self, report: BookReport);
}

impl Told for Vec<BookReport> {
    fn tell(&mut self, report: BookReport) {
        self.push(report);
    }
}
