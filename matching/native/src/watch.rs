//! Where the rows first touch our orders: scanned block by block, kept until the orders change
//! (`Touches` and `Watch` of `reference/reach.py`).

use crate::reach::{Reach, reach_of};
use crate::rows::{Kind, Rows};
use crate::scan::{first_bar, first_quote, first_trade};
use crate::state::BookState;
use crate::table::{SEQ, TIME_NS, Table};

const BLOCK: usize = 256;
const BLOCK_MAX: usize = 65_536;

/// What is known of one table: `found` touches, and nothing before `upto` but it.
struct Touches {
    kind: Kind,
    found: Option<usize>,
    upto: usize,
    block: usize,
}

impl Touches {
    fn forget(&mut self, at: usize) {
        (self.found, self.upto, self.block) = (None, at, BLOCK);
    }

    /// The place of the first row still to come, at or before `to_ns`, that touches.
    fn first(&mut self, table: &Table, reach: &Reach, tick: i64, to_ns: i64) -> Option<usize> {
        self.found = self.found.filter(|&place| place >= table.at());
        self.upto = self.upto.max(table.at());
        while self.found.is_none() {
            if self.upto >= table.end() || table.value(TIME_NS, self.upto) > to_ns {
                return None;
            }
            self.scan_block(table, reach, tick);
        }
        self.found.filter(|&place| table.value(TIME_NS, place) <= to_ns)
    }

    fn scan_block(&mut self, table: &Table, reach: &Reach, tick: i64) {
        let chunk = table.chunk_of(self.upto);
        let len = chunk.column(SEQ, self.upto).len().min(self.block);
        let column = |name: usize| &chunk.column(name, self.upto)[..len];
        let hit = match self.kind {
            Kind::Quotes => first_quote(column(2), column(4), reach),
            Kind::Trades => first_trade(column(2), reach),
            Kind::Bars => first_bar([5, 4, 10, 9, 15, 14].map(column), reach, tick),
        };
        self.found = hit.map(|nth| self.upto + nth);
        self.upto = self.found.map_or(self.upto + len, |place| place + 1);
        self.block = (self.block * 4).min(BLOCK_MAX);
    }
}

/// Where the rows first touch our orders, over all tables.
pub struct Watch {
    touches: [Touches; 3],
    version: Option<(u64, bool)>,
    reach: Option<Reach>,
}

impl Default for Watch {
    fn default() -> Self {
        let touches = [Kind::Quotes, Kind::Trades, Kind::Bars].map(|kind| Touches {
            kind,
            found: None,
            upto: 0,
            block: BLOCK,
        });
        Watch { touches, version: None, reach: None }
    }
}

impl Watch {
    /// The thresholds now.
    pub fn reach(&mut self, book: &BookState, rows: &Rows) -> Option<Reach> {
        let version = Some((book.version, book.quotes_seen));
        if version != self.version {
            self.version = version;
            let reach = reach_of(book);
            if reach != self.reach {
                self.reach = reach;
                for touches in &mut self.touches {
                    touches.forget(rows.table(touches.kind).at());
                }
            }
        }
        self.reach
    }

    /// (seq, time) of the first row at or before `to_ns` that touches; None: all pass by.
    pub fn first(&mut self, book: &BookState, rows: &Rows, to_ns: i64) -> Option<(i64, i64)> {
        let reach = self.reach(book, rows)?;
        self.touches
            .iter_mut()
            .filter_map(|touches| {
                let table = rows.table(touches.kind);
                let place = touches.first(table, &reach, book.rules.tick, to_ns)?;
                Some((table.value(SEQ, place), table.value(TIME_NS, place)))
            })
            .min()
    }
}
