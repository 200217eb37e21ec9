//! What becomes of one change, from protocol.md §1 "push". Stores nothing and remembers nothing.

use syncline_protocol::{Change, DeviceId, JsonText, Limits, Millis, PushResult, RemoteRecord, Version};

use super::{
    edit::{Edit, Refusal},
    record::StoredRecord,
};

/// What the server has that bears on a change.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The record as it is, deleted or not; `None` where it never was, or its deletion was purged.
    pub current: Option<&'a StoredRecord>,
    /// The answer given to this change's id before.
    pub answered: Option<&'a PushResult>,
    /// The highest version among purged deletions of the collection: new records start above it, so that no
    /// version of a forgotten record is ever given again.
    pub floor: u64,
}

/// How a change came in.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Who sent it.
    pub device: &'a DeviceId,
    /// The server's time.
    pub now: Millis,
    /// The place in the commit order that it gets if it is applied.
    pub position: u64,
}

/// What is to be done with a change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The record is to be stored and the answer remembered, both or neither.
    Applied {
        /// The record's new state.
        record: StoredRecord,
        /// The answer.
        result: PushResult,
    },
    /// Nothing is stored and nothing remembered: the same id may come again and be applied.
    Conflict {
        /// The answer.
        result: PushResult,
    },
    /// The answer is to be remembered, nothing else.
    Rejected {
        /// The answer.
        result: PushResult,
    },
    /// The answer of the first time; nothing is to be done.
    AlreadyAnswered {
        /// The answer.
        result: PushResult,
    },
}

impl Verdict {
    /// The answer to the client.
    pub fn into_result(self) -> PushResult {
        match self {
            Self::Applied { result, .. }
            | Self::Conflict { result }
            | Self::Rejected { result }
            | Self::AlreadyAnswered { result } => result,
        }
    }
}

/// Decides one change: applied iff its base is the current version, or it has none and no such record is there.
pub fn decide(change: &Change, known: &Known<'_>, arrival: &Arrival<'_>, limits: &Limits) -> Verdict {
    if let Some(result) = known.answered {
        return Verdict::AlreadyAnswered { result: result.clone() };
    }
    let edit = match Edit::of(change, limits) {
        Ok(edit) => edit,
        Err(refusal) => return rejected(change, refusal),
    };
    if !is_on_current(change.base.as_ref(), known.current) {
        return conflict(change, known.current);
    }
    match edit.apply(known.current, limits) {
        Ok(data) => applied(change, known, arrival, data),
        Err(refusal) => rejected(change, refusal),
    }
}

fn is_on_current(base: Option<&Version>, current: Option<&StoredRecord>) -> bool {
    match (base, current) {
        (None, None) => true,
        (None, Some(record)) => record.is_deleted(),
        (Some(base), Some(record)) => *base == Version::Number(record.version),
        (Some(_), None) => false,
    }
}

fn applied(change: &Change, known: &Known<'_>, arrival: &Arrival<'_>, data: Option<JsonText>) -> Verdict {
    let version = known.current.map_or(known.floor, |record| record.version).saturating_add(1);
    let record = StoredRecord {
        id: change.record.clone(),
        version,
        position: arrival.position,
        edited_at: change.edited_at,
        committed_at: arrival.now,
        device: arrival.device.clone(),
        data,
    };
    let result = PushResult::Applied { id: change.id.clone(), version: Version::Number(version) };
    Verdict::Applied { record, result }
}

fn conflict(change: &Change, current: Option<&StoredRecord>) -> Verdict {
    // A record that was purged, or lost with a restored backup, is a deletion without a version.
    let record = current.map_or_else(
        || RemoteRecord {
            id: change.record.clone(),
            version: None,
            edited_at: Millis(0),
            device: None,
            data: None,
        },
        StoredRecord::to_remote,
    );
    Verdict::Conflict { result: PushResult::Conflict { id: change.id.clone(), record } }
}

fn rejected(change: &Change, refusal: Refusal) -> Verdict {
    let Refusal(code, message) = refusal;
    let result = PushResult::Rejected {
        id: change.id.clone(),
        code: code.as_str().to_owned(),
        message: message.to_owned(),
    };
    Verdict::Rejected { result }
}

#[cfg(test)]
mod tests {
    use syncline_protocol::{ChangeId, CollectionName, Op, RecordId};

    use super::*;

    fn change(op: Op, base: Option<u64>, data: &str) -> Change {
        Change {
            id: ChangeId::trusted("c"),
            collection: CollectionName::trusted("todos"),
            record: RecordId::trusted("r"),
            op,
            base: base.map(Version::Number),
            data: (!data.is_empty()).then(|| JsonText::parse(data).unwrap()),
            edited_at: Millis(5),
        }
    }

    fn stored(version: u64, data: Option<&str>) -> StoredRecord {
        StoredRecord {
            id: RecordId::trusted("r"),
            version,
            position: 1,
            edited_at: Millis(1),
            committed_at: Millis(1),
            device: DeviceId::trusted("before"),
            data: data.map(|text| JsonText::parse(text).unwrap()),
        }
    }

    fn verdict(change: &Change, current: Option<&StoredRecord>) -> Verdict {
        let device = DeviceId::trusted("d");
        let arrival = Arrival { device: &device, now: Millis(9), position: 7 };
        let limits = Limits { record: 40, ..Limits::default() };
        decide(change, &Known { current, ..Known::default() }, &arrival, &limits)
    }

    fn version_of(verdict: Verdict) -> Option<u64> {
        match verdict {
            Verdict::Applied { record, .. } => Some(record.version),
            _ => None,
        }
    }

    fn code_of(verdict: Verdict) -> String {
        let Verdict::Rejected { result: PushResult::Rejected { code, .. } } = verdict else {
            panic!("not rejected: {verdict:?}")
        };
        code
    }

    #[test]
    fn a_new_record_is_applied_as_its_text_came() {
        let Verdict::Applied { record, .. } = verdict(&change(Op::Put, None, r#"{"z":1.50, "a":2}"#), None)
        else {
            panic!("not applied")
        };
        assert_eq!(record.data.unwrap().as_str(), r#"{"z":1.50, "a":2}"#);
        assert_eq!((record.version, record.position, record.device.as_str()), (1, 7, "d"));
        assert_eq!((record.edited_at, record.committed_at), (Millis(5), Millis(9)));
    }

    #[test]
    fn an_edit_on_the_current_version_is_applied_and_raises_it() {
        let current = stored(4, Some("{}"));
        assert_eq!(version_of(verdict(&change(Op::Put, Some(4), "{}"), Some(&current))), Some(5));
    }

    #[test]
    fn an_edit_on_another_version_is_a_conflict_with_the_current_record() {
        let current = stored(4, Some(r#"{"a":1}"#));
        for base in [None, Some(3), Some(5)] {
            let Verdict::Conflict { result: PushResult::Conflict { record, .. } } =
                verdict(&change(Op::Put, base, "{}"), Some(&current))
            else {
                panic!("no conflict on {base:?}")
            };
            assert_eq!(record, current.to_remote());
        }
    }

    #[test]
    fn a_version_that_is_text_is_never_current() {
        let mut change = change(Op::Put, None, "{}");
        change.base = Some(Version::Text("4".to_owned()));
        assert_eq!(version_of(verdict(&change, Some(&stored(4, Some("{}"))))), None);
    }

    #[test]
    fn an_edit_of_a_deleted_record_is_a_conflict_without_data() {
        let Verdict::Conflict { result: PushResult::Conflict { record, .. } } =
            verdict(&change(Op::Put, Some(3), "{}"), Some(&stored(4, None)))
        else {
            panic!("no conflict")
        };
        assert_eq!((record.version, record.data), (Some(Version::Number(4)), None));
    }

    #[test]
    fn an_edit_of_a_record_that_is_not_known_is_a_conflict_without_version() {
        let Verdict::Conflict { result: PushResult::Conflict { record, .. } } =
            verdict(&change(Op::Delete, Some(3), ""), None)
        else {
            panic!("no conflict")
        };
        assert_eq!((record.version, record.data), (None, None));
    }

    #[test]
    fn a_record_created_anew_after_its_deletion_goes_on_counting() {
        assert_eq!(version_of(verdict(&change(Op::Put, None, "{}"), Some(&stored(4, None)))), Some(5));
    }

    #[test]
    fn a_record_created_anew_after_its_deletion_was_purged_starts_above_every_purged_version() {
        let device = DeviceId::trusted("d");
        let arrival = Arrival { device: &device, now: Millis(9), position: 7 };
        let known = Known { floor: 6, ..Known::default() };
        let verdict = decide(&change(Op::Put, None, "{}"), &known, &arrival, &Limits::default());
        assert_eq!(version_of(verdict), Some(7));
    }

    #[test]
    fn a_deletion_on_the_current_version_leaves_a_version_without_data() {
        let current = stored(4, Some("{}"));
        let Verdict::Applied { record, .. } = verdict(&change(Op::Delete, Some(4), ""), Some(&current))
        else {
            panic!("not applied")
        };
        assert_eq!((record.version, record.is_deleted()), (5, true));
    }

    #[test]
    fn a_patch_is_merged_into_the_current_document() {
        let current = stored(1, Some(r#"{"a":1,"b":{"c":2,"d":3}}"#));
        let patch = change(Op::Patch, Some(1), r#"{"a":null,"b":{"d":4}}"#);
        let Verdict::Applied { record, .. } = verdict(&patch, Some(&current)) else { panic!("not applied") };
        assert_eq!(record.data.unwrap().as_str(), r#"{"b":{"c":2,"d":4}}"#);
    }

    #[test]
    fn a_patch_leaves_the_order_and_the_numbers_it_does_not_name() {
        let current = stored(1, Some(r#"{"z":1,"f":1.0715660391300001,"m":3}"#));
        let patch = change(Op::Patch, Some(1), r#"{"z":null,"m":4}"#);
        let limits = Limits::default();
        let device = DeviceId::trusted("d");
        let arrival = Arrival { device: &device, now: Millis(9), position: 7 };
        let known = Known { current: Some(&current), ..Known::default() };
        let Verdict::Applied { record, .. } = decide(&patch, &known, &arrival, &limits) else {
            panic!("not applied")
        };
        assert_eq!(record.data.unwrap().as_str(), r#"{"f":1.0715660391300001,"m":4}"#);
    }

    #[test]
    fn the_same_change_again_gets_the_first_answer_whatever_is_current() {
        let device = DeviceId::trusted("d");
        let arrival = Arrival { device: &device, now: Millis(9), position: 7 };
        let first = PushResult::Applied { id: ChangeId::trusted("c"), version: Version::Number(2) };
        let current = stored(8, Some("{}"));
        let known = Known { current: Some(&current), answered: Some(&first), floor: 0 };
        let again = decide(&change(Op::Put, Some(8), "{}"), &known, &arrival, &Limits::default());
        assert_eq!(again, Verdict::AlreadyAnswered { result: first });
    }

    #[test]
    fn what_is_no_document_is_rejected_even_on_the_wrong_base() {
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        let limitless = Limits { record: usize::MAX, ..Limits::default() };
        for data in ["", "[]", "1", r#"{"a":1e999}"#, &deep] {
            for op in [Op::Put, Op::Patch] {
                let device = DeviceId::trusted("d");
                let arrival = Arrival { device: &device, now: Millis(9), position: 7 };
                let verdict = decide(&change(op, Some(9), data), &Known::default(), &arrival, &limitless);
                assert_eq!(code_of(verdict), "invalid-document", "{data}");
            }
        }
    }

    #[test]
    fn what_is_too_large_or_becomes_so_by_a_patch_is_rejected() {
        let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(40));
        assert_eq!(code_of(verdict(&change(Op::Put, None, &large), None)), "too-large");
        let current = stored(1, Some(r#"{"a":"xxxxxxxxxxxxxxxxxxxx"}"#));
        let patch = change(Op::Patch, Some(1), r#"{"b":"xxxxxxxxxxxxxxxxxxxx"}"#);
        assert_eq!(code_of(verdict(&patch, Some(&current))), "too-large");
    }
}
