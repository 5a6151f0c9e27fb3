//! Work on secrets whose copies do not stay behind.
//!
//! A type that wipes itself on drop is wiped where it is then. Where it was before the compiler moved it,
//! and in the working memory of hashes and ciphers, its bytes stay on the stack until something else
//! happens to be written there. So what handles keys runs on a stack of its own, which is overwritten when
//! the work is done.

use crate::error::{Code, Error, Result};
use std::hint::black_box;
use std::thread;

/// More than any of our work goes down; keys of X-Wing and the modules of HSMs take the most.
const DEPTH: usize = 256 * 1024;

/// A stack that has room for the work, and then for overwriting it.
const STACK: usize = 1024 * 1024;

/// Does `work` on a stack of its own, and waits for it. What it returns is to be on the heap, or no
/// secret: it is moved, too.
///
/// Errors: `internal` if the system gives no thread, or if the work panics.
pub(super) fn on_own_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    thread::scope(|scope| {
        let thread = builder().spawn_scoped(scope, || overwritten(work));
        let done = thread.map_err(|_| Error::new(Code::Internal))?.join();
        done.map_err(|_| Error::new(Code::Internal))
    })
}

/// The same for work that nobody waits for longer than they like.
///
/// Errors: `internal` if the system gives no thread.
pub(super) fn begin_on_own_stack(work: impl FnOnce() + Send + 'static) -> Result<()> {
    match builder().spawn(|| overwritten(work)) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::new(Code::Internal)),
    }
}

fn builder() -> thread::Builder {
    thread::Builder::new().stack_size(STACK)
}

/// Does `work` in frames that begin where those of `overwrite` will.
fn overwritten<T>(work: impl FnOnce() -> T) -> T {
    let done = apart(work);
    overwrite();
    done
}

#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite() {
    black_box(&mut [0_u8; DEPTH]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_the_work_gives_and_an_error_if_it_panics() {
        assert_eq!(on_own_stack(|| 7).unwrap(), 7);
        let failed = on_own_stack(|| std::panic::resume_unwind(Box::new(())));
        assert_eq!(failed.map(|()| 0).unwrap_err().code(), Code::Internal);
    }
}
