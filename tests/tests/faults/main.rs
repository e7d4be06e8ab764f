//! Faults of the embedded store: killed processes, a full disk, a clock set back, restarts after any command.

mod child;
mod clock;
mod crash_executions;
mod crash_store;
mod full_disk;
mod resume;
mod store_model;
