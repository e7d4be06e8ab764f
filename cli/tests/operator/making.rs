//! `analyse`, `paint` and `compose`.

use crate::installation::{Installation, sample};

#[test]
fn the_same_seed_paints_the_same_picture() {
    let installation = Installation::new();
    let paint = |seed: &str, to: &str| {
        let asked = ["paint", "--emotion", "happy", "--seed", seed, "--size", "64", "-o", to];
        let told = installation.json(&asked);
        assert_eq!((&told["size_px"], &told["file"]), (&64.into(), &to.into()), "{told}");
        std::fs::read(installation.path().join(to)).unwrap()
    };
    let first = paint("7", "a.jpg");
    assert!(first.starts_with(&[0xff, 0xd8, 0xff]), "a JPEG");
    assert_eq!(paint("7", "b.jpg"), first);
    assert_ne!(paint("8", "c.jpg"), first);
    let styled =
        installation.run(&["paint", "--emotion", "FEAR", "--style", "aurora", "--size", "64", "-o", "d.jpg"]);
    assert!(
        styled.code == Some(0) && styled.out.contains("d.jpg: FEAR, aurora, 64 x 64 pixels"),
        "{styled:?}"
    );
}

#[test]
fn a_melody_comes_with_its_score() {
    let installation = Installation::new();
    let asked =
        ["compose", "--emotion", "SAD", "--seed", "7", "--bars", "2", "-o", "a.mp3", "--midi", "a.mid"];
    let told = installation.json(&asked);
    assert!(told["seconds"].as_f64() > Some(1.0) && told["bpm"].as_f64() > Some(20.0), "{told}");
    let read = |name: &str| std::fs::read(installation.path().join(name)).unwrap();
    assert!(read("a.mp3").starts_with(b"ID3"));
    assert!(read("a.mid").starts_with(b"MThd"));
    let spoken = installation.run(&["compose", "--emotion", "SAD", "--bars", "1", "-o", "b.mp3"]);
    assert!(spoken.code == Some(0) && spoken.out.contains("b.mp3: SAD, ") && spoken.out.contains("LUFS"));
}

#[test]
fn faces_are_seen_and_drawn() {
    let installation = Installation::new();
    installation.photo("a.jpg", &sample(1));
    let told = installation.json(&["analyse", "photos/a.jpg", "--draw", "seen"]);
    let faces = told["photos"][0]["faces"].as_array().expect("faces").len();
    assert_eq!(faces, 3, "{told}");
    assert!(std::fs::read(installation.path().join("seen/a.jpg.png")).unwrap().starts_with(b"\x89PNG"));
    installation.photo("b.jpg", b"\xff\xd8\xff\xe0 broken");
    let ran = installation.run(&["analyse", "photos/a.jpg", "photos/b.jpg", "absent.jpg"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for part in ["a.jpg: ", "3 faces", "b.jpg: undecodable_image", "absent.jpg: no_such_file"] {
        assert!(ran.out.contains(part), "{part}: {ran:?}");
    }
}

#[test]
fn what_cannot_be_made_is_told() {
    let installation = Installation::new();
    installation.photo("no.sf2", b"no SoundFont");
    for (arguments, code, said) in [
        (&["paint", "--emotion", "MERRY", "-o", "a.jpg"][..], 2, "one of HAPPY"),
        (&["paint", "--emotion", "SAD"], 2, "--output"),
        (&["paint", "--emotion", "SAD", "--size", "8", "-o", "a.jpg"], 2, "16"),
        (&["paint", "--emotion", "SAD", "--style", "cubism", "-o", "a.jpg"], 2, "one of landscape"),
        (&["paint", "--emotion", "SAD", "--size", "16", "-o", "absent/a.jpg"], 1, "absent/a.jpg"),
        (&["compose", "--emotion", "SAD", "--bars", "17", "-o", "a.mp3"], 2, "--bars"),
        (&["compose", "--emotion", "SAD", "--soundfont", "photos/no.sf2", "-o", "a.mp3"], 1, "no.sf2"),
        (&["analyse", "a.jpg", "--set", "models_dir=absent"], 1, "absent"),
        (&["analyse", "a.jpg", "--descriptors"], 2, "--json"),
    ] {
        let ran = installation.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(said), "{arguments:?}: {ran:?}");
    }
    assert_eq!(std::fs::read_dir(installation.path()).unwrap().count(), 1, "nothing was written");
}
