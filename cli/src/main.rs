//! `semblante`: the pipeline on one machine, and the tools around it.

mod boot;
mod closings;
mod command;
mod doctor;
mod exit;
mod object_door;
mod outcome_row;
mod photo_files;
mod pipeline;
mod process;
mod results;
mod server;
mod settings;
mod settings_command;
mod settings_source;
mod settings_table;
mod settings_value;
mod telemetry;
mod up;

use clap::Parser;

fn main() -> std::process::ExitCode {
    let command = command::CommandLine::parse();
    exit::code(command.run(std::env::vars_os().collect()))
}
