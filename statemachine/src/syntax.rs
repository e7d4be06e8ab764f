//! Syntax errors of a definition's text, in the words and with the location of AWS's JSON parser, Jackson.

/// Maximum characters of the text that a location quotes.
const MAX_QUOTED: usize = 500;
const UNCLOSED_VALUE: &str = ": was expecting closing quote for a string value";
const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

pub(crate) struct SyntaxError {
    pub message: String,
    pub location: String,
}

/// The first syntax error of a text; `None` if there is none or it is within a number or an escape sequence.
pub(crate) fn syntax_error(text: &str) -> Option<SyntaxError> {
    let mut scanner = Scanner { text, at: 0, open: Vec::new() };
    let message = scanner.scan().err()?;
    Some(SyntaxError { message, location: scanner.location(scanner.at) })
}

#[derive(Clone, Copy, PartialEq)]
enum Expected {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

struct Scanner<'a> {
    text: &'a str,
    /// The bytes that are read.
    at: usize,
    /// The opening brackets around the current place and their offsets.
    open: Vec<(char, usize)>,
}

impl Scanner<'_> {
    /// The error is the message; the place is then `at`.
    fn scan(&mut self) -> Result<(), String> {
        use Expected::{Colon, CommaOrEnd, Key, KeyOrEnd, Nothing, Value, ValueOrEnd};
        let mut expected = Value;
        while expected != Nothing {
            let is_blank = |c: char| [' ', '\t', '\r', '\n'].contains(&c);
            self.at += self.rest().find(|c| !is_blank(c)).unwrap_or(self.rest().len());
            let Some(next) = self.rest().chars().next() else { return self.end_of_input(expected) };
            let word = self.word().to_owned();
            self.at += next.len_utf8();
            expected = match (expected, next) {
                (Value | ValueOrEnd, '{') => self.enter('{', KeyOrEnd),
                (Value | ValueOrEnd, '[') => self.enter('[', ValueOrEnd),
                (ValueOrEnd, ']') | (KeyOrEnd, '}') => self.leave(),
                (Value | ValueOrEnd, '"') => self.string(UNCLOSED_VALUE)?,
                (Value | ValueOrEnd, '-' | '0'..='9') => self.number(),
                (Value | ValueOrEnd, _) if !word.is_empty() => {
                    self.at += word.len() - next.len_utf8();
                    if !["true", "false", "null"].contains(&word.as_str()) {
                        return Err(format!("Unrecognized token '{word}': was expecting {VALUES}"));
                    }
                    self.after_value()
                }
                (Value | ValueOrEnd, _) => {
                    return Err(unexpected(next, &format!("expected a valid value {VALUES}")));
                }
                (Key | KeyOrEnd, '"') => self.string(" in field name").map(|_| Colon)?,
                (Key | KeyOrEnd, _) => {
                    return Err(unexpected(next, "was expecting double-quote to start field name"));
                }
                (Colon, ':') => Value,
                (Colon, _) => {
                    return Err(unexpected(next, "was expecting a colon to separate field name and value"));
                }
                (CommaOrEnd, '}' | ']') => self.close(next)?,
                (CommaOrEnd, ',') if self.inside() == "Object" => Key,
                (CommaOrEnd, ',') => Value,
                (CommaOrEnd, _) => {
                    let problem = format!("was expecting comma to separate {} entries", self.inside());
                    return Err(unexpected(next, &problem));
                }
                (Nothing, _) => Nothing,
            };
        }
        Ok(())
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// The name at the current place: a literal of JSON, or a token that Jackson does not recognize.
    fn word(&self) -> &str {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let rest = self.rest();
        if rest.starts_with(|c: char| c.is_ascii_digit() || !is_part(c)) {
            return "";
        }
        &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())]
    }

    /// `[Source: (String)"{..}"; line: 1, column: 2]`; columns count UTF-16 units.
    fn location(&self, at: usize) -> String {
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let row = before.rsplit('\n').next().unwrap_or_default();
        let column = row.chars().map(char::len_utf16).sum::<usize>() + 1;
        let quoted: String = self.text.chars().take(MAX_QUOTED).collect();
        let left = self.text.chars().count() - quoted.chars().count();
        let cut = if left > 0 { format!("[truncated {left} chars]") } else { String::new() };
        format!("[Source: (String)\"{quoted}\"{cut}; line: {line}, column: {column}]")
    }

    fn enter(&mut self, bracket: char, expected: Expected) -> Expected {
        self.open.push((bracket, self.at - 1));
        expected
    }

    fn leave(&mut self) -> Expected {
        self.open.pop();
        self.after_value()
    }

    fn after_value(&self) -> Expected {
        if self.open.is_empty() { Expected::Nothing } else { Expected::CommaOrEnd }
    }

    fn close(&mut self, bracket: char) -> Result<Expected, String> {
        let (opening, from) = self.open.last().copied().unwrap_or_default();
        let closing = if opening == '{' { '}' } else { ']' };
        if bracket == closing {
            return Ok(self.leave());
        }
        let start = format!("{} starting at {}", self.inside(), self.location(from));
        Err(format!("Unexpected close marker '{bracket}': expected '{closing}' (for {start})"))
    }

    fn string(&mut self, unclosed: &str) -> Result<Expected, String> {
        let mut escaped = false;
        for (index, c) in self.rest().char_indices() {
            if c == '"' && !escaped {
                self.at += index + 1;
                return Ok(self.after_value());
            }
            escaped = c == '\\' && !escaped;
        }
        self.at = self.text.len();
        Err(format!("Unexpected end-of-input{unclosed}"))
    }

    fn number(&mut self) -> Expected {
        let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        self.at += self.rest().find(|c| !is_part(c)).unwrap_or(self.rest().len());
        self.after_value()
    }

    /// A blank text is no error of syntax.
    fn end_of_input(&self, expected: Expected) -> Result<(), String> {
        let Some((_, from)) = self.open.last() else { return Ok(()) };
        let inside = self.inside();
        Err(match expected {
            Expected::Value | Expected::Key | Expected::Colon => {
                format!("Unexpected end-of-input within/between {inside} entries")
            }
            _ => {
                let start = self.location(*from);
                format!(
                    "Unexpected end-of-input: expected close marker for {inside} (start marker at {start})"
                )
            }
        })
    }

    fn inside(&self) -> &'static str {
        if self.open.last().is_some_and(|(bracket, _)| *bracket == '[') { "Array" } else { "Object" }
    }
}

fn unexpected(found: char, problem: &str) -> String {
    format!("Unexpected character ('{found}' (code {})): {problem}", u32::from(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_columns() {
        let value = format!("expected a valid value {VALUES}");
        let name = "was expecting double-quote to start field name";
        let colon = "was expecting a colon to separate field name and value";
        let start = "start marker at [Source: (String)\"{\"; line: 1, column: 1]";
        let array = "Array starting at [Source: (String)\"{\"é\": [1}\"; line: 1, column: 7]";
        for (text, message, line, column) in [
            ("not a definition", format!("Unrecognized token 'not': was expecting {VALUES}"), 1, 4),
            ("{\n  \"a\": nul}", format!("Unrecognized token 'nul': was expecting {VALUES}"), 2, 11),
            ("<a/>", format!("Unexpected character ('<' (code 60)): {value}"), 1, 2),
            ("{'a': 1}", format!("Unexpected character (''' (code 39)): {name}"), 1, 3),
            ("{\"a\": 1,}", format!("Unexpected character ('}}' (code 125)): {name}"), 1, 10),
            ("[1,]", format!("Unexpected character (']' (code 93)): {value}"), 1, 5),
            ("{\"a\" 1}", format!("Unexpected character ('1' (code 49)): {colon}"), 1, 7),
            ("[1 2]", unexpected('2', "was expecting comma to separate Array entries"), 1, 5),
            ("{\"é\": [1}", format!("Unexpected close marker '}}': expected ']' (for {array})"), 1, 10),
            ("{", format!("Unexpected end-of-input: expected close marker for Object ({start})"), 1, 2),
            ("{\"a\":", "Unexpected end-of-input within/between Object entries".to_owned(), 1, 6),
            ("[\"b\\\"", format!("Unexpected end-of-input{UNCLOSED_VALUE}"), 1, 6),
        ] {
            let error = syntax_error(text).expect(text);
            assert_eq!(error.message, message, "{text}");
            let location = format!("[Source: (String)\"{text}\"; line: {line}, column: {column}]");
            assert_eq!(error.location, location, "{text}");
        }
    }

    #[test]
    fn json_has_no_error() {
        for text in ["{}", " [1, -2.5e3, \"\\\"}\", true, null, {\"a\": [{}]}] ", "1", " "] {
            assert!(syntax_error(text).is_none(), "{text}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let error = syntax_error(&format!("[{}", " ".repeat(600))).expect("the array is open");
        assert!(
            error.location.ends_with("\"[truncated 101 chars]; line: 1, column: 602]"),
            "{}",
            error.location
        );
    }
}
