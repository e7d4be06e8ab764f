//! Playing with a SoundFont that the operator owns. None is bundled: the free ones are not free enough to pass on.

use super::MelodyError;
use super::score::{Part, Score};
use super::synth::{RATE, Recording};
use rustysynth::{Synthesizer, SynthesizerSettings};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::Cursor;
use std::sync::Arc;

/// The largest file that is read.
const MAX_BYTES: usize = 512 << 20;

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
    /// Reads a file's bytes. Errors: [`MelodyError::SoundFont`] where they are no SoundFont 2 or more than 512 MB.
    pub fn parse(bytes: &[u8]) -> Result<Self, MelodyError> {
        if bytes.len() > MAX_BYTES {
            return Err(MelodyError::SoundFont(format!("{} bytes are more than {MAX_BYTES}", bytes.len())));
        }
        let font = rustysynth::SoundFont::new(&mut Cursor::new(bytes))
            .map_err(|error| MelodyError::SoundFont(error.to_string()))?;
        Ok(SoundFont { font: Arc::new(font), digest: hex::encode(Sha256::digest(bytes)) })
    }

    /// The file's SHA-256.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Plays a score by its General MIDI programs.
    pub(super) fn play(&self, score: &Score) -> Result<Recording, MelodyError> {
        const TAIL_S: f64 = 2.6;
        let settings = SynthesizerSettings::new(RATE as i32);
        let mut synthesizer = Synthesizer::new(&self.font, &settings)
            .map_err(|error| MelodyError::SoundFont(error.to_string()))?;
        for (channel, part) in Part::ALL.into_iter().enumerate() {
            if let Some(instrument) = score.band.of(part) {
                synthesizer.process_midi_message(channel as i32, 0xC0, i32::from(instrument.program()), 0);
            }
        }
        let length = ((score.seconds(score.end()) + TAIL_S) * f64::from(RATE)) as usize;
        let mut recording = Recording { left: vec![0.0; length], right: vec![0.0; length] };
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

/// What happens to a key; ends come before beginnings of the same time.
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
    fn what_is_no_soundfont_is_refused() {
        for bytes in [&b""[..], b"RIFF", b"RIFF\x10\0\0\0sfbkLIST\xff\xff\xff\x7f", &[0u8; 4096]] {
            assert!(matches!(SoundFont::parse(bytes), Err(MelodyError::SoundFont(_))));
        }
    }
}
