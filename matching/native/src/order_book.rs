//! The book of many people's orders: does what `matching/reference/order_book.py` does.
//!
//! An order is a slot, its queue a chain of slots, a side its queues by price with the best last:
//! near the best, where nearly all happens, a price comes and goes at the end of a short list.

use crate::book_words::{Against, BookReport, Kind, Message, NOBODY, SelfMatch, Told};
use crate::slots::{NOWHERE, Places, Slots};
use crate::words::{ExecType, Reason, Side};

/// An order in the book.
#[derive(Clone, Copy, Debug)]
struct Order {
    order_id: i64,
    owner: i64,
    leaves: i64,
    queue: u32,
    before: u32,
    after: u32,
}

/// All orders at one price, the oldest first.
#[derive(Clone, Copy, Debug)]
struct Queue {
    side: Side,
    price: i64,
    qty: i64,
    orders: i64,
    first: u32,
    last: u32,
}

/// An order that stands nowhere yet. `price` None: any.
struct Arriving {
    order_id: i64,
    side: Side,
    price: Option<i64>,
    leaves: i64,
    owner: i64,
}

impl Arriving {
    fn reaches(&self, price: i64) -> bool {
        self.price.is_none_or(|limit| match self.side {
            Side::Buy => limit >= price,
            Side::Sell => limit <= price,
        })
    }

    fn named(&self) -> Against {
        Against { order_id: self.order_id, leaves_qty: self.leaves, owner: self.owner }
    }

    fn report(
        &self,
        exec_type: ExecType,
        qty: i64,
        reason: Reason,
        against: Against,
    ) -> BookReport {
        BookReport {
            exec_type,
            order_id: self.order_id,
            side: Some(self.side),
            price: 0,
            qty,
            leaves_qty: self.leaves,
            owner: self.owner,
            against,
            reason,
        }
    }
}

/// Price, then time.
pub struct OrderBook {
    self_match: SelfMatch,
    orders: Slots<Order>,
    queues: Slots<Queue>,
    /// For each side its prices, times the side's sign, and their queues: the best last.
    sides: [Vec<(i64, u32)>; 2],
    resting: Places,
}

impl OrderBook {
    /// An empty book.
    pub fn new(self_match: SelfMatch) -> Self {
        OrderBook {
            self_match,
            orders: Slots::default(),
            queues: Slots::default(),
            sides: [Vec::new(), Vec::new()],
            resting: Places::default(),
        }
    }

    /// Do what a message asks for.
    pub fn submit(&mut self, message: &Message, told: &mut impl Told) {
        let &Message { kind, order_id, side, price, qty, owner } = message;
        if matches!(kind, Kind::Limit | Kind::Ioc | Kind::Market) {
            let price = (kind != Kind::Market).then_some(price);
            let order = Arriving { order_id, side, price, leaves: qty, owner };
            self.enter(order, kind == Kind::Limit, told);
            return;
        }
        let Some(&slot) = self.resting.get(&order_id) else {
            let replaced = kind == Kind::Replace;
            told.tell(BookReport {
                exec_type: if replaced {
                    ExecType::ReplaceRejected
                } else {
                    ExecType::CancelRejected
                },
                order_id,
                side: None,
                price: 0,
                qty: 0,
                leaves_qty: 0,
                owner: NOBODY,
                against: Against::default(),
                reason: Reason::UnknownOrder,
            });
            return;
        };
        match kind {
            Kind::Replace => self.replace(slot, price, qty, told),
            Kind::Reduce if qty < self.orders[slot].leaves => self.shrink(slot, qty),
            _ => {
                self.remove(slot);
            }
        }
    }

    fn replace(&mut self, slot: u32, price: i64, qty: i64, told: &mut impl Told) {
        let order = self.orders[slot];
        let queue = self.queues[order.queue];
        if price == queue.price && qty <= order.leaves {
            self.shrink(slot, order.leaves - qty);
            return;
        }
        self.remove(slot);
        let (order_id, owner, side) = (order.order_id, order.owner, queue.side);
        let order = Arriving { order_id, side, price: Some(price), leaves: qty, owner };
        self.enter(order, true, told);
    }

    // --- matching -------------------------------------------------------------------------------

    /// Let an order that stands nowhere trade; what is left comes to rest, or is cancelled.
    fn enter(&mut self, mut order: Arriving, rests: bool, told: &mut impl Told) {
        if self.resting.contains_key(&order.order_id) {
            let qty = std::mem::take(&mut order.leaves);
            let (refused, why) = (ExecType::Rejected, Reason::DuplicateTag);
            told.tell(order.report(refused, qty, why, Against::default()));
            return;
        }
        while order.leaves > 0
            && let Some(slot) = self.opposite(&order)
        {
            let other = self.orders[slot];
            if order.owner != NOBODY && order.owner == other.owner {
                match self.self_match {
                    SelfMatch::Allow => {}
                    SelfMatch::CancelAggressor => {
                        let qty = std::mem::take(&mut order.leaves);
                        let other = self.named(slot);
                        told.tell(order.report(ExecType::Canceled, qty, Reason::SelfMatch, other));
                        return;
                    }
                    SelfMatch::CancelResting => {
                        let mut gone = self.remove(slot);
                        let qty = std::mem::take(&mut gone.leaves);
                        let by = order.named();
                        told.tell(gone.report(ExecType::Canceled, qty, Reason::SelfMatch, by));
                        continue;
                    }
                }
            }
            self.trade(&mut order, slot, told);
        }
        if order.leaves == 0 {
            return;
        }
        if rests {
            self.place(&order);
        } else {
            let qty = std::mem::take(&mut order.leaves);
            let (gone, why) = (ExecType::Canceled, Reason::NoLiquidity);
            told.tell(order.report(gone, qty, why, Against::default()));
        }
    }

    /// The first order that an arriving one meets; None: it reaches none.
    fn opposite(&self, order: &Arriving) -> Option<u32> {
        let &(_, queue) = self.sides[order.side.opposite().index()].last()?;
        let queue = &self.queues[queue];
        order.reaches(queue.price).then_some(queue.first)
    }

    fn trade(&mut self, order: &mut Arriving, slot: u32, told: &mut impl Told) {
        let price = self.queues[self.orders[slot].queue].price;
        let qty = order.leaves.min(self.orders[slot].leaves);
        order.leaves -= qty;
        let mut against = self.named(slot);
        against.leaves_qty -= qty;
        if against.leaves_qty == 0 {
            self.remove(slot);
        } else {
            self.shrink(slot, qty);
        }
        let report = order.report(ExecType::Trade, qty, Reason::None, against);
        told.tell(BookReport { price, ..report });
    }

    // --- the book -------------------------------------------------------------------------------

    fn named(&self, slot: u32) -> Against {
        let order = &self.orders[slot];
        Against { order_id: order.order_id, leaves_qty: order.leaves, owner: order.owner }
    }

    fn place(&mut self, order: &Arriving) {
        let price = order.price.expect("only an order with a limit comes to rest");
        let queue = self.queue_at(order.side, price);
        let before = self.queues[queue].last;
        let slot = self.orders.add(Order {
            order_id: order.order_id,
            owner: order.owner,
            leaves: order.leaves,
            queue,
            before,
            after: NOWHERE,
        });
        let level = &mut self.queues[queue];
        level.qty += order.leaves;
        level.orders += 1;
        level.last = slot;
        if before == NOWHERE {
            level.first = slot;
        } else {
            self.orders[before].after = slot;
        }
        self.resting.insert(order.order_id, slot);
    }

    /// The queue at a price, new where there was none.
    fn queue_at(&mut self, side: Side, price: i64) -> u32 {
        let key = key_of(side, price);
        let prices = &mut self.sides[side.index()];
        match find(prices, key) {
            Ok(place) => prices[place].1,
            Err(place) => {
                let (first, last) = (NOWHERE, NOWHERE);
                let queue = self.queues.add(Queue { side, price, qty: 0, orders: 0, first, last });
                prices.insert(place, (key, queue));
                queue
            }
        }
    }

    fn shrink(&mut self, slot: u32, qty: i64) {
        let order = &mut self.orders[slot];
        order.leaves -= qty;
        self.queues[order.queue].qty -= qty;
    }

    /// Take an order out of the book; what it was.
    fn remove(&mut self, slot: u32) -> Arriving {
        let Order { order_id, owner, leaves, queue, before, after } = self.orders[slot];
        self.resting.remove(&order_id);
        self.orders.free(slot);
        if before != NOWHERE {
            self.orders[before].after = after;
        }
        if after != NOWHERE {
            self.orders[after].before = before;
        }
        let level = &mut self.queues[queue];
        level.qty -= leaves;
        level.orders -= 1;
        if before == NOWHERE {
            level.first = after;
        }
        if after == NOWHERE {
            level.last = before;
        }
        let Queue { side, price, orders, .. } = *level;
        if orders == 0 {
            self.queues.free(queue);
            let prices = &mut self.sides[side.index()];
            let place = find(prices, key_of(side, price)).expect("a queue has its price");
            prices.remove(place);
        }
        Arriving { order_id, side, price: Some(price), leaves, owner }
    }

    /// A side's levels, the best first: price, contracts, orders.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (i64, i64, i64)> {
        self.queues_of(side).map(|queue| (queue.price, queue.qty, queue.orders))
    }

    /// A side's orders by price and then time: id, owner, price, contracts.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = (i64, i64, i64, i64)> {
        self.queues_of(side).flat_map(|queue| {
            self.chain(queue).map(|order| (order.order_id, order.owner, queue.price, order.leaves))
        })
    }

    /// How many contracts stand before an order; None: it does not rest.
    pub fn ahead(&self, order_id: i64) -> Option<i64> {
        let slot = *self.resting.get(&order_id)?;
        let queue = &self.queues[self.orders[slot].queue];
        let before = self.chain(queue).take_while(|order| order.order_id != order_id);
        Some(before.map(|order| order.leaves).sum())
    }

    /// How many orders rest.
    pub fn len(&self) -> usize {
        self.resting.len()
    }

    /// Whether none rests.
    pub fn is_empty(&self) -> bool {
        self.resting.is_empty()
    }

    /// What of the book contradicts the rest of it; None: nothing.
    pub fn broken(&self) -> Option<String> {
        let best = |side| self.levels(side).next().map(|(price, ..)| price);
        if let (Some(bid), Some(ask)) = (best(Side::Buy), best(Side::Sell))
            && bid >= ask
        {
            return Some(format!("crossed: {bid} and {ask}"));
        }
        let mut found = 0;
        for side in [Side::Buy, Side::Sell] {
            if !self.sides[side.index()].is_sorted_by(|a, b| a.0 < b.0) {
                return Some(format!("prices of {side:?} are not in order"));
            }
            for queue in self.queues_of(side) {
                let orders: Vec<_> = self.chain(queue).collect();
                let sum: i64 = orders.iter().map(|order| order.leaves).sum();
                if orders.is_empty() || queue.orders != orders.len() as i64 || queue.qty != sum {
                    return Some(format!("the queue at {} is {queue:?}", queue.price));
                }
                for order in &orders {
                    let slot = self.resting.get(&order.order_id).map(|&slot| self.orders[slot]);
                    if order.leaves < 1 || slot.is_none_or(|at| at.before != order.before) {
                        return Some(format!("order {} is {order:?}", order.order_id));
                    }
                }
                found += orders.len();
            }
        }
        (found != self.len()).then(|| format!("{found} in queues, {} known", self.len()))
    }

    fn queues_of(&self, side: Side) -> impl Iterator<Item = &Queue> {
        self.sides[side.index()].iter().rev().map(|&(_, queue)| &self.queues[queue])
    }

    fn chain(&self, queue: &Queue) -> impl Iterator<Item = &Order> {
        let at = |slot: u32| (slot != NOWHERE).then(|| &self.orders[slot]);
        std::iter::successors(at(queue.first), move |order| at(order.after))
    }
}

fn key_of(side: Side, price: i64) -> i64 {
    match side {
        Side::Buy => price,
        Side::Sell => -price,
    }
}

/// Where a price stands among others, or would; looked for from the best on, in steps that double.
fn find(prices: &[(i64, u32)], key: i64) -> Result<usize, usize> {
    let (mut end, mut step) = (prices.len(), 1);
    while end >= step && prices[end - step].0 > key {
        end -= step;
        step *= 2;
    }
    let start = end.saturating_sub(step);
    let found = prices[start..end].binary_search_by_key(&key, |&(price, _)| price);
    found.map(|place| start + place).map_err(|place| start + place)
}
