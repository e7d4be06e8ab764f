//! Thousands of damaged and hostile files: a typed error or a picture, within 5 s and 512 MB, never a panic.

use crate::formats::FILES;
use crate::samples;

use jpeg_encoder::{ColorType, Encoder};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use vision::{Analyser, Options, decode, preview};

const CODES: [&str; 4] = ["unsupported_type", "heic_unsupported", "image_too_large", "undecodable_image"];
/// Mutations of each seed; `SEMBLANTE_MUTATIONS` sets another number.
const MUTATIONS: u64 = 100;
const LIMIT: Duration = Duration::from_secs(5);
const MEMORY_LIMIT_KB: u64 = 512 << 10;

/// Small files of every kind that is decoded.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let mut seeds: Vec<(&str, Vec<u8>)> = vec![
        ("baseline.jpg", include_bytes!("data/baseline.jpg").to_vec()),
        ("progressive.jpg", include_bytes!("data/progressive.jpg").to_vec()),
        ("grey.jpg", include_bytes!("data/grey.jpg").to_vec()),
        ("cmyk.jpg", include_bytes!("data/cmyk.jpg").to_vec()),
        ("lossy.webp", include_bytes!("data/lossy.webp").to_vec()),
        ("lossy-alpha.webp", include_bytes!("data/lossy-alpha.webp").to_vec()),
        ("animated.webp", include_bytes!("data/animated.webp").to_vec()),
        ("animated.png", include_bytes!("data/animated.png").to_vec()),
        ("exif.jpg", with_exif(20, 30, 6)),
    ];
    for (name, color, depth) in [
        ("rgb.png", png::ColorType::Rgb, png::BitDepth::Eight),
        ("rgba16.png", png::ColorType::Rgba, png::BitDepth::Sixteen),
        ("grey1.png", png::ColorType::Grayscale, png::BitDepth::One),
    ] {
        seeds.push((name, png_of(40, 30, color, depth)));
    }
    seeds.extend(FILES.iter().map(|(name, bytes)| (*name, bytes.to_vec())));
    let mut lossless = Vec::new();
    let pixels: Vec<u8> = (0..40 * 30 * 3).map(|i| (i * 7 % 251) as u8).collect();
    image_webp::WebPEncoder::new(&mut lossless).encode(&pixels, 40, 30, image_webp::ColorType::Rgb8).unwrap();
    seeds.push(("lossless.webp", lossless));
    seeds
}

fn png_of(width: u32, height: u32, color: png::ColorType, depth: png::BitDepth) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    let row = (width as usize * color.samples() * depth as usize).div_ceil(8);
    let mut writer = encoder.write_header().unwrap();
    let mut stream = writer.stream_writer().unwrap();
    for _ in 0..height {
        std::io::Write::write_all(&mut stream, &vec![0; row]).unwrap();
    }
    stream.finish().unwrap();
    writer.finish().unwrap();
    bytes
}

fn with_exif(width: u16, height: u16, orientation: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 80);
    encoder.add_exif_metadata(&samples::exif(orientation)).unwrap();
    let rgb = vec![120; usize::from(width) * usize::from(height) * 3];
    encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
    bytes
}

/// Xorshift: the same files in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

fn mutated(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    // Half of the blows go to the headers, where they hurt most.
    let place = |dice: &mut Dice, length: usize| {
        let end = if dice.roll(2) == 0 { length.min(200) } else { length };
        dice.roll(end)
    };
    match dice.roll(5) {
        0 => bytes.truncate(dice.roll(seed.len())),
        1 => (0..1 + dice.roll(16)).for_each(|_| {
            let at = place(dice, seed.len());
            bytes[at] ^= 1 << dice.roll(8);
        }),
        2 => (0..1 + dice.roll(8)).for_each(|_| {
            let at = place(dice, seed.len());
            bytes[at] = [0, 0xFF, 0x7F, dice.roll(256) as u8][dice.roll(4)];
        }),
        3 => {
            let at = place(dice, seed.len());
            let rubbish: Vec<u8> = (0..dice.roll(64)).map(|_| dice.roll(256) as u8).collect();
            bytes.splice(at..at, rubbish);
        }
        _ => {
            let at = dice.roll(seed.len().min(other.len()));
            bytes.truncate(at);
            bytes.extend_from_slice(&other[at..]);
        }
    }
    bytes
}

/// Files that are made to hurt.
fn special() -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("empty".to_owned(), Vec::new()),
        ("one byte".to_owned(), vec![0xFF]),
        ("zeros".to_owned(), vec![0; 100_000]),
        ("only a signature".to_owned(), vec![0xFF, 0xD8, 0xFF]),
        ("1×1".to_owned(), png_of(1, 1, png::ColorType::Rgb, png::BitDepth::Eight)),
        ("12000×1".to_owned(), png_of(12_000, 1, png::ColorType::Rgb, png::BitDepth::Eight)),
        ("1×12000".to_owned(), png_of(1, 12_000, png::ColorType::Rgba, png::BitDepth::Sixteen)),
        (
            "bomb of 49 megapixels".to_owned(),
            png_of(7000, 7000, png::ColorType::Grayscale, png::BitDepth::One),
        ),
        (
            "bomb of 49 megapixels, 16 bits".to_owned(),
            png_of(7000, 7000, png::ColorType::Rgba, png::BitDepth::Sixteen),
        ),
        (
            "bomb of 60 megapixels".to_owned(),
            png_of(10_000, 6000, png::ColorType::Grayscale, png::BitDepth::One),
        ),
        ("many headers".to_owned(), [vec![0xFF, 0xD8], [0xFF, 0xE0, 0, 2].repeat(500_000)].concat()),
    ];
    // One of each way through the decoders.
    let kinds = ["baseline.jpg", "progressive.jpg", "cmyk.jpg", "separate-scans-420.jpg", "lossless.jpg"];
    for (name, seed) in seeds().into_iter().filter(|(name, _)| kinds.contains(name)) {
        let frame = seed.windows(2).position(|w| w[0] == 0xFF && matches!(w[1], 0xC0 | 0xC2 | 0xC3)).unwrap();
        for side in [7000u16, 0xFFFF] {
            let mut giant = seed.clone();
            for at in [frame + 5, frame + 7] {
                giant[at..at + 2].copy_from_slice(&side.to_be_bytes());
            }
            files.push((format!("{name} declared as {side}"), giant.clone()));
            let scans = giant.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
            let again = giant[scans..giant.len() - 2].repeat(6);
            giant.truncate(giant.len() - 2);
            files.push((format!("{name} declared as {side} with many scans"), [giant, again].concat()));
        }
    }
    let mut giant = seeds().pop().unwrap().1;
    giant[21..25].copy_from_slice(&(5999_u32 | 5999 << 14).to_le_bytes());
    files.push(("lossless.webp declared as 6000".to_owned(), giant));
    files
}

/// Time that this thread has had on a core, where the system tells (Linux): a busy machine does not make a file slow.
fn core_time(since: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// One file: decoded, and looked at where there is an analyser.
fn survive(name: &str, bytes: &[u8], analyser: Option<&Analyser>) -> bool {
    let clock = Instant::now();
    let start = core_time(clock);
    let decoded = decode(bytes);
    match &decoded {
        Err(error) => assert!(CODES.contains(&error.code()) && !error.to_string().is_empty(), "{name}"),
        Ok(picture) => {
            assert_eq!(picture.rgb().len(), picture.width() * picture.height() * 3, "{name}");
            if let Some(analyser) = analyser {
                let seen = analyser.analyse(picture, Options::default());
                assert!(seen.iter().all(|seen| seen.face.confidence.is_finite()), "{name}");
                preview(picture).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }
    let took = core_time(clock).saturating_sub(start);
    assert!(took < LIMIT, "{name} took {took:?}");
    decoded.is_ok()
}

/// What the test below runs in a process of its own, whose memory is then known.
#[test]
#[ignore = "run by survives_thousands_of_hostile_files"]
fn every_file() {
    let analyser = Analyser::open(&samples::models_dir()).unwrap();
    let (seeds, mut dice) = (seeds(), Dice(0x5EED));
    let mutations = std::env::var("SEMBLANTE_MUTATIONS").map_or(MUTATIONS, |number| number.parse().unwrap());
    let (mut files, mut decoded) = (0, 0);
    for (name, bytes) in special() {
        files += 1;
        decoded += u32::from(survive(&name, &bytes, Some(&analyser)));
    }
    for (name, seed) in &seeds {
        for n in 0..mutations {
            let other = &seeds[dice.roll(seeds.len())].1;
            let bytes = mutated(seed, other, &mut dice);
            // A look costs a hundred times what decoding does.
            let analyser = (n % 50 == 0).then_some(&analyser);
            files += 1;
            decoded += u32::from(survive(&format!("{name} mutation {n}"), &bytes, analyser));
        }
    }
    let photo = samples::bytes(1);
    for n in 0..60 {
        let bytes = mutated(&photo, &seeds[0].1, &mut dice);
        files += 1;
        decoded += u32::from(survive(&format!("photo mutation {n}"), &bytes, None));
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB").trim();
    println!("hostile: {files} files, {decoded} decoded, peak {peak}");
}

#[test]
fn survives_thousands_of_hostile_files() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::every_file", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let child = deadline::output(child, 4 * deadline::LIMIT, "the reading of hostile files");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{said}\n{}", String::from_utf8_lossy(&child.stderr));
    let line = said.lines().find(|line| line.contains("hostile: ")).expect("the child counts");
    println!("{line}");
    let numbers: Vec<u64> =
        line.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    assert!(numbers[0] >= 2000, "{line}: too few files");
    assert!(numbers[1] >= 200, "{line}: the mutations are too coarse to reach the decoders");
    assert!(numbers[2] <= MEMORY_LIMIT_KB, "{line}: too much memory");
}

#[test]
fn every_seed_decodes_unless_it_is_made_to_be_refused() {
    for (name, bytes) in seeds() {
        let code = decode(&bytes).err().map(|error| error.code());
        let expected = match name {
            "bomb.heic" => Some("image_too_large"),
            "raw.tiff" => Some("unsupported_type"),
            _ if name.ends_with(".heic") && !cfg!(feature = "heic") => Some("heic_unsupported"),
            _ => None,
        };
        assert_eq!(code, expected, "{name}");
    }
}

#[test]
fn limits_have_their_codes() {
    let files = special();
    for (name, code) in [
        ("12000×1", None),
        ("bomb of 49 megapixels", None),
        ("bomb of 60 megapixels", Some("image_too_large")),
        ("baseline.jpg declared as 65535", Some("image_too_large")),
        ("progressive.jpg declared as 65535", Some("image_too_large")),
        ("many headers", Some("undecodable_image")),
        ("zeros", Some("unsupported_type")),
    ] {
        let (_, bytes) = files.iter().find(|(other, _)| other == name).unwrap();
        assert_eq!(decode(bytes).err().map(|error| error.code()), code, "{name}");
    }
}
