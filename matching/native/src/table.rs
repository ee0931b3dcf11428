//! Market rows that are still to come, as columns in chunks, and the place reached in them.
//!
//! A chunk is a view of its owner's memory: nothing is copied, and it is let go as soon as the last
//! of its rows is behind us.

use std::collections::VecDeque;

/// One column: whatever holds 64-bit integers side by side.
pub type Column = Box<dyn AsRef<[i64]> + Send + Sync>;

/// The columns that every table has first.
pub const SEQ: usize = 0;
/// When a row happened.
pub const TIME_NS: usize = 1;

/// Rows given at one time: columns of one length, in the order of the table's kind.
pub struct Chunk {
    columns: Vec<Column>,
    first: usize,
    len: usize,
}

impl Chunk {
    /// A column from `from` (a place in the whole table) to the end of the chunk.
    pub fn column(&self, name: usize, from: usize) -> &[i64] {
        &(*self.columns[name]).as_ref()[from - self.first..self.len]
    }
}

/// One kind of row. `at` is the place of the next row, `end` one past the last; both count from the
/// first row ever given.
#[derive(Default)]
pub struct Table {
    chunks: VecDeque<Chunk>,
    at: usize,
    end: usize,
    head: Option<(i64, i64)>,
}

impl Table {
    /// Add rows behind those still to come.
    pub fn append(&mut self, columns: Vec<Column>) {
        let len = columns.first().map_or(0, |column| (**column).as_ref().len());
        if len > 0 {
            self.chunks.push_back(Chunk { columns, first: self.end, len });
            self.end += len;
            self.move_to(self.at);
        }
    }

    /// The place of the next row.
    pub fn at(&self) -> usize {
        self.at
    }

    /// One past the place of the last row.
    pub fn end(&self) -> usize {
        self.end
    }

    /// Whether every row is behind us.
    pub fn is_done(&self) -> bool {
        self.at == self.end
    }

    /// The next row's seq and time.
    pub fn head(&self) -> Option<(i64, i64)> {
        self.head
    }

    /// Go on to the row at a place; what is before it is let go.
    pub fn move_to(&mut self, at: usize) {
        self.at = at;
        while self.chunks.front().is_some_and(|chunk| chunk.first + chunk.len <= at) {
            self.chunks.pop_front();
        }
        self.head = self.chunks.front().map(|chunk| {
            let value = |name: usize| (*chunk.columns[name]).as_ref()[at - chunk.first];
            (value(SEQ), value(TIME_NS))
        });
    }

    /// The value of a column at a place still to come.
    pub fn value(&self, name: usize, place: usize) -> i64 {
        self.chunk_of(place).column(name, place)[0]
    }

    /// The first `N` columns of the next row.
    pub fn row<const N: usize>(&self) -> [i64; N] {
        let chunk = &self.chunks[0];
        std::array::from_fn(|name| (*chunk.columns[name]).as_ref()[self.at - chunk.first])
    }

    /// The chunk that holds a place still to come.
    pub fn chunk_of(&self, place: usize) -> &Chunk {
        let nth = self.chunks.partition_point(|chunk| chunk.first + chunk.len <= place);
        &self.chunks[nth]
    }

    /// The place of the first row still to come whose value in a column that never falls is above
    /// `limit`; `end` where there is none.
    pub fn first_above(&self, name: usize, limit: i64) -> usize {
        let mut from = self.at;
        for chunk in &self.chunks {
            let values = chunk.column(name, from);
            if values.last().is_some_and(|&last| last > limit) {
                return from + gallop(values, limit);
            }
            from = chunk.first + chunk.len;
        }
        self.end
    }
}

/// How many values at the front of rising values are at most `limit`; quick where that is few.
fn gallop(values: &[i64], limit: i64) -> usize {
    let (mut low, mut step) = (0, 1);
    while low + step <= values.len() && values[low + step - 1] <= limit {
        low += step;
        step *= 2;
    }
    let high = (low + step).min(values.len());
    low + values[low..high].partition_point(|&value| value <= limit)
}

#[cfg(test)]
mod tests {
    use super::{Column, Table, gallop};

    fn columns(from: i64, to: i64) -> Vec<Column> {
        vec![Box::new((from..to).collect::<Vec<_>>()), Box::new((from..to).collect::<Vec<_>>())]
    }

    #[test]
    fn a_gallop_ends_where_a_walk_would() {
        for len in 0..70 {
            let values: Vec<i64> = (0..len).map(|n| n / 3).collect();
            for limit in -1..25 {
                let walked = values.iter().filter(|&&value| value <= limit).count();
                assert_eq!(gallop(&values, limit), walked, "{len} {limit}");
            }
        }
    }

    #[test]
    fn places_go_on_from_chunk_to_chunk_and_chunks_behind_us_are_let_go() {
        let mut table = Table::default();
        for (from, to) in [(0, 3), (3, 3), (3, 4), (4, 9)] {
            table.append(columns(from, to));
        }
        assert_eq!(table.chunks.len(), 3);
        for place in 0..9 {
            table.move_to(place);
            assert_eq!(table.head(), Some((place as i64, place as i64)));
            assert_eq!(table.row::<2>(), [place as i64; 2]);
            for limit in place..9 {
                assert_eq!(table.first_above(0, limit as i64), limit + 1);
                assert_eq!(table.value(1, limit), limit as i64);
            }
        }
        table.move_to(9);
        assert!(table.is_done() && table.chunks.is_empty() && table.head().is_none());
    }
}
