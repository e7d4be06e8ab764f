//! Provenance: what made a result.

use serde::{Deserialize, Serialize};

/// The engine, model and seed behind a result, stored with it and written into generated files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeBy {
    /// `embedded-vision`, `rekognition`, `embedded-muse`, a provider's name.
    pub engine: String,
    /// The model or style, with its version.
    pub model: String,
    /// Digest of the model's weights or of the maker's parameters; absent where a service tells none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The seed that makes the same artefact again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl MadeBy {
    /// The upload's owner, who corrected what was analysed.
    pub fn owner() -> Self {
        MadeBy { engine: "owner".into(), model: "correction".into(), digest: None, seed: None }
    }
}
