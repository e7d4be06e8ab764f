//! The rules of the project, as tests. Each failure says what to do.

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
