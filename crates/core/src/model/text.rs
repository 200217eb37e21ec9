//! A JSON text that shares the message it came in: ten thousand documents of one call are one allocation. Not parsed here.

use std::{fmt, ops::Deref, ops::Range, rc::Rc};

/// A part of a shared text; cheap to clone.
#[derive(Clone)]
pub struct Text {
    whole: Rc<str>,
    range: Range<usize>,
}

impl Text {
    /// The part of `whole` that `part` was borrowed from; empty where it was not.
    pub fn within(whole: &Rc<str>, part: &str) -> Self {
        let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
        let range = start..start.wrapping_add(part.len());
        Self { whole: Rc::clone(whole), range }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.whole.get(self.range.clone()).unwrap_or_default()
    }
}

impl Eq for Text {}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        let range = 0..text.len();
        Self { whole: text.into(), range }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { whole: text.into(), range: 0..text.len() }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_in_its_whole_and_nowhere_else() {
        let whole: Rc<str> = "[{},{\"a\":1}]".into();
        assert_eq!(&*Text::within(&whole, &whole[4..11]), "{\"a\":1}");
        assert_eq!(&*Text::within(&whole, "elsewhere"), "");
    }
}
