//! The words of `trading/words.py`, with the same numbers.

/// In a column of prices: a side or a bar that is not there.
pub const NO_PRICE: i64 = i64::MIN;
/// A size that the source does not give.
pub const UNKNOWN_SIZE: i64 = -1;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($member:ident = $number:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "the members are those of trading/words.py")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($member = $number),+ }

        impl $name {
            /// The member with this number.
            pub fn of(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$member),)+ _ => None }
            }

            /// The number that Python knows it by.
            pub fn number(self) -> i64 {
                self as i64
            }
        }
    };
}

words! {
    /// Buy or sell.
    Side { Buy = 1, Sell = 2 }
}
words! {
    /// How an order finds its price.
    OrdType {
        Market = 1, Limit = 2, Stop = 3, StopLimit = 4, TrailingStop = 5, JoinBid = 6, JoinAsk = 7,
    }
}
words! {
    /// How long an order works.
    TimeInForce { Day = 0, Gtc = 1, Ioc = 3 }
}
words! {
    /// The state of an order, as far as an engine says one.
    OrdStatus {
        New = 0, PartiallyFilled = 1, Filled = 2, Canceled = 4, Rejected = 8, Suspended = 9,
        Expired = 12,
    }
}
words! {
    /// What has just happened to an order, as far as an engine says it.
    ExecType {
        New = 0, Canceled = 4, Replaced = 5, Rejected = 8, Suspended = 9, Expired = 12, Trade = 15,
        Triggered = 21, CancelRejected = 40, ReplaceRejected = 41,
    }
}
words! {
    /// Whether a fill took or provided.
    Liquidity { None = 0, Added = 1, Removed = 2 }
}
words! {
    /// The state of the market.
    TradingStatus { Close = 0, PreOpen = 1, NoCancel = 2, Open = 3, Halt = 4 }
}
words! {
    /// Why an order or a request was refused, as far as an engine refuses.
    Reason {
        None = 0, UnknownOrder = 1, TooLate = 2, NoLastPrice = 3, NotSupported = 5,
        DuplicateTag = 6, NoLiquidity = 7, DayEnded = 8, SelfMatch = 9, MarketClosed = 1003,
        PriceNotPositive = 1012, NoOpposite = 2013, SellStopNotBelowLast = 2060,
        BuyStopNotAboveLast = 2061, QuantityOutOfRange = 2115, TypeNotAllowedNow = 2130,
    }
}

impl Side {
    /// Both sides, in the order in which the book is walked.
    pub const BOTH: [Side; 2] = [Side::Buy, Side::Sell];

    /// +1 for a buy, -1 for a sell.
    pub fn sign(self) -> i64 {
        if self == Side::Buy { 1 } else { -1 }
    }

    /// The other side.
    pub fn opposite(self) -> Side {
        if self == Side::Buy { Side::Sell } else { Side::Buy }
    }

    /// Its place in a pair of buy and sell.
    pub fn index(self) -> usize {
        self as usize - 1
    }
}

impl OrdType {
    /// Whether it waits for a trigger.
    pub fn is_stop(self) -> bool {
        matches!(self, OrdType::Stop | OrdType::StopLimit | OrdType::TrailingStop)
    }

    /// Whether it goes on through an empty book: its limit only says how far.
    pub fn is_marketable(self) -> bool {
        matches!(self, OrdType::Market | OrdType::Stop | OrdType::TrailingStop)
    }

    /// Whether it can be entered only while the market is open.
    pub fn needs_market(self) -> bool {
        matches!(self, OrdType::Market | OrdType::JoinBid | OrdType::JoinAsk)
    }

    /// The side that a join order has to be on.
    pub fn join_side(self) -> Option<Side> {
        match self {
            OrdType::JoinBid => Some(Side::Buy),
            OrdType::JoinAsk => Some(Side::Sell),
            _ => None,
        }
    }
}

/// A price out of a column, where NO_PRICE stands for none.
pub fn price_in(value: i64) -> Option<i64> {
    (value != NO_PRICE).then_some(value)
}
