//! Opening: who the device is, and whose data this is. Opens no disk.

use syncline_protocol::DeviceId;
use syncline_store::{Decision, Plan, Read, View};

use super::{Origin, draft::Draft};
use crate::model::{Error, ErrorCode, Identity, Single};

/// Reads the database's identity, makes it at first, and takes on an account where none was said before. Fails with
/// `account-mismatch` where it belongs to another.
#[derive(Clone, Debug)]
pub struct OpenPlan {
    /// The id of this device, should it have none yet.
    pub device: DeviceId,
    /// Whose data the app says it is.
    pub account: Option<String>,
}

impl Plan for OpenPlan {
    type Outcome = Result<Identity, Error>;

    fn reads(&self) -> Vec<Read> {
        vec![Read::Key(Identity::key())]
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let found = draft.single_if_any::<Identity>()?;
            let identity = match &found {
                None => Identity { device: self.device.clone(), account: self.account.clone() },
                Some(known) => match (&known.account, &self.account) {
                    (Some(theirs), Some(mine)) if theirs != mine => {
                        let message = "account: this database belongs to another account";
                        return Err(Error::new(ErrorCode::AccountMismatch, message));
                    }
                    (theirs, mine) => Identity {
                        device: known.device.clone(),
                        account: theirs.clone().or_else(|| mine.clone()),
                    },
                },
            };
            if found.as_ref() != Some(&identity) {
                draft.set_single(&identity)?;
            }
            Ok(identity)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::Rows;

    fn open(rows: &mut Rows, account: Option<&str>) -> Result<Identity, Error> {
        let device = DeviceId::trusted(format!("made-at-{}", rows.len()));
        rows.run(&OpenPlan { device, account: account.map(str::to_owned) })
    }

    #[test]
    fn a_database_keeps_its_device_and_its_first_account() {
        let mut rows = Rows::default();
        let first = open(&mut rows, None).unwrap();
        let adopted = open(&mut rows, Some("ann")).unwrap();
        assert_eq!(adopted.device, first.device);
        assert_eq!(open(&mut rows, None).unwrap().account.as_deref(), Some("ann"));
        assert_eq!(open(&mut rows, Some("bob")).unwrap_err().code, ErrorCode::AccountMismatch);
    }
}
