//! Authentication: accounts, sessions and their tokens.

mod address;
pub mod caller;
mod documents;
mod endpoints;
mod failure;
mod fields;
pub mod password;
mod secret;
pub mod service;
mod sessions;
pub mod settings;
pub mod token;
mod token_keys;

pub use caller::{AuthError, Authenticate, Caller};
pub use endpoints::routes;
pub use service::AuthService;
pub use settings::AuthSettings;
pub use token_keys::NoKeys;
