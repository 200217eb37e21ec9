//! Judges what became of conflicts: what each side touched, and what is left of it. Knows no strategy.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use syncline_core::model::{Conflict, ResolvedAs};
use syncline_protocol::JsonText;

/// What became of the conflicts of a collection.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Score {
    /// Conflicts met.
    pub(crate) conflicts: u64,
    /// Those that ended by themselves, with every field that one side alone touched as that side left it, and every other
    /// touched field as one of the two left it.
    pub(crate) resolved: u64,
    /// Of those, the ones in which no field was touched by both.
    pub(crate) disjoint: u64,
    /// Of those, the ones in which the later edit won a field that both had touched.
    pub(crate) same_field: u64,
    /// Of all conflicts, those of a deletion against an edit.
    pub(crate) deletions: u64,
    /// Of all, those that were left to a person.
    pub(crate) left: u64,
    /// Fields that one side alone had touched and that are not as it left them.
    pub(crate) lost_fields: u64,
}

impl Score {
    /// The share of conflicts that ended by themselves without a loss.
    #[allow(clippy::cast_precision_loss, reason = "counts of a workload")]
    pub(crate) fn share(&self) -> f64 {
        if self.conflicts == 0 { 1.0 } else { self.resolved as f64 / self.conflicts as f64 }
    }

    /// Adds what another run met.
    pub(crate) fn add(&mut self, other: &Self) {
        let Self { conflicts, resolved, disjoint, same_field, deletions, left, lost_fields } = other;
        for (mine, theirs) in [
            (&mut self.conflicts, conflicts),
            (&mut self.resolved, resolved),
            (&mut self.disjoint, disjoint),
            (&mut self.same_field, same_field),
            (&mut self.deletions, deletions),
            (&mut self.left, left),
            (&mut self.lost_fields, lost_fields),
        ] {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// Judges one conflict by the document that it left.
    pub(super) fn judge(&mut self, conflict: &Conflict, resolved_as: ResolvedAs, after: Option<&Value>) {
        self.conflicts = self.conflicts.saturating_add(1);
        let doc =
            |doc: &Option<JsonText>| -> Option<Value> { serde_json::from_str(doc.as_ref()?.as_str()).ok() };
        let [base, local, remote] = [&conflict.base, &conflict.local, &conflict.remote].map(doc);
        if local.is_none() || remote.is_none() {
            self.deletions = self.deletions.saturating_add(1);
        }
        if resolved_as == ResolvedAs::Parked {
            self.left = self.left.saturating_add(1);
            return;
        }
        let [base, local, remote, after] =
            [base.as_ref(), local.as_ref(), remote.as_ref(), after].map(fields_of);
        let (here, there) = (touched(&base, &local), touched(&base, &remote));
        let is_as = |path: &&&String, side: &Fields| after.get(**path) == side.get(**path);
        let lost_here = here.difference(&there).filter(|path| !is_as(path, &local)).count();
        let lost_there = there.difference(&here).filter(|path| !is_as(path, &remote)).count();
        let lost = lost_here.saturating_add(lost_there);
        self.lost_fields = self.lost_fields.saturating_add(u64::try_from(lost).unwrap_or(u64::MAX));
        let both: Vec<_> = here.intersection(&there).collect();
        let are_chosen = both.iter().all(|path| is_as(path, &local) || is_as(path, &remote));
        if lost > 0 || !are_chosen {
            return;
        }
        self.resolved = self.resolved.saturating_add(1);
        let is_disjoint = both.iter().all(|path| local.get(**path) == remote.get(**path));
        let part = if is_disjoint { &mut self.disjoint } else { &mut self.same_field };
        *part = part.saturating_add(1);
    }
}

/// The fields of a document by their paths; those of an element by its id.
type Fields = BTreeMap<String, Value>;

fn fields_of(doc: Option<&Value>) -> Fields {
    let mut fields = Fields::new();
    if let Some(doc) = doc {
        gather(doc, String::new(), &mut fields);
    }
    fields
}

fn gather(value: &Value, path: String, fields: &mut Fields) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| gather(value, format!("{path}/{name}"), fields));
        }
        Value::Array(elements) if elements.iter().all(|element| element.get("id").is_some()) => {
            for element in elements {
                let id = element.get("id").map(Value::to_string).unwrap_or_default();
                gather(element, format!("{path}/{id}"), fields);
            }
        }
        _ => drop(fields.insert(path, value.clone())),
    }
}

fn touched<'a>(base: &'a Fields, side: &'a Fields) -> BTreeSet<&'a String> {
    base.keys().chain(side.keys()).filter(|path| base.get(*path) != side.get(*path)).collect()
}
