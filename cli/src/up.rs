//! `semblante up`: everything in one process, until it is asked to stop.

use crate::boot;
use crate::closings::Closings;
use crate::control::{self, socket::ControlSocket};
use crate::exit::End;
use crate::pipeline::Pipeline;
use crate::settings::Settings;
use anyhow::Context;
use axum::Router;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante up
  semblante up --listen 0.0.0.0:80 --set public_url=http://photos.example --data photos";

/// How long requests that are under way may take after the stop was asked for.
const REQUESTS_DRAIN: Duration = Duration::from_secs(3);

/// Starts everything, says where, and runs until SIGTERM or Ctrl-C.
pub async fn run(settings: &Settings, out: &mut impl Write) -> anyhow::Result<End> {
    let listener =
        TcpListener::bind(&settings.listen).await.with_context(|| format!("listen {}", settings.listen))?;
    let address = listener.local_addr()?;
    let public_url = match settings.public_url.as_str() {
        "" => format!("http://{address}"),
        given => given.to_owned(),
    };
    let engines = boot::engines(settings)?;
    let installation = Arc::new(boot::open(settings, &settings.data, &public_url).await?);
    let routes = boot::routes(&installation, &engines, settings, &public_url)?;
    let (ports, bucket) = (installation.ports.clone(), installation.uploads_bucket());
    let operators = control::routes(ports, bucket, &public_url, settings.max_upload_bytes);
    let events = Arc::new(Closings::new(installation.ports.events.clone()));
    let pipeline = Pipeline::start(installation, &engines, events, settings.max_receives);
    let socket = ControlSocket::open(&settings.data, operators);
    let socket =
        socket.inspect_err(|error| tracing::warn!(%error, "commands cannot reach this process")).ok();
    // From the first line on whoever reads it may ask for the end.
    let asked = stop_signal()?;
    writeln!(out, "listening on http://{address}")?;
    out.flush()?;

    serve(listener, routes, asked).await?;
    if let Some(socket) = socket {
        socket.close().await;
    }
    pipeline.shut_down().await;
    tracing::info!("stopped");
    Ok(End::Well)
}

/// Answers requests until a signal comes, then those that are under way, for as long as the drain allows.
async fn serve(
    listener: TcpListener,
    routes: Router,
    asked: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (stopping, mut stopped) = watch::channel(false);
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        asked.await;
        stopping.send_replace(true);
    });
    tokio::select! {
        served = server => served.context("serving"),
        () = async {
            if stopped.wait_for(|stopped| *stopped).await.is_ok() {
                tokio::time::sleep(REQUESTS_DRAIN).await;
            }
        } => Ok(()),
    }
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
