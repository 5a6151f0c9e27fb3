//! Work for the processor, spread over its cores.
//!
//! Requests share the cores: one that comes while others are at work has those that are left, and its own thread in
//! any case, so there are never many more threads at work than cores, however many requests there are.

use std::iter::Enumerate;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::{panic, thread, vec};

/// How many items a further thread must have to do, at the least: to start it takes as long as to open one or two.
const SHARE: usize = 8;

static ALL: LazyLock<Cores> =
    LazyLock::new(|| Cores::new(thread::available_parallelism().map_or(1, usize::from)));

/// Some cores, and how many of them are at work.
pub struct Cores {
    most: usize,
    busy: AtomicUsize,
}

impl Cores {
    /// So many cores.
    pub fn new(most: usize) -> Self {
        Self { most, busy: AtomicUsize::new(0) }
    }

    /// All cores of this machine that this process may use.
    pub fn all() -> &'static Self {
        &ALL
    }

    /// Does `each` with every item, on this thread and on one more for every core that is idle and worth it, and gives
    /// the results in the order of the items. A panic of one ends all of them.
    pub fn each<I: Send, T: Send>(&self, items: Vec<I>, each: impl Fn(I) -> T + Sync) -> Vec<T> {
        let count = items.len();
        let turn = self.take(count / SHARE);
        if turn.taken <= 1 {
            return items.into_iter().map(each).collect();
        }
        let queue = Mutex::new(items.into_iter().enumerate());
        let mut done: Vec<Option<T>> = (0..count).map(|_| None).collect();
        let work = || {
            let mut mine = Vec::with_capacity(count);
            while let Some((at, item)) = next(&queue) {
                mine.push((at, each(item)));
            }
            mine
        };
        thread::scope(|scope| {
            let others: Vec<_> =
                (1..turn.taken).map(|_| thread::Builder::new().spawn_scoped(scope, work)).collect();
            let mut put =
                |mine: Vec<(usize, T)>| mine.into_iter().for_each(|(at, result)| done[at] = Some(result));
            put(work());
            // What could not be started had nothing to do: the queue is empty whoever emptied it.
            for other in others.into_iter().flatten() {
                put(other.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked)));
            }
        });
        done.into_iter().flatten().collect()
    }

    /// Takes one core whether or not it is idle, and of the others those that are, up to `wanted` in all.
    fn take(&self, wanted: usize) -> Turn<'_> {
        let mut taken = 1;
        let take = |busy: usize| {
            taken = wanted.min(self.most.saturating_sub(busy)).max(1);
            Some(busy + taken)
        };
        // It never gives up, so this is no error.
        let _ = self.busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        Turn { cores: self, taken }
    }
}

/// The next item, and its place.
fn next<I>(queue: &Mutex<Enumerate<vec::IntoIter<I>>>) -> Option<(usize, I)> {
    // Taking an item does not panic, so a poisoned lock is still good.
    queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).next()
}

/// Cores that are at work for as long as this is.
struct Turn<'a> {
    cores: &'a Cores,
    taken: usize,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.cores.busy.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::Barrier;

    #[test]
    fn results_come_in_order_from_every_core() {
        let threads = Mutex::new(HashSet::new());
        // Nobody goes on until three are here, so it takes three threads to come to an end.
        let (cores, barrier) = (Cores::new(3), Barrier::new(3));
        let doubled = cores.each((0..60).collect(), |n: usize| {
            if threads.lock().unwrap().insert(thread::current().id()) {
                barrier.wait();
            }
            2 * n
        });
        assert_eq!(doubled, (0..60).map(|n| 2 * n).collect::<Vec<_>>());
        assert_eq!(threads.into_inner().unwrap().len(), 3);
        assert_eq!(cores.busy.into_inner(), 0);
    }

    #[test]
    fn cores_are_shared() {
        let cores = Cores::new(4);
        let first = cores.take(3);
        let second = cores.take(3);
        let third = cores.take(3);
        assert_eq!((first.taken, second.taken, third.taken), (3, 1, 1));
        drop(first);
        assert_eq!(cores.take(9).taken, 2);
        assert_eq!(cores.take(0).taken, 1);
    }

    #[test]
    fn a_few_items_stay_on_this_thread() {
        let here = thread::current().id();
        let all_here = |count| Cores::new(4).each(vec![(); count], |()| thread::current().id() == here);
        assert!(all_here(2 * SHARE - 1).into_iter().all(|is_here| is_here));
        assert!(Cores::new(4).each(Vec::<()>::new(), |()| ()).is_empty());
    }

    #[test]
    fn a_panic_is_no_result() {
        let cores = Cores::new(2);
        let work = panic::AssertUnwindSafe(|| {
            cores.each(
                (0..40).collect(),
                |n: usize| if n == 20 { panic::resume_unwind(Box::new(())) } else { n },
            )
        });
        assert!(panic::catch_unwind(work).is_err());
        assert_eq!(cores.busy.into_inner(), 0);
    }
}
