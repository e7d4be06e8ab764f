//! What `paint` and `compose` share: the emotion that is expressed, and the files that are written.

use super::output_file;
use crate::exit::UsageError;
use crate::print::{Printer, Screen};
use anyhow::Context;
use domain::{Affect, Emotion};
use serde::Serialize;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub struct Mood {
    /// HAPPY, SAD, ANGRY, CONFUSED, DISGUSTED, SURPRISED, CALM, FEAR or UNKNOWN
    #[arg(long, value_name = "EMOTION", value_parser = Emotion::parse)]
    pub emotion: Emotion,
    /// Unpleasant (-1) to pleasant (1); default: the emotion's own
    #[arg(long, value_name = "X", value_parser = from_minus_one_to_one, allow_hyphen_values = true)]
    valence: Option<f64>,
    /// Calm (-1) to excited (1); default: the emotion's own
    #[arg(long, value_name = "X", value_parser = from_minus_one_to_one, allow_hyphen_values = true)]
    arousal: Option<f64>,
    /// Seed, 0 to 18446744073709551615 (2^64 - 1); another seed gives another result
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = seed, allow_hyphen_values = true)]
    pub seed: u64,
}

impl Mood {
    pub fn affect(&self) -> Affect {
        muse::steered(self.emotion, self.valence, self.arousal)
    }
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("it must be a whole number from 0 to {}", u64::MAX))
}

fn from_minus_one_to_one(text: &str) -> Result<f64, &'static str> {
    let number = text.parse().ok().filter(|number| (-1.0..=1.0).contains(number));
    number.ok_or("it must be a number from -1 to 1")
}

/// Where an artefact is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Stdout,
    File(PathBuf),
}

impl Target {
    /// Reads a path; `-` is standard output.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "" => Err("it must be a path, or - for standard output"),
            "-" => Ok(Target::Stdout),
            path => Ok(Target::File(PathBuf::from(path))),
        }
    }

    pub fn name(&self) -> String {
        match self {
            Target::Stdout => "-".to_owned(),
            Target::File(path) => path.display().to_string(),
        }
    }

    /// The ending of the file's name, in lower case; None for standard output.
    pub fn ending(&self) -> Option<String> {
        match self {
            Target::Stdout => None,
            Target::File(path) => Some(path.extension()?.to_string_lossy().to_lowercase()),
        }
    }

    /// Writes the artefact. An error names the flag that was typed.
    pub fn write(&self, flag: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let written = match self {
            Target::Stdout => io::stdout().lock().write_all(bytes),
            Target::File(path) => output_file::write(path, bytes),
        };
        written.with_context(|| format!("{flag} {}", self.name()))
    }

    /// Whether both are the same file, by whatever names, or both are standard output.
    pub fn is_same_as(&self, other: &Target) -> bool {
        let inode = |path: &Path| fs::metadata(path).map(|about| (about.dev(), about.ino())).ok();
        let (one, other) = (self.path(), other.path());
        output_file::resolved(one) == output_file::resolved(other)
            || inode(one).is_some_and(|one| inode(other) == Some(one))
    }

    fn path(&self) -> &Path {
        match self {
            Target::Stdout => Path::new("/dev/stdout"),
            Target::File(path) => path,
        }
    }
}

/// Prints what was made. Where standard output has an artefact, the line goes to stderr, and JSON is refused before.
pub fn report(
    made: &impl Serialize,
    line: String,
    targets: &[&Target],
    printer: &mut Printer<'_>,
) -> anyhow::Result<()> {
    match targets.contains(&&Target::Stdout) {
        true => Ok(note_on_stderr(printer.screen(), &line)?),
        false => Ok(printer.document(made, || line)?),
    }
}

fn note_on_stderr(screen: &Screen, line: &str) -> io::Result<()> {
    if screen.is_quiet() { Ok(()) } else { writeln!(io::stderr(), "{line}") }
}

/// Errors: JSON and an artefact would both go to standard output.
pub fn refuse_mixed_output(targets: &[&Target], printer: &Printer<'_>) -> Result<(), UsageError> {
    match printer.is_json() && targets.contains(&&Target::Stdout) {
        true => Err(UsageError("--json and - both write to standard output".to_owned())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused_with_the_range() {
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        for wrong in ["18446744073709551616", "-1", "1.5", ""] {
            assert!(seed(wrong).unwrap_err().contains("from 0 to 18446744073709551615"), "{wrong}");
        }
        for (text, good) in [("-1", true), ("0.5", true), ("1.01", false), ("NaN", false), ("x", false)] {
            assert_eq!(from_minus_one_to_one(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn the_same_file_is_recognised_by_every_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| Target::File(folder.path().join(name));
        fs::create_dir(folder.path().join("sub")).unwrap();
        assert!(at("a.mid").is_same_as(&at("sub/../a.mid")), "neither exists yet");
        assert!(!at("a.mid").is_same_as(&at("b.mid")));
        fs::write(folder.path().join("a.mid"), "").unwrap();
        std::os::unix::fs::symlink(folder.path().join("a.mid"), folder.path().join("link")).unwrap();
        fs::hard_link(folder.path().join("a.mid"), folder.path().join("hard")).unwrap();
        assert!(at("a.mid").is_same_as(&at("link")) && at("hard").is_same_as(&at("a.mid")));
        std::os::unix::fs::symlink("absent.mp3", folder.path().join("dangling")).unwrap();
        assert!(at("absent.mp3").is_same_as(&at("dangling")));
        assert!(Target::Stdout.is_same_as(&Target::File("/dev/stdout".into())));
        assert!(Target::Stdout.is_same_as(&Target::Stdout) && !Target::Stdout.is_same_as(&at("a.mid")));
    }
}
