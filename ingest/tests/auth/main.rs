//! Authentication over HTTP, on a real port, against the embedded stores and a clock that tests wind.

mod accounts;
mod bodies;
mod cookies;
mod demo;
mod enrolment_ends;
mod enrolments;
mod export;
mod faces;
mod reset;
mod server;
mod session_list;
mod sessions;
mod throttling;
mod tokens;
mod users;
mod usuarios;
