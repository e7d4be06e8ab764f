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
fn valence_and_arousal_steer() {
    let installation = Installation::new();
    let paint = |more: &[&str]| {
        let asked = ["paint", "--emotion", "CALM", "--size", "64", "-o", "a.jpg"];
        let digest = installation.json(&[&asked[..], more].concat())["made_by"]["digest"].clone();
        (digest, std::fs::read(installation.path().join("a.jpg")).unwrap())
    };
    let own = paint(&[]);
    assert_ne!(paint(&["--valence", "-0.9", "--arousal", "0.8"]), own);
    assert_eq!(paint(&[]), own);
    let compose = |more: &[&str]| {
        installation.json(&[&["compose", "--emotion", "CALM", "--bars", "1", "-o", "a.mp3"], more].concat())
    };
    let (still, stirred) = (compose(&["--arousal", "-1"]), compose(&["--arousal", "1"]));
    assert!(still["bpm"].as_f64() < stirred["bpm"].as_f64(), "{still} {stirred}");
}

#[test]
fn a_picture_is_written_as_png_by_its_ending() {
    let installation = Installation::new();
    let ran = installation.run(&["paint", "--emotion", "SAD", "--size", "64", "-o", "A.PNG"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let bytes = std::fs::read(installation.path().join("A.PNG")).unwrap();
    assert!(bytes.starts_with(b"\x89PNG\r\n"), "{ran:?}");
    assert!(bytes.windows(17).any(|part| part == b"XML:com.adobe.xmp"), "it says how it was made");
}

#[test]
fn a_dash_is_standard_input_or_output() {
    let installation = Installation::new();
    let jpeg = installation.output(&["paint", "--emotion", "SAD", "--size", "64", "-o", "-"], b"");
    assert!(jpeg.stdout.starts_with(&[0xff, 0xd8, 0xff]), "{jpeg:?}");
    assert!(String::from_utf8_lossy(&jpeg.stderr).starts_with("-: SAD, "), "{jpeg:?}");
    let quiet = ["compose", "--emotion", "SAD", "--bars", "1", "-o", "-", "--midi", "a.mid", "--quiet"];
    let mp3 = installation.output(&quiet, b"");
    assert!(mp3.stdout.starts_with(b"ID3") && mp3.stderr.is_empty(), "{:?}", mp3.stderr);
    assert!(std::fs::read(installation.path().join("a.mid")).unwrap().starts_with(b"MThd"));
    let midi = ["compose", "--emotion", "SAD", "--bars", "1", "-o", "a.mp3", "--midi", "-"];
    assert!(installation.output(&midi, b"").stdout.starts_with(b"MThd"));

    let seen = installation.output(&["analyse", "-", "--json", "--draw", "drawn"], &sample(1));
    let seen: serde_json::Value = serde_json::from_slice(&seen.stdout).unwrap();
    assert_eq!(seen["photos"][0]["file"], "-");
    assert_eq!(seen["photos"][0]["faces"].as_array().map(Vec::len), Some(3));
    assert!(installation.path().join("drawn/stdin.png").exists());
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
    for part in [
        "a.jpg: ",
        "3 faces",
        "b.jpg: undecodable_image: ",
        "absent.jpg: no_such_file: the file does not exist",
    ] {
        assert!(ran.out.contains(part), "{part}: {ran:?}");
    }
}

#[test]
fn labelled_photos_are_measured() {
    let installation = Installation::new();
    installation.photo("<b>.jpg", &sample(1));
    installation.photo("none.png", &[&b"\x89PNG\r\n\x1a\n"[..], &[0; 40]].concat());
    installation
        .photo("labels.csv", b"file,label\n<b>.jpg,happiness\n<b>.jpg,fear\nnone.png,SAD\nabsent.jpg,SAD\n");
    let bench = ["bench", "accuracy", "photos/labels.csv", "--html", "report.html"];
    let ran = installation.run(&[&bench[..], &["--json"]].concat());
    assert_eq!(ran.code, Some(1), "two photos cannot be read: {ran:?}");
    let report = ran.json();
    assert_eq!(
        (&report["photos_total"], &report["answers"], &report["unread"]),
        (&4.into(), &2.into(), &2.into())
    );
    assert_eq!(report["accuracy"], 0.5, "one of two labels of the same photo is right");
    assert_eq!(
        (&report["misses"][0]["label"], &report["misses"][0]["answer"]),
        (&"FEAR".into(), &"HAPPY".into())
    );
    assert_eq!(report["photos"][3]["outcome"], "unread");
    let html = std::fs::read_to_string(installation.path().join("report.html")).expect("a report");
    assert!(html.contains("&lt;b&gt;.jpg") && !html.contains("<b>"), "names are escaped");
    assert!(!html.contains("src=") && !html.contains("http"), "nothing is loaded from elsewhere");
    let ran = installation.run(&bench);
    for part in ["photos                     4", "HAPPY    1       2        50 %", "absent.jpg  no_such_file"]
    {
        assert!(ran.out.contains(part), "{part}: {ran:?}");
    }
    installation.photo("labels.csv", b"file,label\n<b>.jpg,merry\n");
    let ran = installation.run(&bench);
    assert!(ran.code == Some(1) && ran.err.contains("labels.csv") && ran.err.contains("merry"), "{ran:?}");
}

#[test]
fn a_file_that_is_not_a_photo_is_refused_with_a_sentence() {
    let installation = Installation::new();
    installation.photo("notes.md", b"# Notes");
    let sentence = "unsupported_type: this kind of file is not supported; send JPEG, PNG, WebP, HEIC";
    for command in ["analyse", "process"] {
        let ran = installation.run(&[command, "photos/notes.md"]);
        assert!(ran.code == Some(1) && ran.out.contains(sentence), "{command}: {ran:?}");
    }
    let told = installation.run(&["process", "photos/notes.md", "--json"]).json();
    assert_eq!(told[0]["errors"], serde_json::json!(["unsupported_type"]), "the code stands alone: {told}");
}

#[test]
fn what_cannot_be_made_is_refused_before_anything_is_written() {
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
        (&["paint", "--emotion", "SAD", "--seed", "-1", "-o", "a.jpg"], 2, "from 0 to 18446744073709551615"),
        (&["paint", "--emotion", "SAD", "--valence", "1.5", "-o", "a.jpg"], 2, "from -1 to 1"),
        (&["paint", "--emotion", "SAD", "-o", "a.gif"], 2, "paint writes .jpg or .png, not .gif"),
        (&["paint", "--emotion", "SAD", "-o", "-", "--json"], 2, "both write to standard output"),
        (&["compose", "--emotion", "SAD", "-o", "a.mp3", "--midi", "./a.mp3"], 2, "are the same file"),
        (&["compose", "--emotion", "SAD", "-o", "-", "--midi", "-"], 2, "are the same file"),
        (&["compose", "--emotion", "SAD", "-o", "a.mid"], 2, "--midi writes the score"),
    ] {
        let ran = installation.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(said), "{arguments:?}: {ran:?}");
    }
    assert_eq!(std::fs::read_dir(installation.path()).unwrap().count(), 1, "nothing was written");
}
