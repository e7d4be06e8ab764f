//! The diagnostics of refused definitions, as CreateStateMachine words and locates them.

use proptest::prelude::*;
use serde_json::Value;
use statemachine::{Definition, LoadErrorKind, Substitutions};

use crate::properties::{RICH, mutate, places};
use LoadErrorKind::{Syntax, Text};

/// The diagnostic as `CODE: message at location`, in the form of CreateStateMachine.
fn diagnostic(text: &str) -> String {
    let error = Definition::load(text, &Substitutions::new()).expect_err(text);
    let location = error.location().unwrap_or_else(|| "null".to_owned());
    format!("{}: {} at {location}", error.kind.code().unwrap_or("none"), error.message)
}

#[test]
fn diagnostics_are_worded_as_by_aws() {
    let pass = |more: &str| format!(r#"{{"A": {{"Type": "Pass", "End": true{more}}}}}"#);
    let machine =
        |states: &str| format!(r#"{{"QueryLanguage": "JSONata", "StartAt": "A", "States": {states}}}"#);
    let object = "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null";
    let only = |set: &str, field: &str, language: &str| {
        format!(
            "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to '{set}', but field '{field}' is only supported for \
             the '{language}' QueryLanguage at /States/A"
        )
    };
    for (text, expected) in [
        (String::new(), object.to_owned()),
        ("[]".to_owned(), object.to_owned()),
        ("{}".to_owned(), "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /".to_owned()),
        (r#"{"States": {}}"#.to_owned(), "SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt] at /".to_owned()),
        (machine("{}"), "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States".to_owned()),
        (
            machine(r#"{"A": {"Type": "Parallel", "End": true, "Branches": []}}"#),
            "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/A/Branches".to_owned(),
        ),
        (
            machine(r#"{"A": {"Type": "Jump"}}"#),
            "SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, \
             Fail, Choice, Parallel, Map] at /States/A/Type".to_owned(),
        ),
        (
            machine(&pass(r#", "QueryLanguage": "JSONPath""#)),
            "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state \
             machine at /States/A".to_owned(),
        ),
        (machine(&pass(r#", "Result": 1"#)), only("JSONata", "Result", "JSONPath")),
        (
            format!(r#"{{"StartAt": "A", "States": {}}}"#, pass(r#", "Output": 1"#)),
            only("JSONPath", "Output", "JSONata"),
        ),
        (machine(&pass(r#", "Catch": []"#)), "SCHEMA_VALIDATION_FAILED: Field 'Catch' is not supported at /States/A".to_owned()),
        (
            machine(r#"{"A": {"Type": "Task", "Resource": "nothing", "End": true}}"#),
            "SCHEMA_VALIDATION_FAILED: The resource provided nothing is not recognized. The value is not a valid \
             resource ARN, or the resource is not available in this region. at /States/A/Resource".to_owned(),
        ),
        (
            machine(r#"{"A": {"Type": "Wait", "Timestamp": "tomorrow", "End": true}}"#),
            "SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/A/Timestamp".to_owned(),
        ),
        (
            machine(&pass(r#", "Output": {"v": "{% 1 + %}"}"#)),
            "INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/A/Output/v".to_owned(),
        ),
        (
            machine(r#"{"A": {"Type": "Pass", "Next": "B"}}"#),
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next".to_owned(),
        ),
        (
            machine(r#"{"A": {"Type": "Choice", "Choices": [{"Condition": true, "Next": "A"}], "Default": "B"}}"#),
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Default".to_owned(),
        ),
        (
            machine(r#"{"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}"#),
            "MISSING_END_STATE: Workflow has no terminal state at null".to_owned(),
        ),
        (
            machine(r#"{"A": {"Type": "Pass", "Next": "A"}, "C": {"Type": "Succeed"}}"#),
            "MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C".to_owned(),
        ),
        (
            "not a definition".to_owned(),
            "INVALID_JSON_DESCRIPTION: Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or \
             token 'null', 'true' or 'false') at [Source: (String)\"not a definition\"; line: 1, column: 4]".to_owned(),
        ),
    ] {
        assert_eq!(diagnostic(&text), expected, "{text}");
    }
}

#[test]
fn texts_that_are_no_definition_have_kinds_of_their_own() {
    for (text, kind) in
        [("", Text), (" ", Text), ("null", Text), ("{", Syntax), ("{\"a\": 01}", Text), ("{} x", Text)]
    {
        let error = Definition::load(text, &Substitutions::new()).expect_err(text);
        assert_eq!(error.kind, kind, "{text}");
    }
}

/// The value at a location such as `/States/A/Choices[0]/Next`.
fn resolve<'a>(definition: &'a Value, location: &str) -> Option<&'a Value> {
    let names = location.split(['/', '[']).filter(|name| !name.is_empty());
    names.into_iter().try_fold(definition, |value, name| match name.strip_suffix(']') {
        Some(index) => value.get(index.parse::<usize>().ok()?),
        None => value.get(name),
    })
}

/// The locations of all states of [`RICH`], those of branches included.
fn states(machine: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, state) in machine["States"].as_object().into_iter().flatten() {
        let here = format!("{at}/States/{name}");
        for (index, branch) in state["Branches"].as_array().into_iter().flatten().enumerate() {
            found.extend(states(branch, &format!("{here}/Branches[{index}]")));
        }
        found.push(here);
    }
    found
}

fn rich() -> Value {
    serde_json::from_str(RICH).expect("JSON")
}

/// Like [`resolve`], for the JSON pointer of serde.
fn pointer(location: &str) -> String {
    location.replace('[', "/").replace(']', "").trim_end_matches('/').to_owned()
}

/// The objects of [`RICH`] and the fields that each of them requires.
const REQUIRED: [(&str, &str); 16] = [
    ("/", "StartAt"),
    ("/", "States"),
    ("/States/Init", "Type"),
    ("/States/Ask", "Resource"),
    ("/States/Ask/Retry[1]", "ErrorEquals"),
    ("/States/Ask/Catch[0]", "ErrorEquals"),
    ("/States/Ask/Catch[0]", "Next"),
    ("/States/Sort", "Choices"),
    ("/States/Sort/Choices[0]", "Condition"),
    ("/States/Sort/Choices[1]", "Next"),
    ("/States/Pause", "Next"),
    ("/States/All", "Branches"),
    ("/States/All/Branches[0]", "StartAt"),
    ("/States/All/Branches[1]", "States"),
    ("/States/All/Branches[0]/States/Left", "Type"),
    ("/States/All/Branches[1]/States/Inner/Branches[0]/States/Note", "Resource"),
];

#[test]
fn a_missing_field_is_named_at_its_object() {
    for (location, field) in REQUIRED {
        let mut definition = rich();
        let object = definition.pointer_mut(&pointer(location)).and_then(Value::as_object_mut);
        assert!(object.expect(location).remove(field).is_some(), "{location} {field}");
        let expected =
            format!("SCHEMA_VALIDATION_FAILED: These fields are required: [{field}] at {location}");
        assert_eq!(diagnostic(&definition.to_string()), expected);
    }
}

#[test]
fn a_narrowed_query_language_is_named_at_its_state() {
    let all = states(&rich(), "");
    assert_eq!(all.len(), 11);
    for location in all {
        let mut definition = rich();
        definition.pointer_mut(&pointer(&location)).expect("a state")["QueryLanguage"] = "JSONPath".into();
        let problem = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
        let expected = format!("SCHEMA_VALIDATION_FAILED: {problem} at {location}");
        assert_eq!(diagnostic(&definition.to_string()), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_location_is_a_place_in_the_definition(place in any::<prop::sample::Index>(), change in 0..8_u8) {
        let mut definition = rich();
        let count = places(&definition);
        mutate(&mut definition, &mut place.index(count), change);
        let Err(error) = Definition::load(&definition.to_string(), &Substitutions::new()) else { return Ok(()) };
        if let Some(location) = error.location() {
            prop_assert!(resolve(&definition, &location).is_some(), "{}: {}", location, error);
        }
    }

    #[test]
    fn a_cut_text_is_no_json_and_located_at_its_end(length in any::<prop::sample::Index>()) {
        let text = &RICH[..1 + length.index(RICH.trim_end().len() - 1)];
        let error = Definition::load(text, &Substitutions::new()).expect_err("half a definition");
        prop_assert_eq!(error.kind, Syntax);
        let line = text.matches('\n').count() + 1;
        let column = text.len() - text.rfind('\n').map_or(0, |end| end + 1) + 1;
        let location = error.location().expect("a location");
        let end = format!("; line: {line}, column: {column}]");
        prop_assert!(location.ends_with(&end), "{}, not {}: {}", location, end, error.message);
    }
}
