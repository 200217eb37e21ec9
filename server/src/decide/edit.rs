//! What a change does to a document, and what makes a document unfit to be stored. Does not look at versions.

use serde_json::Value;
use syncline_protocol::{Change, JsonText, Limits, Op, ProblemCode, merge_patch};

use super::record::StoredRecord;

/// Why a change is refused for good.
pub(super) struct Refusal(pub(super) ProblemCode, pub(super) &'static str);

/// What a change does, read and found good.
pub(super) enum Edit<'a> {
    Put(&'a JsonText),
    Patch(Value),
    Delete,
}

const TOO_LARGE: Refusal = Refusal(ProblemCode::TooLarge, "the record is larger than the server takes");

impl<'a> Edit<'a> {
    /// Reads a change; its base plays no part.
    pub(super) fn of(change: &'a Change, limits: &Limits) -> Result<Self, Refusal> {
        if change.op == Op::Delete {
            return Ok(Self::Delete);
        }
        let Some(data) = &change.data else {
            return Err(Refusal(ProblemCode::InvalidDocument, "`data` is missing"));
        };
        if data.as_str().len() > limits.record {
            return Err(TOO_LARGE);
        }
        // Reading the whole value also refuses what a later patch could not read: nesting too deep, numbers out of range.
        match data.to_value() {
            Ok(patch @ Value::Object(_)) if change.op == Op::Patch => Ok(Self::Patch(patch)),
            Ok(Value::Object(_)) => Ok(Self::Put(data)),
            Ok(_) => Err(Refusal(ProblemCode::InvalidDocument, "`data` is not an object")),
            Err(_) => Err(Refusal(
                ProblemCode::InvalidDocument,
                "`data` is nested too deep or holds what JSON cannot",
            )),
        }
    }

    /// Makes the document that follows the current one; none for a deletion.
    pub(super) fn apply(
        self,
        current: Option<&StoredRecord>,
        limits: &Limits,
    ) -> Result<Option<JsonText>, Refusal> {
        let patch = match self {
            Self::Delete => return Ok(None),
            Self::Put(data) => return Ok(Some(data.clone())),
            Self::Patch(patch) => patch,
        };
        let base =
            current.and_then(|record| record.data.as_ref()).map_or(Ok(Value::Null), JsonText::to_value);
        let merged = base
            .and_then(|mut document| {
                merge_patch(&mut document, &patch);
                JsonText::of(&document)
            })
            .map_err(|_| Refusal(ProblemCode::InvalidDocument, "the record cannot be patched"))?;
        if merged.as_str().len() > limits.record {
            return Err(TOO_LARGE);
        }
        Ok(Some(merged))
    }
}
