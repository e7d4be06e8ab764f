//! `semblante up`: everything in one process, until it is stopped.

use super::interrupt::stop_signal;
use crate::boot::{self, BootError, Installation};
use crate::connections::{self, MaxConnections};
use crate::control::{self, socket::ControlSocket};
use crate::exit::Exit;
use crate::pipeline::Pipeline;
use crate::print::Printer;
use crate::server::{self, Limits};
use crate::settings::Settings;
use anyhow::anyhow;
use serde::Serialize;
use std::sync::Arc;
use tokio::net::TcpListener;

pub const EXAMPLES: &str = "\
Examples:
  semblante up
  semblante up --listen 0.0.0.0:80 --set public_url=http://photos.example --data photos
  semblante up --backend aws --set poll=image-generation,melody-generation";

/// Scrapers keep a connection each.
const METRICS_CONNECTIONS: usize = 16;

#[derive(Serialize)]
struct Listening {
    listening: String,
    /// Address of the gallery page, for people.
    #[serde(skip)]
    page: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<String>,
}

impl Listening {
    fn text(&self) -> String {
        let metrics = self.metrics.as_ref().map(|address| format!("\nmetrics on {address}"));
        format!(
            "listening on {}{}\nthe gallery page is {}/",
            self.listening,
            metrics.unwrap_or_default(),
            self.page
        )
    }
}

/// Starts everything, prints the address, and runs until SIGTERM or Ctrl-C.
pub async fn run(settings: &Settings, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    let settings = &within_file_limit(settings);
    let listener = bind(&settings.listen, "--listen").await?;
    let metrics_listener = match &settings.metrics_listen {
        Some(address) => Some(bind(address, "metrics_listen").await?),
        None => None,
    };
    let address = listener.local_addr()?;
    let public_url = settings.public_url(address);
    let engines = boot::engines(settings).await?;
    let installation = Arc::new(boot::open(settings, &public_url).await.map_err(BootError::with_remedy)?);
    let routes = boot::routes(&installation, &engines, settings, &public_url).await?;
    let socket = control_socket(&installation, settings, &public_url);
    let pipeline = Pipeline::start(
        installation.clone(),
        &engines,
        &settings.poll,
        settings.max_receives,
        settings.enrolment_retention,
    );
    // A reader of the first line may send a signal at once.
    let stop = stop_signal()?;
    let metrics = metrics_listener.as_ref().map(|listener| listener.local_addr()).transpose()?;
    let listening = Listening {
        listening: format!("http://{address}"),
        page: public_url.trim_end_matches('/').to_owned(),
        metrics: metrics.map(|address| format!("http://{address}/metrics")),
    };
    printer.document(&listening, || listening.text())?;
    let metrics_server =
        metrics_listener.map(|listener| tokio::spawn(serve_metrics(listener, &installation)));

    server::serve(listener, routes, Limits::new(max_connections(settings)), stop).await;
    if let Some(server) = metrics_server {
        server.abort();
    }
    if let Some(socket) = socket {
        socket.close().await;
    }
    pipeline.shut_down().await;
    installation.close().await;
    tracing::info!("stopped");
    Ok(Exit::Success)
}

async fn bind(address: &str, setting: &str) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| anyhow!("cannot listen on {address}: {error}; {setting} takes another address"))
}

/// The settings with as many connections as the process may have files open.
fn within_file_limit(settings: &Settings) -> Settings {
    let max_connections = connections::within_file_limit(settings.max_connections);
    let mut settings = settings.clone();
    if max_connections < settings.max_connections {
        tracing::warn!(max_connections, "the limit of open files (RLIMIT_NOFILE) allows fewer connections");
    }
    settings.max_connections = max_connections;
    settings
}

fn max_connections(settings: &Settings) -> MaxConnections {
    MaxConnections {
        all: settings.max_connections,
        per_address: settings.max_connections_per_address,
        unlimited: settings.trusted_proxies.clone(),
    }
}

/// Serves `/metrics` until it is aborted.
fn serve_metrics(
    listener: TcpListener,
    installation: &Installation,
) -> impl Future<Output = ()> + Send + use<> {
    let (metrics, queue) = (installation.metrics.clone(), installation.ports.queue.clone());
    let routes = ingest::http::metrics_router(metrics, queue);
    let all = METRICS_CONNECTIONS;
    let limits = Limits::new(MaxConnections { all, per_address: all, unlimited: Vec::new() });
    server::serve(listener, routes, limits, std::future::pending())
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
