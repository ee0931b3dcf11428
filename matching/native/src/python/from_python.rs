//! Rules and commands out of their Python objects.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::commands::{AttachLegs, Command, Leg, NewOrder, ReplaceOrder};
use crate::rules::{BarPath, QueueModel, Rules, Trigger, UnknownSize};
use crate::words::{OrdType, Side, TimeInForce, TradingStatus};

/// `matching.rules.Rules`, found workable.
pub fn rules_from(rules: &Bound<'_, PyAny>) -> PyResult<Rules> {
    let py = rules.py();
    py.import("dryfill.matching.workable")?.call_method1("require_workable", (rules,))?;
    let profile = rules.getattr("profile")?;
    let text = |name: &str| rules.getattr(name)?.extract::<String>();
    let unknown_size: Option<String> = rules.getattr("unknown_size")?.extract()?;
    Ok(Rules {
        protected: profile.getattr("protected")?.extract()?,
        trigger: match profile.getattr("trigger")?.extract::<String>()?.as_str() {
            "trade" => Trigger::Trade,
            "quote" => Trigger::Quote,
            other => return Err(not_known("trigger", other)),
        },
        stop_side_checked: profile.getattr("stop_side_checked")?.extract()?,
        market_needs_opposite: profile.getattr("market_needs_opposite")?.extract()?,
        protection: rules.getattr("protection")?.extract::<Option<i64>>()?.unwrap_or(0),
        queue: match text("queue")?.as_str() {
            "front" => QueueModel::Front,
            "back" => QueueModel::Back,
            "probabilistic" => QueueModel::Probabilistic,
            other => return Err(not_known("queue", other)),
        },
        queue_power: rules.getattr("queue_power")?.extract()?,
        unknown_size: match unknown_size.as_deref() {
            None => None,
            Some("all") => Some(UnknownSize::All),
            Some("one") => Some(UnknownSize::One),
            Some("none") => Some(UnknownSize::Nothing),
            Some(other) => return Err(not_known("unknown_size", other)),
        },
        bar_path: match text("bar_path")?.as_str() {
            "adverse" => BarPath::Adverse,
            "nearest" => BarPath::Nearest,
            "high-first" => BarPath::HighFirst,
            "low-first" => BarPath::LowFirst,
            other => return Err(not_known("bar_path", other)),
        },
        spread: rules.getattr("spread")?.extract()?,
        tick: rules.getattr("tick")?.extract()?,
        max_qty: rules.getattr("max_qty")?.extract()?,
        negative_prices: rules.getattr("negative_prices")?.extract()?,
    })
}

/// One of `matching.commands`. Raises what the reference raises for an order without the fields of
/// its type.
pub fn command_from(command: &Bound<'_, PyAny>) -> PyResult<Command> {
    let classes = Classes::get(command.py())?;
    let class = command.get_type();
    if class.is(&classes.new_order) {
        return Ok(Command::New(new_order(command)?));
    }
    if class.is(&classes.replace_order) {
        return Ok(Command::Replace(replace_order(command)?));
    }
    let py = command.py();
    let order_id = || command.getattr(intern!(py, "order_id"))?.extract();
    if class.is(&classes.cancel_order) {
        Ok(Command::Cancel(order_id()?))
    } else if class.is(&classes.freeze_order) {
        let frozen = command.getattr(intern!(py, "frozen"))?.extract()?;
        Ok(Command::Freeze(order_id()?, frozen))
    } else if class.is(&classes.set_market) {
        let number = |name| -> PyResult<i64> { command.getattr(name)?.extract() };
        Ok(Command::SetMarket {
            bid: number(intern!(py, "bid"))?,
            ask: number(intern!(py, "ask"))?,
            size: number(intern!(py, "size"))?,
        })
    } else if class.is(&classes.attach_legs) {
        Ok(Command::Attach(attach_legs(command)?))
    } else if class.is(&classes.set_status) {
        let number = command.getattr(intern!(py, "status"))?.extract()?;
        let status = TradingStatus::of(number).ok_or_else(|| not_known("status", number))?;
        Ok(Command::SetStatus(status))
    } else {
        Err(PyTypeError::new_err(format!("{class} is no command of matching/commands.py")))
    }
}

fn new_order(command: &Bound<'_, PyAny>) -> PyResult<NewOrder> {
    let py = command.py();
    let number = |name| -> PyResult<i64> { command.getattr(name)?.extract() };
    let option = |name| -> PyResult<Option<i64>> { command.getattr(name)?.extract() };
    let side = number(intern!(py, "side"))?;
    let ord_type = number(intern!(py, "ord_type"))?;
    let tif = number(intern!(py, "tif"))?;
    let new = NewOrder {
        order_id: number(intern!(py, "order_id"))?,
        side: Side::of(side).ok_or_else(|| not_known("side", side))?,
        ord_type: OrdType::of(ord_type).ok_or_else(|| not_known("ord_type", ord_type))?,
        order_qty: number(intern!(py, "order_qty"))?,
        price: option(intern!(py, "price"))?,
        stop_px: option(intern!(py, "stop_px"))?,
        trail: option(intern!(py, "trail"))?,
        tif: TimeInForce::of(tif).ok_or_else(|| not_known("tif", tif))?,
    };
    if !has_the_fields_of_its_type(&new) {
        // In words it is said where it is said for every engine.
        py.import("dryfill.matching.workable")?.call_method1("require_fields", (command,))?;
    }
    Ok(new)
}

fn replace_order(command: &Bound<'_, PyAny>) -> PyResult<ReplaceOrder> {
    let py = command.py();
    let option = |name| -> PyResult<Option<i64>> { command.getattr(name)?.extract() };
    Ok(ReplaceOrder {
        order_id: command.getattr(intern!(py, "order_id"))?.extract()?,
        order_qty: option(intern!(py, "order_qty"))?,
        price: option(intern!(py, "price"))?,
        stop_px: option(intern!(py, "stop_px"))?,
        trail: option(intern!(py, "trail"))?,
    })
}

fn attach_legs(command: &Bound<'_, PyAny>) -> PyResult<AttachLegs> {
    let py = command.py();
    let number = |name| -> PyResult<i64> { command.getattr(name)?.extract() };
    let truth = |name| -> PyResult<bool> { command.getattr(name)?.extract() };
    let side = number("side")?;
    let mut legs = Vec::new();
    for leg in command.getattr("legs")?.try_iter()? {
        let leg = leg?;
        let ord_type = leg.getattr("ord_type")?.extract()?;
        legs.push(Leg {
            order_id: leg.getattr("order_id")?.extract()?,
            ord_type: OrdType::of(ord_type).ok_or_else(|| not_known("ord_type", ord_type))?,
            distance: leg.getattr("distance")?.extract()?,
            trail: leg.getattr("trail")?.extract()?,
            px: leg.getattr("px")?.extract()?,
            carried: leg.getattr("carried")?.extract()?,
        });
    }
    let attached = AttachLegs {
        entry_id: number("entry_id")?,
        side: Side::of(side).ok_or_else(|| not_known("side", side))?,
        order_qty: number("order_qty")?,
        legs,
        cum_qty: number("cum_qty")?,
        worth: number("worth")?,
        closed_qty: number("closed_qty")?,
        resumed: truth("resumed")?,
        each_fill: truth("each_fill")?,
        shrinks: truth("shrinks")?,
        grid: command.getattr("grid")?.extract()?,
    };
    if !can_be_kept(&attached) {
        // In words it is said where it is said for every engine.
        py.import("dryfill.matching.workable")?.call_method1("require_legs", (command,))?;
    }
    Ok(attached)
}

/// The quick form of `matching/workable.py`, which has the words for what is wrong.
fn can_be_kept(attached: &AttachLegs) -> bool {
    let alone = |(nth, leg): (usize, &Leg)| {
        let twins = attached.legs[..nth].iter().filter(|other| other.order_id == leg.order_id);
        let of_its_type = match leg.ord_type {
            OrdType::Stop | OrdType::Limit => leg.trail.is_none_or(|trail| trail < 1),
            OrdType::TrailingStop => leg.trail.is_some_and(|trail| trail > 0),
            _ => false,
        };
        let own = leg.order_id != attached.entry_id && twins.count() == 0;
        own && of_its_type && (leg.px.is_none() || attached.resumed)
    };
    let ticks = attached.grid.iter().all(|&(_, tick)| tick > 0);
    !attached.legs.is_empty() && ticks && attached.legs.iter().enumerate().all(alone)
}

/// The quick form of `matching/workable.py`, which has the words for what is wrong.
fn has_the_fields_of_its_type(new: &NewOrder) -> bool {
    let given = (new.price.is_some(), new.stop_px.is_some(), new.trail);
    match new.ord_type {
        OrdType::Market | OrdType::JoinBid | OrdType::JoinAsk => given == (false, false, None),
        OrdType::Limit => given == (true, false, None),
        OrdType::Stop => given == (false, true, None),
        OrdType::StopLimit => given == (true, true, None),
        OrdType::TrailingStop => new.price.is_none() && new.trail.is_some_and(|trail| trail > 0),
    }
}

struct Classes {
    new_order: Py<PyAny>,
    replace_order: Py<PyAny>,
    cancel_order: Py<PyAny>,
    freeze_order: Py<PyAny>,
    set_status: Py<PyAny>,
    set_market: Py<PyAny>,
    attach_legs: Py<PyAny>,
}

impl Classes {
    fn get(py: Python<'_>) -> PyResult<&Self> {
        static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();
        CLASSES.get_or_try_init(py, || {
            let commands = py.import("dryfill.matching.commands")?;
            let class = |name| commands.getattr(name).map(Bound::unbind);
            Ok(Classes {
                new_order: class("NewOrder")?,
                replace_order: class("ReplaceOrder")?,
                cancel_order: class("CancelOrder")?,
                freeze_order: class("FreezeOrder")?,
                set_status: class("SetStatus")?,
                set_market: class("SetMarket")?,
                attach_legs: class("AttachLegs")?,
            })
        })
    }
}

fn not_known(name: &str, value: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(format!("{name} is {value}; the native engine knows no such value"))
}
