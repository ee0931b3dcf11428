//! Our resting orders on one side, by price and then time (`reference/ladder.py`).

use crate::words::Side;
use crate::working_order::{Slot, WorkingOrder};

/// Stands before every price.
const WITHOUT_LIMIT: i64 = -(1 << 62);

/// One line of orders, the best price first, within a price in the order in which they came.
/// An order without a limit stands before them all.
pub struct Ladder {
    sign: i64,
    line: Vec<(i64, Slot)>,
}

impl Ladder {
    /// An empty ladder.
    pub fn new(side: Side) -> Self {
        Ladder { sign: side.sign(), line: Vec::new() }
    }

    /// Put an order behind those at its price.
    pub fn add(&mut self, slot: Slot, order: &WorkingOrder) {
        let key = self.key(order.price);
        let place = self.line.partition_point(|&(other, _)| other <= key);
        self.line.insert(place, (key, slot));
    }

    /// Take an order out; it has to be here, at the price at which it came.
    pub fn remove(&mut self, slot: Slot, order: &WorkingOrder) {
        let key = self.key(order.price);
        let first = self.line.partition_point(|&(other, _)| other < key);
        let place = self.line[first..].iter().position(|&(_, other)| other == slot);
        let place = place.expect("the order rests in this ladder");
        self.line.remove(first + place);
    }

    /// All orders, best price first, then in time order.
    pub fn iter(&self) -> impl Iterator<Item = Slot> + '_ {
        self.line.iter().map(|&(_, slot)| slot)
    }

    /// The orders as a list of its own, for walks on which the ladder may change.
    pub fn listed(&self) -> Vec<Slot> {
        self.iter().collect()
    }

    /// The order first in line.
    pub fn best(&self) -> Option<Slot> {
        self.line.first().map(|&(_, slot)| slot)
    }

    /// The order at a place in the line.
    pub fn at(&self, place: usize) -> Option<Slot> {
        self.line.get(place).map(|&(_, slot)| slot)
    }

    /// The orders that may be filled at `price`, first in line first; a list of its own.
    pub fn reached(&self, price: i64) -> Vec<Slot> {
        let bound = -self.sign * price;
        let end = self.line.partition_point(|&(key, _)| key <= bound);
        self.line[..end].iter().map(|&(_, slot)| slot).collect()
    }

    fn key(&self, price: Option<i64>) -> i64 {
        price.map_or(WITHOUT_LIMIT, |price| -self.sign * price)
    }
}
