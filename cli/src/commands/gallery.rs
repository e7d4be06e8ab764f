//! `semblante gallery`: the results of users' photos, newest first.

use super::listing::Paging;
use crate::control::Client;
use crate::control::api::{GalleryPage, GalleryQuery, GalleryUpload};
use crate::exit::Exit;
use crate::print::{Printer, cell, percent};
use crate::settings::Settings;
use domain::{Email, Emotion, EndState, TenantId};

pub const EXAMPLES: &str = "\
Examples:
  semblante gallery
  semblante gallery --user ana@example.com --emotion HAPPY --limit 100
  semblante gallery --state partial --all --json

Links work while semblante up runs, for at least an hour.";

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Tenant of the users
    #[arg(long, value_name = "TENANT", default_value = "default", value_parser = TenantId::parse)]
    tenant: TenantId,
    /// User whose gallery is printed; default: all users of the tenant
    #[arg(long, value_name = "ID|EMAIL")]
    user: Option<String>,
    /// Only photos with this dominant emotion
    #[arg(long, value_name = "EMOTION", value_parser = Emotion::parse)]
    emotion: Option<Emotion>,
    /// Only photos in this state: complete, partial, no_face or failed
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<EndState>,
    #[command(flatten)]
    paging: Paging,
}

fn state(word: &str) -> Result<EndState, &'static str> {
    let states = [EndState::Complete, EndState::Partial, EndState::NoFace, EndState::Failed];
    let found = states.into_iter().find(|state| state.as_str() == word);
    found.ok_or("it must be complete, partial, no_face or failed")
}

pub async fn run(
    settings: &Settings,
    arguments: &Arguments,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let Arguments { tenant, user, emotion, state, paging } = arguments;
    let client = Client::reach(settings, false).await?;
    let page = async |limit, cursor| {
        let (emotion, state) = (*emotion, *state);
        let query = GalleryQuery { user: user.clone(), emotion, state, cursor, limit: Some(limit) };
        let GalleryPage { uploads, next_cursor } = client.gallery(tenant, &query).await?;
        Ok((uploads, next_cursor))
    };
    let head = ["UPLOAD", "STATE", "FACES", "EMOTION", "CREATED", "USER", "FILE"];
    paging
        .print(
            printer.list("uploads"),
            page,
            |list, rows| list.table(head, rows, cells),
            &format!("tenant {tenant} has no such results"),
        )
        .await?;
    Ok(Exit::Success)
}

/// The last cell has the links in lines of their own.
fn cells(upload: &GalleryUpload) -> [String; 7] {
    let shown = &upload.document;
    let emotion = shown.emotion.map(|emotion| {
        let confidence = shown.confidence.map(percent).unwrap_or_default();
        format!("{emotion} {confidence}")
    });
    let links = [("picture", &shown.generated_image), ("melody", &shown.melody), ("photo", &shown.preview)];
    let links = links.iter().filter_map(|(name, link)| Some(format!("\n  {name:<8}{}", link.as_ref()?)));
    [
        shown.upload_id.to_string(),
        shown.state.as_str().to_owned(),
        shown.faces_count.to_string(),
        cell(emotion),
        format!("{:.0}", shown.created_at),
        upload.email.as_ref().map_or(upload.user_id.as_str(), Email::as_str).to_owned(),
        cell(shown.filename.as_ref()) + &links.collect::<String>(),
    ]
}
