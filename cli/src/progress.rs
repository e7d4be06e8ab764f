//! Progress of long work: on stderr, and only on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over so many photos, letters or whatever `noun` says.
pub fn bar(length: usize, noun: &str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}} of {{len}} {noun}, {{elapsed}}, about {{eta}} left");
    let style = ProgressStyle::with_template(&template);
    ProgressBar::new(length as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
