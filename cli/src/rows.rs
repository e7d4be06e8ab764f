//! Rows that are printed as they come: for people a line each, for programs one JSON document.

use indicatif::ProgressBar;
use serde_json::Value;
use std::io::{self, Write};

/// Prints rows.
pub struct Rows<'a, W: Write> {
    out: &'a mut W,
    /// Steps aside while a line is printed.
    bar: ProgressBar,
    json: bool,
    first: bool,
}

impl<'a, W: Write> Rows<'a, W> {
    /// Begins a document `{name: [rows], …}`, or lines.
    pub fn begin(out: &'a mut W, json: bool, name: &str, bar: ProgressBar) -> io::Result<Self> {
        if json {
            write!(out, "{{{}:[", Value::from(name))?;
        }
        Ok(Rows { out, bar, json, first: true })
    }

    /// The next row.
    pub fn row(&mut self, row: &Value, line: impl FnOnce() -> String) -> io::Result<()> {
        let (out, json, first) = (&mut *self.out, self.json, self.first);
        self.first = false;
        self.bar.suspend(|| match json {
            true => write!(out, "{}\n{row}", if first { "" } else { "," }),
            false => writeln!(out, "{}", line()),
        })
    }

    /// A line that is for people only.
    pub fn note(&mut self, line: &str) -> io::Result<()> {
        match self.json {
            true => Ok(()),
            false => writeln!(self.out, "{line}"),
        }
    }

    /// Ends the document with what else it says.
    pub fn end(self, rest: &[(&str, Value)]) -> io::Result<()> {
        self.bar.finish_and_clear();
        if self.json {
            write!(self.out, "\n]")?;
            rest.iter().try_for_each(|(name, value)| write!(self.out, ",{}:{value}", Value::from(*name)))?;
            writeln!(self.out, "}}")?;
        }
        self.out.flush()
    }
}

/// A value as a cell of a table: texts as they are, `-` for nothing.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn printed(json: bool, rows: &[Value]) -> String {
        let mut out = Vec::new();
        let mut printing = Rows::begin(&mut out, json, "rows", ProgressBar::hidden()).unwrap();
        printing.note("HEAD").unwrap();
        for row in rows {
            printing.row(row, || cell(&row["name"])).unwrap();
        }
        printing.end(&[("next", json!("é\""))]).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn programs_get_one_document_and_people_get_lines() {
        let rows = [json!({"name": "a"}), json!({"name": 1}), json!({})];
        for some in [&rows[..], &rows[..1], &[]] {
            let document: Value = serde_json::from_str(&printed(true, some)).unwrap();
            assert_eq!(document, json!({"rows": some, "next": "é\""}));
        }
        assert_eq!(printed(false, &rows), "HEAD\na\n1\n-\n");
    }
}
