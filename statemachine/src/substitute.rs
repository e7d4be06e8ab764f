//! `${Name}` in a definition, as CloudFormation's DefinitionSubstitutions have it.

use std::collections::BTreeMap;

use crate::fields::{LoadError, LoadErrorKind, Path};

/// What to put for each `${Name}`.
pub type Substitutions = BTreeMap<String, String>;

/// Replaces every `${Name}` within the JSON text. Values are put between JSON quotes, so they are escaped as JSON.
pub(crate) fn substitute(text: &str, substitutions: &Substitutions) -> Result<String, LoadError> {
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
        let quoted = serde_json::Value::from(value.as_str()).to_string();
        result.push_str(&quoted[1..quoted.len() - 1]);
        rest = &from[name.len() + 3..];
    }
    result.push_str(rest);
    Ok(result)
}

/// The name in `${Name}` at the start of `text`. Anything else that begins so (a group-by of JSONata) is no placeholder.
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
