//! What a benchmark says: a table for people and `[{name, value, unit}]` for programs.

use anyhow::Context;
use serde::Serialize;
use std::path::Path;

/// One measured figure.
#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

/// The figures of one run, in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Report(Vec<Figure>);

impl Report {
    /// Adds a figure and prints its row at once, so that a long benchmark shows its progress.
    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        let name = name.into();
        println!("{name:<58} {value:>14.3} {unit}");
        self.0.push(Figure { name, value, unit });
    }

    /// Writes the figures to `file` as JSON, where one was asked for.
    pub fn write(&self, file: Option<&Path>) -> anyhow::Result<()> {
        let Some(file) = file else { return Ok(()) };
        let json = serde_json::to_vec_pretty(&self.0)?;
        std::fs::write(file, json).with_context(|| format!("--json {}", file.display()))
    }
}
