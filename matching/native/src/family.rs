//! An entry and the legs that hang on it, and where each of them belongs
//! (`reference/family.py`).

use std::collections::{HashMap, VecDeque};

use crate::commands::{AttachLegs, Leg, NewOrder};
use crate::words::{OrdType, TimeInForce};

/// A leg as it is now. The fields are those of the reference, which describes them.
#[allow(missing_docs, reason = "the fields are those of reference/family.py")]
#[derive(Clone, Copy, Debug)]
pub struct HangingLeg {
    pub asked: Leg,
    pub suspended: bool,
    pub px: Option<i64>,
    pub qty: Option<i64>,
    pub cum_qty: i64,
}

impl HangingLeg {
    /// Whether it is the stop, trailing or not.
    pub fn stops(&self) -> bool {
        self.asked.ord_type != OrdType::Limit
    }
}

/// An entry and its legs. The fields are those of the reference.
#[allow(missing_docs, reason = "the fields are those of reference/family.py")]
#[derive(Clone, Debug)]
pub struct Family {
    pub asked: AttachLegs,
    pub cum_qty: i64,
    pub worth: i64,
    pub closed_qty: i64,
    pub told: bool,
    pub stirred: bool,
    pub legs: Vec<HangingLeg>,
}

impl Family {
    /// As it was asked for.
    pub fn new(asked: AttachLegs) -> Self {
        let hanging = |leg: &Leg| HangingLeg {
            asked: *leg,
            suspended: !asked.resumed || leg.px.is_none(),
            px: leg.px,
            qty: None,
            cum_qty: leg.carried,
        };
        Family {
            cum_qty: asked.cum_qty,
            worth: asked.worth,
            closed_qty: asked.closed_qty,
            told: asked.resumed,
            stirred: false,
            legs: asked.legs.iter().map(hanging).collect(),
            asked,
        }
    }

    /// The entry, then the legs.
    pub fn ids(&self) -> impl Iterator<Item = i64> + '_ {
        std::iter::once(self.asked.entry_id).chain(self.legs.iter().map(|leg| leg.asked.order_id))
    }

    /// The place of the leg that goes by an id; None: it is the entry's.
    pub fn leg(&self, order_id: i64) -> Option<usize> {
        self.legs.iter().position(|leg| leg.asked.order_id == order_id)
    }

    /// One of them was filled.
    pub fn filled(&mut self, order_id: i64, qty: i64, px: i64) {
        match self.leg(order_id) {
            None => {
                self.cum_qty += qty;
                self.worth += qty * px;
            }
            Some(nth) => {
                self.legs[nth].cum_qty += qty;
                self.closed_qty += qty;
            }
        }
    }

    /// The whole size of a leg, what it closed included.
    pub fn qty_for(&self, leg: &HangingLeg) -> i64 {
        if self.asked.shrinks { leg.cum_qty + self.cum_qty - self.closed_qty } else { self.cum_qty }
    }

    /// Where a leg belongs: so many ticks from the mean price, on the tick nearer to it.
    pub fn px_for(&self, leg: &HangingLeg) -> i64 {
        let distance = leg.asked.distance;
        let ahead = self.worth + self.tick_at(self.worth) * distance * self.cum_qty;
        let tick = self.tick_at(ahead);
        let step = tick * self.cum_qty;
        let steps =
            if distance > 0 { ahead.div_euclid(step) } else { -((-ahead).div_euclid(step)) };
        steps * tick
    }

    /// The order by which a leg begins to work.
    pub fn order_of(&self, leg: &HangingLeg, qty: i64, px: i64) -> NewOrder {
        NewOrder {
            order_id: leg.asked.order_id,
            side: self.asked.side,
            ord_type: leg.asked.ord_type,
            order_qty: qty,
            price: (!leg.stops()).then_some(px),
            stop_px: leg.stops().then_some(px),
            trail: leg.asked.trail,
            tif: TimeInForce::Gtc,
        }
    }

    /// The tick at a price that `cum_qty` contracts are worth so much at.
    fn tick_at(&self, worth: i64) -> i64 {
        // An edge is a whole number: the rest of the price decides nothing.
        let price = worth.div_euclid(self.cum_qty);
        self.asked.grid.iter().rfind(|&&(edge, _)| price >= edge).map_or(1, |&(_, tick)| tick)
    }
}

/// Every family, found by the id of its entry and of each leg; and those that have to follow.
#[derive(Default)]
pub struct Families {
    by_entry: HashMap<i64, Family>,
    entries: HashMap<i64, i64>,
    stirred: VecDeque<i64>,
}

impl Families {
    /// One more.
    pub fn add(&mut self, family: Family) {
        let entry_id = family.asked.entry_id;
        self.entries.extend(family.ids().map(|order_id| (order_id, entry_id)));
        self.by_entry.insert(entry_id, family);
        self.stir(entry_id);
    }

    /// Nothing becomes of one any more.
    pub fn forget(&mut self, entry_id: i64) {
        let Some(family) = self.by_entry.remove(&entry_id) else { return };
        for order_id in family.ids() {
            self.entries.remove(&order_id);
        }
    }

    /// The family of an entry.
    pub fn of(&self, entry_id: i64) -> Option<&Family> {
        self.by_entry.get(&entry_id)
    }

    /// The family of an entry, to change it.
    pub fn of_mut(&mut self, entry_id: i64) -> Option<&mut Family> {
        self.by_entry.get_mut(&entry_id)
    }

    /// The entry of the family to which an order belongs.
    pub fn entry_of(&self, order_id: i64) -> Option<i64> {
        self.entries.get(&order_id).copied()
    }

    /// The leg that goes by an id while it is suspended, with its family.
    pub fn suspended(&self, order_id: i64) -> Option<(&Family, &HangingLeg)> {
        let family = self.of(self.entry_of(order_id)?)?;
        let leg = &family.legs[family.leg(order_id)?];
        leg.suspended.then_some((family, leg))
    }

    /// A leg is suspended no more, and will not work.
    pub fn withdraw(&mut self, order_id: i64) {
        let Some(entry_id) = self.entry_of(order_id) else { return };
        let Some(family) = self.by_entry.get_mut(&entry_id) else { return };
        for leg in family.legs.iter_mut().filter(|leg| leg.asked.order_id == order_id) {
            leg.suspended = false;
        }
    }

    /// An order of ours changed; what it filled with that, and at which price.
    pub fn heard(&mut self, order_id: i64, qty: i64, px: i64) {
        let Some(entry_id) = self.entry_of(order_id) else { return };
        if qty != 0 {
            self.by_entry.entry(entry_id).and_modify(|family| family.filled(order_id, qty, px));
        }
        self.stir(entry_id);
    }

    /// Something happened to one of a family.
    pub fn stir(&mut self, entry_id: i64) {
        if let Some(family) = self.by_entry.get_mut(&entry_id).filter(|family| !family.stirred) {
            family.stirred = true;
            self.stirred.push_back(entry_id);
        }
    }

    /// Whether one has to follow.
    pub fn are_stirred(&self) -> bool {
        !self.stirred.is_empty()
    }

    /// The next that has to follow.
    pub fn next_stirred(&mut self) -> Option<i64> {
        self.stirred.pop_front()
    }

    /// All of them, by the id of their entry.
    pub fn sorted(&self) -> Vec<&Family> {
        let mut all: Vec<&Family> = self.by_entry.values().collect();
        all.sort_by_key(|family| family.asked.entry_id);
        all
    }

    /// Whether the ids of a family lead to it, and no other ids do.
    pub fn are_whole(&self) -> bool {
        let ids = self
            .by_entry
            .values()
            .flat_map(|family| family.ids().map(move |order_id| (order_id, family.asked.entry_id)));
        let mut known = 0;
        for (order_id, entry_id) in ids {
            known += 1;
            if self.entry_of(order_id) != Some(entry_id) {
                return false;
            }
        }
        known == self.entries.len()
    }
}
