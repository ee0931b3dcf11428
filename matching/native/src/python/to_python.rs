//! Reports and books as the Python objects that every engine gives.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::commands::Report;
use crate::state::BookState;
use crate::words::Side;
use crate::working_order::{Slot, WorkingOrder};

/// Makes `matching.reports.Report` objects; holds what they are made of.
pub struct Reporter {
    class: Py<PyAny>,
    exec_types: Members,
    ord_statuses: Members,
    reasons: Members,
    liquidities: Members,
}

impl Reporter {
    /// Looks the classes up once.
    pub fn new(py: Python<'_>) -> PyResult<Self> {
        Ok(Reporter {
            class: py.import("dryfill.matching.reports")?.getattr("Report")?.unbind(),
            exec_types: Members::of(py, "ExecType")?,
            ord_statuses: Members::of(py, "OrdStatus")?,
            reasons: Members::of(py, "Reason")?,
            liquidities: Members::of(py, "Liquidity")?,
        })
    }

    /// A report, field by field in the order of its class.
    pub fn object<'py>(&self, py: Python<'py>, report: &Report) -> PyResult<Bound<'py, PyAny>> {
        let number = |value: i64| value.into_pyobject(py).map(Bound::into_any);
        let option = |value: Option<i64>| value.into_pyobject(py);
        let truth = |value: bool| value.into_pyobject(py).map(|b| b.to_owned().into_any());
        let fields = [
            number(report.seq)?,
            number(report.time_ns)?,
            number(report.order_id)?,
            self.exec_types.get(py, report.exec_type.number())?,
            self.ord_statuses.get(py, report.ord_status.number())?,
            number(report.order_qty)?,
            number(report.cum_qty)?,
            number(report.leaves_qty)?,
            option(report.price)?,
            option(report.stop_px)?,
            number(report.last_qty)?,
            number(report.last_px)?,
            number(report.exec_id)?,
            self.reasons.get(py, report.reason.number())?,
            self.liquidities.get(py, report.liquidity.number())?,
            truth(report.unknown_size)?,
            truth(report.ambiguous)?,
        ];
        self.class.bind(py).call1(PyTuple::new(py, fields)?)
    }
}

/// Makes `matching.engine.Book` objects: what `ReferenceEngine.book` gives.
pub struct Booker {
    book: Py<PyAny>,
    order: Py<PyAny>,
    leg: Py<PyAny>,
    sides: Members,
    ord_types: Members,
    statuses: Members,
}

impl Booker {
    /// Looks the classes up once.
    pub fn new(py: Python<'_>) -> PyResult<Self> {
        let engine = py.import("dryfill.matching.engine")?;
        Ok(Booker {
            book: engine.getattr("Book")?.unbind(),
            order: engine.getattr("BookOrder")?.unbind(),
            leg: engine.getattr("BookLeg")?.unbind(),
            sides: Members::of(py, "Side")?,
            ord_types: Members::of(py, "OrdType")?,
            statuses: Members::of(py, "TradingStatus")?,
        })
    }

    /// A book as it is.
    pub fn object<'py>(&self, py: Python<'py>, book: &BookState) -> PyResult<Bound<'py, PyAny>> {
        let orders = |slots: Vec<Slot>| {
            let objects = slots.iter().map(|&slot| self.order(py, &book.orders[slot]));
            PyTuple::new(py, objects.collect::<PyResult<Vec<_>>>()?)
        };
        let by_arrival = |mut slots: Vec<Slot>| {
            slots.sort_by_key(|&slot| book.orders[slot].arrival);
            slots
        };
        let level = |side: Side| {
            let recorded = &book.recorded[side.index()];
            recorded.price.map(|price| (price, recorded.shown, recorded.available))
        };
        let resting = book.resting.iter().flat_map(|ladder| ladder.iter()).collect();
        let stops = book.stops.iter().flat_map(|stops| stops.iter()).collect();
        let frozen = book.orders.working().filter(|(_, order)| order.frozen).map(|(slot, _)| slot);
        let fields = PyDict::new(py);
        fields.set_item("status", self.statuses.get(py, book.status.number())?)?;
        fields.set_item("last_price", book.last_price)?;
        fields.set_item("bid", level(Side::Buy))?;
        fields.set_item("ask", level(Side::Sell))?;
        fields.set_item("orders", orders(resting)?)?;
        fields.set_item("stops", orders(by_arrival(stops))?)?;
        fields.set_item("frozen", orders(by_arrival(frozen.collect()))?)?;
        fields.set_item("legs", self.legs(py, book)?)?;
        self.book.bind(py).call((), Some(&fields))
    }

    fn legs<'py>(&self, py: Python<'py>, book: &BookState) -> PyResult<Bound<'py, PyTuple>> {
        let mut found = Vec::new();
        for family in book.families.sorted() {
            for leg in &family.legs {
                let order_id = leg.asked.order_id;
                if leg.suspended || book.orders.find(order_id).is_some() {
                    let entry_id = family.asked.entry_id;
                    let fields = (order_id, entry_id, leg.suspended, leg.px, leg.qty);
                    found.push(self.leg.bind(py).call1(fields)?);
                }
            }
        }
        PyTuple::new(py, found)
    }

    fn order<'py>(&self, py: Python<'py>, order: &WorkingOrder) -> PyResult<Bound<'py, PyAny>> {
        self.order.bind(py).call1((
            order.order_id,
            self.sides.get(py, order.side.number())?,
            self.ord_types.get(py, order.ord_type.number())?,
            order.order_qty,
            order.cum_qty,
            order.price,
            order.stop_px,
            order.ahead.filter(|_| !order.waiting),
        ))
    }
}

/// The members of one of Python's enumerations of words, by number.
pub struct Members(Vec<Option<Py<PyAny>>>);

impl Members {
    /// The members of the enumeration of that name.
    pub fn of(py: Python<'_>, name: &str) -> PyResult<Self> {
        let mut members = Vec::new();
        for member in py.import("dryfill.trading.words")?.getattr(name)?.try_iter()? {
            let member = member?;
            let number: usize = member.getattr("value")?.extract()?;
            if members.len() <= number {
                members.resize_with(number + 1, || None);
            }
            members[number] = Some(member.unbind());
        }
        Ok(Members(members))
    }

    /// The member with a number.
    pub fn get<'py>(&self, py: Python<'py>, number: i64) -> PyResult<Bound<'py, PyAny>> {
        let found = usize::try_from(number).ok().and_then(|n| self.0.get(n)?.as_ref());
        let member = found.ok_or_else(|| {
            pyo3::exceptions::PyValueError::new_err(format!("trading/words.py has no {number}"))
        });
        member.map(|member| member.bind(py).clone())
    }
}
