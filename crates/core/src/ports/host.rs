//! The world as one type parameter.

use futures::future::LocalBoxFuture;
use syncline_store::Disk;

use super::{Backend, Channel, Clock, Events, Lock, Migrator, Network, Random, Resolver};

/// Everything the engine needs of its surroundings. There are two: the browser and the simulation.
///
/// # Contract
/// The parts keep the contracts of their traits; all of it stays on one thread.
pub trait Host: 'static {
    /// Where data is kept.
    type Disk: Disk + 'static;
    /// The server; a client without one is local only.
    type Backend: Backend;
    /// The lock that the leader holds.
    type Lock: Lock;

    /// The server, where one was given.
    fn backend(&self) -> Option<&Self::Backend>;
    /// Word between contexts.
    fn channel(&self) -> &impl Channel;
    /// Time and timers.
    fn clock(&self) -> &impl Clock;
    /// Where facts go.
    fn events(&self) -> &impl Events;
    /// Leadership.
    fn lock(&self) -> &Self::Lock;
    /// What the app says of older documents.
    fn migrator(&self) -> &impl Migrator;
    /// Whether there is a connection.
    fn network(&self) -> &impl Network;
    /// Chance.
    fn random(&self) -> &impl Random;
    /// The app's functions that resolve conflicts.
    fn resolver(&self) -> &impl Resolver;
    /// Lets a future run by itself.
    fn spawn(&self, future: LocalBoxFuture<'static, ()>);
}
