//! Does the database open, and is it whole?

use super::finding::Finding;
use super::queues;
use crate::boot;
use crate::settings::Settings;
use domain::ports::PortError;

const DATABASE: &str = "database";
const INTEGRITY: &str = "integrity";
/// Nobody is given a link here.
const NO_URL: &str = "http://localhost";

/// Opens the database as a start would; one that is not there yet is not made.
pub async fn check(settings: &Settings) -> Vec<Finding> {
    let path = settings.data.join("semblante.db");
    if !path.exists() {
        return vec![Finding::skipped(DATABASE, "there is none yet")];
    }
    let installation = match boot::open_directory(settings, &settings.data, NO_URL).await {
        Ok(installation) => installation,
        Err(error) if error.is_in_use() => return vec![Finding::skipped(DATABASE, error.to_string())],
        Err(error) => return vec![Finding::failed(DATABASE, &error, error.remedy())],
    };
    let mut findings = Vec::new();
    if let Some(directory) = &installation.directory {
        let text = format!("{}, schema {}", path.display(), directory.schema());
        findings.push(Finding::ok(DATABASE, text));
        findings.push(integrity(directory.check().await));
    }
    findings.push(queues::check(&installation).await);
    findings
}

fn integrity(checked: Result<Vec<String>, PortError>) -> Finding {
    match checked {
        Ok(wrong) if wrong.is_empty() => Finding::ok(INTEGRITY, "every page is sound"),
        Ok(wrong) => Finding::failed(INTEGRITY, wrong.join("; "), "restore the data directory from a backup"),
        Err(error) => Finding::failed(INTEGRITY, error, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;
    use crate::settings_source::Sources;
    use std::path::Path;

    fn settings(data: &Path) -> Settings {
        let flag = ("--data".to_owned(), "data".to_owned(), data.to_str().unwrap().to_owned());
        Settings::read(&Sources { flags: vec![flag], ..Sources::default() }).unwrap().0
    }

    async fn states(settings: &Settings) -> Vec<State> {
        check(settings).await.iter().map(|finding| finding.state).collect()
    }

    #[tokio::test]
    async fn every_state_of_the_database_is_told() {
        let data = tempfile::tempdir().unwrap();
        let settings = settings(data.path());
        assert_eq!(states(&settings).await, [State::Skipped]);
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "the doctor makes none");

        let running = boot::open_directory(&settings, &settings.data, NO_URL).await.unwrap();
        assert_eq!(states(&settings).await, [State::Skipped], "another process has it");
        drop(running);
        assert_eq!(states(&settings).await, [State::Ok; 3]);

        // What has not moved from the log into the database yet would repair it.
        for log in ["semblante.db-wal", "semblante.db-shm"].map(|name| data.path().join(name)) {
            assert!(!log.exists() || std::fs::remove_file(log).is_ok());
        }
        std::fs::write(data.path().join("semblante.db"), [0xa5; 8192]).unwrap();
        let findings = check(&settings).await;
        assert_eq!(findings[0].state, State::Failed);
        assert!(findings[0].text.contains("restore the data directory"), "{}", findings[0]);
    }

    #[test]
    fn what_the_check_finds_is_a_failure() {
        assert_eq!(integrity(Ok(vec![])).state, State::Ok);
        assert_eq!(integrity(Ok(vec!["page 7".to_owned()])).state, State::Failed);
        assert_eq!(integrity(Err(PortError::broken("gone"))).state, State::Failed);
    }
}
