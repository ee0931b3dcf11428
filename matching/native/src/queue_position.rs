//! How far ahead of one of our orders the recorded quantity at its price stands, and how it moves
//! (`reference/queue_position.py`, which says what is assumed and why).

use crate::natural::share_of;
use crate::rules::{QueueModel, Rules};
use crate::working_order::WorkingOrder;

/// What is ahead of an order that starts to rest, where its side's recorded best is `best`.
pub fn joins(
    order: &WorkingOrder,
    best: Option<i64>,
    shown: i64,
    model: QueueModel,
) -> Option<i64> {
    let (Some(price), Some(best)) = (order.price, best) else { return Some(0) };
    if model == QueueModel::Front || (price - best) * order.sign() > 0 {
        return Some(0);
    }
    (price == best && shown >= 0).then_some(shown)
}

/// The recorded best has come to the order's price; `shown` stands there now.
pub fn becomes_best(order: &mut WorkingOrder, shown: i64, model: QueueModel) {
    order.traded = 0;
    if shown < 0 {
        return;
    }
    if let Some(ahead) = order.ahead {
        order.ahead = Some(ahead.min(shown));
    } else if model != QueueModel::Front {
        order.ahead = Some(shown);
    }
}

/// The size shown at the order's price, the best, goes from `before` to `shown`.
pub fn shown_changes(
    order: &mut WorkingOrder,
    before: i64,
    shown: i64,
    rules: &Rules,
    now_ns: i64,
) {
    if before == shown && order.ahead.is_some() {
        return;
    }
    let Some(was) = order.ahead.filter(|_| before >= 0 && shown >= 0) else {
        becomes_best(order, shown, rules.queue);
        return;
    };
    let explained = order.traded.min((before - shown).max(0));
    let drop = (before - shown).max(0) - explained;
    order.traded = 0;
    let mut ahead = was;
    if drop > 0 && was > 0 && rules.queue == QueueModel::Probabilistic {
        let behind = (before - explained - was).max(0);
        ahead -= share_of(drop, was, behind, rules.queue_power);
    }
    ahead = ahead.max(0).min(shown);
    remember_drop(order, drop, was - ahead, now_ns);
    order.ahead = Some(ahead);
}

/// The recorded best has fallen back behind the order: nobody is ahead any more. `before` is what
/// was shown at the order's price, 0 where that was not the best.
pub fn level_leaves(order: &mut WorkingOrder, before: i64, now_ns: i64) {
    let drop = (before - order.traded).max(0);
    remember_drop(order, drop, order.ahead.unwrap_or(0), now_ns);
    order.traded = 0;
    order.ahead = Some(0);
}

/// A trade of `size` at the order's price; how much of it passes the queue and is ours.
pub fn trades(order: &mut WorkingOrder, mut size: i64, now_ns: i64) -> i64 {
    let Some(ahead) = order.ahead else { return 0 };
    if order.drop_ns == now_ns {
        let moved = order.drop_moved.min(size);
        let seen = order.drop_left.min(size);
        order.drop_moved -= moved;
        order.drop_left -= seen;
        order.traded += size - seen;
        size -= moved;
    } else {
        order.traded += size;
    }
    let taken = ahead.min(size);
    order.ahead = Some(ahead - taken);
    size - taken
}

fn remember_drop(order: &mut WorkingOrder, drop: i64, moved: i64, now_ns: i64) {
    if order.drop_ns != now_ns {
        (order.drop_ns, order.drop_left, order.drop_moved) = (now_ns, 0, 0);
    }
    order.drop_left += drop;
    order.drop_moved += moved;
}
