//! Dryfill's matching engine in Rust: what `matching/reference` does, report for report.
//!
//! The reference is the specification and is written to be read; a module here that has its name
//! does the same thing in the same order, and says so in its first line. Pure: no I/O, no clock, no
//! floats. Python sees it through `python`, the only module that knows of Python.

pub mod bar_path;
pub mod bar_walk;
pub mod book_words;
pub mod commands;
pub mod engine;
pub mod family;
pub mod invariants;
pub mod ladder;
pub mod leap;
pub mod links;
pub mod market_events;
pub mod market_feed;
pub mod natural;
pub mod order_book;
pub mod order_entry;
pub mod order_replace;
pub mod queue_position;
pub mod reach;
pub mod recorded_side;
pub mod rows;
pub mod rules;
pub mod scan;
pub mod slots;
pub mod state;
pub mod stop_trigger;
pub mod table;
pub mod taking;
pub mod waiting_stops;
pub mod watch;
pub mod words;
pub mod working_order;

#[cfg(feature = "python")]
mod python;
