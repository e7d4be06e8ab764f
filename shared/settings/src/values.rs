//! How the text of a setting becomes a value. A reader says what it expects; [`crate::Reader`] adds key, text and origin.

use domain::network::{InvalidNetwork, Network};
use domain::{QueueName, Stage};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The end of the sentence "setting `key` must be …".
pub type Expected = String;

/// A relative path is taken from the working directory.
pub(crate) fn path(text: &str) -> Result<PathBuf, Expected> {
    match text.is_empty() || text.contains('\0') {
        true => Err("a path".to_owned()),
        false => Ok(PathBuf::from(text)),
    }
}

pub(crate) fn whole<T>(text: &str, range: RangeInclusive<T>) -> Result<T, Expected>
where
    T: FromStr + PartialOrd + Display,
{
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("a whole number from {} to {}", range.start(), range.end()))
}

pub(crate) fn seconds(text: &str, range: RangeInclusive<u64>) -> Result<Duration, Expected> {
    whole(text, range).map(Duration::from_secs)
}

pub(crate) fn share(text: &str) -> Result<f64, Expected> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "a number from 0 to 1".to_owned())
}

/// 0 leaves the number to the emotion.
pub(crate) fn bars(text: &str) -> Result<Option<u32>, Expected> {
    whole(text, 0..=16).map(|bars| (bars > 0).then_some(bars))
}

pub(crate) fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, Expected> {
    let found = choices.iter().find(|(word, _)| *word == text);
    let words = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    found.map(|(_, value)| *value).ok_or_else(|| format!("one of {}", words()))
}

/// Any text, also an empty one.
pub(crate) fn text(text: &str) -> Result<String, Expected> {
    Ok(text.to_owned())
}

pub(crate) fn stage(text: &str) -> Result<Option<Stage>, Expected> {
    let names = || Stage::ALL.map(Stage::as_str).join(", ");
    Stage::parse(text).map(Some).map_err(|_| format!("one of {}", names()))
}

/// `all` live queues, `none`, or comma-separated names; each once, in the pipeline's order.
pub(crate) fn queues(text: &str) -> Result<Vec<QueueName>, Expected> {
    let expected = || {
        let names: Vec<String> = QueueName::live().map(|queue| queue.to_string()).collect();
        format!("all, none, or queues of {}", names.join(", "))
    };
    let named: Vec<&str> = match text {
        "all" => return Ok(QueueName::live().collect()),
        "none" => return Ok(Vec::new()),
        names => names.split(',').map(str::trim).collect(),
    };
    let queues: Vec<QueueName> =
        QueueName::live().filter(|queue| named.contains(&queue.to_string().as_str())).collect();
    if queues.len() == named.len() { Ok(queues) } else { Err(expected()) }
}

/// An address to listen on, with its port; kept as text.
pub(crate) fn address(text: &str) -> Result<String, Expected> {
    let host_and_port =
        text.rsplit_once(':').filter(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    host_and_port
        .map(|_| text.to_owned())
        .ok_or_else(|| "an address and a port, such as 127.0.0.1:8080".to_owned())
}

/// As [`address`]; empty: none.
pub(crate) fn optional_address(text: &str) -> Result<Option<String>, Expected> {
    match text.is_empty() {
        true => Ok(None),
        false => address(text).map(Some),
    }
}

/// Comma-separated addresses and networks; may be empty.
pub(crate) fn networks(text: &str) -> Result<Vec<Network>, Expected> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let networks = names.map(str::parse).collect::<Result<_, InvalidNetwork>>();
    networks.map_err(|_| "comma-separated IP addresses or networks, such as 10.0.0.0/8".to_owned())
}

/// A scheme, a host and perhaps a port, without a path: an origin, as browsers call it. May be empty.
pub(crate) fn web_origin(text: &str) -> Result<String, Expected> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    let good = text.is_empty() || host.is_some_and(|host| !host.is_empty() && host.chars().all(legal));
    good.then(|| text.to_owned()).ok_or_else(|| "a scheme and a host without a path, or empty".to_owned())
}

/// Comma-separated origins, or `*`.
pub(crate) fn web_origins(text: &str) -> Result<Vec<String>, Expected> {
    if text == "*" {
        return Ok(vec![text.to_owned()]);
    }
    let expected = || "comma-separated origins (scheme and host each), or *".to_owned();
    let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    origins.map(|origin| web_origin(origin).map_err(|_| expected())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choices::LogLevel;

    #[test]
    fn each_reader_takes_what_it_says_and_refuses_the_rest() {
        let word = |text: &str| choice(text, &[("full", 1), ("normal", 2)]);
        let number = |text: &str| whole(text, 1..=100u32);
        let cases: [(&str, bool, bool, bool, bool); 11] = [
            // text, path, whole, choice, log level
            ("", false, false, false, false),
            ("full", true, false, true, false),
            ("FULL", true, false, false, false),
            ("1", true, true, false, false),
            ("100", true, true, false, false),
            ("101", true, false, false, false),
            ("-1", true, false, false, false),
            ("info", true, false, false, true),
            ("auto", true, false, false, true),
            ("auto,embedded=debug", true, false, false, false),
            ("warn,embedded=debug", true, false, false, true),
        ];
        for (text, is_path, is_whole, is_choice, is_level) in cases {
            assert_eq!(path(text).is_ok(), is_path, "path {text:?}");
            assert_eq!(number(text).is_ok(), is_whole, "whole {text:?}");
            assert_eq!(word(text).is_ok(), is_choice, "choice {text:?}");
            assert_eq!(LogLevel::parse(text).is_ok(), is_level, "log level {text:?}");
        }
        assert_eq!(number("0").unwrap_err(), "a whole number from 1 to 100");
        assert_eq!(word("half").unwrap_err(), "one of full, normal");
        assert!(path("a\0b").is_err());
        assert_eq!((bars("0"), bars("16")), (Ok(None), Ok(Some(16))));
    }

    #[test]
    fn queues_are_named_once_each() {
        let names = |text: &str| queues(text).map(|queues| queues.iter().map(|q| q.to_string()).collect());
        assert_eq!(queues("all").unwrap().len(), 6);
        assert_eq!(queues("none").unwrap(), []);
        let two: Vec<String> = vec!["uploads".into(), "image-generation".into()];
        assert_eq!(names("image-generation, uploads"), Ok(two));
        for wrong in ["", "uploads,", "uploads,uploads", "uploads-dlq", "all,none"] {
            assert!(queues(wrong).unwrap_err().contains("uploads, face-detection"), "{wrong:?}");
        }
    }

    #[test]
    fn addresses_and_origins() {
        for (text, good) in
            [("127.0.0.1:0", true), ("[::1]:80", true), ("8080", false), (":80", false), ("a:99999", false)]
        {
            assert_eq!(address(text).is_ok(), good, "{text:?}");
        }
        for (text, good) in [
            ("", true),
            ("https://a.example", true),
            ("http://[::1]:8080", true),
            ("https://a.example/", false),
            ("a.example", false),
            ("ftp://a.example", false),
        ] {
            assert_eq!(web_origin(text).is_ok(), good, "{text:?}");
        }
        assert_eq!(web_origins("https://a.example, http://b.example").unwrap().len(), 2);
        assert_eq!(web_origins("*").unwrap(), ["*"]);
        assert!(web_origins("https://a.example,b").is_err());
    }
}
