//! Playing with the operator's SoundFont. None is bundled: the licences of the free ones do not fit ours.

use super::recording::{RATE, Recording};
use super::score::{Part, Score};
use rustysynth::{Synthesizer, SynthesizerSettings};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::Cursor;
use std::sync::Arc;

const MAX_BYTES: usize = 512 << 20;

/// The SoundFont cannot be read or played.
#[derive(Debug, thiserror::Error)]
#[error("the SoundFont cannot be used: {0}")]
pub struct SoundFontError(String);

/// A loaded SoundFont 2 file.
pub struct SoundFont {
    font: Arc<rustysynth::SoundFont>,
    digest: String,
}

impl fmt::Debug for SoundFont {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoundFont({})", self.digest)
    }
}

impl SoundFont {
    /// Reads the bytes of a SoundFont 2 file of at most 512 MiB.
    pub fn parse(bytes: &[u8]) -> Result<Self, SoundFontError> {
        if bytes.len() > MAX_BYTES {
            return Err(SoundFontError(format!("{} bytes are more than {MAX_BYTES}", bytes.len())));
        }
        let font = rustysynth::SoundFont::new(&mut Cursor::new(bytes))
            .map_err(|error| SoundFontError(error.to_string()))?;
        Ok(SoundFont { font: Arc::new(font), digest: hex::encode(Sha256::digest(bytes)) })
    }

    /// The file's SHA-256 in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Plays a score with the instruments' General MIDI programs.
    pub(super) fn play(&self, score: &Score) -> Result<Recording, SoundFontError> {
        const TAIL_S: f64 = 2.6;
        let settings = SynthesizerSettings::new(RATE as i32);
        let mut synthesizer =
            Synthesizer::new(&self.font, &settings).map_err(|error| SoundFontError(error.to_string()))?;
        for (channel, part) in Part::ALL.into_iter().enumerate() {
            if let Some(instrument) = score.band.instrument(part) {
                synthesizer.process_midi_message(channel as i32, 0xC0, i32::from(instrument.program()), 0);
            }
        }
        let mut recording = Recording::silence(score.seconds(score.end()) + TAIL_S);
        let length = recording.left.len();
        let mut at = 0;
        for (time, event) in events(score) {
            let to = ((score.seconds(time) * f64::from(RATE)) as usize).min(length);
            synthesizer.render(&mut recording.left[at..to], &mut recording.right[at..to]);
            at = to;
            match event {
                Event::Off(channel, key) => synthesizer.note_off(channel, key),
                Event::On(channel, key, velocity) => synthesizer.note_on(channel, key, velocity),
            }
        }
        synthesizer.render(&mut recording.left[at..], &mut recording.right[at..]);
        Ok(recording)
    }
}

/// A key event; ends sort before beginnings of the same time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Off(i32, i32),
    On(i32, i32, i32),
}

fn events(score: &Score) -> Vec<(u32, Event)> {
    let mut events = Vec::with_capacity(score.notes.len() * 2);
    for note in &score.notes {
        let channel = if note.part == Part::Drums { 9 } else { note.part as i32 };
        let key = i32::from(note.pitch);
        events.push((note.start, Event::On(channel, key, (note.velocity * 126.0) as i32 + 1)));
        events.push((note.start + note.length, Event::Off(channel, key)));
    }
    events.sort_unstable();
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_refused() {
        for bytes in [&b""[..], b"RIFF", b"RIFF\x10\0\0\0sfbkLIST\xff\xff\xff\x7f", &[0u8; 4096]] {
            assert!(matches!(SoundFont::parse(bytes), Err(SoundFontError(_))));
        }
    }
}
