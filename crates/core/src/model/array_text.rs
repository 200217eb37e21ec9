//! The JSON text of an array, put together of the texts of its items. Parses none.

/// How much is set aside before the length is known, at most, in bytes.
const MOST_RESERVED: usize = 8 * 1024 * 1024;

/// The JSON text of an array that grows item by item, as UTF-8.
#[derive(Debug)]
pub struct ArrayText(Vec<u8>);

impl Default for ArrayText {
    fn default() -> Self {
        Self(vec![b'['])
    }
}

impl ArrayText {
    /// Adds the text of an item, of which there are about so many from the first one on. Where it ends.
    pub fn push(&mut self, item: &[u8], about: usize) -> usize {
        if self.is_empty() {
            // Items are alike: growing step by step would copy them over and over.
            self.0.reserve(item.len().saturating_add(2).saturating_mul(about).min(MOST_RESERVED));
        } else {
            self.0.push(b',');
        }
        self.0.extend_from_slice(item);
        self.0.len()
    }

    /// The whole text.
    pub fn finish(mut self) -> Vec<u8> {
        self.0.push(b']');
        self.0
    }

    fn is_empty(&self) -> bool {
        self.0.len() <= 1
    }
}
