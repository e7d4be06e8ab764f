//! Measures of decoded pictures and recordings. Benchmarks print them, and tests hold the makers to them.

pub mod key;
pub mod picture;
pub mod sound;

mod spectrum;
mod tempo;
