//! How well answers agree with labels.

use domain::{Distribution, Emotion};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Bins of confidence for the calibration error, as in Guo et al., "On Calibration of Modern Neural Networks", 2017.
const BINS: usize = 15;
/// Points of the coverage curve, at most.
const CURVE_POINTS: usize = 40;
/// z of a 95 % interval.
const Z: f64 = 1.96;

/// How often emotions occur in photos. Labelled sets mostly have equal numbers of each, so a share of right answers there
/// says little about the photos that people take.
const MIXES: [(&str, [(Emotion, f64); 7]); 2] = [
    // 13,681 labelled faces of muxspace/facial_expressions.
    (
        "news and film",
        [
            (Emotion::Calm, 0.50),
            (Emotion::Happy, 0.42),
            (Emotion::Surprised, 0.027),
            (Emotion::Sad, 0.020),
            (Emotion::Angry, 0.018),
            (Emotion::Disgusted, 0.015),
            (Emotion::Fear, 0.002),
        ],
    ),
    // An assumption: private photos, with more of the rare emotions.
    (
        "private photos",
        [
            (Emotion::Calm, 0.35),
            (Emotion::Happy, 0.40),
            (Emotion::Surprised, 0.06),
            (Emotion::Sad, 0.07),
            (Emotion::Angry, 0.06),
            (Emotion::Disgusted, 0.03),
            (Emotion::Fear, 0.03),
        ],
    ),
];

/// An answer beside its label.
#[derive(Clone, Debug)]
pub struct Answer {
    pub label: Emotion,
    pub emotions: Distribution,
}

impl Answer {
    pub fn emotion(&self) -> Emotion {
        self.emotions.dominant().0
    }

    pub fn confidence(&self) -> f64 {
        self.emotions.dominant().1
    }

    pub fn is_right(&self) -> bool {
        self.emotion() == self.label
    }
}

/// All shares are 0..1; null where nothing was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measures {
    pub answers: usize,
    pub accuracy: Option<f64>,
    /// Wilson's 95 % interval of the accuracy.
    pub accuracy_interval: Option<[f64; 2]>,
    /// Mean of the F1 of the labels that occur.
    pub macro_f1: Option<f64>,
    pub mean_confidence: Option<f64>,
    /// Expected calibration error over 15 bins of equal width.
    pub calibration_error: Option<f64>,
    /// Share of answers that are not uncertain, and how many of those are right.
    pub sure: Option<f64>,
    pub accuracy_when_sure: Option<f64>,
    /// Share of answers whose tone (pleasant, neutral, unpleasant) is the label's.
    pub tone_accuracy: Option<f64>,
    pub emotions: Vec<PerEmotion>,
    /// Label, then answer, then how often.
    pub confusion: BTreeMap<Emotion, BTreeMap<Emotion, usize>>,
    pub bins: Vec<Bin>,
    /// From the most confident answer on.
    pub coverage_curve: Vec<Point>,
    pub mixes: Vec<Mix>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PerEmotion {
    pub emotion: Emotion,
    /// Photos with this label.
    pub labels: usize,
    /// Photos with this answer.
    pub answers: usize,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
}

/// Answers whose confidence is in a range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bin {
    pub from: f64,
    pub to: f64,
    pub answers: usize,
    pub mean_confidence: Option<f64>,
    pub accuracy: Option<f64>,
}

/// Taking only answers of at least this confidence leaves this share of them, of which this share is right.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    pub min_confidence: f64,
    pub coverage: f64,
    pub accuracy: f64,
}

/// The measures, if the labels were as frequent as in this mix; labels that the set lacks are left out of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mix {
    pub name: &'static str,
    pub accuracy: Option<f64>,
    pub sure: Option<f64>,
    pub accuracy_when_sure: Option<f64>,
    pub calibration_error: Option<f64>,
}

/// An answer with its weight; 1 where each counts alike.
type Weighed<'a> = (&'a Answer, f64);

impl Measures {
    pub fn of(answers: &[Answer]) -> Self {
        let even: Vec<Weighed<'_>> = answers.iter().map(|answer| (answer, 1.0)).collect();
        let emotions = per_emotion(answers);
        let f1: Vec<f64> = emotions.iter().filter(|e| e.labels > 0).map(|e| e.f1.unwrap_or(0.0)).collect();
        let right = answers.iter().filter(|answer| answer.is_right()).count();
        let bins = bins(&even);
        Measures {
            answers: answers.len(),
            accuracy: share(&even, Answer::is_right),
            accuracy_interval: interval(right, answers.len()),
            macro_f1: ratio(f1.iter().sum(), f1.len() as f64),
            mean_confidence: ratio(answers.iter().map(Answer::confidence).sum(), answers.len() as f64),
            calibration_error: calibration_error(&even),
            sure: share(&even, is_sure),
            accuracy_when_sure: share(&sure(&even), Answer::is_right),
            tone_accuracy: share(&even, |answer| answer.emotions.tone().0 == answer.label.tone()),
            emotions,
            confusion: confusion(answers),
            bins: bins.iter().enumerate().map(|(number, bin)| bin.document(number)).collect(),
            coverage_curve: coverage_curve(answers),
            mixes: MIXES.iter().map(|(name, mix)| of_mix(name, mix, answers)).collect(),
        }
    }
}

fn is_sure(answer: &Answer) -> bool {
    !answer.emotions.is_uncertain()
}

fn sure<'a>(answers: &[Weighed<'a>]) -> Vec<Weighed<'a>> {
    answers.iter().copied().filter(|(answer, _)| is_sure(answer)).collect()
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn share(answers: &[Weighed<'_>], holds: impl Fn(&Answer) -> bool) -> Option<f64> {
    let whole: f64 = answers.iter().map(|(_, weight)| weight).sum();
    ratio(answers.iter().filter(|(answer, _)| holds(answer)).map(|(_, weight)| weight).sum(), whole)
}

/// Wilson's score interval of a share, which stays inside 0..1 also for few answers.
fn interval(right: usize, of: usize) -> Option<[f64; 2]> {
    let n = of as f64;
    let p = ratio(right as f64, n)?;
    let centre = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some([(centre - half).max(0.0), (centre + half).min(1.0)])
}

fn confusion(answers: &[Answer]) -> BTreeMap<Emotion, BTreeMap<Emotion, usize>> {
    let mut counts: BTreeMap<Emotion, BTreeMap<Emotion, usize>> = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.label).or_default().entry(answer.emotion()).or_default() += 1;
    }
    counts
}

fn per_emotion(answers: &[Answer]) -> Vec<PerEmotion> {
    let occurring: BTreeSet<Emotion> =
        answers.iter().flat_map(|answer| [answer.label, answer.emotion()]).collect();
    let count = |holds: &dyn Fn(&Answer) -> bool| answers.iter().filter(|answer| holds(answer)).count();
    let of = |emotion: Emotion| {
        let labels = count(&|answer| answer.label == emotion);
        let given = count(&|answer| answer.emotion() == emotion);
        let right = count(&|answer| answer.label == emotion && answer.is_right()) as f64;
        let (precision, recall) = (ratio(right, given as f64), ratio(right, labels as f64));
        let f1 = ratio(2.0 * right, (labels + given) as f64);
        PerEmotion { emotion, labels, answers: given, precision, recall, f1 }
    };
    occurring.into_iter().map(of).collect()
}

/// Weights, confidences and right answers of a bin, summed.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    answers: usize,
    weight: f64,
    confidence: f64,
    right: f64,
}

impl Sums {
    fn document(self, number: usize) -> Bin {
        let edge = |number: usize| number as f64 / BINS as f64;
        Bin {
            from: edge(number),
            to: edge(number + 1),
            answers: self.answers,
            mean_confidence: ratio(self.confidence, self.weight),
            accuracy: ratio(self.right, self.weight),
        }
    }
}

fn bins(answers: &[Weighed<'_>]) -> [Sums; BINS] {
    let mut bins = [Sums::default(); BINS];
    for (answer, weight) in answers {
        let bin = &mut bins[((answer.confidence() * BINS as f64) as usize).min(BINS - 1)];
        bin.answers += 1;
        bin.weight += weight;
        bin.confidence += weight * answer.confidence();
        bin.right += if answer.is_right() { *weight } else { 0.0 };
    }
    bins
}

/// The mean distance between confidence and share of right answers over the bins, each weighed by its answers.
fn calibration_error(answers: &[Weighed<'_>]) -> Option<f64> {
    let bins = bins(answers);
    let distance: f64 = bins.iter().map(|bin| (bin.confidence - bin.right).abs()).sum();
    ratio(distance, bins.iter().map(|bin| bin.weight).sum())
}

fn coverage_curve(answers: &[Answer]) -> Vec<Point> {
    let mut sorted: Vec<&Answer> = answers.iter().collect();
    sorted.sort_by(|a, b| b.confidence().total_cmp(&a.confidence()));
    let step = sorted.len().div_ceil(CURVE_POINTS).max(1);
    let mut right = 0;
    let mut points = Vec::new();
    for (index, answer) in sorted.iter().enumerate() {
        right += usize::from(answer.is_right());
        let taken = index + 1;
        if taken % step == 0 || taken == sorted.len() {
            let accuracy = right as f64 / taken as f64;
            let coverage = taken as f64 / sorted.len() as f64;
            points.push(Point { min_confidence: answer.confidence(), coverage, accuracy });
        }
    }
    points
}

fn of_mix(name: &'static str, mix: &[(Emotion, f64)], answers: &[Answer]) -> Mix {
    let labels = |emotion: Emotion| answers.iter().filter(|answer| answer.label == emotion).count();
    let weights: BTreeMap<Emotion, f64> = mix
        .iter()
        .filter_map(|&(emotion, frequency)| Some((emotion, ratio(frequency, labels(emotion) as f64)?)))
        .collect();
    let weighed: Vec<Weighed<'_>> =
        answers.iter().filter_map(|answer| Some((answer, *weights.get(&answer.label)?))).collect();
    Mix {
        name,
        accuracy: share(&weighed, Answer::is_right),
        sure: share(&weighed, is_sure),
        accuracy_when_sure: share(&sure(&weighed), Answer::is_right),
        calibration_error: calibration_error(&weighed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer of this confidence; the rest goes to UNKNOWN, which is never the label.
    fn answer(label: Emotion, emotion: Emotion, confidence: f64) -> Answer {
        let rest = [(emotion, confidence), (Emotion::Unknown, 1.0 - confidence)];
        Answer { label, emotions: Distribution::parse(rest.into_iter().collect()).unwrap() }
    }

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-9)
    }

    #[test]
    fn nothing_is_not_a_share() {
        let none = Measures::of(&[]);
        assert_eq!(
            (none.accuracy, none.macro_f1, none.calibration_error, none.sure),
            (None, None, None, None)
        );
        assert!(none.coverage_curve.is_empty() && none.mixes.iter().all(|mix| mix.accuracy.is_none()));
    }

    #[test]
    fn figures_are_those_of_a_calculation_by_hand() {
        use Emotion::{Calm, Happy, Sad};
        let answers = [
            answer(Happy, Happy, 0.9),
            answer(Happy, Happy, 0.9),
            answer(Happy, Calm, 0.9),
            answer(Sad, Calm, 0.6),
            answer(Sad, Sad, 0.6),
        ];
        let measures = Measures::of(&answers);
        assert!(close(measures.accuracy, 0.6));
        // HAPPY: 2 of 2 and 2 of 3; SAD: 1 of 1 and 1 of 2; CALM is no label.
        assert!(close(measures.macro_f1, (0.8 + 2.0 / 3.0) / 2.0));
        // .9: 2 of 3 are right; .6: 1 of 2.
        assert!(close(measures.calibration_error, (3.0 * (0.9 - 2.0 / 3.0) + 2.0 * (0.6 - 0.5)) / 5.0));
        assert!(close(measures.mean_confidence, 0.78));
        assert_eq!(measures.confusion[&Sad], BTreeMap::from([(Calm, 1), (Sad, 1)]));
        let calm = measures.emotions.iter().find(|e| e.emotion == Calm).unwrap();
        assert_eq!((calm.labels, calm.answers, calm.precision, calm.recall), (0, 2, Some(0.0), None));
        // .6 is .2 ahead of .4: every answer is sure.
        assert_eq!((measures.sure, measures.accuracy_when_sure), (Some(1.0), measures.accuracy));
        assert!(close(measures.tone_accuracy, 0.6));
        let curve: Vec<_> = measures.coverage_curve.iter().map(|point| point.accuracy).collect();
        assert_eq!(curve, [1.0, 1.0, 2.0 / 3.0, 0.5, 0.6]);
        // Wilson for 3 of 5, by the formula of Wilson 1927.
        let [low, high] = measures.accuracy_interval.unwrap();
        assert!((low - 0.230_7).abs() < 1e-3 && (high - 0.882_4).abs() < 1e-3, "{low} {high}");
    }

    #[test]
    fn a_mix_weighs_labels_by_their_frequency() {
        use Emotion::{Calm, Happy, Sad};
        let mut answers = vec![answer(Happy, Happy, 0.9); 8];
        answers.extend(vec![answer(Sad, Calm, 0.9); 2]);
        let mixes = Measures::of(&answers).mixes;
        assert!(close(mixes[0].accuracy, 0.42 / 0.44) && close(mixes[1].accuracy, 0.40 / 0.47));
        for (_, mix) in MIXES {
            let sum: f64 = mix.iter().map(|(_, frequency)| frequency).sum();
            assert!((sum - 1.0).abs() < 0.01, "{sum}");
        }
    }

    #[test]
    fn the_curve_is_bounded_and_ends_with_everything() {
        let answers: Vec<Answer> =
            (0..1001).map(|n| answer(Emotion::Happy, Emotion::Happy, 0.5 + f64::from(n) / 3000.0)).collect();
        let curve = Measures::of(&answers).coverage_curve;
        assert!(curve.len() <= CURVE_POINTS + 1);
        assert_eq!((curve.last().unwrap().coverage, curve.last().unwrap().accuracy), (1.0, 1.0));
        assert!(curve.windows(2).all(|pair| pair[0].min_confidence >= pair[1].min_confidence));
    }
}
