//! `semblante settings`: every setting with its value and where it came from.

use crate::exit::Exit;
use crate::print::Printer;
use ::settings::Row;
use serde::Serialize;

#[derive(Serialize)]
struct Setting<'a> {
    key: &'a str,
    value: &'a str,
    from: String,
    help: &'a str,
}

pub fn run(rows: &[Row], printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    let settings: Vec<Setting<'_>> = rows
        .iter()
        .map(|row| Setting { key: row.key, value: &row.value, from: row.origin.to_string(), help: row.help })
        .collect();
    let mut list = printer.list("settings");
    list.table(["KEY", "VALUE", "FROM", "PURPOSE"], &settings, |setting| {
        [setting.key, setting.value, &setting.from, setting.help].map(str::to_owned)
    })?;
    list.end()?;
    Ok(Exit::Success)
}
