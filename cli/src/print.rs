//! What commands print: for people lines and tables, with --json one document for programs. Progress bars are on stderr, on
//! a terminal only, and step aside while anything else is written. Characters that a terminal obeys, in file names above
//! all, are printed as escapes.

use domain::file_name;
use indicatif::{
    HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

/// How often a bar's times are drawn anew.
const TICK: Duration = Duration::from_millis(250);

/// Where progress bars are. Clones share the bars.
#[derive(Clone, Debug)]
pub struct Screen {
    bars: MultiProgress,
    quiet: bool,
}

impl Screen {
    /// A quiet one has neither bars nor notes.
    pub fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        Screen { bars: MultiProgress::with_draw_target(target), quiet }
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Hides the bars during `write`.
    pub fn beside_bars<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bars.suspend(write)
    }

    /// A bar over `length` photos, uploads or whatever `noun` says.
    pub fn bar(&self, length: usize, noun: &str) -> ProgressBar {
        let template = format!("{{bar:30}} {{pos}} of {{len}} {noun}, {{rate}}, {{elapsed}}{{left}}");
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
            // It draws the bar; there is nowhere to report a failure to.
            write!(out, "{:.1}/s", state.per_sec()).unwrap_or_default();
        });
        let style = style.with_key("left", |state: &ProgressState, out: &mut dyn fmt::Write| {
            write!(out, "{}", time_left(state.pos(), state.eta())).unwrap_or_default();
        });
        let bar = self.bars.add(ProgressBar::new(length as u64)).with_style(style);
        bar.enable_steady_tick(TICK);
        bar
    }
}

/// Unknown, and left out, before the first is done.
fn time_left(done: u64, eta: Duration) -> String {
    if done == 0 { String::new() } else { format!(", about {} left", HumanDuration(eta)) }
}

/// Prints to stdout, or to a test's buffer.
pub struct Printer<'a> {
    out: &'a mut dyn Write,
    screen: Screen,
    json: bool,
}

impl<'a> Printer<'a> {
    pub fn new(out: &'a mut dyn Write, screen: Screen, json: bool) -> Self {
        Printer { out, screen, json }
    }

    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    pub fn is_json(&self) -> bool {
        self.json
    }

    /// One value: JSON for programs, `text` for people.
    pub fn document(&mut self, value: &impl Serialize, text: impl FnOnce() -> String) -> io::Result<()> {
        let mut text = match self.json {
            true => harmless_json(&serde_json::to_string_pretty(value)?),
            false => harmless(&text()),
        };
        text.push('\n');
        // In one piece: a reader that leaves after the first line must not make the second one fail.
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// A line for people, where they did not ask for quiet.
    pub fn note(&mut self, line: &str) -> io::Result<()> {
        match self.json || self.screen.quiet {
            true => Ok(()),
            false => writeln!(self.out, "{}", harmless(line)),
        }
    }

    /// The document `{name: [rows], …}`.
    pub fn list(&mut self, name: &str) -> List<'_, 'a> {
        List {
            printer: self,
            open: format!("{{{}:[", Value::from(name)),
            close: "]}",
            rows: 0,
            widths: Vec::new(),
        }
    }

    /// The document `[rows]`, which has no fields beside the rows.
    pub fn array(&mut self) -> List<'_, 'a> {
        List { printer: self, open: "[".to_owned(), close: "]", rows: 0, widths: Vec::new() }
    }
}

/// A list that is printed row by row, as the rows come. Nothing is printed before the first row or the end, so that a
/// list that cannot begin leaves no half of a document.
pub struct List<'p, 'a> {
    printer: &'p mut Printer<'a>,
    open: String,
    close: &'static str,
    rows: usize,
    /// Of a table's columns: the longest cell so far.
    widths: Vec<usize>,
}

impl List<'_, '_> {
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The next row; `line` is its text for people.
    pub fn row(&mut self, row: &impl Serialize, line: impl FnOnce() -> String) -> io::Result<()> {
        let Printer { out, screen, json } = &mut *self.printer;
        let before = if self.rows == 0 { self.open.as_str() } else { "," };
        self.rows += 1;
        screen.beside_bars(|| match json {
            true => write!(out, "{before}\n{}", harmless_json(&serde_json::to_string(row)?)),
            false => writeln!(out, "{}", harmless(&line())),
        })
    }

    /// The next rows as a table, whose head is printed before the first row.
    pub fn table<T: Serialize, const N: usize>(
        &mut self,
        head: [&str; N],
        rows: &[T],
        cells: impl Fn(&T) -> [String; N],
    ) -> io::Result<()> {
        let cells: Vec<[String; N]> = rows.iter().map(cells).collect();
        let head = head.map(str::to_owned);
        let known: [usize; N] = std::array::from_fn(|column| self.widths.get(column).copied().unwrap_or(0));
        let widths = cells.iter().chain([&head]).fold(known, widened);
        self.widths = widths.to_vec();
        if self.rows == 0 && !rows.is_empty() && !self.printer.json {
            writeln!(self.printer.out, "{}", aligned(&head, &widths))?;
        }
        rows.iter().zip(&cells).try_for_each(|(row, cells)| self.row(row, || aligned(cells, &widths)))
    }

    pub fn note(&mut self, line: &str) -> io::Result<()> {
        self.printer.note(line)
    }

    pub fn end(self) -> io::Result<()> {
        self.end_with(&())
    }

    /// Ends the document with the fields of `rest`.
    pub fn end_with(self, rest: &impl Serialize) -> io::Result<()> {
        let Printer { out, json, .. } = self.printer;
        if *json {
            if self.rows == 0 {
                write!(out, "{}", self.open)?;
            }
            let (close, object) = self.close.split_at(1);
            write!(out, "\n{close}")?;
            if let Value::Object(fields) = serde_json::to_value(rest)? {
                fields.iter().try_for_each(|(name, value)| {
                    write!(out, ",{}:{}", Value::from(name.as_str()), harmless_json(&value.to_string()))
                })?;
            }
            writeln!(out, "{object}")?;
        }
        out.flush()
    }
}

/// A whole table, head and rows.
pub fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let lines: Vec<[String; N]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let widths = lines.iter().fold([0; N], widened);
    lines.iter().map(|line| aligned(line, &widths)).collect::<Vec<_>>().join("\n")
}

fn widened<const N: usize>(mut widths: [usize; N], cells: &[String; N]) -> [usize; N] {
    widths.iter_mut().zip(cells).for_each(|(width, cell)| *width = (*width).max(length(cell)));
    widths
}

/// A line of cells, each but the last as wide as its column.
fn aligned(cells: &[String], widths: &[usize]) -> String {
    let padded = |(cell, width): (&String, &usize)| format!("{cell:width$}  ");
    cells.iter().zip(widths).map(padded).collect::<String>().trim_end().to_owned()
}

/// Columns that a cell takes; a cell may have further lines, which take none.
fn length(cell: &str) -> usize {
    cell.lines().next().map_or(0, |line| line.chars().count())
}

/// A value as a cell of a table; `-` where there is none.
pub fn cell(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A file name as one line without escape sequences.
pub fn name(text: &str) -> String {
    escaped(text, |c| c.is_control() || file_name::is_formatting(c))
}

/// A text for people without escape sequences; its lines stay.
pub fn harmless(text: &str) -> String {
    escaped(text, |c| c != '\n' && (c.is_control() || file_name::is_formatting(c)))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_escaped(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

/// The same document without the control characters that JSON allows in its strings, DEL and C1.
fn harmless_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        match c.is_control() && c != '\n' {
            true => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => shown.push(c),
        }
    }
    shown
}

/// A share of 1 as a percentage.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn printed(json: bool, rows: &[Value]) -> String {
        let mut out = Vec::new();
        let mut printer = Printer::new(&mut out, Screen::new(false), json);
        let mut list = printer.list("rows");
        for page in rows.chunks(2) {
            list.table(["NAME", "SIZE"], page, |row| [row["name"].to_string(), cell(row["size"].as_u64())])
                .unwrap();
        }
        if list.is_empty() {
            list.note("no rows").unwrap();
        }
        list.end_with(&json!({"next": "é\""})).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_bar_says_no_time_before_it_knows_one() {
        assert_eq!(time_left(0, Duration::ZERO), "");
        assert_eq!(time_left(1, Duration::from_secs(90)), ", about 2 minutes left");
    }

    #[test]
    fn programs_get_one_document_and_people_get_a_table() {
        let rows = [json!({"name": 1, "size": 2}), json!({"name": 123_456}), json!({"name": 3, "size": 4})];
        for some in [&rows[..], &rows[..1], &[]] {
            let document: Value = serde_json::from_str(&printed(true, some)).unwrap();
            assert_eq!(document, json!({"rows": some, "next": "é\""}));
        }
        assert_eq!(printed(false, &rows), "NAME    SIZE\n1       2\n123456  -\n3       4\n");
        assert_eq!(printed(false, &[]), "no rows\n");
    }

    #[test]
    fn a_terminal_gets_no_escape_sequences() {
        let wild = "a\u{1b}[2Jb\u{9b}31m\r\u{7f}\nc\u{202e}gpj.ñ";
        assert_eq!(name(wild), "a\\u{1b}[2Jb\\u{9b}31m\\r\\u{7f}\\nc\\u{202e}gpj.ñ");
        assert_eq!(harmless("a\u{1b}\nb"), "a\\u{1b}\nb");
        for is_json in [true, false] {
            let mut out = Vec::new();
            let mut printer = Printer::new(&mut out, Screen::new(false), is_json);
            printer.document(&json!({"file": wild}), || wild.to_owned()).unwrap();
            printer.note(wild).unwrap();
            let mut array = printer.array();
            array.row(&wild, || wild.to_owned()).unwrap();
            array.end().unwrap();
            printer.list("rows").end_with(&json!({"rest": wild})).unwrap();
            let printed = String::from_utf8(out).unwrap();
            assert!(printed.chars().all(|c| c == '\n' || !c.is_control()), "{printed:?}");
            let mut documents = serde_json::Deserializer::from_str(&printed).into_iter::<Value>();
            if is_json {
                assert_eq!(
                    documents.next().unwrap().unwrap(),
                    json!({"file": wild}),
                    "a program reads the very name"
                );
                assert_eq!(documents.next().unwrap().unwrap(), json!([wild]));
                assert_eq!(documents.next().unwrap().unwrap(), json!({"rows": [], "rest": wild}));
            }
        }
    }

    #[test]
    fn an_array_is_a_document_too() {
        let mut out = Vec::new();
        let mut printer = Printer::new(&mut out, Screen::new(true), true);
        let mut array = printer.array();
        array.row(&1, String::new).unwrap();
        array.row(&"a", String::new).unwrap();
        array.note("for people only").unwrap();
        array.end().unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), json!([1, "a"]));
    }
}
