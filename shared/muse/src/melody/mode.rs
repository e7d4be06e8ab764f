//! Scales of seven degrees.

/// A scale of the composer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the field's
pub enum Mode {
    Ionian,
    Dorian,
    Phrygian,
    Lydian,
    Aeolian,
    HarmonicMinor,
}

impl Mode {
    /// The modes of the composer.
    pub const ALL: [Mode; 6] =
        [Mode::Ionian, Mode::Dorian, Mode::Phrygian, Mode::Lydian, Mode::Aeolian, Mode::HarmonicMinor];

    /// Semitones of the degrees above the tonic.
    pub fn steps(self) -> [i32; 7] {
        match self {
            Mode::Ionian => [0, 2, 4, 5, 7, 9, 11],
            Mode::Dorian => [0, 2, 3, 5, 7, 9, 10],
            Mode::Phrygian => [0, 1, 3, 5, 7, 8, 10],
            Mode::Lydian => [0, 2, 4, 6, 7, 9, 11],
            Mode::Aeolian => [0, 2, 3, 5, 7, 8, 10],
            Mode::HarmonicMinor => [0, 2, 3, 5, 7, 8, 11],
        }
    }

    /// Semitones above the tonic of a degree that may lie in any octave: 0 the tonic, 7 its octave, -1 below it.
    pub fn semitones(self, degree: i32) -> i32 {
        self.steps()[degree.rem_euclid(7) as usize] + 12 * degree.div_euclid(7)
    }

    /// Whether the third degree is minor.
    pub fn is_minor(self) -> bool {
        self.steps()[2] == 3
    }

    /// The name in provenance and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Ionian => "ionian",
            Mode::Dorian => "dorian",
            Mode::Phrygian => "phrygian",
            Mode::Lydian => "lydian",
            Mode::Aeolian => "aeolian",
            Mode::HarmonicMinor => "harmonic_minor",
        }
    }
}

/// The name of a pitch class, 0 = C.
pub fn pitch_name(pitch_class: u8) -> &'static str {
    const NAMES: [&str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
    NAMES[usize::from(pitch_class % 12)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_run_through_octaves() {
        assert_eq!([-1, 0, 7, 9].map(|d| Mode::Ionian.semitones(d)), [-1, 0, 12, 16]);
        for mode in Mode::ALL {
            assert!((-10..20).all(|d| mode.semitones(d) < mode.semitones(d + 1)));
        }
    }
}
