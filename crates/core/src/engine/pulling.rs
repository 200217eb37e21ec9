//! The half of a cycle in which records come down: pages to their end, each with its cursor in one commit. Decides nothing
//! about records.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join;
use syncline_protocol::{CollectionName, Cursor, Millis, PullPage, RecordId};
use syncline_store::{Read, View};

use super::{
    client::Client,
    cycle::{Cycle, CycleError, count},
};
use crate::{
    gather::Gather as _,
    model::{Direction, Error, ErrorCode, Phase, Retry, Table, collection_of, identify},
    plan::{ApplyPage, PageApplied, PageEnd},
    planted::{self, Bug},
    ports::{Backend, Host, Pulled, Wanted},
};

/// Records in one page.
const PAGE: usize = 1_000;

impl<H: Host> Client<H> {
    /// The collections that are pulled and whose cursor is as wanted.
    pub(super) fn pulled(&self, is_wanted: impl Fn(Option<&Cursor>) -> bool) -> Vec<CollectionName> {
        let enabled = self.flowing(&Direction::is_pulled).into_iter().map(|(name, _)| name);
        let mirror = self.shared.mirror.borrow();
        let cursor = |name: &CollectionName| mirror.state(name).and_then(|state| state.cursor.as_ref());
        enabled.filter(|name| is_wanted(cursor(name))).collect()
    }

    /// Pulls collections to their end. Gives how many changes have to go out again in another round.
    pub(super) async fn pull_all(
        &self,
        backend: &H::Backend,
        epoch: u64,
        wanted: Vec<CollectionName>,
        cycle: &mut Cycle,
    ) -> Result<u64, CycleError> {
        let mut snapshots = BTreeMap::<CollectionName, Snapshot>::new();
        for name in &wanted {
            let is_whole = self.is_begun_with_bases(name).await?;
            snapshots.insert(name.clone(), Snapshot { is_whole, ..Snapshot::default() });
        }
        let (mut done, mut requeued) = (0_u64, 0_u64);
        // The first page of each comes with one request.
        let mut together: Vec<Vec<CollectionName>> = if wanted.is_empty() { vec![] } else { vec![wanted] };
        let mut ahead = None;
        while let Some(names) = together.pop() {
            let questions: Vec<Wanted> =
                names.iter().map(|name| self.wanted(name, snapshots.get(name))).collect();
            // What was asked ahead is void where the page before it was.
            let asked = match ahead.take().filter(|ahead: &Asked| ahead.questions == questions) {
                Some(asked) => asked,
                None => self.ask(backend, questions).await,
            };
            let Asked { questions, began, ended, answer } = asked;
            let mut pulled = match answer {
                Ok(pulled) => pulled,
                Err(error) if is_of_question(&error) => {
                    match names.as_slice() {
                        // It stands in no other collection's way.
                        [one] => {
                            cycle.set_aside.insert(one.clone());
                            cycle.failure.get_or_insert_with(|| error.with_collection(one));
                        }
                        _ => together.extend(names.into_iter().rev().map(|name| vec![name])),
                    }
                    continue;
                }
                Err(error) => return Err(error.about_one_of(&names).into()),
            };
            // By priority here too; the wire does not say in which order.
            pulled.pages.sort_by_key(|(name, _)| names.iter().position(|known| known == name));
            let following = self.following(&questions, &pulled);
            let applying = async {
                self.keep_skew(epoch, began, ended, pulled.now).await?;
                let mut unfinished = Vec::new();
                for (name, page) in pulled.pages {
                    let Some(question) = questions.iter().find(|question| question.collection == name) else {
                        continue;
                    };
                    let has_more = page.more && !planted::is(Bug::PullStopsEarly);
                    done = done.saturating_add(count(page.records.len()));
                    let snapshot = snapshots.entry(name.clone()).or_default();
                    let applied = self.apply_page(epoch, question, page, snapshot, cycle).await?;
                    requeued = requeued.saturating_add(applied.requeued);
                    if applied.is_void {
                        cycle.come_back_in(self.shared.options.schedule.backoff.base);
                    } else if has_more && !applied.is_paused {
                        unfinished.push(name);
                    }
                    if !unfinished.is_empty() || cycle.report.pulled > 0 {
                        self.show_progress(Phase::Pull, &question.collection, done, None);
                    }
                }
                Ok::<_, CycleError>(unfinished)
            };
            let unfinished = if following.is_empty() {
                applying.await?
            } else {
                let asking = async { Ok(self.ask(backend, following).await) };
                let (unfinished, asked) = try_join(applying, asking).await?;
                ahead = Some(asked);
                unfinished
            };
            together.extend(self.tiers(unfinished));
        }
        Ok(requeued)
    }

    /// Collections by priority, the highest last: it is taken first, and pulled to its end before the others go on.
    fn tiers(&self, wanted: Vec<CollectionName>) -> impl Iterator<Item = Vec<CollectionName>> {
        let mut tiers = BTreeMap::<i32, Vec<CollectionName>>::new();
        for name in wanted {
            let options = self.shared.options.collections.get(&name);
            tiers.entry(options.map_or(0, |options| options.priority)).or_default().push(name);
        }
        tiers.into_values()
    }

    /// The questions for the pages behind these that are asked next: the server can answer them while these are applied.
    fn following(&self, questions: &[Wanted], pulled: &Pulled) -> Vec<Wanted> {
        let is_unfinished = |(name, page): &&(CollectionName, PullPage)| {
            page.more && questions.iter().any(|question| question.collection == *name)
        };
        let unfinished: BTreeMap<&CollectionName, &Cursor> =
            pulled.pages.iter().filter(is_unfinished).map(|(name, page)| (name, &page.cursor)).gather();
        let in_order = pulled.pages.iter().map(|(name, _)| name).filter(|name| unfinished.contains_key(name));
        let next = self.tiers(in_order.cloned().collect()).last().unwrap_or_default();
        let question = |name: CollectionName| {
            let cursor = unfinished.get(&name).map(|cursor| (*cursor).clone());
            Wanted { collection: name, cursor }
        };
        next.into_iter().map(question).collect()
    }

    /// Sends one pull, and notes when.
    async fn ask(&self, backend: &H::Backend, questions: Vec<Wanted>) -> Asked {
        self.take_turn(backend).await;
        let (began, before) = (self.shared.now(), backend.traffic());
        let answer = backend.pull(&questions, self.page_limit(PAGE, questions.len())).await;
        if let Ok(pulled) = &answer {
            let records = pulled.pages.iter().map(|(_, page)| count(page.records.len())).sum();
            self.handle_page_size(before, backend.traffic(), records);
        }
        Asked { questions, began, ended: self.shared.now(), answer }
    }

    async fn apply_page(
        &self,
        epoch: u64,
        question: &Wanted,
        mut page: PullPage,
        snapshot: &mut Snapshot,
        cycle: &mut Cycle,
    ) -> Result<PageApplied, CycleError> {
        for record in &mut page.records {
            identify(record);
            self.shared.migrate_incoming(&question.collection, record);
        }
        let has_more = page.more;
        let options = self.shared.options.collections.get(&question.collection);
        let end = snapshot.end_of(question.cursor.as_ref(), &page);
        let plan = ApplyPage {
            strategy: self.strategies().get(&question.collection).copied().unwrap_or_default(),
            collection: question.collection.clone(),
            records: page.records,
            since: snapshot.stored.take().unwrap_or_else(|| question.cursor.clone()),
            end,
            has_more,
            retain: options.and_then(|options| options.retain),
            mass_deletion_limit: options.map_or(1.0, |options| options.mass_deletion_limit),
            rebaser: self.rebaser(),
        };
        if matches!(plan.end, PageEnd::Within) {
            snapshot.stored = Some(plan.since.clone());
        }
        let plan =
            if planted::is(Bug::CursorBeforeRecords) { self.cursor_first(epoch, plan).await? } else { plan };
        let mut applied = self.run_fenced(epoch, plan).await?;
        cycle.report.pulled = cycle.report.pulled.saturating_add(applied.pulled);
        self.tell_conflicts(std::mem::take(&mut applied.conflicts), cycle);
        self.keep_report(cycle);
        self.note_paused(cycle);
        Ok(applied)
    }

    /// A planted bug.
    async fn cursor_first(&self, epoch: u64, plan: ApplyPage) -> Result<ApplyPage, CycleError> {
        let PageEnd::Cursor(cursor) = plan.end.clone() else { return Ok(plan) };
        self.run_fenced(epoch, ApplyPage { records: Vec::new(), ..plan.clone() }).await?;
        Ok(ApplyPage { since: Some(cursor), ..plan })
    }

    /// Whether a pull from nothing finds records that the server confirmed already: pushed before the first pull. What it
    /// does not name is deleted then.
    async fn is_begun_with_bases(&self, name: &CollectionName) -> Result<bool, CycleError> {
        let has_cursor = self.shared.mirror.borrow().state(name).is_some_and(|state| state.cursor.is_some());
        if has_cursor {
            return Ok(false);
        }
        let bases = collection_of(Table::Base, name);
        let look = |view: &dyn View| match &bases {
            Read::Range { start, end } => view.range(start, end.as_ref()).next().is_some(),
            Read::Key(_) => false,
        };
        Ok(self.database.read(std::slice::from_ref(&bases), look).await?)
    }

    fn wanted(&self, name: &CollectionName, snapshot: Option<&Snapshot>) -> Wanted {
        let within = snapshot.and_then(|snapshot| snapshot.within.clone());
        let mirror = self.shared.mirror.borrow();
        let stored = mirror.state(name).and_then(|state| state.cursor.clone());
        Wanted { collection: name.clone(), cursor: within.or(stored) }
    }
}

/// Whether an error may be about what was asked for rather than about who asks, or about the way to the server.
fn is_of_question(error: &Error) -> bool {
    matches!(error.retry, Retry::Apart(_)) || error.code == ErrorCode::Protocol
}

/// A pull that was sent.
struct Asked {
    questions: Vec<Wanted>,
    began: Millis,
    ended: Millis,
    answer: Result<Pulled, Error>,
}

/// What is kept between the pages of one snapshot: its cursor is only stored with its last page.
#[derive(Default)]
struct Snapshot {
    /// Whether the pages are everything there is, although they do not say so.
    is_whole: bool,
    within: Option<Cursor>,
    seen: BTreeSet<RecordId>,
    /// The cursor that is stored while the snapshot is under way.
    stored: Option<Option<Cursor>>,
}

impl Snapshot {
    /// How the page ends that was asked for behind a cursor.
    fn end_of(&mut self, since: Option<&Cursor>, page: &PullPage) -> PageEnd {
        if self.within.is_none() && since.is_some() {
            // It was not asked for from nothing after all: a commit that was not heard of had stored a cursor.
            self.is_whole = false;
        }
        if !page.snapshot && !self.is_whole {
            return PageEnd::Cursor(page.cursor.clone());
        }
        if page.start {
            self.seen.clear();
        }
        self.seen.extend(page.records.iter().map(|record| record.id.clone()));
        if page.more {
            self.within = Some(page.cursor.clone());
            return PageEnd::Within;
        }
        self.within = None;
        PageEnd::Snapshot { cursor: page.cursor.clone(), seen: std::mem::take(&mut self.seen) }
    }
}

#[cfg(test)]
mod tests {
    use syncline_protocol::RemoteRecord;

    use super::*;

    fn page(id: &str, more: bool, start: bool) -> PullPage {
        let id = RecordId::trusted(id);
        let record = RemoteRecord { id, version: None, edited_at: Millis(1), device: None, data: None };
        PullPage { records: vec![record], cursor: Cursor("c".to_owned()), more, snapshot: true, start }
    }

    fn seen(pages: &[PullPage]) -> Vec<String> {
        let mut snapshot = Snapshot::default();
        let ends: Vec<PageEnd> = pages.iter().map(|page| snapshot.end_of(None, page)).collect();
        match ends.last() {
            Some(PageEnd::Snapshot { seen, .. }) => seen.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_snapshot_names_what_all_its_pages_did() {
        assert_eq!(seen(&[page("a", true, true), page("b", false, false)]), ["a", "b"]);
    }

    #[test]
    fn a_page_behind_a_cursor_is_not_everything_there_is() {
        let page = PullPage { snapshot: false, ..page("a", false, false) };
        let end =
            |since: Option<&Cursor>| Snapshot { is_whole: true, ..Snapshot::default() }.end_of(since, &page);
        assert!(matches!(end(None), PageEnd::Snapshot { .. }));
        assert!(matches!(end(Some(&Cursor("c".to_owned()))), PageEnd::Cursor(_)));
    }

    #[test]
    fn a_snapshot_that_starts_over_names_what_its_pages_did_since() {
        let pages =
            [page("a", true, true), page("b", true, false), page("c", true, true), page("d", false, false)];
        assert_eq!(seen(&pages), ["c", "d"]);
    }
}
