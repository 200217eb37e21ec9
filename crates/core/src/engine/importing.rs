//! Takes in a file that was exported, piece by piece, and puts it into the database: in place of what is there, or beside it.
//! Unpacks nothing: what comes is the text.

use std::rc::Rc;

use syncline_protocol::{CollectionName, RecordId};

use super::client::{Client, Intent};
use crate::{
    model::{
        EXPORT_FORMAT, EXPORT_NAME, Error, ErrorCode, Header, Line, ParkedRow, Table, parked_key, record_key,
        write_row,
    },
    plan::{Contents, EditKind, Restore, is_row},
    ports::Host,
    query::HasText as _,
};

/// A file that is being read.
#[derive(Debug, Default)]
pub struct Import {
    header: Option<Header>,
    contents: Contents,
    /// The line that has begun.
    rest: Vec<u8>,
    lines: u64,
    is_at_end: bool,
}

impl Import {
    /// Takes the next piece. Fails with `invalid-argument`, and with `newer-database` where the format is newer than this.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Error> {
        let mut parts = piece.split(|byte| *byte == b'\n');
        let Some(last) = parts.next_back() else { return Ok(()) };
        for part in parts {
            let mut line = std::mem::take(&mut self.rest);
            line.extend_from_slice(part);
            self.take(&line)?;
        }
        self.rest.extend_from_slice(last);
        Ok(())
    }

    fn take(&mut self, line: &[u8]) -> Result<(), Error> {
        let number = self.lines.saturating_add(1);
        let wrong = |what: &str| Error::argument("file", format!("line {number}: {what}"));
        let line: Line<'_> = serde_json::from_slice(line).map_err(|error| match number {
            1 => Error::argument("file", "is not a file that export() made"),
            _ => wrong(&error.to_string()),
        })?;
        if self.is_at_end {
            return Err(wrong("there is something behind the end"));
        }
        if self.header.is_none() != matches!(line, Line::Header(_)) {
            return Err(wrong("a header is the first line, and no other"));
        }
        self.keep(line, &wrong)?;
        self.lines = number;
        Ok(())
    }

    fn keep(&mut self, line: Line<'_>, wrong: &dyn Fn(&str) -> Error) -> Result<(), Error> {
        match line {
            Line::Header(header) if header.format != EXPORT_NAME => {
                return Err(Error::argument("file", "is not a file that export() made"));
            }
            Line::Header(header) if header.version > EXPORT_FORMAT => {
                let message =
                    format!("file: has format {}, and this version reads {EXPORT_FORMAT}", header.version);
                return Err(Error::new(ErrorCode::NewerDatabase, message));
            }
            Line::Header(header) => {
                self.contents.account.clone_from(&header.account);
                self.header = Some(header);
            }
            Line::Collection { collection, state } => {
                CollectionName::parse(collection.as_str()).map_err(|error| wrong(&error.to_string()))?;
                self.contents.states.insert(collection, state);
            }
            Line::Queued { collection, record, row } => {
                let key = record_key(Table::Queue, &collection, &record);
                if !is_row(&key, Some(&write_row(&row)?)) {
                    return Err(wrong("is no queued change of that record"));
                }
                self.contents.records.entry((collection, record)).or_default().queued =
                    Some(row.into_owned());
            }
            Line::Parked { row } => {
                if !is_row(&parked_key(&row.change.id), Some(&write_row(&row)?)) {
                    return Err(wrong("is no parked change"));
                }
                self.contents.parked.push(ParkedRow { change: row.change.into_owned(), ..row });
            }
            Line::Record { collection, record, row } => {
                let key = record_key(Table::Base, &collection, &record);
                if !is_row(&key, Some(&write_row(&row)?)) {
                    return Err(wrong("is no document of that record"));
                }
                self.contents.records.entry((collection, record)).or_default().base = Some(row.into_owned());
            }
            Line::End { lines } if lines != self.lines => return Err(wrong("lines are missing")),
            Line::End { .. } => self.is_at_end = true,
        }
        Ok(())
    }

    /// Everything that the file holds, once all of it has come.
    fn contents(self) -> Result<Contents, Error> {
        if self.is_at_end && self.rest.is_empty() {
            return Ok(self.contents);
        }
        Err(Error::argument("file", "ends before its end: it was cut, or is not a file that export() made"))
    }
}

impl<H: Host> Client<H> {
    /// Makes this database equal to a file, in one commit; gives how many records it then has. Fails with `invalid-argument`
    /// and `account-mismatch`, and then nothing is changed.
    pub async fn restore(&self, import: Import) -> Result<u64, Error> {
        let contents = Rc::new(import.contents()?);
        let records = contents.records.values().filter(|rows| rows.local().is_some()).count();
        self.run_plan(Restore { contents }).await?;
        Ok(u64::try_from(records).unwrap_or(u64::MAX))
    }

    /// Takes the records of a file as local edits, in one commit; those that are here as they are there stay as they are. Gives
    /// how many records the file has. Fails with `invalid-argument`, and then nothing is changed.
    pub async fn merge(&self, import: Import) -> Result<u64, Error> {
        let contents = import.contents()?;
        let mut intents = Vec::new();
        let mut records = 0_u64;
        let mut here = std::collections::BTreeMap::<CollectionName, Vec<(RecordId, String)>>::new();
        for ((collection, record), rows) in &contents.records {
            if let Some(text) = rows.local() {
                records = records.saturating_add(1);
                here.entry(collection.clone()).or_default().push((record.clone(), text.to_owned()));
            }
        }
        for (collection, wanted) in here {
            let ids: Vec<RecordId> = wanted.iter().map(|(record, _)| record.clone()).collect();
            let rows = self.rows(&collection, &ids).await?;
            for ((record, text), row) in wanted.into_iter().zip(rows) {
                let text = self.shared.migrated(&collection, &record, &text).unwrap_or(text);
                if row.as_ref().and_then(|row| row.text()) != Some(&*text) {
                    let kind = EditKind::Put(text.into());
                    intents.push(Intent { collection: collection.clone(), record, kind });
                }
            }
        }
        if !intents.is_empty() {
            self.write(intents).await?;
        }
        Ok(records)
    }
}
