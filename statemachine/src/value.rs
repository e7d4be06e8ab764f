//! Conversion between JSON and the values of the JSONata evaluator, and measures of JSON values.

use jsonata_core::value::JValue;
use serde_json::{Map, Number, Value};

use crate::limits::{MAX_DEPTH, MAX_OUTPUT_BYTES};

/// Whole numbers up to here are exact in JSONata, whose numbers are 64-bit floats.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub(crate) fn to_jsonata(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(value) => JValue::Bool(*value),
        Value::Number(number) => JValue::from_f64(number.as_f64().unwrap_or(0.0)),
        Value::String(text) => JValue::string(text.as_str()),
        Value::Array(items) => JValue::array(items.iter().map(to_jsonata).collect()),
        Value::Object(map) => object(map.iter().map(|(name, value)| (name.as_str(), to_jsonata(value)))),
    }
}

pub(crate) fn object<'a>(fields: impl IntoIterator<Item = (&'a str, JValue)>) -> JValue {
    JValue::object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// `None`: nested deeper than [`MAX_DEPTH`] or larger than [`MAX_OUTPUT_BYTES`].
pub(crate) fn from_jsonata(value: &JValue) -> Option<Value> {
    let mut left = MAX_OUTPUT_BYTES;
    from_within(value, MAX_DEPTH, &mut left)
}

/// `left` counts down the bytes of texts and one byte for each element.
fn from_within(value: &JValue, depth: usize, left: &mut usize) -> Option<Value> {
    *left = left.checked_sub(1)?;
    Some(match value {
        JValue::Bool(value) => Value::Bool(*value),
        JValue::Number(number) => number_from(*number),
        JValue::String(text) => {
            *left = left.checked_sub(text.len())?;
            Value::String(text.to_string())
        }
        JValue::Array(items) => {
            let depth = depth.checked_sub(1)?;
            Value::Array(items.iter().map(|item| from_within(item, depth, left)).collect::<Option<_>>()?)
        }
        JValue::Object(map) => {
            let depth = depth.checked_sub(1)?;
            let mut object = Map::with_capacity(map.len());
            for (name, value) in map.iter().filter(|(_, value)| !value.is_undefined() && !value.is_function())
            {
                *left = left.checked_sub(name.len())?;
                object.insert(name.clone(), from_within(value, depth, left)?);
            }
            Value::Object(object)
        }
        _ => Value::Null,
    })
}

fn number_from(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < EXACT {
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// Larger than [`MAX_OUTPUT_BYTES`], or nested too deep.
pub(crate) fn is_too_large(value: &Value) -> bool {
    is_too_deep(value) || size(value) > MAX_OUTPUT_BYTES
}

pub(crate) fn is_too_deep(value: &Value) -> bool {
    fn within(value: &Value, left: usize) -> bool {
        match value {
            Value::Array(items) => left > 0 && items.iter().all(|item| within(item, left - 1)),
            Value::Object(map) => left > 0 && map.values().all(|item| within(item, left - 1)),
            _ => true,
        }
    }
    !within(value, MAX_DEPTH)
}

/// A number without a fraction, also in floating-point notation (`5.0`).
pub(crate) fn whole_number(value: &Value) -> Option<u64> {
    let whole = |number: &f64| number.fract() == 0.0 && *number >= 0.0;
    value.as_u64().or_else(|| value.as_f64().filter(whole).map(|number| number as u64))
}

/// Bytes of the value as compact JSON.
pub(crate) fn size(value: &Value) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).expect("counting bytes cannot fail");
    counter.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn there_and_back() {
        for value in
            [json!(null), json!(1), json!(-1.5), json!(1e300), json!([1, [2], {}]), json!({"a": {"b": "c"}})]
        {
            assert_eq!(from_jsonata(&to_jsonata(&value)), Some(value.clone()));
            assert_eq!(size(&value), value.to_string().len());
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(!is_too_deep(&nested(MAX_DEPTH)));
        assert!(is_too_deep(&nested(MAX_DEPTH + 1)));
        assert_eq!(from_jsonata(&to_jsonata(&nested(MAX_DEPTH))), Some(nested(MAX_DEPTH)));
        assert_eq!(from_jsonata(&to_jsonata(&nested(MAX_DEPTH + 1))), None);
        assert_eq!(from_jsonata(&to_jsonata(&json!("x".repeat(MAX_OUTPUT_BYTES)))), None);
    }
}
