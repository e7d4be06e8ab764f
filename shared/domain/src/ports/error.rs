//! The one error of every storage-like port.

use std::error::Error;
use std::fmt;

/// Kinds of errors, by what a caller can do about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
    /// The resource does not exist.
    NotFound,
    /// The resource changed or exists already: read it again and decide anew.
    Conflict,
    /// Throttled or overloaded: the request may succeed later.
    Busy,
    /// The request is refused permanently: too large, malformed, not allowed.
    Denied,
    /// The storage is full: the request may succeed once there is space.
    Full,
    /// The backend failed: corrupt file, no connection.
    Broken,
}

/// An error of a port.
#[derive(Debug)]
pub struct PortError {
    /// What a caller can do about the error.
    pub kind: PortErrorKind,
    /// The backend's own error, for logs and never for users.
    pub source: Box<dyn Error + Send + Sync>,
}

impl PortError {
    /// An error of this kind with the backend's own.
    pub fn new(kind: PortErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        PortError { kind, source: source.into() }
    }

    /// An error of kind [`PortErrorKind::NotFound`].
    pub fn not_found(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        PortError::new(PortErrorKind::NotFound, source)
    }

    /// An error of kind [`PortErrorKind::Conflict`].
    pub fn conflict(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        PortError::new(PortErrorKind::Conflict, source)
    }

    /// An error of kind [`PortErrorKind::Denied`].
    pub fn denied(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        PortError::new(PortErrorKind::Denied, source)
    }

    /// An error of kind [`PortErrorKind::Broken`].
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
