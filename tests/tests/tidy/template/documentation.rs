//! README.md names every parameter of the template with its default, and every alarm.

use super::document::Template;
use crate::repository;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The first two columns of the table whose head begins so.
fn table(head: &str) -> BTreeMap<String, String> {
    let document = repository::read("docs/aws.md");
    let lines = document.lines().skip_while(|line| !line.starts_with(&format!("| {head} |")));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| {
        let mut cells = row.split('|').skip(1).map(|cell| cell.trim().trim_matches('`').to_owned());
        Some((cells.next()?, cells.next()?))
    });
    cells.collect()
}

#[test]
fn the_documentation_names_every_parameter_and_its_default() {
    let template = Template::read();
    let parameters = template.at("/Parameters").as_object().expect("parameters by name");
    let told = table("parameter");
    assert_eq!(told.keys().collect::<BTreeSet<_>>(), parameters.keys().collect());
    for (name, parameter) in parameters {
        match &parameter["Default"] {
            // README.md says in words what an empty default means.
            Value::String(text) if text.is_empty() => assert!(!told[name].is_empty(), "{name}"),
            Value::String(text) => assert_eq!(&told[name], text, "{name}"),
            number => assert_eq!(told[name], number.to_string(), "{name}"),
        }
    }
}

#[test]
fn the_documentation_says_what_to_do_for_every_alarm() {
    let template = Template::read();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let alarms: BTreeSet<&str> = alarms.iter().map(|(name, _)| name.trim_end_matches("Alarm")).collect();
    assert_eq!(table("alarm").keys().map(String::as_str).collect::<BTreeSet<_>>(), alarms);
}
