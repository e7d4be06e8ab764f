//! Lists that come in pages, printed row by row, up to a limit or to their end.

use crate::control::operator::{Operator, OperatorError, with_query};
use crate::rows::Rows;
use indicatif::ProgressBar;
use serde_json::Value;
use std::io::Write;

/// Rows of a page.
const PAGE: u64 = 100;

/// How much of a list is wanted, and in which form.
#[derive(clap::Args, Debug)]
pub struct Paging {
    /// The most rows
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Go on where an earlier call ended
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// Everything, however much it is
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// A list that an operator can ask for.
pub struct Listing<'a> {
    /// Where it is.
    pub path: &'a str,
    /// What is wanted of it.
    pub query: &'a [(&'a str, Option<&'a str>)],
    /// Under which name its rows are.
    pub name: &'a str,
    /// What stands above the columns.
    pub head: &'a str,
    /// A row for people.
    pub line: fn(&Value) -> String,
}

impl Listing<'_> {
    async fn page(
        &self,
        operator: &Operator,
        most: u64,
        cursor: Option<&str>,
    ) -> Result<Value, OperatorError> {
        let limit = most.min(PAGE).to_string();
        let paged = [("limit", Some(limit.as_str())), ("cursor", cursor)];
        operator.get(&with_query(self.path, &[self.query, &paged[..]].concat())).await
    }
}

/// Prints as much of a list as is wanted.
pub async fn print(
    operator: &Operator,
    listing: &Listing<'_>,
    paging: &Paging,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut left = if paging.all { u64::MAX } else { paging.limit };
    let mut page = listing.page(operator, left, paging.cursor.as_deref()).await?;
    let mut rows = Rows::begin(out, paging.json, listing.name, ProgressBar::hidden())?;
    rows.note(listing.head)?;
    let next = loop {
        for row in page[listing.name].as_array().into_iter().flatten() {
            rows.row(row, || (listing.line)(row))?;
            left = left.saturating_sub(1);
        }
        match page["next_cursor"].take() {
            Value::String(cursor) if left > 0 => page = listing.page(operator, left, Some(&cursor)).await?,
            next => break next,
        }
    };
    if let Some(cursor) = next.as_str() {
        rows.note(&format!("there is more: --cursor {cursor}, or --all"))?;
    }
    Ok(rows.end(&[("next_cursor", next)])?)
}
