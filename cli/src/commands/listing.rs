//! How much of a list is printed: its pages are asked for one after the other, up to a limit or to the end.

use crate::control::client::ControlError;
use crate::print::List;
use serde::Serialize;

/// Rows of a page.
const PAGE: u64 = 100;

#[derive(clap::Args, Debug)]
pub struct Paging {
    /// Maximum number of rows
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..), allow_hyphen_values = true)]
    limit: u64,
    /// Continue where an earlier call stopped
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// Print the whole list
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

/// What JSON says beside the rows.
#[derive(Serialize)]
struct Rest {
    next_cursor: Option<String>,
}

impl Paging {
    /// Prints rows page by page. `page` asks for at most so many rows behind a cursor; `print` prints them. A list
    /// without rows prints the sentence `empty`.
    pub async fn print<T>(
        &self,
        mut list: List<'_, '_>,
        page: impl AsyncFn(usize, Option<String>) -> Result<(Vec<T>, Option<String>), ControlError>,
        print: impl Fn(&mut List<'_, '_>, &[T]) -> std::io::Result<()>,
        empty: &str,
    ) -> anyhow::Result<()> {
        let mut left = if self.all { u64::MAX } else { self.limit };
        let mut cursor = self.cursor.clone();
        loop {
            let (rows, next) = page(left.min(PAGE) as usize, cursor).await?;
            print(&mut list, &rows)?;
            left = left.saturating_sub(rows.len() as u64);
            cursor = next;
            if cursor.is_none() || left == 0 {
                break;
            }
        }
        if list.is_empty() {
            list.note(empty)?;
        }
        if let Some(cursor) = &cursor {
            list.note(&format!("there is more: --cursor {cursor}, or --all"))?;
        }
        Ok(list.end_with(&Rest { next_cursor: cursor })?)
    }
}
