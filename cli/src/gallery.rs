//! `semblante gallery`: what came of people's photos, newest first.

use crate::control::operator::Operator;
use crate::exit::End;
use crate::listing::{self, Listing, Paging};
use crate::rows::cell;
use crate::settings::Settings;
use domain::{Emotion, TenantId};
use serde_json::Value;
use std::io::Write;

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante gallery
  semblante gallery --user ana@example.com --emotion HAPPY --limit 100
  semblante gallery --state partial --all --json";

/// What `gallery` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Whose tenant
    #[arg(long, value_name = "TENANT", default_value = "default", value_parser = TenantId::parse)]
    tenant: TenantId,
    /// Whose gallery; without it everybody's, one after the other
    #[arg(long, value_name = "ID|EMAIL")]
    user: Option<String>,
    /// With this dominant emotion
    #[arg(long, value_name = "EMOTION", value_parser = Emotion::parse)]
    emotion: Option<Emotion>,
    /// In this state
    #[arg(long, value_name = "STATE", value_parser = ["complete", "partial", "no_face", "failed"])]
    state: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

/// Prints the gallery.
pub async fn run(settings: &Settings, arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<End> {
    let operator = Operator::reach(settings, false).await?;
    let query = [
        ("user", arguments.user.as_deref()),
        ("emotion", arguments.emotion.map(Emotion::as_str)),
        ("state", arguments.state.as_deref()),
    ];
    let listing = Listing {
        path: &format!("/tenants/{}/gallery", arguments.tenant),
        query: &query,
        name: "uploads",
        head: &line(["UPLOAD", "STATE", "FACES", "EMOTION", "", "CREATED", "USER"].map(str::to_owned)),
        line: shown,
    };
    listing::print(&operator, &listing, &arguments.paging, out).await?;
    Ok(End::Well)
}

fn shown(row: &Value) -> String {
    let said = |name: &str| cell(&row[name]);
    let sure = row["confidence"].as_f64().map_or_else(String::new, |share| format!("{:.0} %", share * 100.0));
    let [upload, state, faces, emotion] = ["upload_id", "state", "faces_count", "emotion"].map(said);
    line([upload, state, faces, emotion, sure, said("created_at"), said("user_id")])
}

fn line([upload, state, faces, emotion, sure, created, user]: [String; 7]) -> String {
    format!("{upload:<36}  {state:<9}  {faces:<5}  {emotion:<9} {sure:>5}  {created:<25}  {user}")
}
