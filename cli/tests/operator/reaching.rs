//! How a command finds the process that runs the installation, and what it says where it does not.

use crate::installation::Installation;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_directory_that_is_not_there_is_not_made() {
    let installation = Installation::new();
    for arguments in [&["queues"][..], &["gallery"], &["dead-letters", "list"]] {
        let ran = installation.run(arguments);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(
            ran.err.contains("there is no installation in data") && ran.err.contains("--data"),
            "{ran:?}"
        );
    }
    assert!(!installation.data().exists());
}

#[test]
fn a_process_that_does_not_answer_is_told() {
    let installation = Installation::new();
    assert_eq!(installation.up().stop(), Some(0));
    let held = File::open(installation.data().join("lock")).unwrap();
    held.lock().unwrap();
    let ran = installation.run(&["queues"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let pid = std::fs::read_to_string(installation.data().join("lock")).unwrap();
    let (holder, remedy) =
        (format!("data is in use by process {}", pid.trim()), format!("kill {}", pid.trim()));
    for part in [&holder, "control.sock", "if it is another command, wait for its end", &remedy] {
        assert!(ran.err.contains(part), "{part}: {ran:?}");
    }
    drop(held);
    assert_eq!(installation.run(&["queues"]).code, Some(0));
}

#[test]
fn a_second_server_names_the_first_and_each_cause_once() {
    let installation = Installation::new();
    let server = installation.up();
    let pid = server.process.id();
    let ran = installation.run(&["up", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let expected = format!(
        "semblante: the data directory data is in use by process {pid}: stop that process (kill {pid}), or set \
         `data` to another directory\n"
    );
    assert_eq!(ran.err, expected);
    let doctor = installation.run(&["doctor"]);
    assert!(doctor.out.contains(&format!("held by process {pid}:")), "{doctor:?}");
    assert_eq!(server.stop(), Some(0));
    std::fs::write(installation.path().join("file"), "").unwrap();
    let ran = installation.run(&["up", "--listen", "127.0.0.1:0", "--data", "file"]);
    assert_eq!((ran.code, ran.err.matches("os error").count()), (Some(1), 1), "{ran:?}");
}

#[test]
fn the_socket_of_a_dead_process_is_in_nobodys_way() {
    let installation = Installation::new();
    drop(installation.up());
    let socket = installation.data().join("control.sock");
    assert!(socket.exists(), "a process that is killed leaves it behind");
    let ran = installation.run(&["queues"]);
    assert!(ran.code == Some(0) && ran.out.contains("up is not running"), "{ran:?}");
    let server = installation.up();
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let ran = installation.run(&["queues"]);
    assert!(ran.code == Some(0) && !ran.out.contains("not running"), "{ran:?}");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_data_directory_may_have_a_long_path() {
    let installation = Installation::new();
    let long = installation.path().join("d".repeat(120));
    std::fs::create_dir(&long).unwrap();
    let server = crate::server::Server::start(&long, &[]);
    let ran = installation.run(&["queues", "--data", long.to_str().unwrap()]);
    assert!(ran.code == Some(0) && !ran.out.contains("not running"), "{ran:?}");
    assert_eq!(server.stop(), Some(0));
}
