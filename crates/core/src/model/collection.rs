//! What the app says of one collection when it opens. Checked where it is read, not here.

use serde::Deserialize;

/// How a conflict in a collection is resolved.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictStrategy {
    /// The local edit, on the incoming version.
    ClientWins,
    /// What a function of the app's says; the conflict is kept until it has answered.
    Function,
    /// The later edit by skew-corrected time; ties by device id.
    #[default]
    LastWriteWins,
    /// What somebody says; the conflict is kept until then.
    Manual,
    /// Three-way by field on the common base; a field edited on both sides goes to the later edit.
    Merge,
    /// The incoming record.
    ServerWins,
}

/// What sync does with a collection once it is enabled.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Pushes and pulls.
    #[default]
    Both,
    /// Neither.
    None,
    /// Only pulls.
    Pull,
    /// Only pushes.
    Push,
}

impl Direction {
    /// Whether changes go up.
    pub fn is_pushed(self) -> bool {
        matches!(self, Self::Both | Self::Push)
    }

    /// Whether records come down.
    pub fn is_pulled(self) -> bool {
        matches!(self, Self::Both | Self::Pull)
    }
}

/// How long records are kept on a device that are not edited.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Retain {
    /// In days, or parts of one.
    pub days: f64,
}

impl Retain {
    /// The same in milliseconds.
    #[allow(clippy::cast_possible_truncation, reason = "a time too long to count is for ever")]
    pub fn milliseconds(self) -> i64 {
        (self.days * 86_400_000.0) as i64
    }
}

/// The options of one collection.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct CollectionOptions {
    /// How conflicts are resolved.
    pub conflict: ConflictStrategy,
    /// Both ways unless said otherwise.
    pub direction: Direction,
    /// Fields that queries look up or sort by.
    pub indexes: Vec<String>,
    /// A pull that would delete more than this share of the collection waits until somebody agrees; 1: none does.
    pub mass_deletion_limit: f64,
    /// Higher syncs first.
    pub priority: i32,
    /// How long synced records are kept that are not edited; for ever where nothing is said.
    pub retain: Option<Retain>,
    /// The version that documents are brought up to; 0: they have none.
    pub schema_version: u32,
}

impl Default for CollectionOptions {
    fn default() -> Self {
        Self {
            conflict: ConflictStrategy::default(),
            direction: Direction::default(),
            indexes: Vec::new(),
            mass_deletion_limit: 0.5,
            priority: 0,
            retain: None,
            schema_version: 0,
        }
    }
}
