//! `cargo +nightly fuzz run weights`; on stable a replay of files.
#![cfg_attr(fuzzing, no_main)]

use semblante_fuzz::read_any_weights;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read_any_weights(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    semblante_fuzz::replay(read_any_weights)
}
