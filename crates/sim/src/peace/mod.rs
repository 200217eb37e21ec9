//! After the trouble: all heals, everybody syncs until nothing is left to do, and then everything must agree.

mod agreement;
mod damage;
mod healing;
mod promptness;

pub(crate) use agreement::check;
pub(crate) use damage::check_damage;
pub(crate) use healing::settle;
pub(crate) use promptness::check_promptness;
