//! `semblante replay`: uploads are worked on again, from a stage on or where they are not good.

use crate::control::operator::Operator;
use crate::control::replays::Order;
use crate::ending;
use crate::exit::End;
use crate::progress;
use crate::rows::{Rows, cell};
use crate::settings::Settings;
use anyhow::{Context, bail};
use domain::{Stage, TenantId, UploadId};
use serde_json::{Value, json};
use std::io::{Read, Write};

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante replay 01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11 --dry-run
  semblante replay 01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11 --from image-generation --reroll --wait
  semblante replay - --reason 'new networks' < ids.txt

Without --from, whatever is not good is done again. What the gallery shows stays until the new result is at \
least as good. Ends with 1 if one was refused or ended badly, or could not be waited for.";

/// The most ids of one call.
const MAX_IDS: usize = 100_000;
/// An id and the end of its line, twice over.
const MAX_ID_BYTES: usize = 80;

/// What `replay` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The uploads; - reads ids from standard input, with blanks or line ends between them
    #[arg(required = true, value_name = "ID|-", value_parser = named)]
    ids: Vec<Named>,
    /// Whose they are
    #[arg(long, value_name = "TENANT", default_value = "default", value_parser = TenantId::parse)]
    tenant: TenantId,
    /// Do this stage and all that comes of it again: face-detection, emotion-analysis, image-generation,
    /// melody-generation, gallery-indexing
    #[arg(long, value_name = "STAGE", value_parser = Stage::parse)]
    from: Option<Stage>,
    /// Only say what would be done
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,
    /// Let what is made again differ from before: another seed
    #[arg(long)]
    reroll: bool,
    /// Stop an attempt that runs
    #[arg(long)]
    supersede: bool,
    /// Why, for the records; at most 500 bytes
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Wait for the ends, an hour at most for each; needs a running semblante up
    #[arg(long)]
    wait: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug)]
enum Named {
    Id(UploadId),
    Input,
}

fn named(raw: &str) -> Result<Named, domain::upload_id::InvalidUploadId> {
    match raw {
        "-" => Ok(Named::Input),
        id => UploadId::parse(id).map(Named::Id),
    }
}

/// Orders the replays, or says what they would do.
pub async fn run(
    settings: &Settings,
    arguments: &Arguments,
    input: impl Read,
    out: &mut impl Write,
) -> anyhow::Result<End> {
    let ids = ids(&arguments.ids, input)?;
    let operator = Operator::reach(settings, false).await?;
    let wait = arguments.wait && operator.is_running();
    let bar = progress::bar(ids.len(), "uploads");
    let mut rows = Rows::begin(out, arguments.json, "replays", bar.clone())?;
    let mut end = if arguments.wait && !wait { End::Badly } else { End::Well };
    let mut ordered = Vec::new();
    for id in ids {
        let row = order(&operator, arguments, id).await?;
        if row["code"].is_string() {
            end = End::Badly;
        }
        match wait && row["ordered"] == true {
            true => ordered.push((id, row)),
            false => {
                rows.row(&row, || line(&row))?;
                bar.inc(1);
            }
        }
    }
    for (id, mut row) in ordered {
        let attempt = row["attempt"].as_u64().unwrap_or_default();
        let document = ending::of(&operator, &arguments.tenant, id, attempt).await?;
        if !ending::is_good(&document) {
            end = End::Badly;
        }
        row["state"] = document["state"].clone();
        rows.row(&row, || line(&row))?;
        bar.inc(1);
    }
    if !operator.is_running() && !arguments.dry_run {
        rows.note("semblante up is not running: the orders wait for its next start")?;
    }
    rows.end(&[("running", json!(operator.is_running()))])?;
    Ok(end)
}

/// The ids that are named, and those of the input. Errors: what is no id, too many.
fn ids(named: &[Named], input: impl Read) -> anyhow::Result<Vec<UploadId>> {
    let mut ids: Vec<UploadId> =
        named.iter().filter_map(|named| if let Named::Id(id) = named { Some(*id) } else { None }).collect();
    if named.iter().any(|named| matches!(named, Named::Input)) {
        let most = (MAX_IDS * MAX_ID_BYTES) as u64;
        let mut text = String::new();
        input.take(most + 1).read_to_string(&mut text).context("standard input")?;
        if text.len() as u64 > most {
            bail!("standard input has more than {MAX_IDS} ids; give them in parts");
        }
        for word in text.split_whitespace() {
            ids.push(UploadId::parse(word).context("standard input; nothing was ordered")?);
        }
    }
    if ids.len() > MAX_IDS {
        bail!("more than {MAX_IDS} ids; give them in parts");
    }
    if ids.is_empty() {
        bail!("standard input has no ids");
    }
    Ok(ids)
}

async fn order(operator: &Operator, arguments: &Arguments, id: UploadId) -> anyhow::Result<Value> {
    let order = Order {
        from: arguments.from,
        reroll: arguments.reroll,
        supersede: arguments.supersede,
        reason: arguments.reason.clone(),
        dry_run: arguments.dry_run,
    };
    let path = format!("/tenants/{}/uploads/{id}/replay", arguments.tenant);
    match operator.post(&path, &serde_json::to_value(order)?).await {
        Ok(row) => Ok(row),
        Err(error) => {
            let (code, detail) = error.refusal()?;
            Ok(json!({"upload_id": id, "ordered": false, "code": code, "detail": detail}))
        }
    }
}

fn line(row: &Value) -> String {
    let said = |name: &str| cell(&row[name]);
    let stages = |name: &str| {
        let names: Vec<String> = row[name].as_array().into_iter().flatten().map(cell).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    let (id, attempt) = (said("upload_id"), said("attempt"));
    if row["code"].is_string() {
        return format!("refused   {id}  {}: {}", said("code"), said("detail"));
    }
    if row["state"].is_string() {
        return format!("{:<9} {id}  attempt {attempt}", said("state"));
    }
    let done = if row["ordered"] == true { "ordered " } else { "would be" };
    format!("{done}  {id}  attempt {attempt}: keeps {}; removes {}", stages("kept"), stages("removed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_arguments_and_from_the_input() {
        let [one, two] = [1, 2].map(|number| UploadId::new(uuid::Uuid::from_u128(number)));
        let given = [Named::Id(one), Named::Input];
        assert_eq!(ids(&given, format!("\n{two}\t\n").as_bytes()).unwrap(), [one, two]);
        assert_eq!(ids(&given[..1], "not read".as_bytes()).unwrap(), [one]);
        let wrong = ids(&given, format!("{two} nonsense").as_bytes()).unwrap_err();
        assert!(format!("{wrong:#}").contains("nonsense"), "{wrong:#}");
        assert!(ids(&given[1..], " \n".as_bytes()).unwrap_err().to_string().contains("no ids"));
        let many = " ".repeat(MAX_IDS * MAX_ID_BYTES + 1);
        assert!(ids(&given, many.as_bytes()).unwrap_err().to_string().contains("in parts"));
    }
}
