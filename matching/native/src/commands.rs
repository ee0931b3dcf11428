//! What an engine is told and what it says (`matching/commands.py`, `matching/reports.py`).

use crate::words::{
    ExecType, Liquidity, OrdStatus, OrdType, Reason, Side, TimeInForce, TradingStatus,
};

/// An order to enter.
#[allow(missing_docs, reason = "the fields are those of matching/commands.py")]
#[derive(Clone, Debug)]
pub struct NewOrder {
    pub order_id: i64,
    pub side: Side,
    pub ord_type: OrdType,
    pub order_qty: i64,
    pub price: Option<i64>,
    pub stop_px: Option<i64>,
    pub trail: Option<i64>,
    pub tif: TimeInForce,
}

/// A change in place; None leaves a field as it is.
#[allow(missing_docs, reason = "the fields are those of matching/commands.py")]
#[derive(Clone, Debug)]
pub struct ReplaceOrder {
    pub order_id: i64,
    pub order_qty: Option<i64>,
    pub price: Option<i64>,
    pub stop_px: Option<i64>,
    pub trail: Option<i64>,
}

/// A child of an entry.
#[allow(missing_docs, reason = "the fields are those of matching/commands.py")]
#[derive(Clone, Copy, Debug)]
pub struct Leg {
    pub order_id: i64,
    pub ord_type: OrdType,
    pub distance: i64,
    pub trail: Option<i64>,
    pub px: Option<i64>,
    pub carried: i64,
}

/// A stop and a target to hang on an entry.
#[allow(missing_docs, reason = "the fields are those of matching/commands.py")]
#[derive(Clone, Debug)]
pub struct AttachLegs {
    pub entry_id: i64,
    pub side: Side,
    pub order_qty: i64,
    pub legs: Vec<Leg>,
    pub cum_qty: i64,
    pub worth: i64,
    pub closed_qty: i64,
    pub resumed: bool,
    pub each_fill: bool,
    pub shrinks: bool,
    pub grid: Vec<(i64, i64)>,
}

/// Everything an engine can be told.
#[derive(Clone, Debug)]
pub enum Command {
    /// Enter an order.
    New(NewOrder),
    /// Change a working order.
    Replace(ReplaceOrder),
    /// Take a working order away.
    Cancel(i64),
    /// Let a working order stand nowhere, or put it back.
    Freeze(i64, bool),
    /// The market by hand: quoted bid to ask, with a size on each side, then a trade at the bid.
    SetMarket {
        /// The best bid, at which it then trades.
        bid: i64,
        /// The best ask.
        ask: i64,
        /// What is shown on each side, and what trades.
        size: i64,
    },
    /// Move the session to another state.
    SetStatus(TradingStatus),
    /// Hang legs on an entry.
    Attach(AttachLegs),
}

/// The venue's word on one order.
#[allow(missing_docs, reason = "the fields are those of matching/reports.py")]
#[derive(Clone, Debug)]
pub struct Report {
    pub seq: i64,
    pub time_ns: i64,
    pub order_id: i64,
    pub exec_type: ExecType,
    pub ord_status: OrdStatus,
    pub order_qty: i64,
    pub cum_qty: i64,
    pub leaves_qty: i64,
    pub price: Option<i64>,
    pub stop_px: Option<i64>,
    pub last_qty: i64,
    pub last_px: i64,
    pub exec_id: i64,
    pub reason: Reason,
    pub liquidity: Liquidity,
    pub unknown_size: bool,
    pub ambiguous: bool,
}
