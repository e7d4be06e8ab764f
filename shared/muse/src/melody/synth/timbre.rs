//! The sound of each instrument, as data.

use crate::melody::instrument::Instrument;

/// A method of synthesis with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sound {
    /// Harmonic partials under an envelope.
    Harmonic(Harmonic),
    /// A plucked string: seconds to ring and brightness 0..1.
    Pluck { ring_s: f32, bright: f32 },
    /// A struck bar: partials as (ratio, loudness, seconds to ring).
    Bar(&'static [(f32, f32, f32)]),
}

/// A sound of harmonic partials.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Harmonic {
    /// Partial n has the strength n^-rolloff when the note is bright, n^-(rolloff + 1.5) when it is dull.
    pub(super) rolloff: f32,
    /// Strength of the even partials, 0..1.
    pub(super) even: f32,
    pub(super) attack_s: f32,
    /// Seconds from the peak down to `sustain`.
    pub(super) decay_s: f32,
    pub(super) sustain: f32,
    pub(super) release_s: f32,
    /// Seconds in which the brightness fades; 0: it stays.
    pub(super) shine_s: f32,
    /// Brightness at full velocity, 0..1.
    pub(super) bright: f32,
    pub(super) vibrato_cents: f32,
    /// Cents between the outer of three players; 0: one player.
    pub(super) detune_cents: f32,
    /// Level of the noise of breath or bow.
    pub(super) breath: f32,
    /// Depth of the tremolo, 0..1.
    pub(super) tremolo: f32,
    /// Amount of soft distortion.
    pub(super) drive: f32,
}

const PLAIN: Harmonic = Harmonic {
    rolloff: 1.5,
    even: 1.0,
    attack_s: 0.02,
    decay_s: 0.3,
    sustain: 0.8,
    release_s: 0.12,
    shine_s: 0.0,
    bright: 0.6,
    vibrato_cents: 0.0,
    detune_cents: 0.0,
    breath: 0.0,
    tremolo: 0.0,
    drive: 0.0,
};

#[rustfmt::skip] // a table
pub(super) fn sound(instrument: Instrument) -> Sound {
    use Instrument::*;
    let harmonic = match instrument {
        Flute => Harmonic { rolloff: 2.1, even: 0.8, attack_s: 0.035, release_s: 0.10, vibrato_cents: 9.0, breath: 0.030, ..PLAIN },
        Clarinet => Harmonic { rolloff: 1.25, even: 0.18, attack_s: 0.03, release_s: 0.09, vibrato_cents: 4.0, breath: 0.010, ..PLAIN },
        Bassoon => Harmonic { rolloff: 1.0, even: 0.85, attack_s: 0.028, release_s: 0.08, bright: 0.75, vibrato_cents: 6.0, breath: 0.008, ..PLAIN },
        Cello => Harmonic { rolloff: 1.1, even: 0.9, attack_s: 0.075, decay_s: 0.6, sustain: 0.85, release_s: 0.30, bright: 0.45, vibrato_cents: 13.0, detune_cents: 5.0, breath: 0.010, ..PLAIN },
        Strings => Harmonic { rolloff: 1.2, attack_s: 0.16, release_s: 0.5, bright: 0.40, vibrato_cents: 6.0, detune_cents: 14.0, ..PLAIN },
        Tremolo => Harmonic { rolloff: 1.1, attack_s: 0.05, release_s: 0.35, bright: 0.40, detune_cents: 16.0, tremolo: 0.22, breath: 0.012, ..PLAIN },
        Choir => Harmonic { rolloff: 1.7, even: 0.7, attack_s: 0.14, release_s: 0.5, bright: 0.35, vibrato_cents: 8.0, detune_cents: 12.0, breath: 0.025, ..PLAIN },
        Brass => Harmonic { rolloff: 0.9, attack_s: 0.022, decay_s: 0.18, sustain: 0.65, release_s: 0.10, shine_s: 0.16, bright: 0.85, detune_cents: 9.0, drive: 0.6, ..PLAIN },
        Lead => Harmonic { rolloff: 0.95, even: 0.9, attack_s: 0.008, sustain: 0.85, release_s: 0.10, bright: 0.75, vibrato_cents: 10.0, detune_cents: 14.0, drive: 1.4, ..PLAIN },
        Keys => Harmonic { rolloff: 1.7, even: 0.8, attack_s: 0.004, decay_s: 1.6, sustain: 0.12, release_s: 0.35, shine_s: 0.35, bright: 0.8, detune_cents: 3.0, ..PLAIN },
        Glass => Harmonic { rolloff: 2.4, even: 0.35, attack_s: 0.06, release_s: 0.5, bright: 0.5, vibrato_cents: 22.0, breath: 0.02, ..PLAIN },
        RoundBass => Harmonic { rolloff: 1.4, attack_s: 0.006, decay_s: 0.35, sustain: 0.45, release_s: 0.08, shine_s: 0.12, bright: 0.75, ..PLAIN },
        SoftBass => Harmonic { rolloff: 1.8, attack_s: 0.018, decay_s: 1.2, sustain: 0.55, release_s: 0.35, shine_s: 0.4, bright: 0.5, ..PLAIN },
        DrivenBass => Harmonic { rolloff: 0.9, attack_s: 0.004, decay_s: 0.16, sustain: 0.6, release_s: 0.05, shine_s: 0.08, bright: 0.9, drive: 1.2, ..PLAIN },
        Guitar => return Sound::Pluck { ring_s: 1.5, bright: 0.55 },
        Harp => return Sound::Pluck { ring_s: 3.0, bright: 0.42 },
        Pizzicato => return Sound::Pluck { ring_s: 0.5, bright: 0.30 },
        PluckBass => return Sound::Pluck { ring_s: 1.6, bright: 0.30 },
        Marimba => return Sound::Bar(&[(1.0, 1.0, 0.75), (3.93, 0.32, 0.22), (9.2, 0.10, 0.07)]),
        Glockenspiel => return Sound::Bar(&[(1.0, 1.0, 1.5), (2.0, 0.16, 0.8), (2.76, 0.10, 0.4), (5.40, 0.05, 0.2)]),
    };
    Sound::Harmonic(harmonic)
}
