//! `keep`.

use crate::installation::Installation;
use domain::ports::Uploads as _;
use domain::{TenantId, Upload, UploadId, fixture};
use serde_json::json;

/// An upload whose URL ended long ago and whose photo never came.
async fn forgotten(installation: &Installation) -> UploadId {
    let store = embedded::Store::open(&installation.data(), embedded::Options::default()).expect("it opens");
    let tenant_id = TenantId::parse("default").expect("legal");
    let upload = Upload { tenant_id, ..fixture::awaiting() };
    let id = upload.upload_id;
    embedded::Uploads::new(&store).create(upload).await.expect("the store works");
    id
}

#[tokio::test]
async fn what_nobody_asks_for_is_looked_after() {
    let installation = Installation::new();
    std::fs::create_dir_all(installation.data()).unwrap();
    let id = forgotten(&installation).await.to_string();
    let finding = json!({"tenant_id": "default", "upload_id": id, "care": "expire", "detail": null});
    let planned = installation.json(&["maintain", "--dry-run"]);
    assert_eq!((&planned["findings"], &planned["looked_at"]), (&json!([finding]), &json!(1)));
    let told = installation.run(&["maintain"]);
    assert!(told.out.contains(&id) && told.out.contains("1 due, 1 needed an action"), "{told:?}");
    assert_eq!(installation.json(&["maintain"])["findings"], json!([]));
    assert_eq!(installation.json(&["status", &id])["state"], "expired");
}

#[tokio::test]
async fn a_running_installation_is_asked() {
    let installation = Installation::new();
    std::fs::create_dir_all(installation.data()).unwrap();
    let server = installation.up();
    assert_eq!(installation.json(&["maintain"])["looked_at"], 0);
    assert_eq!(server.stop(), Some(0));
}
