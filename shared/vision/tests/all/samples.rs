//! The sample photos that `make models` fetches with the models, and pictures made from them.

use std::path::PathBuf;
use vision::{Picture, decode};

/// Where the models are.
pub fn models_dir() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let dir = std::env::var_os("SEMBLANTE_MODELS_DIR").map_or_else(default, PathBuf::from);
    assert!(dir.join("sample1.jpg").exists(), "no models in {}: `make models` fetches them", dir.display());
    dir
}

/// The file of sample 1 to 6.
pub fn path(n: usize) -> PathBuf {
    models_dir().join(format!("sample{n}.jpg"))
}

/// The bytes of sample 1 to 6.
pub fn bytes(n: usize) -> Vec<u8> {
    std::fs::read(path(n)).unwrap()
}

/// The pixels of sample 1 to 6.
pub fn picture(n: usize) -> Picture {
    decode(&bytes(n)).unwrap()
}

/// A part of a picture from (left, top), every `step`th pixel.
pub fn cut(picture: &Picture, from: (usize, usize), size: (usize, usize), step: usize) -> Picture {
    let mut rgb = Vec::new();
    for y in (from.1..from.1 + size.1).step_by(step) {
        for x in (from.0..from.0 + size.0).step_by(step) {
            rgb.extend_from_slice(&picture.row(y)[x * 3..x * 3 + 3]);
        }
    }
    Picture::new(size.0.div_ceil(step), size.1.div_ceil(step), rgb).unwrap()
}

/// An EXIF block, without its prefix, that holds an orientation only.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}
