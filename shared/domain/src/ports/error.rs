//! The one error of every storage-like port.

use std::error::Error;
use std::fmt;

/// What a caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
    /// It is not there.
    NotFound,
    /// Somebody was faster, or it is there already: read again and decide anew.
    Conflict,
    /// Throttled or overloaded: the same request may succeed later.
    Busy,
    /// The request is refused as it stands and always will be: too large, malformed, not allowed.
    Denied,
    /// There is no room left: the same request may succeed when somebody has made some.
    Full,
    /// The backend failed: corrupt file, no connection.
    Broken,
}

/// An error of a port: what a caller can do about it, and what the backend said.
#[derive(Debug)]
pub struct PortError {
    /// What a caller can do about it.
    pub kind: PortErrorKind,
    /// What the backend said; for logs, never for users.
    pub source: Box<dyn Error + Send + Sync>,
}

impl PortError {
    /// An error with what the backend said.
    pub fn new(kind: PortErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        PortError { kind, source: source.into() }
    }

    /// It is not there.
    pub fn not_found(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        PortError::new(PortErrorKind::NotFound, source)
    }

    /// Somebody was faster.
    pub fn conflict(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        PortError::new(PortErrorKind::Conflict, source)
    }

    /// Refused as it stands.
    pub fn denied(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        PortError::new(PortErrorKind::Denied, source)
    }

    /// The backend failed.
    pub fn broken(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        PortError::new(PortErrorKind::Broken, source)
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            PortErrorKind::NotFound => "not found",
            PortErrorKind::Conflict => "conflict",
            PortErrorKind::Busy => "busy",
            PortErrorKind::Denied => "denied",
            PortErrorKind::Full => "full",
            PortErrorKind::Broken => "broken",
        };
        write!(f, "{kind}: {}", self.source)
    }
}

impl Error for PortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}
