//! The thin HTTP API: it validates, stores, enqueues and answers. It decodes no pixels, fetches no URL and opens no path
//! that a caller names.

mod access;
mod answer;
pub mod api;
mod base64_text;
pub mod body;
pub(crate) mod budget;
pub(crate) mod cursor;
mod declare;
mod exposition;
pub(crate) mod faces;
mod gallery;
mod generate;
mod health;
mod idempotency;
mod layers;
pub mod links;
mod next_attempt;
mod object_response;
mod openapi;
mod page_files;
pub mod photo;
mod photo_form;
pub(crate) mod photo_json;
mod prefer;
pub(crate) mod problem_codes;
mod problem_page;
mod quota;
mod reception;
mod routes;
pub(crate) mod sentences;
mod signed_objects;
mod status_document;
mod uploads;
pub(crate) mod words;

pub use crate::problem::Problem;
pub use api::{App, HttpSettings};
pub use exposition::metrics_router;
pub use gallery::GalleryDocument;
pub use links::{Links, NoLocalObjects, UrlRefused, UrlVerifier};
pub use quota::Quota;
pub use routes::{router, router_beside};
pub(crate) use status_document::Facts;
pub use status_document::{StageDocument, StatusDocument};
