//! `semblante up`: everything in one process, until it is asked to stop.

use crate::boot::{self, Installation};
use crate::closings::Closings;
use crate::control::{self, socket::ControlSocket};
use crate::exit::End;
use crate::pipeline::Pipeline;
use crate::server::{self, Limits};
use crate::settings::Settings;
use anyhow::Context;
use std::io::Write;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante up
  semblante up --listen 0.0.0.0:80 --set public_url=http://photos.example --data photos
  semblante up --backend aws --set poll=image-generation,melody-generation";

/// Starts everything, says where, and runs until SIGTERM or Ctrl-C.
pub async fn run(settings: &Settings, out: &mut impl Write) -> anyhow::Result<End> {
    let listener =
        TcpListener::bind(&settings.listen).await.with_context(|| format!("listen {}", settings.listen))?;
    let address = listener.local_addr()?;
    let public_url = match settings.public_url.as_str() {
        "" => format!("http://{address}"),
        given => given.to_owned(),
    };
    let engines = boot::engines(settings).await?;
    let installation = Arc::new(boot::open(settings, &public_url).await?);
    let routes = boot::routes(&installation, &engines, settings, &public_url).await?;
    let socket = socket(&installation, settings, &public_url);
    let events = Arc::new(Closings::new(installation.ports.events.clone()));
    let pipeline = Pipeline::start(installation, &engines, events, &settings.poll, settings.max_receives);
    // From the first line on whoever reads it may ask for the end.
    let stop = stop_signal()?;
    writeln!(out, "listening on http://{address}")?;
    out.flush()?;

    server::serve(listener, routes, Limits::new(settings.max_connections), stop).await;
    if let Some(socket) = socket {
        socket.close().await;
    }
    pipeline.shut_down().await;
    tracing::info!("stopped");
    Ok(End::Well)
}

/// Where commands reach this process. In an account they need no such way: each of them opens it.
fn socket(installation: &Installation, settings: &Settings, public_url: &str) -> Option<ControlSocket> {
    installation.directory.as_ref()?;
    let (ports, bucket) = (installation.ports.clone(), installation.uploads_bucket());
    let operators = control::routes(ports, bucket, public_url, settings.max_upload_bytes);
    let socket = ControlSocket::open(&settings.data, operators);
    socket.inspect_err(|error| tracing::warn!(%error, "commands cannot reach this process")).ok()
}

fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}
