//! The subcommands, a file each, and what several of them share.

mod account_import;
mod account_rows;
pub mod accounts;
pub mod accuracy;
pub mod analyse;
mod artwork;
mod batch;
pub mod compose;
pub mod dead_letters;
pub mod doctor;
pub mod gallery;
pub mod import;
mod interrupt;
pub mod keys;
mod listing;
pub mod maintain;
mod outcome;
mod output_file;
pub mod paint;
mod photo_search;
mod photos;
pub mod process;
pub mod queues;
pub mod replay;
pub mod settings;
pub mod status;
pub mod up;
