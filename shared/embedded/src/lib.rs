//! Semblante's stores on one machine: SQLite and the file system, in one data directory.

pub mod clock;
pub mod data_dir;
mod error;
pub mod keys;
pub mod queue;
mod reader;
pub mod schema;
pub mod store;
mod wake;
mod writer;

pub use clock::{ManualClock, SystemClock};
pub use error::StoreError;
pub use keys::Keys;
pub use queue::{Policy, Queue};
pub use store::{Durability, Options, Store};
