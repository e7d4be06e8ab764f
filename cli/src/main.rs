//! `semblante`: the pipeline on one machine, and the tools around it.

mod boot;
mod command;
mod doctor;
mod exit;
mod settings;
mod settings_command;
mod settings_source;
mod settings_table;
mod settings_value;
mod telemetry;

use clap::Parser;

fn main() -> std::process::ExitCode {
    let command = command::CommandLine::parse();
    exit::code(command.run(std::env::vars_os().collect()))
}
