//! Shares by powers of whole numbers, exact however large the powers are.
//!
//! The reference computes them in Python's unbounded integers; here 128 bits do nearly always, and
//! where they do not, the share is found by comparing products of any length.

use std::cmp::Ordering;

/// `drop * ahead**power // (ahead**power + behind**power)`, rounded down. `ahead` is above 0, the
/// others are not below it.
pub fn share_of(drop: i64, ahead: i64, behind: i64, power: u32) -> i64 {
    match small(drop, ahead, behind, power) {
        Some(share) => share,
        None => large(drop as u64, ahead as u64, behind as u64, power) as i64,
    }
}

fn small(drop: i64, ahead: i64, behind: i64, power: u32) -> Option<i64> {
    let share = u128::try_from(ahead).ok()?.checked_pow(power)?;
    let rest = u128::try_from(behind).ok()?.checked_pow(power)?;
    let whole = u128::try_from(drop).ok()?.checked_mul(share)?;
    i64::try_from(whole / share.checked_add(rest)?).ok()
}

/// The largest q with `q * behind**power <= (drop - q) * ahead**power`.
fn large(drop: u64, ahead: u64, behind: u64, power: u32) -> u64 {
    let (share, rest) = (Natural::power(ahead, power), Natural::power(behind, power));
    let (mut low, mut high) = (0, drop);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if rest.times(middle).cmp(&share.times(drop - middle)) == Ordering::Greater {
            high = middle - 1;
        } else {
            low = middle;
        }
    }
    low
}

/// A whole number in limbs of 64 bits, the lowest first, without leading zeros.
struct Natural(Vec<u64>);

impl Natural {
    fn power(base: u64, power: u32) -> Self {
        (0..power).fold(Natural(vec![1]), |product, _| product.times(base))
    }

    fn times(&self, factor: u64) -> Self {
        let mut carry = 0u128;
        let mut limbs = Vec::with_capacity(self.0.len() + 1);
        for &limb in &self.0 {
            let sum = u128::from(limb) * u128::from(factor) + carry;
            limbs.push(sum as u64);
            carry = sum >> 64;
        }
        limbs.push(carry as u64);
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        Natural(limbs)
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let lengths = self.0.len().cmp(&other.0.len());
        lengths.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

#[cfg(test)]
mod tests {
    use super::{large, share_of, small};

    #[test]
    fn both_ways_give_the_same_share() {
        for drop in 1..40 {
            for ahead in 1..12 {
                for behind in 0..12 {
                    for power in 1..6 {
                        let share = small(drop, ahead, behind, power);
                        let long = large(drop as u64, ahead as u64, behind as u64, power);
                        assert_eq!(share, Some(long as i64), "{drop} {ahead} {behind} {power}");
                    }
                }
            }
        }
    }

    #[test]
    fn powers_beyond_128_bits_stay_exact() {
        assert_eq!(small(10, 1 << 40, 1 << 40, 9), None);
        assert_eq!(share_of(10, 1 << 40, 1 << 40, 9), 5);
        assert_eq!(share_of(11, (1 << 40) + 1, 1 << 40, 9), 5);
        assert_eq!(share_of(1_000_000, 1 << 40, 0, 9), 1_000_000);
    }
}
