//! The report as one HTML page: tables, and plots as SVG. It loads nothing from elsewhere.

use super::measures::{Measures, Point};
use super::{Miss, Report};
use crate::print::{cell, percent};
use domain::Emotion;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Pixels of a side of a plot, and of the room for its numbers.
const SIDE: f64 = 260.0;
const MARGIN: f64 = 36.0;

const STYLE: &str = "\
:root { color-scheme: light dark; --ink: light-dark(#1d2430, #e8ebf0); --paper: light-dark(#fbfaf7, #14181f);
  --line: light-dark(#c9cdd4, #3a4250); --mark: light-dark(#2f5fa8, #8db4f2) }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  padding: 0 1rem; max-width: 60rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 2.5rem }
.wide { overflow-x: auto } table { border-collapse: collapse } th, td { padding: .25rem .7rem; text-align: right }
th:first-child, td:first-child { text-align: left } thead th, tbody tr { border-bottom: 1px solid var(--line) }
.plots { display: flex; flex-wrap: wrap; gap: 2rem } figure { margin: 0 } figcaption { max-width: 20rem }
svg text { font-size: 11px; fill: var(--ink) } .axis { stroke: var(--line); fill: none } .ideal { stroke: var(--line);
  stroke-dasharray: 4 4 } .curve { stroke: var(--mark); stroke-width: 2; fill: none } .dot { fill: var(--mark) }
.heat { background: color-mix(in srgb, var(--mark) var(--share), transparent) } code { overflow-wrap: anywhere }
";

pub fn html(report: &Report) -> String {
    let Report { measures, model, .. } = report;
    let sections = [
        section("In short", &summary(report)),
        section(
            "In everyday photos",
            &format!(
                "<p>The same answers, if the emotions were as frequent as in these mixes.</p>{}",
                mixes(measures)
            ),
        ),
        section("Each emotion", &emotions(measures)),
        section(
            "Labels and answers",
            &format!("<p>A row for each label, a column for each answer.</p>{}", confusion(measures)),
        ),
        section("Confidence", &plots(measures)),
        section("Photos to look at", &misses(report)),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Semblante: accuracy</title>\n\
         <style>\n{STYLE}</style>\n<h1>How often the emotions are right</h1>\n\
         <p>{} photos of <code>{}</code>, read with {} (<code>{}</code>), prior {}, Semblante {}.</p>\n{}</html>\n",
        report.photos.len(),
        escaped(&report.source),
        model.name,
        model.digest,
        model.prior,
        model.version,
        sections.concat(),
    )
}

fn section(title: &str, body: &str) -> String {
    format!("<section>\n<h2>{title}</h2>\n{body}</section>\n")
}

fn summary(report: &Report) -> String {
    let rows = report.summary().map(|(name, value)| [escaped(name), escaped(&value)]);
    table(None, rows.to_vec())
}

fn mixes(measures: &Measures) -> String {
    let rows = measures.mixes.iter().map(|mix| {
        let shares = [mix.accuracy, mix.sure, mix.accuracy_when_sure].map(shown);
        let [accuracy, sure, when_sure] = shares;
        [escaped(mix.name), accuracy, sure, when_sure, cell(mix.calibration_error.map(|e| format!("{e:.2}")))]
    });
    table(Some(["mix", "right", "sure", "right when sure", "calibration error"]), rows.collect())
}

fn emotions(measures: &Measures) -> String {
    let rows = measures.emotions.iter().map(|e| {
        let [precision, recall, f1] = [e.precision, e.recall, e.f1].map(shown);
        [e.emotion.to_string(), e.labels.to_string(), e.answers.to_string(), precision, recall, f1]
    });
    table(
        Some(["emotion", "labels", "answers", "right of the answers", "found of the labels", "F1"]),
        rows.collect(),
    )
}

fn confusion(measures: &Measures) -> String {
    let answers: BTreeSet<Emotion> =
        measures.confusion.values().flat_map(|row| row.keys().copied()).collect();
    let mut html = "<div class=\"wide\"><table><thead><tr><th></th>".to_owned();
    answers.iter().for_each(|answer| add(&mut html, format_args!("<th scope=\"col\">{answer}</th>")));
    html.push_str("</tr></thead><tbody>");
    for (label, row) in &measures.confusion {
        let labels: usize = row.values().sum();
        add(&mut html, format_args!("<tr><th scope=\"row\">{label}</th>"));
        for answer in &answers {
            let count = row.get(answer).copied().unwrap_or(0);
            let share = count as f64 / labels as f64 * 70.0;
            add(&mut html, format_args!("<td class=\"heat\" style=\"--share:{share:.0}%\">{count}</td>"));
        }
        html.push_str("</tr>");
    }
    html + "</tbody></table></div>\n"
}

fn plots(measures: &Measures) -> String {
    let bins = measures.bins.iter().filter_map(|bin| Some([bin.mean_confidence?, bin.accuracy?]));
    let bins: Vec<[f64; 2]> = bins.collect();
    let curve: Vec<[f64; 2]> = measures
        .coverage_curve
        .iter()
        .map(|Point { coverage, accuracy, .. }| [*coverage, *accuracy])
        .collect();
    let diagonal = "<path class=\"ideal\" d=\"M0 260 260 0\"/>";
    format!(
        "<div class=\"plots\">{}{}</div>\n",
        plot(
            &bins,
            diagonal,
            "confidence",
            "share of right answers at each confidence; on the dashed line confidence is honest"
        ),
        plot(
            &curve,
            "",
            "share of answers taken",
            "share of right answers when only the most confident ones are taken"
        ),
    )
}

/// A plot of points of 0..1 by 0..1.
fn plot(points: &[[f64; 2]], below: &str, across: &str, caption: &str) -> String {
    let at = |[x, y]: &[f64; 2]| (x * SIDE, (1.0 - y) * SIDE);
    let line: Vec<String> = points.iter().map(at).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    let dots: String = points
        .iter()
        .map(at)
        .map(|(x, y)| format!("<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"))
        .collect();
    let path = if line.is_empty() {
        String::new()
    } else {
        format!("<path class=\"curve\" d=\"M{}\"/>", line.join(" "))
    };
    let size = SIDE + 2.0 * MARGIN;
    let numbers: String = [0.0, 0.5, 1.0]
        .map(|n| {
            let (x, y) = at(&[n, n]);
            format!(
                "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{n}</text><text x=\"-6\" y=\"{}\" text-anchor=\"end\">{n}</text>",
                SIDE + 15.0,
                y + 4.0
            )
        })
        .concat();
    format!(
        "<figure><svg width=\"{size}\" height=\"{size}\" viewBox=\"-{MARGIN} -{MARGIN} {size} {size}\" role=\"img\" aria-label=\"{caption}\">\
         <rect class=\"axis\" width=\"{SIDE}\" height=\"{SIDE}\"/>{below}{path}{dots}{numbers}\
         <text x=\"130\" y=\"{}\" text-anchor=\"middle\">{across}</text></svg><figcaption>The {caption}.</figcaption></figure>",
        SIDE + 30.0
    )
}

fn misses(report: &Report) -> String {
    let wrong = report.misses.iter().map(|Miss { file, label, answer, confidence }| {
        [
            format!("<code>{}</code>", escaped(file)),
            label.to_string(),
            answer.to_string(),
            format!("{confidence:.2}"),
        ]
    });
    let without =
        report.without_answer().map(|(file, why)| [format!("<code>{}</code>", escaped(file)), escaped(why)]);
    format!(
        "<p>The wrong answers with the most confidence; labels may be wrong too.</p>{}<p>Photos without an answer.</p>{}",
        table(Some(["photo", "label", "answer", "confidence"]), wrong.collect()),
        table(Some(["photo", "reason"]), without.collect()),
    )
}

fn table<const N: usize>(head: Option<[&str; N]>, rows: Vec<[String; N]>) -> String {
    let row = |tag: &str, cells: &[String; N]| {
        let cells: String = cells.iter().map(|cell| format!("<{tag}>{cell}</{tag}>")).collect();
        format!("<tr>{cells}</tr>")
    };
    let head = head
        .map(|head| format!("<thead>{}</thead>", row("th", &head.map(str::to_owned))))
        .unwrap_or_default();
    let rows: String = rows.iter().map(|cells| row("td", cells)).collect();
    format!("<div class=\"wide\"><table>{head}<tbody>{rows}</tbody></table></div>\n")
}

fn shown(share: Option<f64>) -> String {
    cell(share.map(percent))
}

fn add(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text).expect("writing to a string cannot fail");
}

/// File names and directories are written by others.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
    html
}
