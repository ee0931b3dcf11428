//! The engine as Python sees it: the same class, by shape, as `reference.ReferenceEngine`.

mod columns;
mod from_python;
mod order_book;
mod to_python;

use pyo3::exceptions::{PyAssertionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::engine::Engine;
use crate::rules::Fault;
use from_python::{command_from, rules_from};
use to_python::{Booker, Reporter};

/// One instrument's book (the `Engine` protocol of `matching/engine.py`), in Rust.
///
/// Does what `ReferenceEngine` does, report for report, and raises what it raises; numbers are 64
/// bits wide, and one that does not fit raises OverflowError.
#[pyclass(module = "dryfill.matching.native.core", name = "NativeEngine")]
struct NativeEngine {
    engine: Engine,
    reporter: Reporter,
    booker: Booker,
}

#[pymethods]
impl NativeEngine {
    #[new]
    #[pyo3(signature = (rules, suspect_bars=None))]
    fn new(rules: &Bound<'_, PyAny>, suspect_bars: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let mut suspects = Vec::new();
        if let Some(starts) = suspect_bars {
            for start_ns in starts.try_iter()? {
                suspects.push(start_ns?.extract()?);
            }
        }
        let engine = Engine::new(rules_from(rules)?, suspects);
        let py = rules.py();
        Ok(NativeEngine { engine, reporter: Reporter::new(py)?, booker: Booker::new(py)? })
    }

    #[getter]
    fn ambiguous_bars(&self) -> i64 {
        self.engine.ambiguous_bars()
    }

    #[getter]
    fn suspect_bars_walked(&self) -> i64 {
        self.engine.suspect_bars_walked()
    }

    fn extend(&mut self, columns: &Bound<'_, PyAny>) -> PyResult<()> {
        let rows = columns::rows_of(columns)?;
        self.engine.extend(rows).map_err(|fault| error(columns.py(), fault))
    }

    fn submit(&mut self, at_ns: i64, command: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = command.py();
        self.engine.require_in_time(at_ns).map_err(|fault| error(py, fault))?;
        let command = command_from(command)?;
        self.engine.submit(at_ns, command).map_err(|fault| error(py, fault))
    }

    fn next_moment(&mut self, limit_ns: i64) -> Option<i64> {
        self.engine.next_moment(limit_ns)
    }

    fn advance<'py>(&mut self, py: Python<'py>, to_ns: i64) -> PyResult<Bound<'py, PyList>> {
        let reports = self.engine.advance(to_ns).map_err(|fault| error(py, fault))?;
        let objects = reports.iter().map(|report| self.reporter.object(py, report));
        PyList::new(py, objects.collect::<PyResult<Vec<_>>>()?)
    }

    fn book<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.booker.object(py, self.engine.state())
    }

    fn check(&self, py: Python<'_>) -> PyResult<()> {
        self.engine.check().map_err(|fault| error(py, fault))
    }
}

fn error(py: Python<'_>, fault: Fault) -> PyErr {
    match fault {
        Fault::Value(what) => PyValueError::new_err(what),
        Fault::Broken(what) => PyAssertionError::new_err(what),
        Fault::UnknownSize(what) => {
            let raised = py
                .import("dryfill.matching.errors")
                .and_then(|errors| errors.getattr("UnknownSizeError"))
                .and_then(|class| class.call1((what,)));
            raised.map_or_else(|failed| failed, PyErr::from_value)
        }
    }
}

/// The extension module `dryfill.matching.native.core`.
#[pymodule(name = "core")]
fn core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<order_book::NativeOrderBook>()?;
    module.add_class::<NativeEngine>()
}
