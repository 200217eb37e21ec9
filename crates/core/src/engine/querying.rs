//! Answers queries, once and for as long as they live, by indexes where there are any. Chooses no index itself.
//!
//! What these give is as of the moment at which they resolve: nothing is awaited between the last look and the return. What
//! a look makes of a view that lacks rows is thrown away, so everything is kept after it.

use syncline_protocol::{CollectionName, RecordId};
use syncline_store::{Read, View};

use super::{
    client::Client,
    everything::Everything,
    reading::{SeenRow, reads_of, row_of, rows_of, seen_records},
};
use crate::{
    model::{Error, LiveNumber, RecordKeys},
    ports::Host,
    query::{Condition, FieldPath, Fields, HasText as _, Index, LiveQuery, Query, choose_index},
};

/// The answer to a query, in order.
#[derive(Debug)]
pub enum Listed {
    /// All documents of the collection.
    Everything(Everything),
    /// Some of its records.
    Found(Vec<(RecordId, SeenRow)>),
}

impl<H: Host> Client<H> {
    /// The records that a query finds, in order.
    pub async fn select(
        &self,
        collection: &CollectionName,
        query: &Query,
    ) -> Result<Vec<(RecordId, SeenRow)>, Error> {
        self.known(collection)?;
        self.ensure_migrated(collection).await?;
        let chosen = choose_index(query, &self.indexed(collection));
        match chosen.and_then(|place| Some((place, query.conditions.get(place)?))) {
            Some((place, condition)) => {
                let rest = query.without(place);
                loop {
                    self.ensure_index(collection, &condition.path).await?;
                    if let Some(found) = self.select_by_index(collection, condition, &rest).await? {
                        return Ok(found);
                    }
                }
            }
            None => {
                let look = |view: &dyn View| query.select(rows_of(view, collection).into_iter());
                self.database.read(&reads_of(collection), look).await?
            }
        }
    }

    /// The answer to a query, as it is cheapest to hand on.
    pub async fn list(&self, collection: &CollectionName, query: &Query) -> Result<Listed, Error> {
        Ok(if *query == Query::default() {
            Listed::Everything(self.everything(collection).await?)
        } else {
            Listed::Found(self.select(collection, query).await?)
        })
    }

    async fn everything(&self, collection: &CollectionName) -> Result<Everything, Error> {
        self.known(collection)?;
        self.ensure_migrated(collection).await?;
        let about =
            usize::try_from(self.shared.mirror.borrow().tally(collection).records).unwrap_or_default();
        let look = |view: &dyn View| Everything::of(seen_records(view, collection), about);
        Ok(self.database.read(&reads_of(collection), look).await?)
    }

    /// Begins to keep a query's answer current: `Event::Live` tells of what changes. Gives the answer.
    pub async fn open_live(
        &self,
        collection: &CollectionName,
        query: &Query,
        number: LiveNumber,
    ) -> Result<Vec<(RecordId, SeenRow)>, Error> {
        let everything = self.select(collection, &Query::default()).await?;
        let texts = everything.iter().map(|(record, row)| (record, row.text().unwrap_or("null")));
        let live = LiveQuery::new(query.clone(), texts)?;
        let answer = live
            .answer()
            .filter_map(|record| {
                let place = everything.binary_search_by(|(known, _)| known.cmp(record)).ok()?;
                everything.get(place).cloned()
            })
            .collect();
        self.shared.lookup.borrow_mut().keep_live(collection, number, live);
        Ok(answer)
    }

    /// A live query's answer; `None`: it has to be opened again.
    pub async fn live_answer(
        &self,
        collection: &CollectionName,
        number: LiveNumber,
    ) -> Result<Option<Vec<(RecordId, SeenRow)>>, Error> {
        let answer = || self.shared.lookup.borrow().answer(collection, number);
        loop {
            let Some(records) = answer() else { return Ok(None) };
            let rows = self.rows(collection, &records).await?;
            // Commits may have come in while pages were loaded: then other records may be the answer.
            if answer().as_ref() == Some(&records) {
                let found = records.into_iter().zip(rows);
                return Ok(Some(found.filter_map(|(record, row)| Some((record, row?))).collect()));
            }
        }
    }

    /// Lets a live query go.
    pub fn close_live(&self, number: LiveNumber) {
        self.shared.lookup.borrow_mut().drop_live(number);
    }

    /// `None`: the index was forgotten meanwhile.
    async fn select_by_index(
        &self,
        collection: &CollectionName,
        condition: &Condition,
        rest: &Query,
    ) -> Result<Option<Vec<(RecordId, SeenRow)>>, Error> {
        let find = || self.shared.lookup.borrow().find(collection, &condition.path, &condition.test);
        let Some(found) = find() else { return Ok(None) };
        let reads: Vec<Read> =
            found.iter().flat_map(|record| RecordKeys::of(collection, record).reads()).collect();
        let look = |view: &dyn View| {
            // Asked again at each look: commits may have come in while pages were loaded, or gone by unseen.
            let Some(found) = find() else { return Ok(None) };
            let found = found.into_iter();
            let rows = found.filter_map(|record| Some((record.clone(), row_of(view, collection, &record)?)));
            rest.select(rows).map(Some)
        };
        self.database.read(&reads, look).await?
    }

    async fn ensure_index(&self, collection: &CollectionName, path: &FieldPath) -> Result<(), Error> {
        if self.shared.lookup.borrow().has_index(collection, path) {
            return Ok(());
        }
        let everything = self.database.read(&reads_of(collection), |view| rows_of(view, collection)).await?;
        let mut fields = Fields::default();
        fields.want(path);
        let mut index = Index::default();
        for (record, row) in &everything {
            index.handle(record, fields.pick(row.text().unwrap_or("null"))?.pop().flatten());
        }
        self.shared.lookup.borrow_mut().keep_index(collection, path.clone(), index);
        Ok(())
    }

    fn indexed(&self, collection: &CollectionName) -> Vec<FieldPath> {
        let options = self.shared.options.collections.get(collection);
        options.into_iter().flat_map(|options| &options.indexes).map(|path| FieldPath::parse(path)).collect()
    }
}
