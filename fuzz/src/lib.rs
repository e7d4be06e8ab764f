//! What the fuzz targets do with bytes, and the replay that they are without a fuzzer:
//! `cargo run --manifest-path fuzz/Cargo.toml --bin decode -- FILE...`.

use std::process::ExitCode;
use vision::{Weights, decode, preview};

/// Any bytes are a picture that a preview can be made of, or a typed error.
pub fn decode_anything(bytes: &[u8]) {
    if let Ok(picture) = decode(bytes) {
        assert_eq!(picture.rgb().len(), picture.width() * picture.height() * 3);
        preview(&picture).expect("a picture has a preview");
    }
}

/// Any bytes are weights or a typed error: a manifest, a zero byte, shards.
pub fn read_any_weights(bytes: &[u8]) {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let shards = bytes.get(end + 1..).unwrap_or_default();
    let taken = Weights::parse("fuzz", &bytes[..end], shards).and_then(|mut weights| weights.take("a", &[1]));
    if let Ok(values) = taken {
        assert_eq!(values.len(), 1);
    }
}

/// Runs a target on the files that are named on the command line.
pub fn replay(target: fn(&[u8])) -> ExitCode {
    for file in std::env::args_os().skip(1) {
        match std::fs::read(&file) {
            Ok(bytes) => target(&bytes),
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
