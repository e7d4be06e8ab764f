//! rustface 0.1.7 on JPEG files: `faces MODEL REPEATS FILE...`. Prints [{faces, decode_ms, detect_ms}] as JSON:
//! boxes in pixels, and the times of every repeat.

use rustface::{Detector, ImageData};
use serde_json::json;
use std::time::Instant;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let model = arguments.next().ok_or("MODEL")?;
    let repeats: usize = arguments.next().ok_or("REPEATS")?.parse()?;
    let mut detector = rustface::create_detector(&model)?;
    // The settings of rustface's own example, with a smallest face of 40 pixels, as haar.py has.
    detector.set_min_face_size(40);
    detector.set_score_thresh(2.0);
    detector.set_pyramid_scale_factor(0.8);
    detector.set_slide_window_step(4, 4);
    let mut results = Vec::new();
    for file in arguments {
        let bytes = std::fs::read(file)?;
        let (mut decode_ms, mut detect_ms, mut faces) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..repeats.max(1) {
            let start = Instant::now();
            let (grey, width, height) = decode(&bytes)?;
            decode_ms.push(start.elapsed().as_secs_f64() * 1e3);
            let start = Instant::now();
            faces = detect(detector.as_mut(), &grey, width, height);
            detect_ms.push(start.elapsed().as_secs_f64() * 1e3);
        }
        results.push(json!({"faces": faces, "decode_ms": decode_ms, "detect_ms": detect_ms}));
    }
    println!("{}", json!(results));
    Ok(())
}

fn decode(bytes: &[u8]) -> Result<(Vec<u8>, u32, u32), Failure> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let grey = decoder.decode()?;
    let info = decoder.info().ok_or("no header")?;
    Ok((grey, info.width.into(), info.height.into()))
}

fn detect(detector: &mut dyn Detector, grey: &[u8], width: u32, height: u32) -> Vec<[f64; 4]> {
    let faces = detector.detect(&ImageData::new(grey, width, height));
    let boxes = faces.iter().map(|face| face.bbox());
    boxes.map(|b| [b.x(), b.y(), b.width() as i32, b.height() as i32].map(f64::from)).collect()
}
