//! The delay before a retry. Takes chance as an argument, never makes it.

use crate::model::Backoff;

/// Full jitter: uniform in `[0, min(max, base * 2^failures)]` milliseconds. The rule is from Brooker, "Exponential
/// Backoff And Jitter", AWS Architecture Blog, 2015. `chance` is uniform over all of `u64`.
pub fn full_jitter(backoff: Backoff, failures: u32, chance: u64) -> u64 {
    let bound = backoff.base.saturating_mul(1_u64.checked_shl(failures).unwrap_or(u64::MAX)).min(backoff.max);
    chance.checked_rem(bound.saturating_add(1)).unwrap_or(chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_stays_within_its_bound() {
        let backoff = Backoff { base: 1_000, max: 300_000 };
        assert_eq!(full_jitter(backoff, 0, 1_000), 1_000);
        assert_eq!(full_jitter(backoff, 0, 1_001), 0);
        assert!((0..200).all(|n| full_jitter(backoff, n, u64::MAX - 7) <= 300_000));
        assert_eq!(full_jitter(backoff, 64, 300_000), 300_000);
    }
}
