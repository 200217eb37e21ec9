//! A JSON text that shares the message it came in: ten thousand documents of one call are one allocation. Not parsed here.

use std::{fmt, ops::Deref, ops::Range, rc::Rc};

/// A part of a shared text; cheap to clone.
#[derive(Clone)]
pub struct Text {
    /// Not `Rc<str>`, to make which the text would be copied.
    whole: Rc<String>,
    range: Range<usize>,
}

impl Text {
    /// The part of `whole` that `part` was borrowed from; empty where it was not.
    pub fn within(whole: &Rc<String>, part: &str) -> Self {
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
        Self { whole: Rc::new(text), range }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
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
        let whole = Rc::new("[{},{\"a\":1}]".to_owned());
        assert_eq!(&*Text::within(&whole, &whole[4..11]), "{\"a\":1}");
        assert_eq!(&*Text::within(&whole, "elsewhere"), "");
    }
}
