//! The operators' socket of a data directory: `DATA/control.sock`, for the owner alone. Whoever has the directory's lock
//! owns the name, so a socket that a dead process left behind is replaced.
//!
//! A socket's name has at most 107 bytes on Linux (103 elsewhere). The data directory is taken as it was given, a
//! relative one stays relative; a longer path is reached through `/proc/self/fd` where there is one.

use axum::Router;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The socket's name in the data directory.
pub const NAME: &str = "control.sock";
/// How long requests that are under way may take after the stop was asked for.
const DRAIN: Duration = Duration::from_secs(1);

/// A socket that is served.
pub struct ControlSocket {
    path: PathBuf,
    stopping: watch::Sender<bool>,
    server: JoinHandle<()>,
}

/// A name that the operating system takes, and what keeps it good.
struct Name {
    path: PathBuf,
    _directory: Option<File>,
}

impl Name {
    fn of(data: &Path) -> io::Result<Self> {
        let path = data.join(NAME);
        if SocketAddr::from_pathname(&path).is_ok() {
            return Ok(Name { path, _directory: None });
        }
        let directory = File::open(data)?;
        let by_descriptor = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
        match by_descriptor.exists() {
            true => Ok(Name { path: by_descriptor.join(NAME), _directory: Some(directory) }),
            false => {
                let words =
                    format!("{} is too long for a socket: use a shorter data directory", path.display());
                Err(io::Error::new(ErrorKind::InvalidFilename, words))
            }
        }
    }
}

impl ControlSocket {
    /// Serves `routes` in a data directory whose lock this process has.
    pub fn open(data: &Path, routes: Router) -> io::Result<Self> {
        let path = data.join(NAME);
        remove(&path)?;
        let listener = UnixListener::bind(&Name::of(data)?.path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let stopping = watch::Sender::new(false);
        let mut stopped = stopping.subscribe();
        let server = axum::serve(listener, routes).with_graceful_shutdown(async move {
            if stopped.wait_for(|stopped| *stopped).await.is_err() {
                tracing::debug!("the operators' socket was dropped without being closed");
            }
        });
        let server = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the operators' socket failed");
            }
        });
        Ok(ControlSocket { path, stopping, server })
    }

    /// Answers what is under way, within a limit, and removes the socket.
    pub async fn close(mut self) {
        self.stopping.send_replace(true);
        if tokio::time::timeout(DRAIN, &mut self.server).await.is_err() {
            self.server.abort();
        }
        if let Err(error) = remove(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the operators' socket could not be removed");
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A connection to the process that serves the socket of a data directory.
pub async fn connect(data: &Path) -> io::Result<UnixStream> {
    let name = Name::of(data)?;
    UnixStream::connect(&name.path).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileTypeExt;

    #[tokio::test]
    async fn a_socket_is_private_replaces_a_stale_one_and_goes_when_it_is_closed() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["data".to_owned(), "d".repeat(200)] {
            let data = parent.path().join(name);
            fs::create_dir(&data).unwrap();
            assert!(connect(&data).await.is_err(), "nobody serves it yet");
            // A process that died left its socket behind.
            drop(UnixListener::bind(&Name::of(&data).unwrap().path).unwrap());
            assert_eq!(connect(&data).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);

            let socket = ControlSocket::open(&data, Router::new()).unwrap();
            let about = fs::metadata(data.join(NAME)).unwrap();
            assert!(about.file_type().is_socket());
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
            connect(&data).await.unwrap();
            socket.close().await;
            assert!(!data.join(NAME).exists());
        }
    }
}
