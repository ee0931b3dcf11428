//! All that an engine's book knows, and the only two places where an order gains or ends
//! (`reference/state.py`).

use std::collections::HashMap;

use crate::commands::Report;
use crate::family::Families;
use crate::ladder::Ladder;
use crate::recorded_side::RecordedSide;
use crate::rules::Rules;
use crate::waiting_stops::WaitingStops;
use crate::words::{ExecType, Liquidity, OrdStatus, Reason, Side, TradingStatus};
use crate::working_order::{DoneOrder, Orders, Slot, WorkingOrder};

/// One instrument's book. The fields are those of the reference, which describes them; pairs are
/// indexed by `Side::index`.
#[allow(missing_docs, reason = "the fields are those of reference/state.py")]
pub struct BookState {
    pub rules: Rules,
    pub status: TradingStatus,
    pub now_ns: i64,
    pub recorded: [RecordedSide; 2],
    pub resting: [Ladder; 2],
    pub stops: [WaitingStops; 2],
    pub orders: Orders,
    pub done: HashMap<i64, DoneOrder>,
    pub families: Families,
    pub reports: Vec<Report>,
    pub last_price: Option<i64>,
    pub quotes_seen: bool,
    pub at_ask: bool,
    pub volume_left: Option<i64>,
    pub ambiguous_until_ns: i64,
    pub print_size: i64,
    pub print_filled: i64,
    pub version: u64,
    arrivals: i64,
    exec_id: i64,
    seq: i64,
}

impl BookState {
    /// An open market without anything in it.
    pub fn new(rules: Rules) -> Self {
        let unknown = rules.unknown_size;
        BookState {
            rules,
            status: TradingStatus::Open,
            now_ns: 0,
            recorded: Side::BOTH.map(|_| RecordedSide::new(unknown)),
            resting: Side::BOTH.map(Ladder::new),
            stops: Side::BOTH.map(WaitingStops::new),
            orders: Orders::default(),
            done: HashMap::new(),
            families: Families::default(),
            reports: Vec::new(),
            last_price: None,
            quotes_seen: false,
            at_ask: true,
            volume_left: None,
            ambiguous_until_ns: -1,
            print_size: 0,
            print_filled: 0,
            version: 0,
            arrivals: 0,
            exec_id: 0,
            seq: 0,
        }
    }

    /// Whether orders are matched and stops set off now.
    pub fn matching(&self) -> bool {
        self.status == TradingStatus::Open
    }

    /// The recorded price that a taker on this side would get.
    pub fn opposite_price(&self, side: Side) -> Option<i64> {
        self.recorded[side.opposite().index()].price
    }

    /// Say something about an order that is no fill and no end.
    pub fn report(&mut self, slot: Slot, exec_type: ExecType, reason: Reason) {
        let order = &self.orders[slot];
        let part = order.cum_qty != 0;
        let status = if part { OrdStatus::PartiallyFilled } else { OrdStatus::New };
        let report = self.about(order, exec_type, status, order.leaves_qty());
        self.say(Report { reason, ..report });
    }

    /// Give an order `qty` contracts at `px`; it ends here when that was all.
    pub fn fill(
        &mut self,
        slot: Slot,
        qty: i64,
        px: i64,
        liquidity: Liquidity,
        unknown_size: bool,
    ) {
        let order = &mut self.orders[slot];
        assert!(0 < qty && qty <= order.leaves_qty(), "a fill of {qty} for {}", order.order_id);
        order.cum_qty += qty;
        self.volume_left = self.volume_left.map(|left| left - qty);
        self.exec_id += 1;
        let order = &self.orders[slot];
        let leaves_qty = order.leaves_qty();
        let done = leaves_qty == 0;
        let status = if done { OrdStatus::Filled } else { OrdStatus::PartiallyFilled };
        let report = self.about(order, ExecType::Trade, status, leaves_qty);
        self.say(Report {
            last_qty: qty,
            last_px: px,
            exec_id: self.exec_id,
            liquidity,
            unknown_size,
            ambiguous: self.now_ns < self.ambiguous_until_ns,
            ..report
        });
        if done {
            self.forget(slot, OrdStatus::Filled);
        }
    }

    /// End an order without a fill: CANCELED, EXPIRED or REJECTED.
    pub fn end(&mut self, slot: Slot, status: OrdStatus, reason: Reason) {
        let exec_type = match status {
            OrdStatus::Canceled => ExecType::Canceled,
            OrdStatus::Expired => ExecType::Expired,
            OrdStatus::Rejected => ExecType::Rejected,
            _ => unreachable!("{status:?} is no end without a fill"),
        };
        let report = self.about(&self.orders[slot], exec_type, status, 0);
        self.say(Report { reason, ..report });
        self.forget(slot, status);
    }

    /// Answer a cancel or replace that does nothing, with the order's state as it is.
    pub fn refuse_request(&mut self, order_id: i64, exec_type: ExecType, reason: Reason) {
        if let Some(slot) = self.orders.find(order_id) {
            self.report(slot, exec_type, reason);
            return;
        }
        if let Some((family, _)) = self.families.suspended(order_id) {
            let size = family.asked.order_qty;
            self.say_of_leg(order_id, size, exec_type, OrdStatus::Suspended, reason);
            return;
        }
        let never = DoneOrder { status: OrdStatus::Rejected, order_qty: 0, cum_qty: 0 };
        let done = self.done.get(&order_id).copied().unwrap_or(never);
        self.say_of(order_id, exec_type, done, 0, reason);
    }

    /// Say something about a leg that is no order of the book; `size` is what it is told with.
    pub fn say_of_leg(
        &mut self,
        order_id: i64,
        size: i64,
        exec_type: ExecType,
        status: OrdStatus,
        reason: Reason,
    ) {
        let leaves_qty = if status == OrdStatus::Suspended { size } else { 0 };
        let as_told = DoneOrder { status, order_qty: size, cum_qty: 0 };
        self.say_of(order_id, exec_type, as_told, leaves_qty, reason);
    }

    /// End a leg that is suspended, and by now known as none.
    pub fn withdraw(&mut self, order_id: i64, size: i64) {
        let status = OrdStatus::Canceled;
        self.say_of_leg(order_id, size, ExecType::Canceled, status, Reason::None);
        self.done.insert(order_id, DoneOrder { status, order_qty: size, cum_qty: 0 });
    }

    /// Put a working order among the stops or into its ladder.
    pub fn place(&mut self, slot: Slot) {
        self.version += 1;
        let order = &mut self.orders[slot];
        order.placed = true;
        let side = order.side.index();
        if order.waiting {
            self.stops[side].add(slot, order);
        } else {
            self.resting[side].add(slot, order);
        }
    }

    /// Take a working order out of its place, to change it or to let it take.
    pub fn displace(&mut self, slot: Slot) {
        self.version += 1;
        let order = &mut self.orders[slot];
        order.placed = false;
        let side = order.side.index();
        if order.waiting {
            self.stops[side].remove(slot, order);
        } else {
            self.resting[side].remove(slot, order);
        }
    }

    /// The next place in time.
    pub fn next_arrival(&mut self) -> i64 {
        self.arrivals += 1;
        self.arrivals
    }

    fn forget(&mut self, slot: Slot, status: OrdStatus) {
        if self.orders[slot].placed {
            self.displace(slot);
        }
        self.version += 1;
        let order = &self.orders[slot];
        let done = DoneOrder { status, order_qty: order.order_qty, cum_qty: order.cum_qty };
        self.done.insert(order.order_id, done);
        self.orders.forget(slot);
    }

    fn say(&mut self, report: Report) {
        self.seq += 1;
        if !matches!(report.exec_type, ExecType::CancelRejected | ExecType::ReplaceRejected) {
            self.families.heard(report.order_id, report.last_qty, report.last_px);
        }
        self.reports.push(Report { seq: self.seq, ..report });
    }

    /// What is said of an order that the book does not hold.
    fn say_of(
        &mut self,
        order_id: i64,
        exec_type: ExecType,
        as_told: DoneOrder,
        leaves_qty: i64,
        reason: Reason,
    ) {
        self.seq += 1;
        self.reports.push(Report {
            seq: self.seq,
            time_ns: self.now_ns,
            order_id,
            exec_type,
            ord_status: as_told.status,
            order_qty: as_told.order_qty,
            cum_qty: as_told.cum_qty,
            leaves_qty,
            price: None,
            stop_px: None,
            last_qty: 0,
            last_px: 0,
            exec_id: 0,
            reason,
            liquidity: Liquidity::None,
            unknown_size: false,
            ambiguous: false,
        });
    }

    fn about(
        &self,
        order: &WorkingOrder,
        exec_type: ExecType,
        ord_status: OrdStatus,
        leaves_qty: i64,
    ) -> Report {
        Report {
            seq: 0, // `say` numbers it
            time_ns: self.now_ns,
            order_id: order.order_id,
            exec_type,
            ord_status,
            order_qty: order.order_qty,
            cum_qty: order.cum_qty,
            leaves_qty,
            price: order.price,
            stop_px: order.stop_px,
            last_qty: 0,
            last_px: 0,
            exec_id: 0,
            reason: Reason::None,
            liquidity: Liquidity::None,
            unknown_size: false,
            ambiguous: false,
        }
    }
}
