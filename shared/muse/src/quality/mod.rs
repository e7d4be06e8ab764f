//! How good a picture or a melody is, in numbers. The composer ranks its drafts by them, the tests hold everything to
//! them, and the bench prints them.

pub mod key;
pub mod picture;
pub mod sound;
pub mod spectrum;
pub mod tempo;
pub mod tune;
