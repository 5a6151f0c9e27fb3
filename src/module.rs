//! What only the published module has: its panic handler and its allocator.
//!
//! Programs that link `std`, such as the browser tests, bring their own.

use rlsf::SmallGlobalTlsf;
use zeroizing_alloc::ZeroAlloc;

/// Values pass through several short-lived buffers on their way in; each is wiped when it is freed.
///
/// The allocator is a two-level segregated fit in the form that is made for small modules: the one that `std`
/// uses on wasm is two kilobytes more to download.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<SmallGlobalTlsf> = ZeroAlloc(SmallGlobalTlsf::new());

/// A panic ends the call in a trap, which JavaScript sees as a `RuntimeError`. It carries no message:
/// none could hold a value, and the machinery to write one would be a fifth of the module.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
