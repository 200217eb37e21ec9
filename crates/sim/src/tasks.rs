//! The executor: tasks with owners on one thread; among those that were woken, chance picks who is polled.
//! A crash is `drop_all_of`, a frozen tab is `freeze`.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::future::LocalBoxFuture;

use crate::chance::Chance;

/// Whose task it is: a context in one of its lives, or the network.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Owner(pub(crate) u32);

/// The owner of what no crash of a device ends.
pub(crate) const NETWORK: Owner = Owner(0);

/// All tasks.
#[derive(Default)]
pub(crate) struct Tasks {
    tasks: RefCell<BTreeMap<u64, Task>>,
    ready: Arc<Ready>,
    frozen: RefCell<BTreeMap<Owner, Vec<Arc<Woken>>>>,
    next: Cell<u64>,
}

struct Task {
    owner: Owner,
    /// Taken out while it is polled.
    future: Option<LocalBoxFuture<'static, ()>>,
    woken: Arc<Woken>,
}

/// The tasks that were woken. A mutex only because wakers have to be `Send`.
type Ready = Mutex<Vec<Arc<Woken>>>;

struct Woken {
    id: u64,
    is_ready: AtomicBool,
    ready: Arc<Ready>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        if !self.is_ready.swap(true, Ordering::Relaxed) {
            let ready = Arc::clone(&self.ready);
            ready.lock().unwrap_or_else(PoisonError::into_inner).push(self);
        }
    }
}

impl Tasks {
    /// Lets a future run as a task.
    pub(crate) fn spawn(&self, owner: Owner, future: LocalBoxFuture<'static, ()>) {
        let id = self.next.get();
        self.next.set(id.saturating_add(1));
        let woken = Arc::new(Woken { id, is_ready: AtomicBool::new(false), ready: Arc::clone(&self.ready) });
        let task = Task { owner, future: Some(future), woken: Arc::clone(&woken) };
        self.tasks.borrow_mut().insert(id, task);
        woken.wake();
    }

    /// Polls one woken task; `false`: there is none.
    pub(crate) fn poll_one(&self, chance: &Chance) -> bool {
        while let Some(woken) = self.pick(chance) {
            let Some((mut future, waker)) = self.take(&woken) else { continue };
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                if let Some(task) = self.tasks.borrow_mut().get_mut(&woken.id) {
                    task.future = Some(future);
                }
            } else {
                drop(self.tasks.borrow_mut().remove(&woken.id));
            }
            return true;
        }
        false
    }

    fn pick(&self, chance: &Chance) -> Option<Arc<Woken>> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if ready.is_empty() {
            return None;
        }
        let at = chance.below(ready.len());
        Some(ready.swap_remove(at))
    }

    fn take(&self, woken: &Arc<Woken>) -> Option<(LocalBoxFuture<'static, ()>, Waker)> {
        let mut tasks = self.tasks.borrow_mut();
        let task = tasks.get_mut(&woken.id)?;
        if let Some(held) = self.frozen.borrow_mut().get_mut(&task.owner) {
            held.push(Arc::clone(woken));
            return None;
        }
        woken.is_ready.store(false, Ordering::Relaxed);
        Some((task.future.take()?, Waker::from(Arc::clone(&task.woken))))
    }

    /// Drops all tasks of an owner, wherever they wait.
    pub(crate) fn drop_all_of(&self, owner: Owner) {
        self.frozen.borrow_mut().remove(&owner);
        let dead = {
            let mut tasks = self.tasks.borrow_mut();
            let (dead, living) =
                std::mem::take(&mut *tasks).into_iter().partition(|(_, task)| task.owner == owner);
            *tasks = living;
            let dead: BTreeMap<u64, Task> = dead;
            dead
        };
        // What a future does as it ends may reach for the tasks, so none of them is borrowed here.
        drop(dead);
    }

    /// Stops polling the tasks of an owner.
    pub(crate) fn freeze(&self, owner: Owner) {
        self.frozen.borrow_mut().entry(owner).or_default();
    }

    /// Polls them again.
    pub(crate) fn thaw(&self, owner: Owner) {
        let held = self.frozen.borrow_mut().remove(&owner).unwrap_or_default();
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).extend(held);
    }

    /// Drops everything, so that nothing keeps anything alive.
    pub(crate) fn clear(&self) {
        let all = std::mem::take(&mut *self.tasks.borrow_mut());
        drop(all);
    }
}

/// Lets other tasks go first.
pub(crate) async fn yield_once() {
    let mut is_polled = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
