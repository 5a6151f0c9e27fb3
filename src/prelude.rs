//! What `std` would put in every file's scope and `alloc` does not.

pub(crate) use crate::secret::Text;
pub(crate) use alloc::borrow::ToOwned;
pub(crate) use alloc::boxed::Box;
pub(crate) use alloc::string::String;
pub(crate) use alloc::vec::Vec;
