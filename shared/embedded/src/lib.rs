//! Semblante's stores on one machine: SQLite and the file system, in one data directory.

pub mod clock;
pub mod data_dir;
pub mod dead_letters;
mod error;
pub mod events;
pub mod faces;
pub mod gallery;
pub mod keys;
mod object_files;
pub mod objects;
pub mod queue;
mod reader;
pub mod reconcile;
pub mod schema;
pub mod signed_url;
pub mod store;
pub mod uploads;
pub mod users;
mod wake;
mod writer;

pub use clock::{ManualClock, SystemClock};
pub use dead_letters::DeadLetters;
pub use error::StoreError;
pub use events::Events;
pub use faces::Faces;
pub use gallery::Gallery;
pub use keys::Keys;
pub use objects::Objects;
pub use queue::{Policy, Queue};
pub use reconcile::Reconciled;
pub use signed_url::{SignedUrls, UrlError};
pub use store::{Durability, Options, Store};
pub use uploads::Uploads;
pub use users::Users;
