//! Loading a definition: substitution, parsing, and the fields of the whole machine.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::definition::Definition;
use crate::fields::{Fields, Language};
use crate::limits::{MAX_DEFINITION_BYTES, MAX_SECONDS};
use crate::load_error::{LoadError, LoadErrorKind, Path};
use crate::load_fields::language;
use crate::load_state::Reader;
use crate::syntax::{SyntaxError, syntax_error};

/// The value of each `${Name}` in a definition's text, as in CloudFormation's DefinitionSubstitutions.
pub type Substitutions = BTreeMap<String, String>;

impl Definition {
    /// Reads a definition in Amazon States Language, replaces the `${Name}`s and checks the whole text.
    ///
    /// # Errors
    /// Everything that `CreateStateMachine` refuses, every field that this interpreter does not know or does not
    /// support, every expression that does not parse and every `${Name}` without a substitution, each with its path.
    pub fn load(text: &str, substitutions: &Substitutions) -> Result<Definition, LoadError> {
        let root = Path::default();
        if text.len() > MAX_DEFINITION_BYTES {
            return Err(root.schema("Definition is larger than 1 MiB"));
        }
        let text = substitute(text, substitutions)?;
        let value = parse(&text)?;
        let mut fields = Fields::of(&value, root)?;
        fields.require(&["States", "StartAt"])?;
        let version = fields.string("Version")?.unwrap_or("1.0");
        if version != "1.0" {
            return Err(fields.path.field("Version").schema("Version must be 1.0"));
        }
        fields.string("Comment")?;
        let timeout_s = fields.integer("TimeoutSeconds", 1..=MAX_SECONDS)?;
        let language = language(&mut fields, Language::JsonPath)?;
        let machine = Reader::default().machine(&mut fields, language)?;
        fields.finish(language, &[])?;
        Ok(Definition { machine, timeout_s, hash: hex::encode(Sha256::digest(&text)) })
    }
}

fn parse(text: &str) -> Result<Value, LoadError> {
    let parsed = serde_json::from_str(text);
    if let (Err(_), Some(SyntaxError { message, location })) = (&parsed, syntax_error(text)) {
        return Err(LoadError::syntax(message, location));
    }
    match parsed {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Path::default().error(LoadErrorKind::Text, "Definition must be a valid JSON object")),
    }
}

/// Replaces every `${Name}` within the JSON text. The values stand between JSON quotes, so they are escaped as JSON.
fn substitute(text: &str, substitutions: &Substitutions) -> Result<String, LoadError> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        result.push_str(before);
        let Some(name) = name_at(from) else {
            result.push_str("${");
            rest = &from[2..];
            continue;
        };
        let value = substitutions.get(name).ok_or_else(|| {
            Path::default().error(LoadErrorKind::Substitution, format!("${{{name}}} has no substitution"))
        })?;
        let quoted = Value::from(value.as_str()).to_string();
        result.push_str(&quoted[1..quoted.len() - 1]);
        rest = &from[name.len() + 3..];
    }
    result.push_str(rest);
    Ok(result)
}

/// The name in `${Name}` at the start of `text`; `None` for other text after `${`, such as a group-by of JSONata.
fn name_at(text: &str) -> Option<&str> {
    let name = &text[2..text.find('}')?];
    let word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    word.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders() {
        let substitutions = Substitutions::from([("A".into(), "x".into()), ("B".into(), "\"q\"\\".into())]);
        for (text, wanted) in [
            ("${A}", Some("x")),
            ("<${A}${A}>", Some("<xx>")),
            ("${B}", Some("\\\"q\\\"\\\\")),
            ("$states", Some("$states")),
            ("items${ name: price }", Some("items${ name: price }")),
            ("${", Some("${")),
            ("${}", Some("${}")),
            ("${C}", None),
        ] {
            assert_eq!(substitute(text, &substitutions).ok().as_deref(), wanted, "{text}");
        }
    }
}
