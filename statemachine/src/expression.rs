//! One JSONata expression of a definition, parsed at load.

use jsonata_core::ast::AstNode;
use jsonata_core::parser;

use crate::fields::{LoadError, Path};

#[derive(Debug)]
pub(crate) struct Expression {
    /// As error messages quote it: without its delimiters and the blanks within them.
    pub source: String,
    pub ast: AstNode,
}

/// What a string of a definition is.
pub(crate) enum Str<'a> {
    Literal(&'a str),
    Expression(Expression),
}

const OPEN: &str = "{%";
const CLOSE: &str = "%}";

impl Expression {
    /// Reads a string of a JSONata state. It is an expression exactly when it begins with `{%` and ends with `%}`;
    /// one of them alone is refused, blanks around them make it a plain string.
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
            Ok(ast) => Ok(Str::Expression(Expression { source: source.to_owned(), ast })),
            Err(error) => Err(path.schema(format!("JSONata expression does not parse: {error}"))),
        }
    }
}
