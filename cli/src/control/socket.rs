//! The control socket of a data directory: `DATA/control.sock`, for the owner alone. The holder of the directory's lock owns
//! the name, so it replaces a socket that a dead process left behind.
//!
//! A socket's name has at most 107 bytes on Linux (103 elsewhere). A relative data directory stays relative; a longer path
//! is reached through `/proc/self/fd` where that exists.

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
/// How long requests in progress may take after the stop.
const DRAIN: Duration = Duration::from_secs(1);

/// A socket that is being served.
pub struct ControlSocket {
    path: PathBuf,
    stopping: watch::Sender<bool>,
    server: JoinHandle<()>,
}

/// A path of the socket that the operating system takes, and the open directory that it may lead through.
pub struct Name {
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

impl Name {
    /// The name of a socket that is served now.
    pub async fn connected(data: &Path) -> io::Result<Self> {
        let name = Name::of(data)?;
        UnixStream::connect(&name.path).await?;
        Ok(name)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl ControlSocket {
    /// Serves `routes` in a data directory whose lock this process holds.
    pub fn open(data: &Path, routes: Router) -> io::Result<Self> {
        let path = data.join(NAME);
        remove(&path)?;
        let listener = UnixListener::bind(&Name::of(data)?.path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let stopping = watch::Sender::new(false);
        let mut stopped = stopping.subscribe();
        let server = axum::serve(listener, routes).with_graceful_shutdown(async move {
            if stopped.wait_for(|stopped| *stopped).await.is_err() {
                tracing::debug!("the control socket was dropped without being closed");
            }
        });
        let server = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the control socket failed");
            }
        });
        Ok(ControlSocket { path, stopping, server })
    }

    /// Finishes requests in progress, within a limit, and removes the socket.
    pub async fn close(mut self) {
        self.stopping.send_replace(true);
        if tokio::time::timeout(DRAIN, &mut self.server).await.is_err() {
            self.server.abort();
        }
        if let Err(error) = remove(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the control socket could not be removed");
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
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
            assert!(Name::connected(&data).await.is_err(), "not served yet");
            // A process that died left its socket behind.
            drop(UnixListener::bind(&Name::of(&data).unwrap().path).unwrap());
            let refused = Name::connected(&data).await.err().map(|error| error.kind());
            assert_eq!(refused, Some(ErrorKind::ConnectionRefused));

            let socket = ControlSocket::open(&data, Router::new()).unwrap();
            let about = fs::metadata(data.join(NAME)).unwrap();
            assert!(about.file_type().is_socket());
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
            Name::connected(&data).await.unwrap();
            socket.close().await;
            assert!(!data.join(NAME).exists());
        }
    }
}
