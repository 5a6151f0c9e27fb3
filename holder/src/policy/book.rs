//! The rules in force: where they come from, and how they change while the service runs.

use super::Rules;
use crate::error::Result;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

/// The rules in force. A request keeps those that it began with.
#[derive(Debug)]
pub struct Book {
    path: Option<PathBuf>,
    current: RwLock<Arc<Rules>>,
}

impl Book {
    /// The rules of a file, or the standard ones.
    ///
    /// Errors: `policy-unreadable`, `policy-invalid`.
    pub fn open(path: Option<PathBuf>) -> Result<Self> {
        let current = RwLock::new(Arc::new(Self::read(&path)?));
        Ok(Self { path, current })
    }

    /// The rules as they are now.
    pub fn current(&self) -> Arc<Rules> {
        // A panic elsewhere cannot leave an `Arc` half changed, so a poisoned lock is still good.
        Arc::clone(&self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// Reads the file again. The rules stay as they are if the new ones are broken.
    ///
    /// Errors: `policy-unreadable`, `policy-invalid`.
    pub fn reload(&self) -> Result<()> {
        let rules = Arc::new(Self::read(&self.path)?);
        *self.current.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = rules;
        Ok(())
    }

    fn read(path: &Option<PathBuf>) -> Result<Rules> {
        path.as_deref().map_or_else(Rules::standard, Rules::read)
    }
}
