//! The first row of a piece of columns that touches.
//!
//! Strips of rows are compared whole, without a branch for each row; only a strip that holds a touch
//! is looked at row by row.

use crate::reach::Reach;

const STRIP: usize = 64;

/// The first quote that touches.
pub fn first_quote(bids: &[i64], asks: &[i64], reach: &Reach) -> Option<usize> {
    first(bids, asks, |bid, ask| reach.quote(bid, ask))
}

/// The first trade that touches.
pub fn first_trade(prices: &[i64], reach: &Reach) -> Option<usize> {
    first(prices, prices, |price, _| reach.print(price, price))
}

/// The first bar that touches; lows and highs of trades, bids and asks.
pub fn first_bar(columns: [&[i64]; 6], reach: &Reach, tick: i64) -> Option<usize> {
    let [lows, highs, bid_lows, bid_highs, ask_lows, ask_highs] = columns;
    (0..lows.len()).find(|&n| {
        let bids = [bid_lows[n], bid_highs[n]];
        reach.bar([lows[n], highs[n]], bids, [ask_lows[n], ask_highs[n]], tick)
    })
}

#[inline(always)]
fn first(one: &[i64], other: &[i64], touches: impl Fn(i64, i64) -> bool) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, as was just asked.
        return unsafe { wide::first(one, other, touches) };
    }
    plain(one, other, touches)
}

/// The same code, for processors that compare four 64-bit integers at once: the oldest ones of the
/// family, for which everything else is made, cannot compare two.
#[cfg(target_arch = "x86_64")]
mod wide {
    #[target_feature(enable = "avx2")]
    pub fn first(one: &[i64], other: &[i64], touches: impl Fn(i64, i64) -> bool) -> Option<usize> {
        super::plain(one, other, touches)
    }
}

#[inline(always)]
fn plain(one: &[i64], other: &[i64], touches: impl Fn(i64, i64) -> bool) -> Option<usize> {
    let (ones, _) = one.as_chunks::<STRIP>();
    let (others, _) = other.as_chunks::<STRIP>();
    let mut from = 0;
    for (strip, across) in ones.iter().zip(others) {
        let mut any = 0;
        for n in 0..STRIP {
            any |= u64::from(touches(strip[n], across[n]));
        }
        if any != 0 {
            break;
        }
        from += STRIP;
    }
    (from..one.len()).find(|&n| touches(one[n], other[n]))
}

#[cfg(test)]
mod tests {
    use super::{STRIP, first, plain};

    #[test]
    fn the_first_touch_is_found_wherever_it_is() {
        for len in 0..3 * STRIP {
            for place in 0..=len {
                let ones: Vec<i64> = (0..len).map(|n| i64::from(n >= place)).collect();
                let others: Vec<i64> = (0..len).map(|n| i64::from(n > place)).collect();
                let touches = |one: i64, other: i64| one > 0 && other >= 0;
                let expected = (place < len).then_some(place);
                assert_eq!(first(&ones, &others, touches), expected);
                assert_eq!(plain(&ones, &others, touches), expected);
            }
        }
    }
}
