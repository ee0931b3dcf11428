//! Our orders while they work, and what stays known of them (`reference/working_order.py`).

use std::collections::HashMap;
use std::ops::{Index, IndexMut};

use crate::words::{OrdStatus, OrdType, Side, TimeInForce};

/// An order that is not done. The fields are those of the reference, which describes them; `works`
/// stands for its place in the reference's table of orders.
#[allow(missing_docs, reason = "the fields are those of reference/working_order.py")]
#[derive(Clone, Debug)]
pub struct WorkingOrder {
    pub order_id: i64,
    pub side: Side,
    pub ord_type: OrdType,
    pub tif: TimeInForce,
    pub order_qty: i64,
    pub price: Option<i64>,
    pub stop_px: Option<i64>,
    pub trail: Option<i64>,
    pub arrival: i64,
    pub cum_qty: i64,
    pub works: bool,
    pub waiting: bool,
    pub placed: bool,
    pub frozen: bool,
    pub aggressive: bool,
    pub ahead: Option<i64>,
    pub traded: i64,
    pub drop_ns: i64,
    pub drop_left: i64,
    pub drop_moved: i64,
}

impl WorkingOrder {
    /// +1 for a buy, -1 for a sell.
    pub fn sign(&self) -> i64 {
        self.side.sign()
    }

    /// What is still to be filled.
    pub fn leaves_qty(&self) -> i64 {
        self.order_qty - self.cum_qty
    }

    /// Whether its limit allows a fill at `price`.
    pub fn reaches(&self, price: i64) -> bool {
        match (self.price, self.side) {
            (None, _) => true,
            (Some(limit), Side::Buy) => limit >= price,
            (Some(limit), Side::Sell) => limit <= price,
        }
    }

    /// The price of the two that is the worse for this order.
    pub fn worse(&self, one: i64, other: i64) -> i64 {
        if self.side == Side::Buy { one.max(other) } else { one.min(other) }
    }
}

/// What is kept of a finished order, to answer a late request with the truth.
#[allow(missing_docs, reason = "the fields are those of reference/working_order.py")]
#[derive(Clone, Copy, Debug)]
pub struct DoneOrder {
    pub status: OrdStatus,
    pub order_qty: i64,
    pub cum_qty: i64,
}

/// Where an order is held as long as it works; used again when it is done.
pub type Slot = usize;

/// Every order that works, by slot and by id.
#[derive(Default)]
pub struct Orders {
    slots: Vec<WorkingOrder>,
    free: Vec<Slot>,
    by_id: HashMap<i64, Slot>,
}

impl Orders {
    /// Give an order a slot. It does not work before `begin`.
    pub fn hold(&mut self, order: WorkingOrder) -> Slot {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = order;
                slot
            }
            None => {
                self.slots.push(order);
                self.slots.len() - 1
            }
        }
    }

    /// The order works from here on.
    pub fn begin(&mut self, slot: Slot) {
        self.slots[slot].works = true;
        self.by_id.insert(self.slots[slot].order_id, slot);
    }

    /// The order is done; its slot can be read until the next `hold`.
    pub fn forget(&mut self, slot: Slot) {
        let order = &mut self.slots[slot];
        if order.works {
            self.by_id.remove(&order.order_id);
        }
        order.works = false;
        order.placed = false;
        self.free.push(slot);
    }

    /// The slot of a working order.
    pub fn find(&self, order_id: i64) -> Option<Slot> {
        self.by_id.get(&order_id).copied()
    }

    /// Every working order with its slot, in no order that means anything.
    pub fn working(&self) -> impl Iterator<Item = (Slot, &WorkingOrder)> {
        self.slots.iter().enumerate().filter(|(_, order)| order.works)
    }

    /// Whether none works.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

impl Index<Slot> for Orders {
    type Output = WorkingOrder;

    fn index(&self, slot: Slot) -> &WorkingOrder {
        &self.slots[slot]
    }
}

impl IndexMut<Slot> for Orders {
    fn index_mut(&mut self, slot: Slot) -> &mut WorkingOrder {
        &mut self.slots[slot]
    }
}
