//! Two hundred photos at the same time.

use crate::client::Client;
use crate::server::Server;
use crate::{photo, start};
use futures_util::future::join_all;
use tokio::sync::watch;

const PHOTOS: usize = 200;
/// Bytes after the end of each photo: together they are more than the server may hold.
const PADDING: usize = 1 << 20;
/// What the server may hold at most, generously. The bodies alone would be 240 MB.
const MAX_MEMORY_MB: u64 = 600;

#[tokio::test]
async fn two_hundred_photos_at_a_time_all_end_in_bounded_memory() {
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path());
    let (_restarted, url) = watch::channel(server.url.clone());
    let (client, _) = Client::sign_up(url).await;
    let ids = join_all((0..PHOTOS).map(|number| client.upload(photo(number, PADDING)))).await;
    for id in &ids {
        let status = client.finished(id).await;
        assert_eq!(status["state"], "complete", "{status}");
    }
    let peak = peak_memory_mb(&server);
    assert!(peak < MAX_MEMORY_MB, "{peak} MB");
    assert_eq!(server.stop(), Some(0));
}

/// The most memory that the process has held, as Linux tells it.
fn peak_memory_mb(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024 / 1_000_000
}
