//! Measures of pictures and melodies over seeds that no parameter was tuned on.

use crate::report::{Report, ms};
use ::muse::melody::mode::Mode;
use ::muse::melody::rank::Features;
use ::muse::melody::score::Part;
use ::muse::picture::style::Style;
use ::muse::{MelodySettings, PictureSettings, compose, paint};
use anyhow::Context;
use clap::Args;
use domain::{Affect, Emotion};
use quality::picture::{Look, difference};
use quality::sound::{self, Sound};
use std::ops::Range;
use std::time::Instant;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Emotions with a scene and a mode of their own: all but UNKNOWN.
const EXPRESSIVE: usize = 8;
/// Seeds whose CPU time is measured, one after the other.
const TIMED: usize = 5;

#[derive(Args)]
pub struct Arguments {
    /// Seeds for each emotion
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed; those below 10,000 were used for tuning
    #[arg(long, default_value_t = 10_000)]
    first: u64,
}

pub fn run(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    let seeds = arguments.first..arguments.first + arguments.seeds;
    pictures(&seeds, report)?;
    melodies(&seeds, report)
}

/// CPU time of `work` on this thread; wall time where the system does not report it.
fn cpu_ms(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let on_cpu = || -> Option<f64> {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        stat.split_whitespace().next()?.parse::<f64>().ok()
    };
    let (wall, before) = (Instant::now(), on_cpu());
    work()?;
    Ok(match (before, on_cpu()) {
        (Some(before), Some(after)) => (after - before) / 1e6,
        _ => ms(wall.elapsed()),
    })
}

/// `look` at every seed and emotion, on two threads, in order.
fn over_seeds<T: Send>(
    seeds: &Range<u64>,
    look: impl Fn(Emotion, u64) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<(Emotion, T)>> {
    let orders: Vec<(Emotion, u64)> =
        seeds.clone().flat_map(|seed| Emotion::ALL.map(|emotion| (emotion, seed))).collect();
    let work = |part: &[(Emotion, u64)]| -> anyhow::Result<Vec<(Emotion, T)>> {
        part.iter().map(|(emotion, seed)| Ok((*emotion, look(*emotion, *seed)?))).collect()
    };
    let (one, other) = orders.split_at(orders.len() / 2);
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| work(other));
        let mut all = work(one)?;
        all.extend(beside.join().map_err(|_| anyhow::anyhow!("a measuring thread panicked"))??);
        Ok(all)
    })
}

fn min(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

fn max(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NEG_INFINITY, f64::max)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

fn share(values: impl Iterator<Item = bool>) -> f64 {
    100.0 * mean(values.map(|hit| if hit { 1.0 } else { 0.0 }))
}

/// The measures of one picture.
struct Seen {
    bytes: usize,
    /// A sample of the pixels, for the comparison of seeds.
    rgb: Vec<u8>,
    look: Look,
    recovered: bool,
    style: Style,
    seed: u64,
}

fn see(emotion: Emotion, seed: u64) -> anyhow::Result<Seen> {
    let settings = PictureSettings { style: None, size: 1024 };
    let picture = paint(&Affect::certain(emotion), seed, &settings)?;
    let jpeg = picture.jpeg()?;
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&jpeg), options);
    let pixels = decoder.decode().context("decoding a picture")?;
    let look = Look::measure(&pixels, 1024, emotion);
    let rgb = pixels.chunks_exact(3).step_by(16 + 1).flatten().copied().collect();
    Ok(Seen {
        bytes: jpeg.len(),
        rgb,
        look,
        recovered: look.emotion() == emotion,
        style: picture.style,
        seed,
    })
}

fn pictures(seeds: &Range<u64>, report: &mut Report) -> anyhow::Result<()> {
    for style in Style::ALL {
        let mut times = Vec::new();
        for seed in seeds.clone().take(TIMED) {
            for emotion in Emotion::ALL {
                let settings = PictureSettings { style: Some(style), size: 1024 };
                times.push(cpu_ms(|| {
                    Ok(paint(&Affect::certain(emotion), seed, &settings)?.jpeg().map(drop)?)
                })?);
            }
        }
        report.add(format!("picture: {style}, CPU, mean"), mean(times.iter().copied()), "ms");
        report.add(format!("picture: {style}, CPU, worst"), max(times.into_iter()), "ms");
    }
    let seen = over_seeds(seeds, see)?;
    let repeated = over_seeds(&(seeds.start..seeds.end.min(seeds.start + 3)), |emotion, seed| {
        let again = || paint(&Affect::certain(emotion), seed, &PictureSettings::default());
        Ok(again()?.jpeg()? == again()?.jpeg()?)
    })?;
    let of = |emotion: Emotion| seen.iter().filter(move |(e, _)| *e == emotion).map(|(_, seen)| seen);
    report.add("picture: emotion recovered", share(seen.iter().map(|(_, s)| s.recovered)), "%");
    for emotion in Emotion::ALL {
        report.add(format!("picture: {emotion} recovered"), share(of(emotion).map(|s| s.recovered)), "%");
    }
    report.add("picture: same seed, same bytes", share(repeated.into_iter().map(|(_, same)| same)), "%");
    let mut apart = f64::INFINITY;
    for emotion in Emotion::ALL {
        let all: Vec<&Seen> = of(emotion).collect();
        for (i, one) in all.iter().enumerate() {
            let others = all[i + 1..].iter().take(10);
            apart = apart.min(min(others.map(|other| f64::from(difference(&one.rgb, &other.rgb)))));
        }
    }
    report.add("picture: least difference of two seeds", apart, "OKLab");
    let figure = |f: fn(&Look) -> f32| seen.iter().map(move |(_, s)| f64::from(f(&s.look)));
    report.add("picture: farthest from its palette", max(figure(|l| l.palette_distance)), "OKLab");
    report.add("picture: least contrast", min(figure(|l| l.contrast)), "OKLab");
    report.add("picture: clipped pixels, worst", 100.0 * max(figure(|l| l.clipped)), "%");
    report.add("picture: seam, worst (6 shows)", max(figure(|l| l.seam)), "ratio");
    for (fault, of) in [("clipped", (|l| l.clipped) as fn(&Look) -> f32), ("broken by a seam", |l| l.seam)] {
        let worst = seen.iter().max_by(|(_, one), (_, other)| of(&one.look).total_cmp(&of(&other.look)));
        if let Some((emotion, picture)) = worst {
            println!("  most {fault}: {emotion} as {}, seed {}", picture.style, picture.seed);
        }
    }
    report.add("picture: largest file", max(seen.iter().map(|(_, s)| s.bytes as f64)) / 1000.0, "kB");
    Ok(())
}

/// The measures of one melody, from its decoded MP3 and from its score.
struct Heard {
    sound: Sound,
    features: Features,
    key: bool,
    mode: bool,
    third: bool,
    tempo: bool,
}

fn hear(emotion: Emotion, seed: u64) -> anyhow::Result<Heard> {
    let melody = compose(&Affect::certain(emotion), seed, &MelodySettings::default())?;
    let decoded = nanomp3::decode_all::<f32>(&melody.mp3);
    let sound = Sound::measure(&decoded.samples, 44_100)?;
    let pitches: Vec<i32> = melody.score.part(Part::Melody).map(|note| i32::from(note.pitch)).collect();
    let mode: Mode = sound::mode(&decoded.samples, 44_100, melody.score.tonic);
    Ok(Heard {
        key: sound.tonic == melody.score.tonic,
        mode: mode == melody.score.mode,
        third: mode.is_minor() == melody.score.mode.is_minor(),
        tempo: (sound.bpm / melody.score.bpm - 1.0).abs() <= 0.04,
        features: Features::measure(&pitches),
        sound,
    })
}

fn melodies(seeds: &Range<u64>, report: &mut Report) -> anyhow::Result<()> {
    let mut times = Vec::new();
    for seed in seeds.clone().take(TIMED) {
        for emotion in Emotion::ALL {
            let settings = MelodySettings::default();
            times.push(cpu_ms(|| Ok(compose(&Affect::certain(emotion), seed, &settings).map(drop)?))?);
        }
    }
    report.add("melody: CPU, mean", mean(times.iter().copied()), "ms");
    report.add("melody: CPU, worst", max(times.into_iter()), "ms");
    let all = over_seeds(seeds, hear)?;
    let felt = || {
        all.iter().filter(|(emotion, _)| Emotion::ALL[..EXPRESSIVE].contains(emotion)).map(|(_, heard)| heard)
    };
    report.add("melody: key finder hits the tonic", share(felt().map(|h| h.key)), "%");
    report.add("melody: mode re-estimated", share(felt().map(|h| h.mode)), "%");
    report.add("melody: major or minor re-estimated", share(felt().map(|h| h.third)), "%");
    report.add("melody: tempo within 4 %", share(felt().map(|h| h.tempo)), "%");
    for emotion in Emotion::ALL {
        let of = || all.iter().filter(|(e, _)| *e == emotion).map(|(_, heard)| heard);
        report.add(format!("melody: {emotion} tonic"), share(of().map(|h| h.key)), "%");
        report.add(format!("melody: {emotion} mode"), share(of().map(|h| h.mode)), "%");
        report.add(format!("melody: {emotion} tempo"), share(of().map(|h| h.tempo)), "%");
    }
    features(&all, report);
    sounds(&all, report);
    let repeated = over_seeds(&(seeds.start..seeds.end.min(seeds.start + 2)), |emotion, seed| {
        let again = || compose(&Affect::certain(emotion), seed, &MelodySettings::default());
        let (one, other) = (again()?, again()?);
        Ok(one.mp3 == other.mp3 && one.midi == other.midi)
    })?;
    report.add("melody: same seed, same bytes", share(repeated.into_iter().map(|(_, same)| same)), "%");
    Ok(())
}

fn features(all: &[(Emotion, Heard)], report: &mut Report) {
    let figure = |f: fn(&Features) -> f64| all.iter().map(move |(_, heard)| f(&heard.features));
    report.add("melody: step share, mean", mean(figure(|f| f.steps)), "");
    report.add(
        "melody: step share within .55-.75",
        share(figure(|f| f.steps).map(|s| (0.55..=0.75).contains(&s))),
        "%",
    );
    report.add("melody: leaps, mean", mean(figure(|f| f.leaps)), "");
    report.add("melody: leaps up to .12", share(figure(|f| f.leaps).map(|leaps| leaps <= 0.12)), "%");
    report.add("melody: motif repetition, mean", mean(figure(|f| f.repetition)), "");
    report.add(
        "melody: motif repetition within .20-.50",
        share(figure(|f| f.repetition).map(|r| (0.20..=0.50).contains(&r))),
        "%",
    );
}

fn sounds(all: &[(Emotion, Heard)], report: &mut Report) {
    let figure = |f: fn(&Sound) -> f64| all.iter().map(move |(_, heard)| f(&heard.sound));
    report.add("melody: loudness, quietest", min(figure(|s| s.lufs)), "LUFS");
    report.add("melody: loudness, loudest", max(figure(|s| s.lufs)), "LUFS");
    report.add("melody: true peak, highest", max(figure(|s| s.true_peak_db)), "dBTP");
    report.add("melody: shortest", min(figure(|s| s.seconds)), "s");
    report.add("melody: longest", max(figure(|s| s.seconds)), "s");
    report.add("melody: silence before, most", max(figure(|s| s.lead_s)), "s");
    report.add("melody: silence after, most", max(figure(|s| s.tail_s)), "s");
    report.add("melody: silence within, most", max(figure(|s| s.gap_s)), "s");
    report.add("melody: clicks in all", figure(|s| s.clicks as f64).sum(), "");
}
