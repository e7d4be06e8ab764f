//! Notes in parts, in ticks.

use super::instrument::Instrument;
use super::mode::Mode;

/// Ticks of a beat, in the score and in the MIDI file.
pub const TICKS: u32 = 480;

/// A voice of the arrangement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Part {
    Melody,
    Second,
    Chords,
    Bass,
    Drums,
}

impl Part {
    /// In the order of the MIDI file's tracks.
    pub const ALL: [Part; 5] = [Part::Melody, Part::Second, Part::Chords, Part::Bass, Part::Drums];

    /// The name of its track in the MIDI file.
    pub fn name(self) -> &'static str {
        match self {
            Part::Melody => "Melody",
            Part::Second => "Second voice",
            Part::Chords => "Chords",
            Part::Bass => "Bass",
            Part::Drums => "Percussion",
        }
    }
}

/// A note of one part.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Note {
    pub part: Part,
    /// In ticks, from the start of the piece.
    pub start: u32,
    /// In ticks, without the release.
    pub length: u32,
    /// A MIDI pitch; in [`Part::Drums`] a General MIDI drum key.
    pub pitch: u8,
    /// Loudness in 0..1, as MIDI has it.
    pub velocity: f32,
}

/// The instruments of the pitched parts.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Band {
    pub melody: Instrument,
    pub second: Instrument,
    pub chords: Instrument,
    pub bass: Instrument,
}

impl Band {
    /// The instrument of a part; `None` for drums.
    pub fn instrument(&self, part: Part) -> Option<Instrument> {
        match part {
            Part::Melody => Some(self.melody),
            Part::Second => Some(self.second),
            Part::Chords => Some(self.chords),
            Part::Bass => Some(self.bass),
            Part::Drums => None,
        }
    }
}

/// A piece, arranged for its band.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Score {
    /// The tonic's pitch class, 0 = C.
    pub tonic: u8,
    pub mode: Mode,
    pub bpm: f64,
    pub beats_per_bar: u32,
    /// Its length without the release of the last note.
    pub bars: u32,
    pub band: Band,
    /// The notes of all parts, ordered by start.
    pub notes: Vec<Note>,
}

impl Score {
    /// Converts ticks to seconds.
    pub fn seconds(&self, ticks: u32) -> f64 {
        f64::from(ticks) / f64::from(TICKS) * 60.0 / self.bpm
    }

    /// The notes of one part, ordered by start.
    pub fn part(&self, part: Part) -> impl Iterator<Item = &Note> {
        self.notes.iter().filter(move |note| note.part == part)
    }

    /// When the last bar ends, in ticks.
    pub fn end(&self) -> u32 {
        self.bars * self.beats_per_bar * TICKS
    }
}
