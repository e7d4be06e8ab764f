//! Are the face engine's networks there?

use super::finding::Finding;
use std::path::Path;

const MODELS: &str = "models";

/// What `make models` puts there; each is a manifest and its weights.
const NETWORKS: [&str; 4] =
    ["ssd_mobilenetv1_model", "face_landmark_68_model", "face_expression_model", "face_recognition_model"];

/// Looks for the files; whether they are whole is checked when they are loaded.
pub fn check(directory: &Path) -> Finding {
    let file = |name: &str, ending: &str| directory.join(format!("{name}{ending}"));
    let complete =
        |name: &&str| file(name, "-weights_manifest.json").is_file() && file(name, ".bin").is_file();
    let missing: Vec<&str> = NETWORKS.into_iter().filter(|name| !complete(name)).collect();
    let place = directory.display();
    match missing.is_empty() {
        true => Finding::ok(MODELS, format!("{} networks in {place}", NETWORKS.len())),
        false => {
            let text = format!("{place} has no {}", missing.join(", "));
            Finding::failed(MODELS, text, "run `make models`, or set `models_dir`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn every_missing_network_is_named() {
        let directory = tempfile::tempdir().unwrap();
        for name in NETWORKS {
            assert!(check(directory.path()).text.contains(name));
            std::fs::write(directory.path().join(format!("{name}-weights_manifest.json")), "[]").unwrap();
            assert!(check(directory.path()).text.contains(name), "the weights are missing still");
            std::fs::write(directory.path().join(format!("{name}.bin")), "").unwrap();
        }
        assert_eq!(check(directory.path()).state, State::Ok);
    }
}
