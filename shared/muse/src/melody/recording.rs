//! Stereo samples.

/// Samples of a channel per second.
pub const RATE: u32 = 44_100;

/// A stereo recording at [`RATE`]; samples are about -1..1, both channels have one length.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Recording {
    pub left: Vec<f32>,
    pub right: Vec<f32>,
}

impl Recording {
    pub(super) fn silence(seconds: f64) -> Self {
        let length = (seconds * f64::from(RATE)) as usize;
        Recording { left: vec![0.0; length], right: vec![0.0; length] }
    }

    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        self.left.len() as f64 / f64::from(RATE)
    }

    /// The samples of both channels in turn, left first.
    pub fn interleaved(&self) -> Vec<f32> {
        self.left.iter().zip(&self.right).flat_map(|(left, right)| [*left, *right]).collect()
    }
}
