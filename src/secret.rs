//! Text that may hold a person's value.

use crate::prelude::*;
use core::ops::{Deref, DerefMut};

/// Text that may hold a person's value. It has no `Debug` and no `Clone`, and is wiped when it is dropped.
///
/// ```compile_fail
/// fn show(text: &fieldseal::Text) { println!("{text:?}"); }
/// ```
/// ```compile_fail
/// fn copy(text: &fieldseal::Text) -> fieldseal::Text { text.clone() }
/// ```
#[derive(Default)]
pub struct Text(String);

impl Text {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// No text yet, and room for so many bytes, within which it never moves.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Deref for Text {
    type Target = String;

    fn deref(&self) -> &String {
        &self.0
    }
}

impl DerefMut for Text {
    fn deref_mut(&mut self) -> &mut String {
        &mut self.0
    }
}

/// In the published module the allocator wipes whatever is freed (`src/module.rs`), and wiping twice would be
/// a tenth of the catalogue's size.
#[cfg(not(feature = "module"))]
impl Drop for Text {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}
