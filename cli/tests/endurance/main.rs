//! What `semblante up` endures as a process: being killed while photos come in, and two hundred photos at a time. Real
//! photos and networks; pictures and melodies are small.

#![allow(clippy::unwrap_used)] // all of it is tests; clippy.toml allows it in functions marked so

mod client;
mod crowd;
mod kill;
mod server;
