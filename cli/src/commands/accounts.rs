//! `semblante users` and `semblante operators`: accounts, their roles, and whether they are disabled.

use super::account_import;
use super::listing::Paging;
use super::output_file::Draft;
use crate::control::Client;
use crate::control::api::{Account, AccountChange, AccountPage, AccountQuery, NewAccount};
use crate::control::client::ControlError;
use crate::exit::{Exit, UsageError};
use crate::print::{Printer, cell, name};
use crate::settings::Settings;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::user::Role;
use domain::{Email, TenantId, UserId};
use serde::Serialize;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

pub const USERS_EXAMPLES: &str = "\
Examples:
  semblante users list --tenant acme
  semblante users create ana@example.com --role admin
  semblante users role ana@example.com customer
  semblante users disable ana@example.com
  semblante users reset ana@example.com
  semblante users export ana@example.com ana.zip";

pub const OPERATORS_EXAMPLES: &str = "\
Examples:
  semblante operators create root@example.com
  pass show semblante | semblante operators create root@example.com --password-stdin";

/// Bytes of a generated password: 144 bits.
const PASSWORD_BYTES: usize = 18;
/// Bytes of a line with a password.
const MAX_LINE: u64 = 4096;

#[derive(clap::Subcommand, Debug)]
pub enum Users {
    /// List the users of a tenant, by id
    #[command(after_help = USERS_EXAMPLES)]
    List {
        #[command(flatten)]
        tenant: Tenant,
        #[command(flatten)]
        paging: Paging,
    },
    /// Create a user and print a generated password once
    #[command(after_help = USERS_EXAMPLES)]
    Create {
        #[command(flatten)]
        new: New,
        /// Role of the user: customer, admin
        #[arg(long, value_name = "ROLE", default_value = "customer", value_parser = tenant_role)]
        role: Role,
    },
    /// Change the role of a user and end their sessions
    #[command(after_help = USERS_EXAMPLES)]
    Role {
        #[command(flatten)]
        user: Named,
        /// New role: customer, admin
        #[arg(value_name = "ROLE", value_parser = tenant_role)]
        role: Role,
    },
    /// Disable a user: their sessions end, and they cannot log in
    #[command(after_help = USERS_EXAMPLES)]
    Disable {
        #[command(flatten)]
        user: Named,
        /// Enable the user again
        #[arg(long)]
        undo: bool,
    },
    /// Import users of another system, with the hashes of their passwords
    #[command(after_help = account_import::EXAMPLES)]
    Import(account_import::Arguments),
    /// Print a one-time token with which a user chooses a new password within an hour
    #[command(after_help = USERS_EXAMPLES)]
    Reset {
        #[command(flatten)]
        user: Named,
    },
    /// Write everything of a user to a ZIP file: photos, results, pictures, melodies, account
    #[command(after_help = USERS_EXAMPLES)]
    Export {
        #[command(flatten)]
        user: Named,
        /// File to write; it is replaced once the archive is whole
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(clap::Subcommand, Debug)]
pub enum Operators {
    /// Create an operator and print a generated password once
    #[command(after_help = OPERATORS_EXAMPLES)]
    Create {
        #[command(flatten)]
        new: New,
    },
}

#[derive(clap::Args, Debug)]
pub struct Tenant {
    /// Tenant of the user
    #[arg(long, value_name = "TENANT", default_value = "default", value_parser = TenantId::parse)]
    tenant: TenantId,
}

#[derive(clap::Args, Debug)]
pub struct New {
    /// E-mail address of the new account
    #[arg(value_name = "EMAIL", value_parser = Email::parse)]
    email: Email,
    /// Name of the person
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Read the password from standard input, a line, instead of generating it
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(clap::Args, Debug)]
pub struct Named {
    /// User, by e-mail address or id
    #[arg(value_name = "USER")]
    who: String,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    account: Account,
    /// None where the caller gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

#[derive(Serialize)]
struct Exported<'a> {
    user_id: UserId,
    file: &'a Path,
    bytes: u64,
}

/// An operator is made by `operators create` alone.
fn tenant_role(text: &str) -> Result<Role, &'static str> {
    Role::parse(text).filter(|role| *role != Role::Operator).ok_or("a role is customer or admin")
}

pub async fn users(
    settings: &Settings,
    command: &Users,
    input: impl Read,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    match command {
        Users::List { tenant, paging } => {
            list(&Client::reach(settings, false).await?, &tenant.tenant, paging, printer).await?;
            Ok(Exit::Success)
        }
        Users::Create { new, role } => create(settings, new, *role, input, printer).await,
        Users::Role { user, role } => {
            let change = AccountChange { role: Some(*role), ..AccountChange::default() };
            self::change(settings, user, &change, printer).await
        }
        Users::Disable { user, undo } => {
            let change = AccountChange { disabled: Some(!undo), ..AccountChange::default() };
            self::change(settings, user, &change, printer).await
        }
        Users::Import(arguments) => account_import::run(settings, arguments, printer).await,
        Users::Reset { user } => reset(settings, user, printer).await,
        Users::Export { user, file } => export(settings, user, file, printer).await,
    }
}

pub async fn operators(
    settings: &Settings,
    Operators::Create { new }: &Operators,
    input: impl Read,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    create(settings, new, Role::Operator, input, printer).await
}

async fn list(
    client: &Client,
    tenant: &TenantId,
    paging: &Paging,
    printer: &mut Printer<'_>,
) -> anyhow::Result<()> {
    let page = async |limit, cursor: Option<String>| {
        let cursor = cursor.as_deref().map(UserId::parse).transpose();
        let cursor = cursor.map_err(|error| ControlError::BrokenOff(error.to_string()))?;
        let query = AccountQuery { cursor, limit: Some(limit) };
        let AccountPage { accounts, next_cursor } = client.accounts(tenant, &query).await?;
        Ok((accounts, next_cursor.map(String::from)))
    };
    let head = ["ID", "CREATED", "ROLE", "STATE", "EMAIL", "NAME"];
    let list = printer.list("users");
    paging.print(list, page, |list, rows| list.table(head, rows, cells), "the tenant has no users").await
}

async fn create(
    settings: &Settings,
    new: &New,
    role: Role,
    input: impl Read,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let (password, is_given) = match new.password_stdin {
        true => (line(input)?, true),
        false => (generated()?, false),
    };
    // The first operator may come before the first start.
    let client = Client::reach(settings, true).await?;
    let (email, full_name) = (new.email.clone(), new.name.clone());
    let request = NewAccount { email, name: full_name, role, password: password.clone() };
    let account = client.create_account(&new.tenant.tenant, &request).await?;
    let created = Created { account, password: (!is_given).then_some(password) };
    printer.document(&created, || text(&created))?;
    Ok(Exit::Success)
}

async fn change(
    settings: &Settings,
    user: &Named,
    change: &AccountChange,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let (client, user_id) = found(settings, user).await?;
    let account = client.change_account(&user.tenant.tenant, &user_id, change).await?;
    printer.document(&account, || cells(&account).join("  "))?;
    Ok(Exit::Success)
}

async fn reset(settings: &Settings, user: &Named, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    let (client, user_id) = found(settings, user).await?;
    let reset = client.reset_token(&user.tenant.tenant, &user_id).await?;
    printer.document(&reset, || {
        format!("{}  expires {:.0}\ntoken  {}", reset.user_id, reset.expires_at, reset.reset_token)
    })?;
    Ok(Exit::Success)
}

async fn export(
    settings: &Settings,
    user: &Named,
    file: &Path,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let (client, user_id) = found(settings, user).await?;
    let mut draft = Draft::private(file)?;
    let bytes = client.export(&user.tenant.tenant, &user_id, &mut draft).await?;
    draft.persist()?;
    let exported = Exported { user_id, file, bytes };
    printer.document(&exported, || format!("{}: {bytes} bytes", name(&file.display().to_string())))?;
    Ok(Exit::Success)
}

/// The installation, and the id of the user who was named.
async fn found(settings: &Settings, user: &Named) -> anyhow::Result<(Client, UserId)> {
    let client = Client::reach(settings, false).await?;
    let user_id = client.user(&user.tenant.tenant, Some(&user.who)).await?.user_id;
    Ok((client, user_id))
}

/// The first line of standard input.
fn line(input: impl Read) -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::BufReader::new(input.take(MAX_LINE)).read_line(&mut line)?;
    match line.trim_end_matches(['\r', '\n']) {
        "" => Err(UsageError("--password-stdin: standard input has no password".to_owned()).into()),
        password => Ok(password.to_owned()),
    }
}

fn generated() -> anyhow::Result<String> {
    let mut bytes = [0; PASSWORD_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn text(created: &Created) -> String {
    let password = created.password.as_ref().map(|password| format!("\npassword  {password}"));
    format!("{}{}", cells(&created.account).join("  "), password.unwrap_or_default())
}

fn cells(account: &Account) -> [String; 6] {
    let state = if account.disabled_at.is_some() { "disabled" } else { "active" };
    [
        account.user_id.to_string(),
        format!("{:.0}", account.created_at),
        account.role.as_str().to_owned(),
        state.to_owned(),
        cell(account.email.as_ref().map(Email::as_str)),
        account.name.as_deref().map_or_else(|| cell(None::<&str>), name),
    ]
}
