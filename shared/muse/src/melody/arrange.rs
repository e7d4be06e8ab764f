//! Tune and chords to a score: second voice, accompaniment, bass.

use super::harmony::{self, Chord};
use super::mood::{Mood, Texture};
use super::percussion;
use super::score::{Note, Part, Score, TICKS};
use super::tune::Tone;
use super::voicing;
use crate::rng::Rng;

pub(super) struct Draft<'a> {
    pub(super) mood: &'a Mood,
    pub(super) tonic: u8,
    pub(super) bars: u32,
    pub(super) tune: &'a [Tone],
    pub(super) chords: &'a [Chord],
}

impl Draft<'_> {
    /// The pitch of the melody's degree 0.
    fn middle(&self) -> i32 {
        let below = self.mood.register - 4;
        below + (i32::from(self.tonic) - below).rem_euclid(12)
    }

    fn end(&self) -> u32 {
        self.bars * self.mood.beats_per_bar * TICKS
    }

    /// Every beat: its start in ticks, and its number within the bar.
    fn beats(&self) -> impl Iterator<Item = (u32, u32)> + use<> {
        let per_bar = self.mood.beats_per_bar;
        (0..self.bars * per_bar).map(move |beat| (beat * TICKS, beat % per_bar))
    }

    pub(super) fn score(&self, rng: &mut Rng) -> Score {
        let mut notes = self.melody();
        notes.extend(self.second_voice(&notes));
        notes.extend(self.accompaniment());
        notes.extend(self.bass());
        notes.extend(percussion::play(
            self.mood.groove,
            self.mood.beats_per_bar,
            self.bars,
            self.mood.force,
            rng,
        ));
        notes.sort_by_key(|note| (note.start, note.part, note.pitch));
        Score {
            tonic: self.tonic,
            mode: self.mood.mode,
            bpm: self.mood.bpm,
            beats_per_bar: self.mood.beats_per_bar,
            bars: self.bars,
            band: self.mood.band,
            notes,
        }
    }

    fn note(&self, part: Part, start: u32, length: u32, pitch: i32, loud: f32) -> Note {
        Note {
            part,
            start,
            length,
            pitch: pitch.clamp(24, 108) as u8,
            velocity: (loud * self.mood.force).clamp(0.05, 1.0),
        }
    }

    fn melody(&self) -> Vec<Note> {
        let bar = self.mood.beats_per_bar * TICKS;
        let mut notes = Vec::with_capacity(self.tune.len());
        for (i, tone) in self.tune.iter().enumerate() {
            let pitch = self.middle() + tone.semitones(self.mood.mode, self.chords);
            let accent = match (tone.start % bar, tone.start % TICKS) {
                (0, _) => 1.0,
                (_, 0) => 0.92,
                _ => 0.78,
            };
            let last = i + 1 == self.tune.len();
            let held = if last { 1.0 } else { self.mood.gate };
            let length = ((tone.length as f32 * held) as u32).max(60);
            notes.push(self.note(Part::Melody, tone.start, length, pitch, accent));
        }
        notes
    }

    /// A third or a sixth below the melody on the beats, where the chord has it; dense pieces start it after the first phrase.
    fn second_voice(&self, melody: &[Note]) -> Vec<Note> {
        let from = if self.mood.density < 0.35 { 0 } else { self.end() / 4 };
        let mut notes: Vec<Note> = Vec::new();
        for tone in self.tune.iter().filter(|tone| tone.start >= from && tone.start % TICKS == 0) {
            if tone.length < TICKS && tone.start % (2 * TICKS) != 0 {
                continue;
            }
            let chord = harmony::at(self.chords, tone.start);
            let below = [2, 5, 4, 3].into_iter().find(|down| chord.has(tone.degree - down)).unwrap_or(2);
            let pitch = self.middle() + chord.semitones(self.mood.mode, tone.degree - below);
            notes.push(self.note(Part::Second, tone.start, tone.length, pitch, 0.62));
        }
        let end = melody.last().map_or(self.end(), |note| note.start + note.length);
        for i in 0..notes.len() {
            // Held until its next note, at most a bar.
            let next = notes.get(i + 1).map_or(end, |note| note.start);
            let longest = self.mood.beats_per_bar * TICKS;
            notes[i].length = (next.saturating_sub(notes[i].start)).clamp(TICKS / 2, longest);
            if self.mood.gate < 0.7 {
                notes[i].length = notes[i].length * 2 / 3;
            }
        }
        notes
    }

    fn accompaniment(&self) -> Vec<Note> {
        let voiced = voicing::lead(self.mood.mode, self.tonic, self.chords);
        let mut notes = Vec::new();
        for (i, (chord, voices)) in self.chords.iter().zip(&voiced).enumerate() {
            let last = i + 1 == self.chords.len();
            if last || self.mood.texture == Texture::Held {
                let loud = if self.mood.texture == Texture::Held { 0.55 } else { 0.62 };
                notes.extend(
                    voices.iter().map(|v| self.note(Part::Chords, chord.start, chord.length, *v, loud)),
                );
            } else {
                self.play_chord(chord, voices, &mut notes);
            }
        }
        notes
    }

    fn play_chord(&self, chord: &Chord, voices: &[i32; 3], notes: &mut Vec<Note>) {
        let half = TICKS / 2;
        let mut one = |at, length, pitch, loud| notes.push(self.note(Part::Chords, at, length, pitch, loud));
        let beats = self.beats().filter(|(at, _)| (chord.start..chord.end()).contains(at));
        for (index, (at, in_bar)) in beats.enumerate() {
            match self.mood.texture {
                Texture::OffBeat => {
                    for voice in voices {
                        if in_bar % 2 == 1 {
                            one(at, half, *voice, 0.62);
                        }
                        one(at + half, half / 2, *voice, 0.36);
                    }
                }
                Texture::Driven => {
                    for voice in voices {
                        one(at, half, *voice, if in_bar % 2 == 0 { 0.75 } else { 0.62 });
                        if in_bar % 4 == 3 {
                            one(at + half, half, *voice, 0.45);
                        }
                    }
                }
                Texture::Waltz if in_bar != 0 => voices.iter().for_each(|voice| one(at, half, *voice, 0.55)),
                Texture::Arpeggio => {
                    one(at, 2 * TICKS, voices[[0, 1, 2, 1][index % 4]], 0.72);
                    if index % 4 == 0 {
                        one(at, 2 * TICKS, voices[2], 0.42);
                    }
                }
                Texture::Rolling => {
                    let lift = if index % 3 == 2 { 12 } else { 0 };
                    one(at, half, voices[index % 3], 0.70);
                    one(at + half, half, voices[(index + 1) % 3] + lift, 0.42);
                }
                Texture::Waltz | Texture::Held => {}
            }
        }
    }

    /// The chord's root; driven and uneasy textures repeat the tonic as a pedal.
    fn bass(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let pitch = |degree: i32, chord: &Chord| {
            let pitch = i32::from(self.tonic) + chord.semitones(self.mood.mode, degree);
            36 + (pitch - 36).rem_euclid(12)
        };
        for (i, chord) in self.chords.iter().enumerate() {
            let last = i + 1 == self.chords.len();
            let root = pitch(chord.root, chord);
            if last || matches!(self.mood.texture, Texture::Arpeggio) {
                notes.push(self.note(Part::Bass, chord.start, chord.length, root, 0.85));
                continue;
            }
            let fifth = pitch(chord.root + 4, chord);
            for (at, in_bar) in self.beats().filter(|(at, _)| (chord.start..chord.end()).contains(at)) {
                self.bass_beat(at, in_bar, (root, fifth), &mut notes);
            }
        }
        notes
    }

    fn bass_beat(&self, at: u32, in_bar: u32, (root, fifth): (i32, i32), notes: &mut Vec<Note>) {
        let half = TICKS / 2;
        let pedal = 36 + i32::from(self.tonic);
        let mut play = |at, length, pitch, loud| notes.push(self.note(Part::Bass, at, length, pitch, loud));
        match self.mood.texture {
            Texture::OffBeat => match in_bar {
                0 => play(at, TICKS, root, 0.9),
                2 => play(at, TICKS, fifth, 0.75),
                _ => {}
            },
            Texture::Driven => {
                let pitch = if in_bar.is_multiple_of(2) { pedal } else { root };
                play(at, half, pitch, 0.95);
                play(at + half, half, pitch, 0.55);
            }
            Texture::Waltz => {
                if in_bar == 0 {
                    play(at, TICKS + half, root, 0.9);
                }
            }
            Texture::Held => {
                play(
                    at,
                    TICKS * 3 / 4,
                    if in_bar == 0 { root } else { pedal },
                    if in_bar.is_multiple_of(2) { 0.85 } else { 0.55 },
                );
            }
            _ => match in_bar {
                0 => play(at, TICKS, root, 0.9),
                1 | 4 => play(at, half, pedal, 0.5),
                2 => play(at, TICKS, pedal, 0.8),
                _ => play(at, half, fifth, 0.4),
            },
        }
    }
}
