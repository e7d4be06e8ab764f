//! What is played: notes in parts, in ticks.

use super::mode::Mode;
use super::synth::instrument::Instrument;

/// Ticks of a beat, as in the MIDI file.
pub const TICKS: u32 = 480;

/// Who plays a note.
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
    /// All parts, in the order of the MIDI file's tracks.
    pub const ALL: [Part; 5] = [Part::Melody, Part::Second, Part::Chords, Part::Bass, Part::Drums];

    /// Its name in the MIDI file.
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

/// One note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// Who plays it.
    pub part: Part,
    /// When it begins, in ticks.
    pub start: u32,
    /// How long it is held, in ticks.
    pub length: u32,
    /// Its MIDI pitch; a drum's General MIDI key in [`Part::Drums`].
    pub pitch: u8,
    /// How loud, 0..1.
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
    /// The instrument of a part; none for drums.
    pub fn of(&self, part: Part) -> Option<Instrument> {
        match part {
            Part::Melody => Some(self.melody),
            Part::Second => Some(self.second),
            Part::Chords => Some(self.chords),
            Part::Bass => Some(self.bass),
            Part::Drums => None,
        }
    }
}

/// A whole piece.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The tonic's pitch class, 0 = C.
    pub tonic: u8,
    /// The scale.
    pub mode: Mode,
    /// Beats a minute.
    pub bpm: f64,
    /// Beats of a bar.
    pub beats_per_bar: u32,
    /// Its length in bars, the fading of the last note not counted.
    pub bars: u32,
    /// Who plays what.
    pub band: Band,
    /// All notes, by start.
    pub notes: Vec<Note>,
}

impl Score {
    /// Seconds of a time in ticks.
    pub fn seconds(&self, ticks: u32) -> f64 {
        f64::from(ticks) / f64::from(TICKS) * 60.0 / self.bpm
    }

    /// The notes of one part, by start.
    pub fn part(&self, part: Part) -> impl Iterator<Item = &Note> {
        self.notes.iter().filter(move |note| note.part == part)
    }

    /// When the last bar ends, in ticks.
    pub fn end(&self) -> u32 {
        self.bars * self.beats_per_bar * TICKS
    }
}
