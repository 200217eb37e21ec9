//! Adapters: how each kind of server is spoken to, over the ports. Decides nothing about records.

mod address;
mod authorized;
mod native;
mod retry_after;

pub use address::Address;
pub use native::Native;
