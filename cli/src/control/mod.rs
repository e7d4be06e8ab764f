//! What an operator asks of an installation and orders in it: a small HTTP API. `up` serves it on a Unix socket in the data
//! directory; where no `up` runs, a command opens the directory and asks the same routes in its own process, so the answers
//! are the same. Access to the data directory gives access to everything here, in every tenant.

mod account_routes;
pub mod api;
pub mod client;
mod galleries;
mod letters;
mod routes;
pub mod socket;
mod state;
mod uploads;
mod users;

pub use client::Client;
pub use routes::routes;
