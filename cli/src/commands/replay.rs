//! `semblante replay`: the next attempt of uploads, from a stage on or of the stages that did not succeed.

use crate::control::Client;
use crate::control::api::{self, ReplayPlan, ReplayRequest};
use crate::exit::Exit;
use crate::print::Printer;
use crate::settings::Settings;
use anyhow::{Context, bail};
use domain::{Stage, Status, TenantId, UploadId};
use serde::Serialize;
use std::io::Read;

pub const EXAMPLES: &str = "\
Examples:
  semblante replay 01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11 --dry-run
  semblante replay 01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11 --from image-generation --reroll --wait
  semblante replay - --reason 'new networks' < ids.txt

Without --from, every stage that did not succeed is repeated. The gallery shows the old result until the new one is at \
least as good. Exits with 1 if a replay was refused, failed, or could not be waited for.";

/// Ids of one call.
const MAX_IDS: usize = 100_000;
/// An id and the end of its line, twice over.
const MAX_ID_BYTES: usize = 80;

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Uploads to replay; - reads ids from standard input, separated by blanks or line ends
    #[arg(required = true, value_name = "ID|-", value_parser = id_or_input)]
    ids: Vec<IdOrInput>,
    /// Tenant of the uploads
    #[arg(long, value_name = "TENANT", default_value = "default", value_parser = TenantId::parse)]
    tenant: TenantId,
    /// Repeat this stage and all stages after it: face-detection, emotion-analysis, image-generation,
    /// melody-generation, gallery-indexing
    #[arg(long, value_name = "STAGE", value_parser = Stage::parse)]
    from: Option<Stage>,
    /// Only report what would be done
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,
    /// Use a new random seed
    #[arg(long)]
    reroll: bool,
    /// Stop a running attempt
    #[arg(long)]
    supersede: bool,
    /// Reason for the audit log; at most 500 bytes
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Wait for completion (up to 1 hour per upload); requires a running semblante up
    #[arg(long)]
    wait: bool,
}

#[derive(Clone, Debug)]
enum IdOrInput {
    Id(UploadId),
    Input,
}

fn id_or_input(raw: &str) -> Result<IdOrInput, domain::upload_id::InvalidUploadId> {
    match raw {
        "-" => Ok(IdOrInput::Input),
        id => UploadId::parse(id).map(IdOrInput::Id),
    }
}

/// What became of one upload.
#[derive(Serialize)]
struct Row {
    upload_id: UploadId,
    ordered: bool,
    #[serde(flatten)]
    answer: Answer,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Planned {
        attempt: u32,
        kept: Vec<Stage>,
        removed: Vec<Stage>,
        /// The state at the end, once that was waited for.
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<Status>,
    },
    Refused {
        code: String,
        detail: String,
    },
}

/// What JSON says beside the rows.
#[derive(Serialize)]
struct Rest {
    running: bool,
}

pub async fn run(
    settings: &Settings,
    arguments: &Arguments,
    input: impl Read,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let ids = ids(&arguments.ids, input)?;
    let client = Client::reach(settings, false).await?;
    let running = client.is_running();
    let waits = arguments.wait && running;
    let bar = printer.screen().bar(ids.len(), "uploads");
    let mut list = printer.list("replays");
    let (mut good, mut waiting) = (waits || !arguments.wait, Vec::new());
    for id in ids {
        let row = order(&client, arguments, id).await?;
        match waits && row.ordered {
            true => waiting.push(row),
            false => {
                good &= row.is_good();
                list.row(&row, || row.line())?;
                bar.inc(1);
            }
        }
    }
    for mut row in waiting {
        row.wait(&client, &arguments.tenant).await?;
        good &= row.is_good();
        list.row(&row, || row.line())?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if !running && !arguments.dry_run {
        list.note("semblante up is not running: the orders wait for its next start")?;
    }
    list.end_with(&Rest { running })?;
    Ok(Exit::success_if(good))
}

/// The ids that are given, and those of the input. Errors: a word that is not an id, no ids, too many.
fn ids(given: &[IdOrInput], input: impl Read) -> anyhow::Result<Vec<UploadId>> {
    let mut ids: Vec<UploadId> = given
        .iter()
        .filter_map(|given| if let IdOrInput::Id(id) = given { Some(*id) } else { None })
        .collect();
    if given.iter().any(|given| matches!(given, IdOrInput::Input)) {
        let max_bytes = (MAX_IDS * MAX_ID_BYTES) as u64;
        let mut text = String::new();
        input.take(max_bytes + 1).read_to_string(&mut text).context("standard input")?;
        if text.len() as u64 > max_bytes {
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

async fn order(client: &Client, arguments: &Arguments, upload_id: UploadId) -> anyhow::Result<Row> {
    let request = ReplayRequest {
        from: arguments.from,
        reroll: arguments.reroll,
        supersede: arguments.supersede,
        reason: arguments.reason.clone(),
        dry_run: arguments.dry_run,
    };
    Ok(match client.replay(&arguments.tenant, upload_id, &request).await {
        Ok(ReplayPlan { attempt, kept, removed, ordered, .. }) => {
            Row { upload_id, ordered, answer: Answer::Planned { attempt, kept, removed, state: None } }
        }
        Err(error) => {
            let (code, detail) = error.refusal()?;
            Row { upload_id, ordered: false, answer: Answer::Refused { code, detail } }
        }
    })
}

impl Row {
    /// Waits for the end of the attempt, and notes the state.
    async fn wait(&mut self, client: &Client, tenant: &TenantId) -> anyhow::Result<()> {
        if let Answer::Planned { attempt, state, .. } = &mut self.answer {
            let ended = client.ended(tenant, self.upload_id, *attempt).await?;
            *state = Some(ended.document.facts.state);
        }
        Ok(())
    }

    fn is_good(&self) -> bool {
        match &self.answer {
            Answer::Planned { state, .. } => state.is_none_or(api::is_good),
            Answer::Refused { .. } => false,
        }
    }

    fn line(&self) -> String {
        let id = self.upload_id;
        match &self.answer {
            Answer::Refused { code, detail } => format!("refused   {id}  {code}: {detail}"),
            Answer::Planned { attempt, state: Some(state), .. } => {
                format!("{:<9} {id}  attempt {attempt}", state.as_str())
            }
            Answer::Planned { attempt, kept, removed, .. } => {
                let word = if self.ordered { "ordered" } else { "planned" };
                let (kept, removed) = (names(kept), names(removed));
                format!("{word:<9} {id}  attempt {attempt}: keeps {kept}; repeats {removed}")
            }
        }
    }
}

fn names(stages: &[Stage]) -> String {
    match stages {
        [] => "nothing".to_owned(),
        stages => stages.iter().map(|stage| stage.as_str()).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_arguments_and_from_the_input() {
        let [one, two] = [1, 2].map(|number| UploadId::new(uuid::Uuid::from_u128(number)));
        let given = [IdOrInput::Id(one), IdOrInput::Input];
        assert_eq!(ids(&given, format!("\n{two}\t\n").as_bytes()).unwrap(), [one, two]);
        assert_eq!(ids(&given[..1], "not read".as_bytes()).unwrap(), [one]);
        let wrong = ids(&given, format!("{two} nonsense").as_bytes()).unwrap_err();
        assert!(format!("{wrong:#}").contains("nonsense"), "{wrong:#}");
        assert!(ids(&given[1..], " \n".as_bytes()).unwrap_err().to_string().contains("no ids"));
        let many = " ".repeat(MAX_IDS * MAX_ID_BYTES + 1);
        assert!(ids(&given, many.as_bytes()).unwrap_err().to_string().contains("in parts"));
    }
}
