//! muse
