//! The codes of problems, as docs/problems.md explains them.

use std::sync::LazyLock;

/// The page that explains them. The anchor of a code is the code.
pub(crate) const PAGE: &str = "/docs/problems";
/// What no operation answers: the request has found none.
pub(crate) const WITHOUT_OPERATION: [&str; 2] = ["404 no_such_route", "405 method_not_allowed"];

const EXPLANATIONS: &str = include_str!("../../../docs/problems.md");

pub(crate) struct ProblemCode {
    pub(crate) name: &'static str,
    pub(crate) happened: &'static str,
    pub(crate) remedy: &'static str,
}

pub(crate) static CODES: LazyLock<Vec<ProblemCode>> = LazyLock::new(|| {
    let sections = EXPLANATIONS.split("\n## ").skip(1);
    sections.filter_map(explained).collect()
});

/// A section: the code and two paragraphs.
fn explained(section: &'static str) -> Option<ProblemCode> {
    let (name, paragraphs) = section.split_once("\n\n")?;
    let (happened, remedy) = paragraphs.split_once("\n\n")?;
    Some(ProblemCode { name, happened, remedy: remedy.trim_end() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_a_code_with_an_explanation_and_a_remedy() {
        assert_eq!(CODES.len(), EXPLANATIONS.matches("\n## ").count());
        assert!(CODES.is_sorted_by(|one, next| one.name < next.name));
        for ProblemCode { name, happened, remedy } in CODES.iter() {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
            for paragraph in [happened, remedy] {
                assert!(paragraph.ends_with('.') && !paragraph.contains("\n\n"), "{name}: {paragraph}");
            }
        }
    }
}
