//! Tidy: the rules of the house, as tests. Each says what to do when it fails.

mod arrows;
mod documents;
mod files;
mod imports;
mod layout;
mod licences;
mod modules;
mod packages;
mod repository;
mod runner;
mod stages;
mod template;
mod text;
mod twins;
mod words;
