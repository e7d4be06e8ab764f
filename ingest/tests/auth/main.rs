//! Authentication over HTTP, on a real port, against the embedded stores and a clock that tests wind.

mod accounts;
mod bodies;
mod cookies;
mod server;
mod sessions;
mod throttling;
mod tokens;
