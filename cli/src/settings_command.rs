//! `semblante settings`.

use crate::exit::End;
use crate::rows::Rows;
use crate::settings_table::Row;
use indicatif::ProgressBar;
use serde_json::json;
use std::io::Write;

/// Prints the rows as a table, or as JSON.
pub fn run(settings: &[Row], json: bool, out: &mut impl Write) -> anyhow::Result<End> {
    let cells: Vec<[String; 4]> = settings
        .iter()
        .map(|row| [row.key.to_owned(), row.value.clone(), row.origin.to_string(), row.help.to_owned()])
        .collect();
    let head = ["KEY", "VALUE", "FROM", "WHAT FOR"].map(str::to_owned);
    let lines = || std::iter::once(&head).chain(&cells);
    let width = |column: usize| lines().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let [key, value, from] = [width(0), width(1), width(2)];
    let line =
        |line: &[String; 4]| format!("{:key$}  {:value$}  {:from$}  {}", line[0], line[1], line[2], line[3]);
    let mut rows = Rows::begin(out, json, "settings", ProgressBar::hidden())?;
    rows.note(&line(&head))?;
    for row in &cells {
        let [key, value, from, help] = row;
        rows.row(&json!({"key": key, "value": value, "from": from, "help": help}), || line(row))?;
    }
    rows.end(&[])?;
    Ok(End::Well)
}
