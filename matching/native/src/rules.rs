//! The rules a market is matched by (`matching/rules.py`), and what an engine cannot go on from.

/// How far ahead of us the recorded quantity at our price is taken to stand.
#[allow(missing_docs, reason = "the members are those of matching/rules.py")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueModel {
    Front,
    Back,
    Probabilistic,
}

/// What an order may take where the data gives a price without a size.
#[allow(missing_docs, reason = "the members are those of matching/rules.py")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownSize {
    All,
    One,
    Nothing,
}

/// The way a bar is walked from open to close.
#[allow(missing_docs, reason = "the members are those of matching/rules.py")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarPath {
    Adverse,
    Nearest,
    HighFirst,
    LowFirst,
}

/// What sets a stop off.
#[allow(missing_docs, reason = "the members are those of matching/rules.py")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    Trade,
    Quote,
}

/// Everything an engine needs to know about its market; the venue profile's fields among them.
/// `protection` is 0 where the profile protects nothing.
#[allow(missing_docs, reason = "the fields are those of matching/rules.py")]
#[derive(Clone, Debug)]
pub struct Rules {
    pub protected: bool,
    pub trigger: Trigger,
    pub stop_side_checked: bool,
    pub market_needs_opposite: bool,
    pub protection: i64,
    pub queue: QueueModel,
    pub queue_power: u32,
    pub unknown_size: Option<UnknownSize>,
    pub bar_path: BarPath,
    pub spread: i64,
    pub tick: i64,
    pub max_qty: Option<i64>,
    pub negative_prices: bool,
}

/// Why an engine cannot go on, in words for its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An order needs a size that the data does not give.
    UnknownSize(String),
    /// The caller gave what no engine can take.
    Value(String),
    /// An invariant does not hold: a bug of ours.
    Broken(String),
}
