//! Whether two descriptors are of one person.

use crate::recognition::NUMBERS;

/// The customary threshold of this network: below it, one person (dlib's, face-api's own default).
pub const THRESHOLD: f64 = 0.6;
/// The similarity at [`THRESHOLD`]; Rekognition's customary threshold, so that callers can use one for both.
pub const SIMILARITY_THRESHOLD: f64 = 85.0;

/// A face as 128 numbers; their Euclidean distance tells faces apart.
pub type Descriptor = [f32; NUMBERS];

/// How far apart two faces are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Euclidean distance of the descriptors, 0 for the same; about 1.4 at most.
    pub distance: f64,
    /// 0..100: 100 · 0.85^((distance / 0.6)²), so 100 at distance 0 and 85 at the threshold. A scale of its own, not
    /// a probability and not Rekognition's.
    pub similarity: f64,
    /// Whether the distance is below [`THRESHOLD`].
    pub same: bool,
}

/// Compares two descriptors.
pub fn compare(a: &Descriptor, b: &Descriptor) -> Comparison {
    let distance = a.iter().zip(b).map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>().sqrt();
    let similarity = 100.0 * (SIMILARITY_THRESHOLD / 100.0).powf((distance / THRESHOLD).powi(2));
    Comparison { distance, similarity, same: distance < THRESHOLD }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_is_100_at_0_and_85_at_the_threshold() {
        let origin = [0.0; NUMBERS];
        for (distance, similarity, same) in
            [(0.0, 100.0, true), (0.3, 96.02, true), (0.6, 85.0, false), (1.2, 52.2, false)]
        {
            let mut other = origin;
            other[5] = distance;
            let comparison = compare(&origin, &other);
            assert!((comparison.similarity - similarity).abs() < 0.01, "{comparison:?}");
            assert!((comparison.distance - f64::from(distance)).abs() < 1e-7);
            assert_eq!(comparison.same, same);
        }
    }
}
