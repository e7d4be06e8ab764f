//! Who is calling.

pub mod caller;

pub use caller::{AuthError, Authenticate, Caller};
