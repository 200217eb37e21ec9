//! Keeps a context that was opened for one account from writing into the database once it is another's. Signs nobody out.

use syncline_store::{Decision, Plan, Read, View};

use super::draft::Draft;
use crate::model::{Error, ErrorCode, Identity, Single};

/// A plan that only takes place while the database is that of its maker's account. Fails with `account-mismatch`.
#[derive(Debug)]
pub struct Owned<P> {
    /// The account that the context was opened for; `None`: it was opened for nobody's in particular.
    pub account: Option<String>,
    /// What is to be done.
    pub plan: P,
}

/// Answers whether a database of that identity is not that of an account: it was signed out, and another may have signed in.
pub(crate) fn is_given_up(identity: Option<&Identity>, account: Option<&String>) -> bool {
    account.is_some() && identity.is_some_and(|identity| identity.account.as_ref() != account)
}

/// What a context is told that was opened for an account that was signed out.
pub(crate) fn given_up() -> Error {
    let message = "account: the account that this database was opened for was signed out of it";
    Error::new(ErrorCode::AccountMismatch, message)
}

impl<T, P: Plan<Outcome = Result<T, Error>>> Plan for Owned<P> {
    type Outcome = Result<T, Error>;

    fn reads(&self) -> Vec<Read> {
        let mut reads = self.plan.reads();
        reads.extend(self.account.is_some().then(|| Read::Key(Identity::key())));
        reads
    }

    fn origin(&self) -> u8 {
        self.plan.origin()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        if self.account.is_none() {
            return self.plan.decide(view);
        }
        let nothing = |error| Decision { writes: Vec::new(), outcome: Err(error) };
        match Draft::new(view).single_if_any::<Identity>() {
            Err(error) => nothing(error.into()),
            Ok(identity) if is_given_up(identity.as_ref(), self.account.as_ref()) => nothing(given_up()),
            Ok(_) => self.plan.decide(view),
        }
    }
}

#[cfg(test)]
mod tests {
    use syncline_protocol::DeviceId;

    use super::*;
    use crate::plan::{Enable, OpenPlan, SignOut, testing::Rows, testing::todos};

    fn of(account: Option<&str>) -> Owned<Enable> {
        let plan = Enable { collections: vec![todos()], is_enabled: true };
        Owned { account: account.map(str::to_owned), plan }
    }

    #[test]
    fn what_was_opened_for_an_account_writes_nothing_once_that_is_signed_out() {
        let mut rows = Rows::default();
        let open = |account: &str| OpenPlan { device: DeviceId::trusted("d"), account: Some(account.into()) };
        rows.run(&open("ann")).unwrap();
        assert_eq!(rows.run(&of(Some("ann"))), Ok(()));
        rows.run(&SignOut { drop_pending: false }).unwrap();
        let before = rows.rows.clone();
        assert_eq!(rows.run(&of(Some("ann"))), Err(given_up()));
        rows.run(&open("bob")).unwrap();
        assert_eq!(rows.run(&of(Some("ann"))), Err(given_up()));
        assert_ne!(rows.rows, before, "it is bob's");
        assert_eq!(rows.run(&of(Some("bob"))), Ok(()));
        assert_eq!(rows.run(&of(None)), Ok(()), "who names no account means whoever's it is");
    }
}
