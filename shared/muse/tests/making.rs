//! Whole pictures and melodies, decoded and measured.

use domain::{Affect, Distribution, Emotion};
use ebur128::{EbuR128, Mode};
use muse::picture::style::Style;
use muse::{Melody, MelodySettings, PictureSettings, compose, paint, steered};
use proptest::prelude::*;
use quality::picture::{Look, difference};
use quality::sound::Sound;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io::Cursor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

const SMALL: u16 = 64;

fn pixels(affect: &Affect, seed: u64, style: Option<Style>, size: u16) -> Vec<u8> {
    let picture = paint(affect, seed, &PictureSettings { style, size }).expect("a good order is painted");
    let jpeg = picture.jpeg().expect("a picture is encoded");
    let pixels = JpegDecoder::new(ZCursor::new(&jpeg)).decode().expect("a picture decodes");
    assert_eq!(pixels.len(), usize::from(size) * usize::from(size) * 3);
    pixels
}

fn melody(affect: &Affect, seed: u64, bars: Option<u32>) -> (Melody, Vec<f32>) {
    let melody =
        compose(affect, seed, &MelodySettings { bars, soundfont: None }).expect("a good order is composed");
    let decoded = nanomp3::decode_all::<f32>(&melody.mp3);
    assert_eq!((decoded.channels, decoded.sample_rate), (Some(nanomp3::Channels::Stereo), 44_100));
    (melody, decoded.samples)
}

/// Loud enough, not too loud, no hole and no click.
fn assert_audible(affect: &Affect, seed: u64, bars: Option<u32>) {
    let (_, samples) = melody(affect, seed, bars);
    let sound = Sound::measure(&samples, 44_100).expect("stereo at 44.1 kHz can be measured");
    let emotion = affect.dominant();
    assert!((sound.lufs + 16.0).abs() <= 0.5, "{emotion} {seed}: {} LUFS", sound.lufs);
    assert!(sound.true_peak_db <= -1.5, "{emotion} {seed}: {} dBTP", sound.true_peak_db);
    assert!(sound.lead_s < 0.2 && sound.tail_s < 0.6 && sound.gap_s < 0.4, "{emotion} {seed}: {sound:?}");
    assert_eq!(sound.clicks, 0, "{emotion} {seed}");
}

#[test]
fn every_emotion_and_200_seeds_are_pictures() {
    for emotion in Emotion::ALL {
        let affect = Affect::certain(emotion);
        for seed in 0..200 {
            let look = Look::measure(&pixels(&affect, seed, None, SMALL), usize::from(SMALL), emotion);
            assert!(look.contrast > 0.02 && look.mean.l > 0.12, "{emotion} {seed}: {look:?}");
            assert!(look.clipped < 0.12, "{emotion} {seed}: {look:?}");
            assert_eq!(look.emotion(), emotion, "{seed}: {look:?}");
        }
    }
}

/// `check` on every emotion and seed, on as many threads as there are processors.
fn everywhere(seeds: u64, check: impl Fn(Emotion, u64) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let check = &check;
            scope.spawn(move || {
                for seed in (0..seeds).skip(thread).step_by(threads) {
                    Emotion::ALL.into_iter().for_each(|emotion| check(emotion, seed));
                }
            });
        }
    });
}

fn true_peak(stereo: &[f32]) -> Result<f64, ebur128::Error> {
    let mut meter = EbuR128::new(2, 44_100, Mode::TRUE_PEAK)?;
    meter.add_frames_f32(stereo)?;
    Ok(meter.true_peak(0)?.max(meter.true_peak(1)?))
}

/// Played to the end by our own instruments and mastered: loud enough, never clipped, nowhere long silent.
fn assert_sounds(affect: &Affect, seed: u64) {
    let settings = MelodySettings { bars: Some(1), soundfont: None };
    let played = muse::melody::perform(affect, seed, &settings).expect("a good order is played");
    let stereo = played.recording.interleaved();
    let peak = true_peak(&stereo).expect("stereo at 44.1 kHz can be measured");
    let emotion = affect.dominant();
    assert!(stereo.iter().all(|sample| sample.is_finite()), "{emotion} {seed}");
    assert!((0.1..0.8).contains(&peak), "{emotion} {seed}: true peak {peak}");
    assert!((played.lufs + 16.0).abs() <= 0.5, "{emotion} {seed}: {} LUFS", played.lufs);
    let silent = stereo.chunks_exact(44_100).filter(|second| second.iter().all(|x| x.abs() < 0.001)).count();
    assert_eq!(silent, 0, "{emotion} {seed}: half-seconds of silence");
}

#[test]
fn decoded_files_of_every_emotion_are_audible() {
    everywhere(4, |emotion, seed| assert_audible(&Affect::certain(emotion), seed, Some(2)));
}

#[test]
fn every_emotion_and_200_seeds_sound_and_none_clips() {
    everywhere(200, |emotion, seed| assert_sounds(&Affect::certain(emotion), seed));
}

#[test]
fn extreme_affects_sound_and_none_clips() {
    let corners = [(-1e300, -1e300), (-1.0, 1.0), (0.0, 0.0), (1.0, -1.0), (f64::MAX, f64::MAX)];
    everywhere(4, |emotion, seed| {
        for (valence, arousal) in corners {
            assert_sounds(&Affect { valence, arousal, ..Affect::certain(emotion) }, seed);
        }
    });
}

#[test]
fn full_length_melodies_are_in_measure() {
    for emotion in Emotion::ALL {
        let affect = Affect::certain(emotion);
        assert_audible(&affect, 9_000, None);
        let (melody, samples) = melody(&affect, 9_000, None);
        assert!((12.0..=20.0).contains(&melody.seconds), "{emotion} {}", melody.seconds);
        let sound = Sound::measure(&samples, 44_100).unwrap();
        assert_eq!(sound.tonic, melody.score.tonic, "{emotion}");
        assert!((sound.bpm / melody.score.bpm - 1.0).abs() < 0.04, "{emotion} {sound:?}");
    }
}

#[test]
fn same_seed_same_bytes_and_other_seeds_look_and_sound_different() {
    let happy = Affect::certain(Emotion::Happy);
    for style in Style::ALL {
        let settings = PictureSettings { style: Some(style), size: 128 };
        assert_eq!(paint(&happy, 3, &settings).unwrap(), paint(&happy, 3, &settings).unwrap());
        let apart = difference(&pixels(&happy, 3, Some(style), 128), &pixels(&happy, 4, Some(style), 128));
        assert!(apart > 0.02, "{style} {apart}");
    }
    let (one, again, other) =
        (melody(&happy, 3, Some(2)), melody(&happy, 3, Some(2)), melody(&happy, 4, Some(2)));
    assert_eq!((&one.0.mp3, &one.0.midi), (&again.0.mp3, &again.0.midi));
    assert_ne!(one.0.midi, other.0.midi);
}

/// The makers' bytes as they were when this version was made. A change that alters them is a new version of the makers
/// (`provenance::VERSION`), and comes with a new table.
#[test]
fn seeds_keep_their_bytes() {
    let mut table = String::new();
    for emotion in Emotion::ALL {
        for seed in [3, 41] {
            let (picture, melody) = digests(&Affect::certain(emotion), seed);
            writeln!(table, "{emotion} {seed} {picture} {melody}").expect("a String takes any text");
        }
    }
    assert_eq!(table, include_str!("digests.txt"));
}

/// SHA-256 of a small picture in every style, and of a short melody's MP3 and MIDI.
fn digests(affect: &Affect, seed: u64) -> (String, String) {
    let (mut pictures, mut melodies) = (Sha256::new(), Sha256::new());
    for style in Style::ALL {
        let settings = PictureSettings { style: Some(style), size: 128 };
        let picture = paint(affect, seed, &settings).expect("a good order is painted");
        pictures.update(picture.jpeg().expect("a picture is encoded"));
    }
    let settings = MelodySettings { bars: Some(2), soundfont: None };
    let melody = compose(affect, seed, &settings).expect("a good order is composed");
    melodies.update(&melody.mp3);
    melodies.update(&melody.midi);
    (hex::encode(pictures.finalize()), hex::encode(melodies.finalize()))
}

#[test]
fn files_carry_their_provenance() {
    let calm = Affect::certain(Emotion::Calm);
    let picture = paint(&calm, 41, &PictureSettings { style: None, size: SMALL }).unwrap();
    let melody = compose(&calm, 41, &MelodySettings { bars: Some(1), soundfont: None }).unwrap();
    let digests = [&picture.made_by.digest, &melody.made_by.digest].map(|digest| digest.clone().unwrap());
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let jpeg = picture.jpeg().unwrap();
    assert!(holds(&jpeg, "http://ns.adobe.com/xap/1.0/") && holds(&jpeg, &digests[0]));
    assert!(melody.mp3.starts_with(b"ID3") && holds(&melody.mp3, &digests[1]));
    assert!(melody.midi.starts_with(b"MThd") && holds(&melody.midi, &digests[1]));
}

#[test]
fn a_png_has_the_pixels_and_the_provenance_of_its_picture() {
    for (style, size) in [(Style::Flow, 64), (Style::Aurora, 33)] {
        let settings = PictureSettings { style: Some(style), size };
        let picture = paint(&Affect::certain(Emotion::Fear), 7, &settings).unwrap();
        let file = picture.png().unwrap();
        let mut reader = png::Decoder::new(Cursor::new(&file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.width, frame.height), (u32::from(size), u32::from(size)));
        assert_eq!((frame.color_type, frame.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        assert!(pixels == picture.rgb(), "{style}: other pixels");
        let texts = &reader.info().utf8_text;
        let xmp = texts.iter().find(|text| text.keyword == "XML:com.adobe.xmp").unwrap().get_text().unwrap();
        assert!(xmp.contains(picture.made_by.digest.as_deref().unwrap()) && xmp.contains("algorithmicMedia"));
    }
}

#[test]
fn steering_moves_only_what_it_names() {
    let own = Affect::certain(Emotion::Calm);
    assert_eq!(steered(Emotion::Calm, None, None), own);
    let stirred = steered(Emotion::Calm, None, Some(0.9));
    assert_eq!(stirred, Affect { arousal: 0.9, ..own.clone() });
    assert_eq!(steered(Emotion::Calm, Some(-1.0), None), Affect { valence: -1.0, ..own.clone() });
    let settings = PictureSettings { style: None, size: SMALL };
    let painted = |affect| paint(affect, 5, &settings).unwrap();
    assert_eq!(painted(&own).style, painted(&stirred).style);
    assert_ne!(painted(&own).rgb(), painted(&stirred).rgb());
    let settings = MelodySettings { bars: Some(1), soundfont: None };
    let composed = |affect| muse::melody::perform(affect, 5, &settings).unwrap().score;
    let [own, stirred] = [composed(&own), composed(&stirred)];
    assert!(stirred.bpm > own.bpm && stirred.tonic == own.tonic && stirred.mode == own.mode);
}

#[test]
fn bad_orders_are_refused() {
    let calm = Affect::certain(Emotion::Calm);
    for (valence, arousal) in [(f64::NAN, 0.0), (0.0, f64::INFINITY)] {
        let broken = Affect { valence, arousal, ..calm.clone() };
        assert!(paint(&broken, 1, &PictureSettings::default()).is_err());
        assert!(compose(&broken, 1, &MelodySettings::default()).is_err());
    }
    for size in [0, 15, 2049, u16::MAX] {
        assert!(paint(&calm, 1, &PictureSettings { style: None, size }).is_err());
    }
    for bars in [0, 17, u32::MAX] {
        assert!(compose(&calm, 1, &MelodySettings { bars: Some(bars), soundfont: None }).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_affect_gives_a_picture_and_a_melody(
        weights in prop::collection::vec(0.01f64..1.0, 9),
        valence in -1e6f64..1e6,
        arousal in -1e6f64..1e6,
        seed: u64,
        size in 16u16..70,
    ) {
        let sum: f64 = weights.iter().sum();
        let shares = Emotion::ALL.into_iter().zip(weights.iter().map(|weight| weight / sum)).collect();
        let affect = Affect { distribution: Distribution::parse(shares).unwrap(), valence, arousal };
        for style in Style::ALL {
            let look = Look::measure(&pixels(&affect, seed, Some(style), size), usize::from(size), affect.dominant());
            prop_assert!(look.contrast > 0.01 && look.mean.l > 0.10, "{:?}", look);
        }
        let (_, samples) = melody(&affect, seed, Some(1));
        prop_assert!(samples.iter().any(|x| x.abs() > 0.05) && samples.iter().all(|x| x.abs() < 0.99));
    }
}
