//! What the parts of one landscape agree on: layout, rows of hills, sun, colours. Lengths are parts of the picture's side.

use crate::picture::noise::Noise;
use crate::picture::palette::Palette;
use crate::picture::style::Brief;
use crate::rng::Rng;
use domain::Emotion;

pub(super) struct Scene<'a> {
    seed: u64,
    pub(super) emotion: Emotion,
    /// Within -1..1, as arousal.
    pub(super) valence: f32,
    pub(super) arousal: f32,
    pub(super) palette: &'a Palette,
    pub(super) plan: Plan,
    /// Sun or moon: centre and radius.
    pub(super) sun: (f32, f32, f32),
}

impl<'a> Scene<'a> {
    pub(super) fn new(brief: &Brief<'a>) -> Self {
        let mut rng = Rng::new(brief.seed, "landscape");
        let layout = Layout::choose(brief.emotion, &mut rng);
        let plan = Plan::new(layout, brief.valence, &mut rng);
        let sun = place_sun(brief, &plan, &mut rng);
        let Brief { emotion, valence, arousal, palette, seed, .. } = *brief;
        Scene { seed, emotion, valence, arousal, palette, plan, sun }
    }

    /// The random stream of one part.
    pub(super) fn rng(&self, part: &str) -> Rng {
        Rng::new(self.seed, part)
    }

    pub(super) fn noise(&self, part: &str) -> Noise {
        Noise::new(self.rng(part).bits())
    }
}

/// Centre and radius of the sun or moon: high in pleasant scenes, near the horizon in unpleasant ones.
fn place_sun(brief: &Brief<'_>, plan: &Plan, rng: &mut Rng) -> (f32, f32, f32) {
    let third = if rng.chance(0.5) { 0.30 } else { 0.70 };
    let x = if plan.layout == Layout::Valley { 0.5 } else { third } + rng.around(0.07);
    let height = 0.24 + 0.10 * brief.valence + rng.around(0.05);
    let y = (plan.horizon - 0.07 - height).max(0.10);
    (x, y, rng.range(0.045, 0.062) + 0.014 * brief.arousal.abs())
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Layout {
    /// Range behind range, pines in front.
    Ranges,
    /// Mountains and their reflection.
    Lake,
    /// Rolling hills, round trees, flowers.
    Hills,
    /// An open sea with headlands.
    Coast,
    /// Slopes on both sides, the light between them.
    Valley,
}

impl Layout {
    fn choose(emotion: Emotion, rng: &mut Rng) -> Layout {
        use Layout::*;
        let fitting: &[Layout] = match emotion {
            Emotion::Happy => &[Hills, Hills, Coast, Valley, Lake],
            Emotion::Calm => &[Lake, Coast, Hills, Ranges],
            Emotion::Surprised => &[Hills, Valley, Coast, Ranges],
            Emotion::Sad => &[Coast, Lake, Ranges, Valley],
            Emotion::Angry => &[Ranges, Valley, Coast],
            Emotion::Fear => &[Ranges, Valley, Lake],
            Emotion::Disgusted => &[Lake, Hills, Ranges],
            Emotion::Confused | Emotion::Unknown => &[Ranges, Lake, Hills, Coast, Valley],
        };
        *rng.pick(fitting)
    }
}

/// One row of hills.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its mean height, measured from the top of the picture.
    pub(super) base: f32,
    /// Amplitude of its outline around `base`.
    pub(super) height: f32,
    /// Hills across the picture.
    pub(super) frequency: f32,
    /// 0 far, 1 near.
    pub(super) nearness: f32,
    /// How much lower it lies in the middle than at the sides.
    pub(super) hollow: f32,
    pub(super) behind_water: bool,
    /// Number of plants across the picture, and their height.
    pub(super) plants: Option<(usize, f32)>,
}

#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) layout: Layout,
    /// Measured from the top.
    pub(super) horizon: f32,
    /// The water's edge, measured from the top.
    pub(super) water: Option<f32>,
    /// From far to near.
    pub(super) rows: Vec<Row>,
}

impl Plan {
    fn new(layout: Layout, valence: f32, rng: &mut Rng) -> Plan {
        let horizon = rng.range(0.50, 0.62);
        let (water, rows) = match layout {
            Layout::Ranges => (None, ranges(horizon, 6, 0.0, rng)),
            Layout::Valley => (None, ranges(horizon + 0.06, 6, 0.30, rng)),
            Layout::Lake => (Some(horizon + 0.10), lake(horizon, rng)),
            Layout::Hills => (None, hills(horizon, rng)),
            Layout::Coast => (Some(horizon), coast(horizon, rng)),
        };
        // Pleasant scenes have fewer, wider hills.
        let gentle = 1.0 - 0.25 * valence;
        let rows = rows.into_iter().map(|row| Row { frequency: row.frequency * gentle, ..row }).collect();
        Plan { layout, horizon, water, rows }
    }
}

fn ranges(horizon: f32, count: usize, hollow: f32, rng: &mut Rng) -> Vec<Row> {
    (0..count)
        .map(|i| {
            let nearness = i as f32 / (count - 1) as f32;
            Row {
                base: horizon - 0.09 + 0.46 * nearness + rng.around(0.015),
                height: 0.17 - 0.05 * nearness,
                frequency: rng.range(1.6, 2.3) + 0.5 * nearness,
                nearness,
                hollow: hollow * (0.25 + 0.75 * nearness),
                behind_water: false,
                plants: match count - 1 - i {
                    0 => Some((16, 0.17)),
                    1 => Some((34, 0.085)),
                    2 => Some((60, 0.038)),
                    _ => None,
                },
            }
        })
        .collect()
}

fn lake(horizon: f32, rng: &mut Rng) -> Vec<Row> {
    let mut rows: Vec<Row> = (0..4)
        .map(|i| {
            let nearness = i as f32 * 0.22;
            Row {
                base: horizon - 0.10 + 0.06 * i as f32,
                height: 0.19 - 0.045 * i as f32,
                frequency: rng.range(1.5, 2.4) + 0.4 * i as f32,
                nearness,
                hollow: 0.05,
                behind_water: true,
                plants: (i == 3).then_some((90, 0.045)),
            }
        })
        .collect();
    rows.push(Row {
        base: 1.0,
        height: 0.07,
        frequency: 1.4,
        nearness: 1.0,
        hollow: 0.20,
        behind_water: false,
        plants: Some((9, 0.22)),
    });
    rows
}

fn hills(horizon: f32, rng: &mut Rng) -> Vec<Row> {
    (0..5)
        .map(|i| {
            let nearness = i as f32 / 4.0;
            Row {
                base: horizon + 0.01 + 0.36 * nearness * (0.55 + 0.45 * nearness),
                height: 0.055 + 0.035 * nearness,
                frequency: rng.range(1.1, 1.6),
                nearness,
                hollow: 0.03 * nearness,
                behind_water: false,
                plants: match i {
                    1 => Some((26, 0.028)),
                    2 => Some((13, 0.060)),
                    3 => Some((6, 0.125)),
                    _ => None,
                },
            }
        })
        .collect()
}

fn coast(horizon: f32, rng: &mut Rng) -> Vec<Row> {
    let side = if rng.chance(0.5) { 1.0 } else { -1.0 };
    let headland = |base: f32, height: f32, frequency: f32, nearness: f32, hollow: f32| Row {
        base,
        height,
        frequency,
        nearness,
        hollow: hollow * side,
        behind_water: true,
        plants: None,
    };
    vec![
        headland(horizon + 0.01, 0.055, 2.0, 0.1, 0.05),
        headland(horizon + 0.035, 0.075, 1.7, 0.35, 0.14),
        headland(horizon + 0.07, 0.085, 1.4, 0.6, 0.26),
        Row {
            base: 0.985,
            height: 0.06,
            frequency: 1.5,
            nearness: 1.0,
            hollow: -0.16 * side,
            behind_water: false,
            plants: Some((12, 0.14)),
        },
    ]
}
