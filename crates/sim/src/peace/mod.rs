//! After the trouble: all heals, everybody syncs until nothing is left to do, and then everything must agree.

mod agreement;
mod healing;
mod promptness;

pub(crate) use agreement::check;
pub(crate) use healing::settle;
pub(crate) use promptness::check_promptness;
