//! The book of many people's orders as Python sees it: `OrderBook` of `matching/order_book.py`.

use pyo3::exceptions::{PyAssertionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::columns::View;
use super::to_python::Members;
use crate::book_words::{BookReport, Message, SelfMatch, Told};
use crate::order_book::OrderBook;
use crate::words::Side;

const FIELDS: usize = 12;

/// Price, then time, in Rust: does what `ReferenceOrderBook` does, report for report.
#[pyclass(module = "dryfill.matching.native.core", name = "NativeOrderBook")]
pub struct NativeOrderBook {
    book: OrderBook,
    told: Vec<BookReport>,
    words: Words,
}

/// What reports and orders are made of.
struct Words {
    report: Py<PyAny>,
    order: Py<PyAny>,
    level: Py<PyAny>,
    sides: Members,
    exec_types: Members,
    reasons: Members,
}

#[pymethods]
impl NativeOrderBook {
    #[new]
    #[pyo3(signature = (self_match=SelfMatch::CancelResting as i64))]
    fn new(py: Python<'_>, self_match: i64) -> PyResult<Self> {
        let self_match = match self_match {
            0 => SelfMatch::Allow,
            1 => SelfMatch::CancelResting,
            2 => SelfMatch::CancelAggressor,
            other => {
                let said = format!("{other} is not a valid SelfMatch");
                return Err(PyValueError::new_err(said));
            }
        };
        let module = py.import("dryfill.matching.order_book")?;
        let words = Words {
            report: module.getattr("BookReport")?.unbind(),
            order: module.getattr("RestingOrder")?.unbind(),
            level: module.getattr("Level")?.unbind(),
            sides: Members::of(py, "Side")?,
            exec_types: Members::of(py, "ExecType")?,
            reasons: Members::of(py, "Reason")?,
        };
        Ok(NativeOrderBook { book: OrderBook::new(self_match), told: Vec::new(), words })
    }

    #[pyo3(signature = (order_id, side, price, qty, owner=0))]
    fn limit<'py>(
        &mut self,
        py: Python<'py>,
        order_id: i64,
        side: i64,
        price: i64,
        qty: i64,
        owner: i64,
    ) -> PyResult<Bound<'py, PyTuple>> {
        self.one(py, [1, order_id, side, price, qty, owner])
    }

    #[pyo3(signature = (order_id, side, price, qty, owner=0))]
    fn ioc<'py>(
        &mut self,
        py: Python<'py>,
        order_id: i64,
        side: i64,
        price: i64,
        qty: i64,
        owner: i64,
    ) -> PyResult<Bound<'py, PyTuple>> {
        self.one(py, [2, order_id, side, price, qty, owner])
    }

    #[pyo3(signature = (order_id, side, qty, owner=0))]
    fn market<'py>(
        &mut self,
        py: Python<'py>,
        order_id: i64,
        side: i64,
        qty: i64,
        owner: i64,
    ) -> PyResult<Bound<'py, PyTuple>> {
        self.one(py, [3, order_id, side, 0, qty, owner])
    }

    fn reduce<'py>(
        &mut self,
        py: Python<'py>,
        order_id: i64,
        qty: i64,
    ) -> PyResult<Bound<'py, PyTuple>> {
        self.one(py, [4, order_id, 0, 0, qty, 0])
    }

    fn cancel<'py>(&mut self, py: Python<'py>, order_id: i64) -> PyResult<Bound<'py, PyTuple>> {
        self.one(py, [5, order_id, 0, 0, 0, 0])
    }

    fn replace<'py>(
        &mut self,
        py: Python<'py>,
        order_id: i64,
        price: i64,
        qty: i64,
    ) -> PyResult<Bound<'py, PyTuple>> {
        self.one(py, [6, order_id, 0, price, qty, 0])
    }

    fn submit_many<'py>(&mut self, messages: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = messages.py();
        let whole = py
            .import("dryfill.matching.message_columns")?
            .call_method1("whole_columns", (messages,))?;
        let views = whole.try_iter()?.map(|column| View::of(&column?));
        let views = views.collect::<PyResult<Vec<_>>>()?;
        let columns: [&[i64]; 6] = std::array::from_fn(|n| views[n].as_ref());
        let message = |row: usize| columns.map(|column| column[row]);
        let rows = columns[0].len();
        if let Some(row) = (0..rows).find(|&row| Message::of(message(row)).is_none()) {
            let said = fault_of(py, message(row))?;
            return Err(PyValueError::new_err(format!("row {row}: {said}")));
        }
        let mut told = Columns::default();
        for row in 0..rows {
            told.row = row as i64;
            if let Some(message) = Message::of(message(row)) {
                self.book.submit(&message, &mut told);
            }
        }
        told.object(py)
    }

    fn best<'py>(&self, py: Python<'py>, side: i64) -> PyResult<Option<Bound<'py, PyAny>>> {
        let found = self.book.levels(side_of(side)?).next();
        found.map(|level| self.words.level.bind(py).call1(level)).transpose()
    }

    fn levels<'py>(&self, py: Python<'py>, side: i64) -> PyResult<Bound<'py, PyTuple>> {
        let class = self.words.level.bind(py);
        let levels = self.book.levels(side_of(side)?).map(|level| class.call1(level));
        PyTuple::new(py, levels.collect::<PyResult<Vec<_>>>()?)
    }

    fn orders<'py>(&self, py: Python<'py>, side: i64) -> PyResult<Bound<'py, PyTuple>> {
        let word = self.words.sides.get(py, side)?;
        let class = self.words.order.bind(py);
        let orders = self.book.orders(side_of(side)?);
        let objects =
            orders.map(|(id, owner, price, qty)| class.call1((id, owner, &word, price, qty)));
        PyTuple::new(py, objects.collect::<PyResult<Vec<_>>>()?)
    }

    fn ahead(&self, order_id: i64) -> Option<i64> {
        self.book.ahead(order_id)
    }

    fn __len__(&self) -> usize {
        self.book.len()
    }

    fn check(&self) -> PyResult<()> {
        self.book.broken().map_or(Ok(()), |what| Err(PyAssertionError::new_err(what)))
    }
}

impl NativeOrderBook {
    fn one<'py>(&mut self, py: Python<'py>, values: [i64; 6]) -> PyResult<Bound<'py, PyTuple>> {
        let Some(message) = Message::of(values) else {
            return Err(PyValueError::new_err(fault_of(py, values)?));
        };
        self.told.clear();
        self.book.submit(&message, &mut self.told);
        if self.told.is_empty() {
            return Ok(PyTuple::empty(py));
        }
        let objects = self.told.iter().map(|report| self.words.report(py, report));
        PyTuple::new(py, objects.collect::<PyResult<Vec<_>>>()?)
    }
}

impl Words {
    /// A report, field by field in the order of its class.
    fn report<'py>(&self, py: Python<'py>, report: &BookReport) -> PyResult<Bound<'py, PyAny>> {
        let side = report.side.map(|side| self.sides.get(py, side.number())).transpose()?;
        self.report.bind(py).call1((
            self.exec_types.get(py, report.exec_type.number())?,
            report.order_id,
            side,
            report.price,
            report.qty,
            report.leaves_qty,
            report.owner,
            report.against.order_id,
            report.against.leaves_qty,
            report.against.owner,
            self.reasons.get(py, report.reason.number())?,
        ))
    }
}

/// Reports as the columns of `ReportColumns`.
#[derive(Default)]
struct Columns {
    row: i64,
    fields: [Vec<i64>; FIELDS],
}

impl Told for Columns {
    fn tell(&mut self, report: BookReport) {
        let values = [
            self.row,
            report.exec_type.number(),
            report.order_id,
            report.side.map_or(0, Side::number),
            report.price,
            report.qty,
            report.leaves_qty,
            report.owner,
            report.against.order_id,
            report.against.leaves_qty,
            report.against.owner,
            report.reason.number(),
        ];
        for (field, value) in self.fields.iter_mut().zip(values) {
            field.push(value);
        }
    }
}

impl Columns {
    fn object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let numpy = py.import("numpy")?;
        let (frombuffer, int64) = (numpy.getattr("frombuffer")?, numpy.getattr("int64")?);
        let arrays = self.fields.iter().map(|field| {
            let bytes = PyBytes::new_with(py, field.len() * 8, |room| {
                for (place, value) in room.as_chunks_mut::<8>().0.iter_mut().zip(field) {
                    *place = value.to_ne_bytes();
                }
                Ok(())
            })?;
            frombuffer.call1((bytes, &int64))
        });
        let arrays = PyTuple::new(py, arrays.collect::<PyResult<Vec<_>>>()?)?;
        py.import("dryfill.matching.order_book")?.getattr("ReportColumns")?.call1(arrays)
    }
}

fn side_of(number: i64) -> PyResult<Side> {
    let said = || PyValueError::new_err(format!("{number} is not a valid Side"));
    Side::of(number).ok_or_else(said)
}

/// Why a message cannot be, in the words of `matching/order_book.py`.
fn fault_of(py: Python<'_>, [kind, _, side, price, qty, _]: [i64; 6]) -> PyResult<String> {
    let module = py.import("dryfill.matching.order_book")?;
    module.call_method1("fault_of", (kind, side, price, qty))?.extract()
}
