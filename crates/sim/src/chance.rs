//! Chance under a seed: the same seed gives the same numbers. Makes no choice itself.

use std::cell::RefCell;

use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};

/// A stream of numbers.
#[derive(Debug)]
pub(crate) struct Chance(RefCell<SmallRng>);

impl Chance {
    /// Begins a stream; streams of one seed with different names have nothing to do with each other.
    pub(crate) fn new(seed: u64, name: u64) -> Self {
        let mixed =
            seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(name.wrapping_mul(0xD1B5_4A32_D192_ED03));
        Self(RefCell::new(SmallRng::seed_from_u64(mixed)))
    }

    /// Uniform over all of `u64`.
    pub(crate) fn number(&self) -> u64 {
        self.0.borrow_mut().random()
    }

    /// Uniform in `[0, bound)`; 0 where the bound is.
    pub(crate) fn below(&self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.0.borrow_mut().random_range(0..bound) }
    }

    /// Uniform in `[low, high]`.
    pub(crate) fn between(&self, low: u64, high: u64) -> u64 {
        self.0.borrow_mut().random_range(low..=high.max(low))
    }

    /// Whether something with that chance in a thousand happens.
    pub(crate) fn happens(&self, per_mille: u32) -> bool {
        per_mille > 0 && self.0.borrow_mut().random_range(0..1_000) < per_mille
    }

    /// One of several; `None` where there are none.
    pub(crate) fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}
