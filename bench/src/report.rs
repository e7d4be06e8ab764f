//! The result of a benchmark: a table for readers, `[{name, value, unit}]` for programs, and the figures that missed
//! their bounds.

use anyhow::{Context, ensure};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

#[derive(Debug, Default)]
pub struct Report {
    figures: Vec<Figure>,
    missed: Vec<String>,
}

impl Report {
    /// Adds a figure and prints its row at once, so that a long benchmark shows its progress.
    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        let name = name.into();
        println!("{name:<58} {value:>14.3} {unit}");
        self.figures.push(Figure { name, value, unit });
    }

    /// Adds a figure that fails the benchmark if it is above `max`.
    pub fn at_most(&mut self, name: &str, value: f64, unit: &'static str, max: f64) {
        self.add(name, value, unit);
        if value > max {
            self.missed.push(format!("{name}: {value:.2} of at most {max} {unit}"));
        }
    }

    /// Adds a figure that fails the benchmark if it is below `min`.
    pub fn at_least(&mut self, name: &str, value: f64, unit: &'static str, min: f64) {
        self.add(name, value, unit);
        if value < min {
            self.missed.push(format!("{name}: {value:.2} of at least {min} {unit}"));
        }
    }

    /// Writes the figures to `file`. Errors: a figure missed its bound.
    pub fn finish(&self, file: Option<&Path>) -> anyhow::Result<()> {
        if let Some(file) = file {
            let json = serde_json::to_vec_pretty(&self.figures)?;
            std::fs::write(file, json).with_context(|| format!("--json {}", file.display()))?;
        }
        ensure!(self.missed.is_empty(), "missed: {}", self.missed.join("; "));
        Ok(())
    }
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The upper median; NaN of no values.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_bounds_fail_after_the_figures_are_written() {
        let mut report = Report::default();
        report.at_most("latency", 3.0, "ms", 4.0);
        report.at_least("rate", 3.0, "1/s", 4.0);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("figures.json");
        let error = report.finish(Some(&file)).unwrap_err().to_string();
        assert_eq!(error, "missed: rate: 3.00 of at least 4 1/s");
        let figures: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(figures[0], serde_json::json!({"name": "latency", "value": 3.0, "unit": "ms"}));
        assert_eq!(figures.as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn the_median_of_an_even_count_is_the_upper_one() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 3.0);
        assert!(median([]).is_nan());
    }
}
