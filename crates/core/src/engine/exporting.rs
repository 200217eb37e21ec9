//! Gives everything that a database holds as lines of text, part by part, so that memory stays bounded. Packs nothing.
//!
//! Cursors, the queue and what is parked are as of one moment, and the first part; records come after it, each as of when its
//! part is read. So a restored database is never behind its cursors, and no queued change is missing.

use syncline_store::{Key, Read, View};

use super::client::Client;
use crate::{
    model::{
        Base, CollectionTable, EXPORT_FORMAT, EXPORT_NAME, Error, ErrorCode, Header, Identity, Line,
        ParkedRow, QueueRow, Single as _, Table, collection_row_of, read_row, record_of,
    },
    ports::Host,
};

/// Pages of records in one part.
const PAGES: usize = 8;

/// Where an export is.
#[derive(Debug, Default)]
pub struct Export {
    /// Where the next part begins; none: at the beginning.
    next: Option<Key>,
    lines: u64,
    is_at_end: bool,
}

impl<H: Host> Client<H> {
    /// The next part of an export; `None`: that was all.
    pub async fn export_part(&self, mut export: Export) -> Result<Option<(String, Export)>, Error> {
        if export.is_at_end {
            return Ok(None);
        }
        let mut text = String::new();
        match export.next.take() {
            None => {
                self.ensure_own()?;
                let parts = [Table::Meta.all(), Table::Queue.all(), Table::Parked.all()];
                let lines = self.database.read(&parts, |view| self.first_part(view, &parts)).await??;
                lines.iter().for_each(|line| export.add(&mut text, line));
                let Read::Range { start, .. } = Table::Base.all() else { return Err(unwritable("no range")) };
                export.next = Some(start);
            }
            Some(start) => {
                let Read::Range { end, .. } = Table::Base.all() else { return Err(unwritable("no range")) };
                let to =
                    self.database.stride(&start, PAGES).filter(|to| end.as_ref().is_none_or(|end| to < end));
                let part = [Read::Range { start, end: to.clone().or(end) }];
                let lines = self.database.read(&part, |view| records(view, &part)).await??;
                lines.iter().for_each(|line| export.add(&mut text, line));
                export.next = to;
                if export.next.is_none() {
                    let end = written(&Line::End { lines: export.lines })?;
                    export.add(&mut text, &end);
                    export.is_at_end = true;
                }
            }
        }
        Ok(Some((text, export)))
    }

    fn first_part(&self, view: &dyn View, parts: &[Read]) -> Result<Vec<String>, Error> {
        let identity = view.row(&Identity::key()).map(|row| read_row::<Identity>(&row)).transpose()?;
        let mut lines = vec![written(&Line::Header(Header {
            format: EXPORT_NAME.into(),
            version: EXPORT_FORMAT,
            name: self.shared.options.name.clone(),
            account: identity.and_then(|identity| identity.account),
            device: self.device().clone(),
            exported_at: self.shared.now(),
        }))?];
        for (key, value) in rows(view, parts) {
            if let Some((CollectionTable::State, collection)) = collection_row_of(&key) {
                lines.push(written(&Line::Collection { collection, state: read_row(&value)? })?);
            } else if let Some((_, collection, record)) = record_of(&key) {
                let row: QueueRow<'_> = read_row(&value)?;
                lines.push(written(&Line::Queued { collection, record, row })?);
            } else if Table::Parked.has(&key) {
                let row: ParkedRow<'_> = read_row(&value)?;
                lines.push(written(&Line::Parked { row })?);
            }
        }
        Ok(lines)
    }
}

impl Export {
    fn add(&mut self, text: &mut String, line: &str) {
        text.push_str(line);
        text.push('\n');
        self.lines = self.lines.saturating_add(1);
    }
}

fn records(view: &dyn View, part: &[Read]) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    for (key, value) in rows(view, part) {
        let Some((_, collection, record)) = record_of(&key) else { continue };
        let row: Base<'_> = read_row(&value)?;
        lines.push(written(&Line::Record { collection, record, row })?);
    }
    Ok(lines)
}

fn rows<'a>(
    view: &'a dyn View,
    parts: &'a [Read],
) -> impl Iterator<Item = (Key, syncline_store::Value)> + 'a {
    parts.iter().flat_map(|part| match part {
        Read::Range { start, end } => view.range(start, end.as_ref()),
        Read::Key(_) => Box::new(std::iter::empty()),
    })
}

fn written(line: &Line<'_>) -> Result<String, Error> {
    serde_json::to_string(line).map_err(|error| unwritable(&error.to_string()))
}

fn unwritable(why: &str) -> Error {
    Error::new(ErrorCode::StorageCorrupt, format!("a row cannot be exported: {why}"))
}
