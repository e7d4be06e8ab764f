//! `semblante`: the pipeline on one machine, and the tools around it.

mod boot;
mod command_line;
mod commands;
mod control;
mod exit;
mod pipeline;
mod print;
mod server;
mod settings;
mod telemetry;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let command = command_line::CommandLine::read();
    exit::code(command.run(std::env::vars_os().collect()))
}
