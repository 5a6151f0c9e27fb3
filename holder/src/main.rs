//! The command `keyholder`. Everything it does is in the library, where it can be tested.

#![forbid(unsafe_code)]

use std::alloc::System;
use std::process::ExitCode;
use zeroizing_alloc::ZeroAlloc;

/// Wipes every allocation that is freed. Values and keys pass through buffers of libraries: HTTP, JSON, a
/// KMS's answers. What is freed must hold nothing that a later look into the memory could find.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    fieldseal_holder::cli::run()
}
