//! How much a compaction folds at once: what a commit may have to wait for is a time, and how many bytes go into it differs from
//! device to device. Folds nothing.

/// How long a slice is to take, in microseconds. A commit waits for one at most, and is not to wait for longer than 50 ms; now and
/// then a slice takes a browser three times as long as the one before it.
const GOAL: u64 = 15_000;

/// How many bytes the next slice has, by how long the last ones took.
#[derive(Clone, Copy, Debug)]
pub struct SliceSize {
    least: usize,
    most: usize,
    bytes: usize,
}

impl SliceSize {
    /// Begins with as many bytes as may be.
    pub fn new((least, most): (usize, usize)) -> Self {
        Self { least, most, bytes: most }
    }

    /// How many bytes the next one is to have, about: as many as may be where folding is to get on, whoever waits for it.
    pub fn bytes(self, is_in_haste: bool) -> usize {
        if is_in_haste { self.most } else { self.bytes }
    }

    /// Takes in how many microseconds a slice of so many bytes took.
    pub fn handle_slice(&mut self, bytes: usize, took: u64) {
        let fitting = (bytes as u64).saturating_mul(GOAL).checked_div(took);
        let fitting = fitting.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX);
        // By half or twice at most: one slice that was stopped, or had little in it, says little of the next.
        let fitting = fitting.clamp(self.bytes / 2, self.bytes.saturating_mul(2));
        self.bytes = fitting.min(self.most).max(self.least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size after slices that take so many microseconds for each byte.
    fn after(slices: u64, per_byte: u64) -> usize {
        let mut size = SliceSize::new((1_000, 16_000));
        (0..slices).for_each(|_| size.handle_slice(size.bytes(false), size.bytes(false) as u64 * per_byte));
        assert_eq!(size.bytes(true), 16_000);
        size.bytes(false)
    }

    #[test]
    fn slices_are_as_long_as_their_time_allows() {
        assert_eq!([after(0, 3), after(1, 3), after(2, 3), after(9, 3)], [16_000, 8_000, 5_000, 5_000]);
        assert_eq!([after(9, 0), after(9, 1)], [16_000, 15_000]);
        assert_eq!(after(9, 1_000_000), 1_000, "a page at least goes");
    }

    #[test]
    fn one_slice_that_was_stopped_is_made_up_for() {
        let mut size = SliceSize::new((1_000, 16_000));
        size.handle_slice(16_000, u64::MAX);
        assert_eq!(size.bytes(false), 8_000);
        size.handle_slice(8_000, 100);
        assert_eq!(size.bytes(false), 16_000);
    }

    #[test]
    fn a_slice_in_haste_counts_as_long_as_it_was() {
        let mut size = SliceSize::new((1_000, 16_000));
        size.handle_slice(16_000, 30_000);
        assert_eq!(size.bytes(false), 8_000);
        size.handle_slice(size.bytes(true), 30_000);
        assert_eq!(size.bytes(false), 8_000);
    }
}
