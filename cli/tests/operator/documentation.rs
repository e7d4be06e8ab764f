//! The API's documentation, as `semblante up` serves it.

use crate::installation::Installation;
use serde_json::Value;
use std::collections::BTreeSet;

/// Codes of requests that reach no operation.
const WITHOUT_OPERATION: [&str; 2] = ["method_not_allowed", "no_such_route"];

async fn page(url: &str) -> String {
    let reply = reqwest::get(url).await.expect("an answer");
    assert_eq!(reply.status(), 200, "{url}");
    let policy = reply.headers()["content-security-policy"].to_str().expect("ASCII");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    reply.text().await.expect("text")
}

/// The codes that the description's answers list.
fn described_codes(document: &Value) -> BTreeSet<String> {
    let items = document["paths"].as_object().expect("paths").values();
    let operations = items.flat_map(|item| item.as_object().expect("an item").values());
    let answers =
        operations.flat_map(|operation| operation["responses"].as_object().expect("answers").values());
    let codes = answers.flat_map(|answer| answer["x-codes"].as_array().into_iter().flatten());
    codes.map(|code| code.as_str().expect("a code").to_owned()).collect()
}

/// The ids of the page's sections.
fn anchors(page: &str) -> BTreeSet<String> {
    let sections = page.split("<section class=\"problem\" id=\"").skip(1);
    sections.map(|section| section.split('"').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn every_code_is_explained_and_every_explained_code_is_answered() {
    let installation = Installation::new();
    let server = installation.up();
    let document = reqwest::get(format!("{}/openapi.json", server.url)).await.expect("an answer");
    let document: Value = document.json().await.expect("JSON");
    let problems = page(&format!("{}/docs/problems", server.url)).await;
    let mut codes = described_codes(&document);
    assert!(WITHOUT_OPERATION.iter().all(|code| !codes.contains(*code)));
    codes.extend(WITHOUT_OPERATION.map(str::to_owned));
    let explained = anchors(&problems);
    let differing: Vec<_> = codes.symmetric_difference(&explained).collect();
    assert!(differing.is_empty(), "in docs/problems.md or in an operation, and not in both: {differing:?}");
    let listed = &document["components"]["schemas"]["ProblemCode"]["enum"];
    let listed: BTreeSet<_> = listed.as_array().expect("an enum").iter().filter_map(Value::as_str).collect();
    assert!(explained.iter().eq(listed), "the schema ProblemCode has other codes than the page");
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_explanation() {
    let installation = Installation::new();
    let server = installation.up();
    for (path, code) in [("/gallery", "missing_token"), ("/nowhere", "no_such_route")] {
        let problem = reqwest::get(format!("{}{path}", server.url)).await.expect("an answer");
        let problem: Value = problem.json().await.expect("a problem");
        let told = problem["type"].as_str().expect("a type");
        assert_eq!(told, format!("{}/docs/problems#{code}", server.url));
        assert!(anchors(&page(told).await).contains(code), "{told}");
    }
    assert!(page(&format!("{}/docs", server.url)).await.contains("src=\"/web/docs.js\""));
}
