//! Instruments and drums with their General MIDI numbers.

/// The pitched instruments of the bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are the field's
pub enum Instrument {
    Flute,
    Clarinet,
    Bassoon,
    Cello,
    Strings,
    Tremolo,
    Choir,
    Brass,
    Lead,
    Keys,
    Glass,
    Guitar,
    Harp,
    Pizzicato,
    Marimba,
    Glockenspiel,
    RoundBass,
    SoftBass,
    DrivenBass,
    PluckBass,
}

impl Instrument {
    /// The General MIDI program, counted from 0.
    pub fn program(self) -> u8 {
        use Instrument::*;
        match self {
            Flute => 73,
            Clarinet => 71,
            Bassoon => 70,
            Cello => 42,
            Strings => 48,
            Tremolo => 44,
            Choir => 52,
            Brass => 61,
            Lead => 81,
            Keys => 4,
            Glass => 92,
            Guitar => 24,
            Harp => 46,
            Pizzicato => 45,
            Marimba => 12,
            Glockenspiel => 9,
            RoundBass => 33,
            SoftBass => 32,
            DrivenBass => 38,
            PluckBass => 32,
        }
    }
}

/// The General MIDI drum keys in use.
pub mod drum {
    pub const KICK: u8 = 36;
    pub const SNARE: u8 = 38;
    pub const CLAP: u8 = 39;
    pub const HAT: u8 = 42;
    pub const TOM: u8 = 45;
    pub const CRASH: u8 = 49;
    pub const SHAKER: u8 = 70;
    pub const WOOD_HIGH: u8 = 76;
    pub const WOOD_LOW: u8 = 77;
    pub const TRIANGLE: u8 = 81;
}
