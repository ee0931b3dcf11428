//! Stops that have not been set off, in the order in which they would be
//! (`reference/waiting_stops.py`).

use crate::words::{OrdType, Side};
use crate::working_order::{Orders, Slot, WorkingOrder};

/// One side's stops: buy stops lowest first, sell stops highest first, then by time.
pub struct WaitingStops {
    sign: i64,
    line: Vec<(i64, i64, Slot)>,
    trailing: Vec<Slot>,
}

impl WaitingStops {
    /// No stops yet.
    pub fn new(side: Side) -> Self {
        WaitingStops { sign: side.sign(), line: Vec::new(), trailing: Vec::new() }
    }

    /// Let a stop wait.
    pub fn add(&mut self, slot: Slot, order: &WorkingOrder) {
        self.insert(slot, order);
        if order.ord_type == OrdType::TrailingStop {
            self.trailing.push(slot);
        }
    }

    /// Take a stop out, before its trigger is changed; it has to be here.
    pub fn remove(&mut self, slot: Slot, order: &WorkingOrder) {
        self.take_out(slot, order);
        if order.ord_type == OrdType::TrailingStop {
            self.trailing.retain(|&other| other != slot);
        }
    }

    /// All stops in order.
    pub fn iter(&self) -> impl Iterator<Item = Slot> + '_ {
        self.line.iter().map(|&(_, _, slot)| slot)
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// The trailing stops among them, as they came.
    pub fn trailing(&self) -> &[Slot] {
        &self.trailing
    }

    /// The stops that a market at `price` sets off, in order; a list of its own.
    pub fn due(&self, price: i64) -> Vec<Slot> {
        let end = self.line.partition_point(|&(trigger, _, _)| trigger <= price * self.sign);
        self.line[..end].iter().map(|&(_, _, slot)| slot).collect()
    }

    /// Let the trailing stops follow a market at `price`, never back; whether one has moved.
    pub fn follow(&mut self, price: i64, orders: &mut Orders) -> bool {
        let mut moved = false;
        for nth in 0..self.trailing.len() {
            let slot = self.trailing[nth];
            let trailed = price + self.sign * orders[slot].trail.unwrap_or(0);
            if (trailed - trigger(&orders[slot])) * self.sign < 0 {
                self.take_out(slot, &orders[slot]);
                orders[slot].stop_px = Some(trailed);
                self.insert(slot, &orders[slot]);
                moved = true;
            }
        }
        moved
    }

    /// The trigger that the market would meet first.
    pub fn first_trigger(&self) -> Option<i64> {
        self.line.first().map(|&(trigger, _, _)| trigger * self.sign)
    }

    fn insert(&mut self, slot: Slot, order: &WorkingOrder) {
        let key = (trigger(order) * self.sign, order.arrival);
        let place = self.line.partition_point(|&(price, arrival, _)| (price, arrival) <= key);
        self.line.insert(place, (key.0, key.1, slot));
    }

    fn take_out(&mut self, slot: Slot, order: &WorkingOrder) {
        let key = (trigger(order) * self.sign, order.arrival);
        let place = self.line.partition_point(|&(price, arrival, _)| (price, arrival) < key);
        assert_eq!(self.line[place].2, slot, "the stop waits where its trigger says");
        self.line.remove(place);
    }
}

fn trigger(order: &WorkingOrder) -> i64 {
    order.stop_px.expect("a stop has a trigger")
}
