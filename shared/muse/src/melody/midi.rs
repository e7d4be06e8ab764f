//! The score as a Standard MIDI File.

use super::score::{Note, Part, Score, TICKS};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, Track, TrackEvent, TrackEventKind};

/// A type 1 file: a track with tempo and `sentence` as a text event, then one track for each part with notes.
pub(super) fn write(score: &Score, sentence: &str) -> Vec<u8> {
    let mut tracks = vec![conductor(score, sentence)];
    for (index, part) in Part::ALL.into_iter().enumerate() {
        let notes: Vec<&Note> = score.part(part).collect();
        if !notes.is_empty() {
            tracks.push(track(score, part, index as u8, &notes));
        }
    }
    let header = Header::new(Format::Parallel, Timing::Metrical(u15::new(TICKS as u16)));
    let mut bytes = Vec::new();
    Smf { header, tracks }.write_std(&mut bytes).expect("a Vec takes any number of bytes");
    bytes
}

fn meta(message: MetaMessage<'_>) -> TrackEvent<'_> {
    TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(message) }
}

fn conductor<'a>(score: &Score, sentence: &'a str) -> Track<'a> {
    let micros = (60_000_000.0 / score.bpm).round() as u32;
    vec![
        meta(MetaMessage::Text(sentence.as_bytes())),
        meta(MetaMessage::Tempo(u24::new(micros))),
        meta(MetaMessage::TimeSignature(score.beats_per_bar as u8, 2, 24, 8)),
        meta(signature(score)),
        meta(MetaMessage::EndOfTrack),
    ]
}

/// Sharps (flats below 0) of the mode's signature; MIDI distinguishes major and minor only, so the third decides.
fn signature(score: &Score) -> MetaMessage<'static> {
    use super::mode::Mode::*;
    // Fifths of the ionian key on the same tonic, -5..6, then the mode's distance from ionian.
    let fifths = (i32::from(score.tonic) * 7 + 5).rem_euclid(12) - 5;
    let sharps = fifths
        + match score.mode {
            Lydian => 1,
            Ionian => 0,
            Dorian => -2,
            Aeolian | HarmonicMinor => -3,
            Phrygian => -4,
        };
    let sharps = if sharps < -7 { sharps + 12 } else { sharps };
    MetaMessage::KeySignature(sharps as i8, score.mode.is_minor())
}

fn track<'a>(score: &Score, part: Part, index: u8, notes: &[&Note]) -> Track<'a> {
    // Channel 10 is General MIDI's drum kit.
    let channel = u4::new(if part == Part::Drums { 9 } else { index });
    let mut events: Vec<(u32, u8, MidiMessage)> = Vec::with_capacity(notes.len() * 2 + 1);
    if let Some(instrument) = score.band.instrument(part) {
        events.push((0, 0, MidiMessage::ProgramChange { program: u7::new(instrument.program()) }));
    }
    for (i, note) in notes.iter().enumerate() {
        // A held key is released before it is struck again.
        let again =
            notes[i + 1..].iter().find(|next| next.pitch == note.pitch).map_or(u32::MAX, |next| next.start);
        let key = u7::new(note.pitch);
        let vel = u7::new((note.velocity * 126.0) as u8 + 1);
        events.push((note.start, 2, MidiMessage::NoteOn { key, vel }));
        let off = (note.start + note.length).min(again);
        events.push((off, 1, MidiMessage::NoteOff { key, vel: u7::new(0) }));
    }
    events.sort_by_key(|(at, order, _)| (*at, *order));
    let mut track = vec![meta(MetaMessage::TrackName(part.name().as_bytes()))];
    let mut now = 0;
    for (at, _, message) in events {
        let kind = TrackEventKind::Midi { channel, message };
        track.push(TrackEvent { delta: u28::new(at - now), kind });
        now = at;
    }
    track.push(meta(MetaMessage::EndOfTrack));
    track
}
