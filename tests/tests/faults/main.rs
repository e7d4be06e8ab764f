//! Faults at every step. The whole flow on the embedded backend, with stand-in stages, a clock that is wound by hand, and
//! a process that dies, fails or repeats wherever it can; and the store under processes that are killed, on a disk that
//! is full, with a clock that is set back. `tests/README.md` names each crash point and its test.

#![allow(clippy::unwrap_used)] // all of it is tests; clippy.toml allows it in functions marked so

mod api;
mod attempts;
mod child;
mod clock;
mod crash_executions;
mod crash_store;
mod crashing;
mod full_disk;
mod maintenance;
mod outage;
mod plan;
mod resume;
mod scripted;
mod stages;
mod status_document;
mod store_model;
mod sweeps;
mod uploads;
mod world;
