//! The demo's servers, tested through their routers and, where that is the point, through a port.

mod catalogue;
mod command;
mod console;
mod http;
mod pages;
mod record;
mod shop;
