//! `semblante keys`: the keys that access tokens are signed with.

use crate::control::Client;
use crate::exit::Exit;
use crate::print::Printer;
use crate::settings::Settings;

pub const EXAMPLES: &str = "\
Examples:
  semblante keys rotate
  semblante keys rotate --backend aws --json";

#[derive(clap::Subcommand, Debug)]
pub enum Keys {
    /// Sign access tokens with the next key from now on
    ///
    /// The next key was published before (/.well-known/jwks.json), and a new one is published now for the next rotation.
    /// Tokens of the last key stay valid until they expire, after 15 minutes at most; tokens of older keys end at once, and
    /// their clients refresh them. A running semblante up signs with the next key at once, functions on AWS within 5 minutes.
    #[command(after_help = EXAMPLES)]
    Rotate,
}

pub async fn run(
    settings: &Settings,
    Keys::Rotate: &Keys,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let keys = Client::reach(settings, false).await?.rotate_keys().await?;
    printer.document(&keys, || {
        "rotated: access tokens are signed with the next key; those of the last one stay valid".to_owned()
    })?;
    Ok(Exit::Success)
}
