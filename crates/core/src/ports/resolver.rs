//! Asks the app how a conflict ends.

use crate::model::{Conflict, Error};

/// What a function of the app's says of a conflict.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// This document's JSON text; `None` deletes.
    Document(Option<String>),
    /// There is no function for that collection here.
    NoFunction,
}

/// The app's functions that resolve conflicts.
///
/// # Contract
/// `Err` where the function failed (`invalid-argument`) or gave what is no document (`invalid-document`). May take any time, or
/// never end: who asks gives up by dropping the future, which does not stop the function. The same conflict may be asked about
/// again.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait Resolver {
    /// Asks about one conflict.
    async fn resolve(&self, conflict: &Conflict) -> Result<Verdict, Error>;
}
