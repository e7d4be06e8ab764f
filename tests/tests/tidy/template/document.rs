//! The template as JSON: YAML's short forms (`!Ref X`) in their long ones (`{"Ref": "X"}`).

use crate::repository;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

const TEMPLATE: &str = "template.yaml";

/// The template.
pub struct Template(Value);

impl Template {
    /// Reads template.yaml.
    pub fn read() -> Self {
        let text = repository::read(TEMPLATE);
        let documents = Yaml::load_from_str(&text).unwrap_or_else(|error| panic!("{TEMPLATE}: {error}"));
        let [document] = &documents[..] else { panic!("{TEMPLATE} is one document") };
        Template(json(document))
    }

    /// The value at a JSON pointer.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("{TEMPLATE} has nothing at {pointer}"))
    }

    /// The properties of a resource.
    pub fn properties(&self, resource: &str) -> &Value {
        self.at(&format!("/Resources/{resource}/Properties"))
    }

    /// Names and properties of all resources of a type.
    pub fn of_type(&self, wanted: &str) -> Vec<(&str, &Value)> {
        let resources = self.at("/Resources").as_object().expect("resources by name");
        let of_type = resources.iter().filter(|(_, resource)| resource["Type"] == wanted);
        let found: Vec<_> =
            of_type.map(|(name, resource)| (name.as_str(), &resource["Properties"])).collect();
        assert!(!found.is_empty(), "{TEMPLATE} has a {wanted}");
        found
    }

    /// The environment of a function: its own variables and those of all.
    pub fn environment(&self, function: &str) -> Map<String, Value> {
        let mut all = self.at("/Globals/Function/Environment/Variables").as_object().cloned();
        let own = self.properties(function).pointer("/Environment/Variables").and_then(Value::as_object);
        all.get_or_insert_default().extend(own.cloned().unwrap_or_default());
        all.unwrap_or_default()
    }

    /// Queues that a function receives from, each with the properties of its event source.
    pub fn sources(&self, function: &str) -> Vec<(&str, &Value)> {
        let events = self.properties(function)["Events"].as_object().into_iter().flatten();
        let queues = events.filter(|(_, event)| event["Type"] == "SQS");
        queues.map(|(_, event)| (attribute_of(&event["Properties"]["Queue"]), &event["Properties"])).collect()
    }
}

/// The resource of `!GetAtt RESOURCE.ATTRIBUTE`.
pub fn attribute_of(value: &Value) -> &str {
    let whole = value["Fn::GetAtt"].as_str().unwrap_or_else(|| panic!("{value} is a !GetAtt"));
    whole.split('.').next().unwrap_or(whole)
}

fn json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(entries) => {
            entries.iter().map(|(key, value)| (key_of(key), json(value))).collect::<Map<_, _>>().into()
        }
        Yaml::Tagged(tag, value) => match tag.suffix.as_str() {
            name @ ("Ref" | "Condition") => json!({ name: json(value) }),
            name => json!({ format!("Fn::{name}"): json(value) }),
        },
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            panic!("{TEMPLATE}: no aliases, no bad values")
        }
    }
}

fn key_of(key: &Yaml<'_>) -> String {
    key.as_str().unwrap_or_else(|| panic!("{TEMPLATE}: the key {key:?} is a word")).to_owned()
}

#[test]
fn short_forms_are_read_as_long_ones() {
    for (short, long) in [
        ("!Ref A", json!({"Ref": "A"})),
        ("!GetAtt A.Arn", json!({"Fn::GetAtt": "A.Arn"})),
        ("!Sub '${A}-b'", json!({"Fn::Sub": "${A}-b"})),
        ("!If [C, {a: !Ref B}, 2]", json!({"Fn::If": ["C", {"a": {"Ref": "B"}}, 2]})),
    ] {
        let read = Yaml::load_from_str(short).expect("it is YAML");
        assert_eq!(json(&read[0]), long, "{short}");
    }
}
