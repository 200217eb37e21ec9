//! Bugs that are planted on purpose, so that the simulation can show that it finds each of them. Nothing but the simulation
//! turns the feature `planted` on: without it `is` is `false` when compiled, and nothing of a bug is left.

/// Declares the bugs of a crate: an enum `Bug` of them, `is(bug)` for the places where they are, and, with the feature
/// `planted` alone, `plant(bug)`, which makes one of them real on this thread.
#[doc(hidden)]
#[macro_export]
macro_rules! planted_bugs {
    ($($bug:ident $text:literal,)*) => {
        /// A deliberate bug.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Bug {
            $(#[doc = $text] $bug,)*
        }

        #[cfg(feature = "planted")]
        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$bug,)*];

            /// What it does, in a few words.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$bug => $text,)* }
            }
        }

        #[cfg(feature = "planted")]
        ::std::thread_local! {
            static PLANTED: ::std::cell::Cell<Option<Bug>> = const { ::std::cell::Cell::new(None) };
        }

        /// Makes a bug real on this thread, instead of the one before.
        #[cfg(feature = "planted")]
        pub fn plant(bug: Option<Bug>) {
            PLANTED.set(bug);
        }

        /// Whether a bug is real.
        #[cfg(feature = "planted")]
        pub(crate) fn is(bug: Bug) -> bool {
            PLANTED.get() == Some(bug)
        }

        /// Whether a bug is real: none is.
        #[cfg(not(feature = "planted"))]
        pub(crate) const fn is(_: Bug) -> bool {
            false
        }
    };
}

planted_bugs! {
    LostRaceCounts "an append that came second is taken for done",
    CompactionDropsTail "a compaction drops one entry more than it folded",
    CompactionKeepsDeleted "a compaction forgets what was deleted",
    ResetIsNotTold "entries that were folded away unseen are passed over in silence",
}
