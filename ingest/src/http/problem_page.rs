//! `GET /docs/problems`: every code with its explanation, its statuses and the operations that answer it.

use super::problem_codes::{CODES, ProblemCode, WITHOUT_OPERATION};
use axum::http::StatusCode;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const HEAD: &str = r##"<!doctype html>
<html lang="en" data-lang="en" data-theme="light">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover" />
    <title>Problems · Semblante</title>
    <link rel="icon" href="/web/mark.svg" type="image/svg+xml" />
    <script src="/web/theme.js"></script>
    <link rel="stylesheet" href="/web/style.css" />
    <link rel="stylesheet" href="/web/docs.css" />
  </head>
  <body class="docs">
    <a class="skip" href="#main">To the content</a>
    <header class="top">
      <a class="brand" href="/">Semblante</a>
      <nav class="nav" aria-label="Documentation"><a href="/docs">API</a><a href="/docs/problems" aria-current="page">Problems</a></nav>
    </header>
    <main id="main" class="screen" tabindex="-1">
      <h1>Problems</h1>
      <p class="lead">Every error is a document of the type <code>application/problem+json</code> (RFC 9457). Programs compare its <code>code</code>, which is stable; its <code>type</code> leads here.</p>
"##;

type Answers<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The page for a finished description.
pub(crate) fn page(document: &Value) -> String {
    let (answers, operations) = answers(document);
    let mut html = HEAD.to_owned();
    let links: Vec<String> =
        CODES.iter().map(|code| format!("<a href=\"#{0}\"><code>{0}</code></a>", code.name)).collect();
    let none = Answers::new();
    html += &format!("<nav class=\"codes\" aria-label=\"Codes\">{}</nav>\n", links.join(" "));
    for code in CODES.iter() {
        html += &section(code, answers.get(code.name).unwrap_or(&none), operations);
    }
    html + "</main></body></html>\n"
}

/// The answers of each code, and the number of operations.
fn answers(document: &Value) -> (BTreeMap<&str, Answers<'_>>, usize) {
    let mut answers: BTreeMap<&str, Answers> = BTreeMap::new();
    for (status, code) in WITHOUT_OPERATION.iter().filter_map(|problem| problem.split_once(' ')) {
        answers.entry(code).or_default().entry(status).or_default();
    }
    let items = document["paths"].as_object().into_iter().flatten();
    let operations: Vec<&Value> =
        items.filter_map(|(_, item)| item.as_object()).flat_map(|item| item.values()).collect();
    for operation in &operations {
        let id = operation["operationId"].as_str().unwrap_or_default();
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            for code in response["x-codes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                answers.entry(code).or_default().entry(status).or_default().insert(id);
            }
        }
    }
    (answers, operations.len())
}

fn section(code: &ProblemCode, answers: &Answers, operations: usize) -> String {
    let mut html = format!(
        "<section class=\"problem\" id=\"{name}\"><h2><a href=\"#{name}\"><code>{name}</code></a></h2>\n\
         <p>{}</p>\n<p><b>What to do:</b> {}</p>\n<ul class=\"answers\">",
        marked(code.happened),
        marked(code.remedy),
        name = code.name,
    );
    for (status, ids) in answers {
        let phrase =
            StatusCode::from_bytes(status.as_bytes()).ok().and_then(|status| status.canonical_reason());
        let by = match ids.len() {
            0 => "a path or a method that no operation has".to_owned(),
            // All, or all but the checks of health.
            number if number + 2 >= operations => "every operation".to_owned(),
            _ => ids
                .iter()
                .map(|id| format!("<a class=\"link\" href=\"/docs#{id}\">{id}</a>"))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let phrase = phrase.unwrap_or_default();
        write!(html, "<li><b>{status} {phrase}</b> {by}</li>").expect("a String takes every text");
    }
    html + "</ul></section>\n"
}

/// HTML of a text with code between backticks.
fn marked(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let pieces = escaped.split('`').enumerate();
    let marked = pieces.map(|(number, piece)| match number % 2 {
        0 => piece.to_owned(),
        _ => format!("<code>{piece}</code>"),
    });
    marked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_code_is_shown_with_what_answers_it() {
        let get = |id: &str, code: &str| json!({"get": {"operationId": id, "responses": {"404": {"x-codes": [code]}}}});
        let mut paths = serde_json::Map::new();
        for number in 0..4 {
            paths.insert(format!("/{number}"), get(&format!("get_{number}"), "not_found"));
        }
        paths.insert("/sessions".into(), get("get_session", "no_such_session"));
        let html = page(&json!({"paths": paths}));
        for expected in [
            "<section class=\"problem\" id=\"not_found\">",
            "<b>404 Not Found</b> every operation",
            "<b>404 Not Found</b> <a class=\"link\" href=\"/docs#get_session\">get_session</a>",
            "<b>405 Method Not Allowed</b> a path or a method that no operation has",
        ] {
            assert!(html.contains(expected), "{expected}");
        }
        assert_eq!(html.matches("<section").count(), CODES.len());
    }

    #[test]
    fn text_is_escaped_and_code_is_marked() {
        assert_eq!(marked("a <b> & `c`"), "a &lt;b&gt; &amp; <code>c</code>");
    }
}
