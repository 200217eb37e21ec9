//! A record as the server keeps it. Does not say where it is kept.

use syncline_protocol::{DeviceId, JsonText, Millis, RecordId, RemoteRecord, Version};

/// The latest state of one record; a deleted one stays, without its document, until it is purged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredRecord {
    /// Which record of its collection.
    pub id: RecordId,
    /// Grows by one at every applied change, deletions and re-creations included.
    pub version: u64,
    /// Its place in the user's commit order.
    pub position: u64,
    /// When its last edit was made, by the editing device.
    pub edited_at: Millis,
    /// When its last change was applied, by the server's clock.
    pub committed_at: Millis,
    /// Who edited it last.
    pub device: DeviceId,
    /// The document; `None`: deleted.
    pub data: Option<JsonText>,
}

impl StoredRecord {
    /// Whether it is there no more.
    pub fn is_deleted(&self) -> bool {
        self.data.is_none()
    }

    /// The record as the wire shows it.
    pub fn to_remote(&self) -> RemoteRecord {
        RemoteRecord {
            id: self.id.clone(),
            version: Some(Version::Number(self.version)),
            edited_at: self.edited_at,
            device: Some(self.device.clone()),
            data: self.data.clone(),
        }
    }
}
