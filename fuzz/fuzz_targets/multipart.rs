//! `cargo +nightly fuzz run multipart`; on stable see `semblante_fuzz`.
#![cfg_attr(fuzzing, no_main)]

use semblante_fuzz::targets::MULTIPART;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (MULTIPART.run)(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    semblante_fuzz::main(&MULTIPART)
}
