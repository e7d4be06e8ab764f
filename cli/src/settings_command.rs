//! `semblante settings`.

use crate::exit::End;
use crate::settings_table::Row;
use std::io::Write;

/// Prints the rows as a table.
pub fn run(rows: &[Row], out: &mut impl Write) -> anyhow::Result<End> {
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|row| [row.key.to_owned(), row.value.clone(), row.origin.to_string(), row.help.to_owned()])
        .collect();
    let head = ["KEY", "VALUE", "FROM", "WHAT FOR"].map(str::to_owned);
    let lines = || std::iter::once(&head).chain(&cells);
    let width = |column: usize| lines().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let [key, value, from] = [width(0), width(1), width(2)];
    for line in lines() {
        writeln!(out, "{:key$}  {:value$}  {:from$}  {}", line[0], line[1], line[2], line[3])?;
    }
    Ok(End::Well)
}
