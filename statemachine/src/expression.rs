//! One JSONata expression of a definition, parsed at load.

use jsonata_core::ast::AstNode;
use jsonata_core::parser;

use crate::load_error::{LoadError, LoadErrorKind, Path};

#[derive(Debug)]
pub(crate) struct Expression {
    /// As error messages quote it: without its delimiters and the blanks within them.
    pub source: String,
    pub ast: AstNode,
    /// `["states", "input", "x"]` for `$states.input.x`: such chains of names are looked up without an evaluator.
    pub names: Option<Vec<String>>,
}

/// A string of a JSONata state.
pub(crate) enum Str<'a> {
    Literal(&'a str),
    Expression(Expression),
}

const OPEN: &str = "{%";
const CLOSE: &str = "%}";

impl Expression {
    /// Reads a string of a JSONata state. A string that begins with `{%` and ends with `%}` is an expression; with one
    /// of the two it is refused; with blanks around them it is a plain string.
    pub fn read<'a>(text: &'a str, path: &Path) -> Result<Str<'a>, LoadError> {
        let (open, close) = (text.starts_with(OPEN), text.ends_with(CLOSE));
        if !open && !close {
            return Ok(Str::Literal(text));
        }
        if !(open && close && text.len() >= OPEN.len() + CLOSE.len()) {
            return Err(path.schema("A JSONata expression begins with {% and ends with %}"));
        }
        let source = text[OPEN.len()..text.len() - CLOSE.len()].trim();
        match parser::parse(source) {
            Ok(ast) => {
                Ok(Str::Expression(Expression { source: source.to_owned(), ast, names: names(source) }))
            }
            Err(error) => Err(path.error(LoadErrorKind::Expression, without_code(&error.to_string()))),
        }
    }
}

/// The parser's message without its prefix and code, as AWS gives it: `Unexpected end of expression`.
fn without_code(message: &str) -> &str {
    let message = message.strip_prefix("Parse error: ").unwrap_or(message);
    match message.split_once(": ") {
        Some((code, rest)) if code.len() == 5 && code.starts_with('S') => rest,
        _ => message,
    }
}

/// The names of an expression that only follows names from a variable.
fn names(source: &str) -> Option<Vec<String>> {
    let names = source.strip_prefix('$')?.split('.');
    names.map(|name| is_plain(name).then(|| name.to_owned())).collect()
}

fn is_plain(name: &str) -> bool {
    let keyword = ["and", "or", "in", "true", "false", "null"].contains(&name);
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    letters && !keyword && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names() {
        for (source, wanted) in [
            ("$states.input.x", Some(vec!["states", "input", "x"])),
            ("$x", Some(vec!["x"])),
            ("$", None),
            ("$$", None),
            ("$x.", None),
            ("$x.1", None),
            ("$x.y[0]", None),
            ("$x . y", None),
            ("$x.`y`", None),
            ("x.y", None),
            ("$x.and", None),
        ] {
            let wanted = wanted.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(names(source), wanted, "{source}");
        }
    }
}
