//! An executor on one thread that polls, among the tasks that were woken, the one that chance picks.
//! A task that waits without having arranged to be woken is found out as a hang.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use rand::Rng;
use rand::rngs::SmallRng;

/// Tasks of several owners.
#[derive(Default)]
pub struct Tasks {
    tasks: Vec<Task>,
}

struct Task {
    owner: usize,
    future: Pin<Box<dyn Future<Output = ()>>>,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Tasks {
    pub fn spawn(&mut self, owner: usize, future: impl Future<Output = ()> + 'static) {
        self.tasks.push(Task {
            owner,
            future: Box::pin(future),
            woken: Arc::new(Woken(AtomicBool::new(true))),
        });
    }

    pub fn count(&self) -> usize {
        self.tasks.len()
    }

    /// Polls one woken task; `false`: there is none.
    pub fn poll_one(&mut self, random: &mut SmallRng) -> bool {
        let is_woken = |task: &Task| task.woken.0.load(Ordering::Relaxed);
        let woken: Vec<usize> = (0..self.tasks.len()).filter(|at| is_woken(&self.tasks[*at])).collect();
        if woken.is_empty() {
            return false;
        }
        let at = woken[random.random_range(0..woken.len())];
        let task = &mut self.tasks[at];
        task.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&task.woken));
        if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            drop(self.tasks.swap_remove(at));
        }
        true
    }

    /// Polls until all tasks are done.
    pub fn settle(&mut self, random: &mut SmallRng) {
        while self.poll_one(random) {}
        assert_eq!(self.tasks.len(), 0, "tasks wait for ever");
    }

    /// Drops one task.
    pub fn drop_one(&mut self, random: &mut SmallRng) {
        if !self.tasks.is_empty() {
            let at = random.random_range(0..self.tasks.len());
            drop(self.tasks.swap_remove(at));
        }
    }

    /// Drops all tasks of an owner.
    pub fn drop_all_of(&mut self, owner: usize) {
        self.tasks.retain(|task| task.owner != owner);
    }
}

/// Lets other tasks go first.
pub async fn yield_once() {
    let mut is_polled = false;
    poll_fn(|context| {
        if is_polled {
            return Poll::Ready(());
        }
        is_polled = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
