//! Quotes, trades and bars, merged by `seq` (`reference/rows.py`).

use crate::rules::Fault;
use crate::table::{Column, SEQ, TIME_NS, Table};

/// The columns of quotes, in order.
pub const QUOTES: [&str; 6] = ["seq", "time_ns", "bid", "bid_size", "ask", "ask_size"];
/// The columns of trades, in order.
pub const TRADES: [&str; 5] = ["seq", "time_ns", "price", "size", "aggressor"];
/// The columns of bars, in order.
pub const BARS: [&str; 18] = [
    "seq",
    "time_ns",
    "span_ns",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "bid_open",
    "bid_high",
    "bid_low",
    "bid_close",
    "bid_size",
    "ask_open",
    "ask_high",
    "ask_low",
    "ask_close",
    "ask_size",
];

/// A kind of row: its table in `Rows::tables`.
#[allow(missing_docs, reason = "the members are named for what they are")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Quotes,
    Trades,
    Bars,
}

/// Rows to add: the columns of each kind, in order.
pub type NewRows = [Vec<Column>; 3];

/// The market rows still to come.
pub struct Rows {
    /// Quotes, trades and bars, in this order.
    pub tables: [Table; 3],
    end_ns: i64,
    end_seq: i64,
    bars_end_ns: i64,
}

impl Default for Rows {
    fn default() -> Self {
        let tables = [Table::default(), Table::default(), Table::default()];
        Rows { tables, end_ns: i64::MIN, end_seq: i64::MIN, bars_end_ns: i64::MIN }
    }
}

impl Rows {
    /// The table of a kind.
    pub fn table(&self, kind: Kind) -> &Table {
        &self.tables[kind as usize]
    }

    /// The table of a kind, to move in it.
    pub fn table_mut(&mut self, kind: Kind) -> &mut Table {
        &mut self.tables[kind as usize]
    }

    /// Add rows; a Fault where they are not in order, or before what was committed.
    pub fn extend(&mut self, new: NewRows, now_ns: i64) -> Result<(), Fault> {
        let bound_ns = self.end_ns.max(now_ns);
        let Some((end_seq, end_ns)) = require_in_order(&new, self.end_seq, bound_ns)? else {
            return Ok(());
        };
        self.require_apart(&new[Kind::Bars as usize])?;
        for (table, columns) in self.tables.iter_mut().zip(new) {
            table.append(columns);
        }
        (self.end_ns, self.end_seq) = (end_ns, end_seq);
        Ok(())
    }

    /// The kind whose row is next, and that row's time; None when all rows are behind us.
    pub fn next(&self) -> Option<(Kind, i64)> {
        let kinds = [Kind::Quotes, Kind::Trades, Kind::Bars];
        kinds
            .into_iter()
            .filter_map(|kind| self.table(kind).head().map(|(seq, time_ns)| (seq, kind, time_ns)))
            .min_by_key(|&(seq, _, _)| seq)
            .map(|(_, kind, time_ns)| (kind, time_ns))
    }

    fn require_apart(&mut self, bars: &[Column]) -> Result<(), Fault> {
        let Some([_, starts, spans]) = bars.first_chunk() else { return Ok(()) };
        let mut end_ns = self.bars_end_ns;
        for (&at, &span_ns) in (**starts).as_ref().iter().zip((**spans).as_ref()) {
            if end_ns > at {
                return Err(Fault::Value(format!(
                    "market rows: the bar at {at} begins before the one before it ends"
                )));
            }
            end_ns = at + span_ns;
        }
        self.bars_end_ns = end_ns;
        Ok(())
    }
}

/// The seq and the time of the last of these rows, merged; None where there are none.
fn require_in_order(new: &NewRows, end_seq: i64, end_ns: i64) -> Result<Option<(i64, i64)>, Fault> {
    let mut left: Vec<(&[i64], &[i64])> = new
        .iter()
        .filter(|columns| !columns.is_empty())
        .map(|columns| ((*columns[SEQ]).as_ref(), (*columns[TIME_NS]).as_ref()))
        .filter(|(seqs, _)| !seqs.is_empty())
        .collect();
    if left.is_empty() {
        return Ok(None);
    }
    let mut seqs_rise = left.iter().all(|(seqs, _)| in_line(seqs, |one, next| one < next));
    let mut times_rise = left.iter().all(|(_, times)| in_line(times, |one, next| one <= next));
    let (mut seq, mut time_ns) = (end_seq, end_ns);
    // Each table is in order, or it is all over; now the tables among each other, run by run.
    while seqs_rise && !left.is_empty() {
        left.sort_unstable_by_key(|(seqs, _)| seqs[0]);
        let (seqs, times) = left[0];
        seqs_rise &= seqs[0] > seq;
        times_rise &= times[0] >= time_ns;
        let bound = left.get(1).map_or(i64::MAX, |(others, _)| others[0]);
        let run = seqs.partition_point(|&other| other < bound).max(1);
        (seq, time_ns) = (seqs[run - 1], times[run - 1]);
        left[0] = (&seqs[run..], &times[run..]);
        left.retain(|(seqs, _)| !seqs.is_empty());
    }
    if !seqs_rise {
        return Err(Fault::Value(
            "market rows: every seq has to be above the ones before it".into(),
        ));
    }
    if !times_rise {
        return Err(Fault::Value(format!(
            "market rows: a row's time is before that of the row before it, or before {end_ns}, \
             which is past"
        )));
    }
    Ok(Some((seq, time_ns)))
}

/// Whether each value and the next are as they should be; all are looked at, without a branch.
fn in_line(values: &[i64], right: impl Fn(i64, i64) -> bool) -> bool {
    let nexts = values.get(1..).unwrap_or(&[]);
    values.iter().zip(nexts).fold(true, |all, (&one, &next)| all & right(one, next))
}
