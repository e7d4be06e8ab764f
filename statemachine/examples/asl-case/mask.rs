//! Comparison with a recording in which some values are masked.

use std::collections::BTreeMap;

use serde_json::Value;

/// Fields with random values on AWS, for which the recorder put a mask or a fixed word.
const RANDOM: [&str; 2] = ["TaskToken", "MessageId"];

/// The value of each mask so far.
#[derive(Clone, Default)]
pub struct Masks(BTreeMap<String, Value>);

impl Masks {
    /// Whether `found` equals the recording; binds new masks to their values.
    pub fn matches(&mut self, recorded: &Value, found: &Value) -> bool {
        self.under("", recorded, found)
    }

    fn under(&mut self, name: &str, recorded: &Value, found: &Value) -> bool {
        match (recorded, found) {
            (Value::String(text), _) if is_mask(text) => self.bind(text, found),
            (Value::String(text), Value::String(_)) if RANDOM.contains(&name) => {
                self.bind(&format!("{name} {text}"), found)
            }
            (Value::String(text), Value::String(_)) if is_date(name, text) => true,
            (Value::String(text), Value::String(other)) => text == other || self.pattern(text, other),
            (Value::Array(some), Value::Array(others)) => {
                some.len() == others.len()
                    && some.iter().zip(others).all(|(one, other)| self.under(name, one, other))
            }
            (Value::Object(some), Value::Object(others)) => {
                some.len() == others.len()
                    && some
                        .iter()
                        .all(|(name, one)| others.get(name).is_some_and(|other| self.under(name, one, other)))
            }
            (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
            _ => recorded == found,
        }
    }

    fn bind(&mut self, mask: &str, found: &Value) -> bool {
        match self.0.get(mask) {
            Some(bound) => bound == found,
            None => {
                self.0.insert(mask.to_owned(), found.clone());
                true
            }
        }
    }

    /// A text with masks: the parts between them occur in order, and every occurrence of a mask has one value.
    fn pattern(&mut self, recorded: &str, found: &str) -> bool {
        let Some((before, mask, after)) = first_mask(recorded) else { return recorded == found };
        let Some(rest) = found.strip_prefix(before) else { return false };
        if let Some(Value::String(bound)) = self.0.get(mask).cloned() {
            return rest.strip_prefix(bound.as_str()).is_some_and(|rest| self.pattern(after, rest));
        }
        let ends = (1..=rest.len()).filter(|end| rest.is_char_boundary(*end));
        for end in ends {
            let mut attempt = self.clone();
            attempt.0.insert(mask.to_owned(), rest[..end].into());
            if attempt.pattern(after, &rest[end..]) {
                *self = attempt;
                return true;
            }
        }
        false
    }
}

fn is_mask(text: &str) -> bool {
    first_mask(text).is_some_and(|(before, _, after)| before.is_empty() && after.is_empty())
}

/// Times in `$states.context`, for which the recorder put one of these words.
fn is_date(name: &str, text: &str) -> bool {
    name.ends_with("Time") && matches!(text, "date" | "datetime" | "start-time" | "entered-time")
}

/// The text before the first `<mask>`, the mask, and the text after it.
fn first_mask(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find('<')?;
    let end = start + text[start..].find('>')? + 1;
    let name = &text[start + 1..end - 1];
    let word = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-:".contains(c));
    word.then(|| (&text[..start], &text[start..end], &text[end..]))
}
