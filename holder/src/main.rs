//! The command `keyholder`. Everything it does is in the library, where it can be tested.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    fieldseal_holder::cli::run()
}
