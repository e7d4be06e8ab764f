//! Authentication: accounts, sessions and their tokens.

mod address;
pub mod caller;
mod cookie;
mod demo;
pub mod documents;
mod endpoints;
mod export;
mod failure;
mod fields;
mod foreign_hash;
mod page_session;
pub mod password;
mod request;
pub mod reset;
mod secret;
pub mod service;
mod session_list;
mod sessions;
pub mod settings;
pub mod token;
mod token_keys;
mod users;
mod usuarios;

pub(crate) use address::Address;
pub use caller::{AuthError, Authenticate, Caller};
pub use endpoints::routes;
pub(crate) use failure::AuthFailure;
pub(crate) use request::bearer;
pub use service::AuthService;
pub(crate) use service::take;
pub use settings::AuthSettings;
pub use token_keys::NoKeys;
