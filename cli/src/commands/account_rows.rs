//! Users of another system in a file: JSON lines, an export or a scan of DynamoDB as JSON, or CSV with a head.

use crate::control::api::AccountImport;
use domain::user::Role;
use domain::{Email, TenantId, Timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const MAX_NAME_CHARACTERS: usize = 100;

/// A row that may be imported, or the reason why not.
pub struct Row {
    /// The line in the file, or the number in a document's list; from 1.
    pub line: usize,
    pub read: Result<(TenantId, AccountImport), String>,
}

/// Fields by name, in lower case and without '_' and '-'.
type Fields = BTreeMap<String, String>;

/// Reads the rows of a file; `tenant` is that of rows without one.
pub fn read(text: &str, tenant: &TenantId) -> Vec<Row> {
    let text = text.trim_start_matches('\u{feff}');
    let rows = match text.trim_start().chars().next() {
        Some('{' | '[') => of_json(text),
        _ => of_csv(text),
    };
    let row = |(line, fields): (usize, Result<Fields, String>)| Row {
        line,
        read: fields.and_then(|fields| account(&fields, tenant)),
    };
    rows.into_iter().map(row).collect()
}

fn of_json(text: &str) -> Vec<(usize, Result<Fields, String>)> {
    match serde_json::from_str(text) {
        Ok(Value::Array(items)) => (1..).zip(items.into_iter().map(of_item)).collect(),
        Ok(Value::Object(mut document)) => match document.remove("Items") {
            Some(Value::Array(items)) => (1..).zip(items.into_iter().map(of_item)).collect(),
            Some(_) => vec![(1, Err("Items is not an array".to_owned()))],
            None => vec![(1, of_item(Value::Object(document)))],
        },
        Ok(item) => vec![(1, of_item(item))],
        Err(_) => {
            let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
            let item = |line: &str| serde_json::from_str(line).map_err(|error| error.to_string());
            lines.map(|(number, line)| (number, item(line).and_then(of_item))).collect()
        }
    }
}

fn of_item(item: Value) -> Result<Fields, String> {
    let Value::Object(mut item) = item else { return Err("the row is not a JSON object".to_owned()) };
    if let Some(Value::Object(inner)) = item.remove("Item") {
        item = inner;
    }
    Ok(item.into_iter().filter_map(|(name, value)| Some((normal(&name), text_of(value)?))).collect())
}

/// A text, or one with DynamoDB's type: `{"S": "text"}`.
fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(typed) => typed_text(&typed),
        _ => None,
    }
}

fn typed_text(typed: &Map<String, Value>) -> Option<String> {
    let text = typed.get("S").or_else(|| typed.get("N"))?;
    text.as_str().map(str::to_owned)
}

fn of_csv(text: &str) -> Vec<(usize, Result<Fields, String>)> {
    // The reader counts a line as begun before the '\n' of a "\r\n".
    let text = text.replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let head: Vec<String> = match reader.headers() {
        Ok(head) => head.iter().map(normal).collect(),
        Err(error) => return vec![(1, Err(error.to_string()))],
    };
    let row = |record: csv::Result<csv::StringRecord>| match record {
        Ok(record) => {
            let line = record.position().map_or(0, csv::Position::line);
            let fields = match record.len() == head.len() {
                true => Ok(head.iter().cloned().zip(record.iter().map(str::to_owned)).collect()),
                false => Err(format!("{} fields; the head has {}", record.len(), head.len())),
            };
            (line as usize, fields)
        }
        Err(error) => {
            let line = error.position().map_or(0, csv::Position::line);
            (line as usize, Err(error.to_string()))
        }
    };
    reader.records().map(row).collect()
}

/// The same name in every spelling: `tenant_id`, `TenantId`.
fn normal(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', '-'], "")
}

fn account(fields: &Fields, default: &TenantId) -> Result<(TenantId, AccountImport), String> {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| fields.get(*name));
        found.map(|text| text.trim()).filter(|text| !text.is_empty())
    };
    let tenant = text(&["tenantid"]).map_or(Ok(default.clone()), TenantId::parse);
    let email = text(&["email", "userid"]).ok_or("the row has neither user_id nor email")?;
    let hash = text(&["passwordhash", "hashedpassword", "password"]);
    let role = match text(&["role"]) {
        None => Role::Customer,
        Some(role) => Role::parse(&role.to_lowercase())
            .filter(|role| *role != Role::Operator)
            .ok_or_else(|| format!("{role:?} is no role: customer, admin"))?,
    };
    let named = |names: &[&str]| text(names).map(name).transpose();
    let created_at = text(&["createdat"]).map(moment).transpose()?;
    let import = AccountImport {
        email: Email::parse(email).map_err(|error| error.to_string())?,
        username: named(&["username"])?,
        name: named(&["name"])?,
        role,
        created_at,
        password_hash: hash.ok_or("the row has no password_hash")?.to_owned(),
        dry_run: false,
    };
    Ok((tenant.map_err(|error| error.to_string())?, import))
}

fn name(text: &str) -> Result<String, String> {
    if text.chars().count() > MAX_NAME_CHARACTERS || text.chars().any(char::is_control) {
        return Err(format!("a name has at most {MAX_NAME_CHARACTERS} characters and no control characters"));
    }
    Ok(text.to_owned())
}

/// RFC 3339, or `YYYY-MM-DD HH:MM:SS` in UTC.
fn moment(text: &str) -> Result<Timestamp, String> {
    let plain = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let read = text.parse().ok().or_else(|| plain().map(|moment| moment.timestamp()));
    read.ok_or_else(|| format!("{text:?} is no moment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "b7588c7796997f1fc2115555b483ad990738db432ec4be3f5f2fa7ccfd57903b";

    /// Each row as `LINE TENANT EMAIL ROLE`, or `LINE` and the reason.
    fn rows(text: &str) -> Vec<String> {
        let tenant = TenantId::parse("default").unwrap();
        let shown = |row: Row| match row.read {
            Ok((tenant, import)) => {
                assert_eq!(import.password_hash, HASH);
                format!("{} {tenant} {} {}", row.line, import.email.as_str(), import.role.as_str())
            }
            Err(reason) => format!("{} {reason}", row.line),
        };
        read(text, &tenant).into_iter().map(shown).collect()
    }

    #[test]
    fn every_format_gives_the_same_rows() {
        let expected = ["6200millas admin@6200millas.pe admin", "default ana@x.pe customer"];
        let plain = [
            format!(
                r#"{{"tenant_id":"6200millas","user_id":"Admin@6200millas.pe","password_hash":"{HASH}","role":"admin","created_at":"2025-11-08T12:34:56Z"}}"#
            ),
            format!(r#"{{"Id":"1","Email":"ana@x.pe","Username":"ANA","Name":null,"Password":"{HASH}"}}"#),
        ];
        let typed = [
            format!(
                r#"{{"tenant_id":{{"S":"6200millas"}},"user_id":{{"S":"admin@6200millas.pe"}},"password_hash":{{"S":"{HASH}"}},"role":{{"S":"admin"}}}}"#
            ),
            format!(
                r#"{{"Id":{{"S":"1"}},"Email":{{"S":"ana@x.pe"}},"Name":{{"NULL":true}},"Password":{{"S":"{HASH}"}}}}"#
            ),
        ];
        let export = typed.each_ref().map(|item| format!(r#"{{"Item":{item}}}"#));
        for text in [
            plain.join("\n"),
            typed.join("\n"),
            export.join("\n"),
            format!("[{}]", plain.join(",\n")),
            format!("{{\"Items\": [\n{}],\n \"Count\": 2}}", typed.join(",\n")),
        ] {
            let expected: Vec<String> =
                (1..).zip(expected).map(|(line, row)| format!("{line} {row}")).collect();
            assert_eq!(rows(&text), expected, "{text}");
        }
        let csv = format!(
            "\u{feff}\"tenant_id\",\"user_id\",\"password_hash\",\"role\",\"created_at\"\r\n\
             \"6200millas\",\"admin@6200millas.pe\",\"{HASH}\",\"admin\",\"2025-11-08 12:34:56\"\r\n\
             \"\",\"ana@x.pe\",\"{HASH}\",\"\",\"\"\r\n"
        );
        assert_eq!(rows(&csv), [format!("2 {}", expected[0]), format!("3 {}", expected[1])]);
    }

    #[test]
    fn bad_rows_are_told_and_the_rest_is_read() {
        let good = format!(r#"{{"email":"ana@x.pe","password":"{HASH}"}}"#);
        let lines = [
            &good,
            "{",
            "[]",
            r#"{"email":"ana@x.pe"}"#,
            r#"{"password":"x"}"#,
            &good.replace("ana@x.pe", "ana"),
            &good.replacen('{', r#"{"role":"operator","#, 1),
            &good.replacen('{', r#"{"created_at":"yesterday","#, 1),
            &good.replacen('{', r#"{"tenant_id":"a b","#, 1),
            "",
            &good,
        ];
        let rows = rows(&lines.join("\n"));
        for (row, expected) in rows.iter().zip([
            "1 default ana@x.pe customer",
            "2 EOF",
            "3 the row is not a JSON object",
            "4 the row has no password_hash",
            "5 the row has neither",
            "6 an e-mail address is",
            "7 \"operator\" is no role",
            "8 \"yesterday\" is no moment",
            "9 tenant id \"a b\"",
            "11 default ana@x.pe customer",
        ]) {
            assert!(row.starts_with(expected), "{row} | {expected}");
        }
        assert_eq!(rows.len(), 10);
        let csv = format!("email,password\nana@x.pe\nbea@x.pe,{HASH}\n");
        assert_eq!(self::rows(&csv), ["2 1 fields; the head has 2", "3 default bea@x.pe customer"]);
        assert!(self::rows("").is_empty());
    }
}
