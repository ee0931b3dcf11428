//! Columns of a tape as views of their own memory: nothing is copied.

use std::ptr::NonNull;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::rows::{BARS, NewRows, QUOTES, TRADES};
use crate::table::Column;

/// The rows of anything that has `quotes`, `trades` and `bars`.
pub fn rows_of(columns: &Bound<'_, PyAny>) -> PyResult<NewRows> {
    Ok([
        table_of(&columns.getattr("quotes")?, &QUOTES)?,
        table_of(&columns.getattr("trades")?, &TRADES)?,
        table_of(&columns.getattr("bars")?, &BARS)?,
    ])
}

fn table_of(table: &Bound<'_, PyAny>, names: &[&str]) -> PyResult<Vec<Column>> {
    let mut columns: Vec<Column> = Vec::with_capacity(names.len());
    let mut len = None;
    for &name in names {
        let view = View::of(&table.getattr(name)?)?;
        let found = view.as_ref().len();
        if *len.get_or_insert(found) != found {
            return Err(PyValueError::new_err(format!(
                "market rows: column {name} has {found} rows, others have another number"
            )));
        }
        columns.push(Box::new(view));
    }
    Ok(columns)
}

/// An array that Python owns; it lives at least as long as this.
pub struct View {
    values: NonNull<[i64]>,
    _owner: PyBuffer<i64>,
}

impl View {
    /// A view of an array, or of a copy of it where it is no row of 64-bit integers in memory.
    pub fn of(array: &Bound<'_, PyAny>) -> PyResult<Self> {
        let plain = PyBuffer::<i64>::get(array).ok();
        let owner = match plain.filter(|buffer| buffer.as_slice_ptr().is_some()) {
            Some(buffer) => buffer,
            None => {
                let numpy = array.py().import("numpy")?;
                let int64 = numpy.getattr("int64")?;
                PyBuffer::get(&numpy.call_method1("ascontiguousarray", (array, int64))?)?
            }
        };
        match owner.as_slice_ptr() {
            Some(values) => Ok(View { values, _owner: owner }),
            None => Err(PyValueError::new_err("a column is not in one piece")),
        }
    }
}

impl AsRef<[i64]> for View {
    fn as_ref(&self) -> &[i64] {
        // SAFETY: the pointer is that of a contiguous buffer of 64-bit integers, aligned and
        // initialised as PyBuffer<i64> checks, and the buffer is held as long as `self`, so that
        // its owner can neither free nor move it. It is read only while the engine runs, which is
        // in a call from Python that never gives way to other Python code before the slice is
        // gone; tapes are read-only by agreement (trading/tape.py).
        unsafe { self.values.as_ref() }
    }
}

// SAFETY: the pointer is a view of `_owner`, which is Send and Sync itself, and is only read.
unsafe impl Send for View {}
// SAFETY: as above.
unsafe impl Sync for View {}
