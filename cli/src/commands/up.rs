//! `semblante up`: everything in one process, until it is stopped.

use crate::boot::{self, BootError, Installation};
use crate::control::{self, socket::ControlSocket};
use crate::exit::Exit;
use crate::pipeline::Pipeline;
use crate::print::Printer;
use crate::server::{self, Limits};
use crate::settings::Settings;
use anyhow::{Context, anyhow};
use serde::Serialize;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

pub const EXAMPLES: &str = "\
Examples:
  semblante up
  semblante up --listen 0.0.0.0:80 --set public_url=http://photos.example --data photos
  semblante up --backend aws --set poll=image-generation,melody-generation";

#[derive(Serialize)]
struct Listening {
    listening: String,
}

/// Starts everything, prints the address, and runs until SIGTERM or Ctrl-C.
pub async fn run(settings: &Settings, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    let listener = TcpListener::bind(&settings.listen).await.map_err(|error| {
        anyhow!("cannot listen on {}: {error}; --listen takes another address", settings.listen)
    })?;
    let address = listener.local_addr()?;
    let public_url = settings.public_url(address);
    let engines = boot::engines(settings).await?;
    let installation = Arc::new(boot::open(settings, &public_url).await.map_err(BootError::with_remedy)?);
    let routes = boot::routes(&installation, &engines, settings, &public_url).await?;
    let socket = control_socket(&installation, settings, &public_url);
    let pipeline = Pipeline::start(installation.clone(), &engines, &settings.poll, settings.max_receives);
    // A reader of the first line may send a signal at once.
    let stop = stop_signal()?;
    let listening = Listening { listening: format!("http://{address}") };
    printer.document(&listening, || format!("listening on {}", listening.listening))?;

    server::serve(listener, routes, Limits::new(settings.max_connections), stop).await;
    if let Some(socket) = socket {
        socket.close().await;
    }
    pipeline.shut_down().await;
    installation.close().await;
    tracing::info!("stopped");
    Ok(Exit::Success)
}

/// The way of other commands to this process. An account needs none: each command opens it.
fn control_socket(
    installation: &Installation,
    settings: &Settings,
    public_url: &str,
) -> Option<ControlSocket> {
    installation.machine.as_ref()?;
    let routes = control::routes(installation, public_url, settings.max_upload_bytes);
    let socket = ControlSocket::open(&settings.data, routes);
    socket.inspect_err(|error| tracing::warn!(%error, "commands cannot reach this process")).ok()
}

fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate()).context("handling SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("handling Ctrl-C")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}
