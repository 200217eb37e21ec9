//! The seams to the world: what the engine needs of a host, each a trait with its contract. Implements none.

mod backend;
mod channel;
mod clock;
mod events;
mod host;
mod http;
mod lock;
mod migrator;
mod resolver;
mod socket;
mod token;
mod wire;

pub use backend::{Backend, Hint, Pulled, Pushed, Traffic, Wanted};
pub use channel::Channel;
pub use clock::{Clock, Network, Random};
pub use events::Events;
pub use host::Host;
pub use http::{Http, HttpRequest, HttpResponse, Method};
pub use lock::Lock;
pub use migrator::Migrator;
pub use resolver::{Resolver, Verdict};
pub use socket::{Received, Socket, Sockets};
pub use token::TokenSource;
pub use wire::Wire;
