//! A function of the app's that resolves conflicts: answers soon, late, wrongly or never. Notes what it said.

use std::{future::pending, rc::Rc};

use syncline_core::{
    model::{Conflict, Error, ErrorCode},
    plan::Choice,
    ports::{self, Resolver},
};
use syncline_protocol::JsonText;

use crate::{
    ground::Ground,
    oracle::{Verdict, Verdicts},
};

/// Of a thousand functions, so many take long, so many fail, and so many never answer.
const TROUBLE: [u32; 3] = [150, 120, 80];

/// The port.
pub(crate) struct Judge {
    pub(crate) ground: Rc<Ground>,
    pub(crate) verdicts: Rc<Verdicts>,
}

impl Resolver for Judge {
    async fn resolve(&self, conflict: &Conflict) -> Result<ports::Verdict, Error> {
        let ground = &self.ground;
        ground.say(|| format!("a function is asked about {} {}", conflict.id, conflict.record));
        let [is_late, is_failing, is_silent] = TROUBLE.map(|per_mille| ground.fate.happens(per_mille));
        if is_silent {
            ground.count(|counts| &mut counts.functions_silent);
            return pending().await;
        }
        ground
            .time
            .sleep(if is_late { ground.fate.between(2_000, 15_000) } else { ground.fate.between(0, 300) })
            .await;
        if is_failing {
            ground.count(|counts| &mut counts.functions_failed);
            return match ground.fate.below(3) {
                0 => Ok(ports::Verdict::Document(Some("7".to_owned()))),
                1 => Ok(ports::Verdict::NoFunction),
                _ => Err(Error::new(ErrorCode::InvalidArgument, "the function failed")),
            };
        }
        let text = |doc: &Option<JsonText>| doc.as_ref().map(|doc| doc.as_str().to_owned());
        let doc = match ground.fate.below(4) {
            0 => text(&conflict.local),
            1 => text(&conflict.remote),
            2 if ground.fate.happens(300) => None,
            _ => {
                let number = ground.fate.number();
                Some(format!(r#"{{"id":"{}","j":"{number}"}}"#, conflict.record))
            }
        };
        let choice = Choice::Merged(doc.clone());
        self.verdicts.borrow_mut().push(Verdict { conflict: conflict.clone(), choice });
        Ok(ports::Verdict::Document(doc))
    }
}
