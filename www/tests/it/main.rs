//! The demo's servers, tested through their routers and, where that is the point, through a port.

mod command;
mod console;
mod guarded;
mod http;
mod pages;
mod record;
mod sealed;
mod shop;
