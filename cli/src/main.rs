//! `semblante`: the pipeline on one machine, and the tools around it.

mod analyse;
mod boot;
mod closings;
mod command;
mod compose;
mod control;
mod dead_letters;
mod doctor;
mod ending;
mod exit;
mod gallery;
mod import;
mod listing;
mod maintain;
mod outcome_row;
mod paint;
mod photo_content;
mod photo_files;
mod pipeline;
mod process;
mod progress;
mod queues;
mod replay;
mod results;
mod rows;
mod server;
mod settings;
mod settings_command;
mod settings_source;
mod settings_table;
mod settings_value;
mod signed_objects;
mod status;
mod telemetry;
mod up;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let command = command::CommandLine::parse();
    exit::code(command.run(std::env::vars_os().collect()))
}
