//! Who is calling: signing up, logging in, sessions and their tokens.

mod address;
mod answer;
mod body;
pub mod caller;
mod good_tokens;
mod live_sessions;
pub mod password;
mod refusal;
mod routes;
mod secret;
pub mod service;
mod session;
pub mod settings;
pub mod token;
mod token_keys;

pub use caller::{AuthError, Authenticate, Caller};
pub use routes::routes;
pub use service::AuthService;
pub use settings::AuthSettings;
pub use token_keys::NoKeys;
