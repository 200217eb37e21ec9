//! What becomes of two edits that did not know each other. Pure: no rows, no time but what is handed in.

mod difference;
mod keyed;
#[cfg(test)]
mod laws;
mod resolve;
mod three_way;

pub use difference::merge_patch_between;
pub use resolve::{Resolution, Side, resolve};
pub use three_way::three_way;
