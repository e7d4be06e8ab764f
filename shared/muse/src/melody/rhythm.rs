//! Note lengths of the melody.

use super::harmony::Role;
use super::score::TICKS;
use crate::rng::Rng;

/// Note lengths in ticks, and their weights at density 0 and 1.
type Cell = (&'static [u32], f32, f32);

const CELLS: [Cell; 8] = [
    (&[480], 4.0, 2.2),
    (&[240, 240], 1.6, 4.0),
    (&[720, 240], 2.0, 1.0),
    (&[480, 240, 240], 1.2, 1.6),
    (&[240, 240, 480], 0.6, 1.4),
    (&[960], 0.8, 0.0),
    (&[240, 120, 120], 0.0, 0.5),
    (&[360, 120], 0.0, 0.5),
];

/// Note lengths that fill `ticks`; the last note has at least `rest`.
pub(super) fn phrase(ticks: u32, rest: u32, density: f32, rng: &mut Rng) -> Vec<u32> {
    let rest = rest.min(ticks);
    let mut left = ticks - rest;
    let mut lengths = Vec::new();
    while left > 0 {
        let fits = |cell: &Cell| cell.0.iter().sum::<u32>() <= left;
        let weights: Vec<f32> = CELLS
            .iter()
            .map(|cell| if fits(cell) { cell.1 + (cell.2 - cell.1) * density } else { 0.0 })
            .collect();
        if weights.iter().all(|weight| *weight <= 0.0) {
            lengths.push(left);
            break;
        }
        let cell = CELLS[rng.weighted(&weights)].0;
        lengths.extend_from_slice(cell);
        left -= cell.iter().sum::<u32>();
    }
    lengths.push(rest);
    lengths.retain(|length| *length > 0);
    lengths
}

/// The length of a phrase's last note, longest at the end of the piece.
pub(super) fn rest(beats: u32, role: Role) -> u32 {
    match beats {
        0..=2 => TICKS,
        3..=5 if role != Role::Closing => TICKS,
        _ => 2 * TICKS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_filled() {
        for seed in 0..200 {
            let mut rng = Rng::new(seed, "test");
            let (beats, density) = (1 + rng.below(9) as u32, rng.unit());
            let lengths = phrase(beats * TICKS, rest(beats, Role::Answer), density, &mut rng);
            assert_eq!(lengths.iter().sum::<u32>(), beats * TICKS);
            assert!(lengths.iter().all(|length| *length >= 120));
        }
    }
}
