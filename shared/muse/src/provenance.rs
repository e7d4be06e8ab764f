//! Provenance: the record that is stored with an artefact, and the text that its files carry.

use domain::{Affect, MadeBy};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The engine in every record and file.
pub const ENGINE: &str = "embedded-muse";

/// The makers' version. A change that gives other bytes for an old seed is a new version.
pub const VERSION: u32 = 1;

/// IPTC's term for media that an algorithm made without training data.
const SOURCE_TYPE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia";

/// All that an artefact depends on.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a> {
    pub affect: &'a Affect,
    pub seed: u64,
    /// The style of a picture, `melody`, or `melody-` and the SoundFont's digest.
    pub kind: &'a str,
    /// Pixels along a side, or bars.
    pub extent: u32,
}

/// All parameters with the makers' name and version, as the digest sees them. The order of its fields is the order of the
/// text; a `serde_json::Value` would order them by the features that other crates switch on.
#[derive(Serialize)]
struct Digested<'a> {
    affect: &'a Affect,
    engine: &'a str,
    extent: u32,
    kind: &'a str,
    seed: u64,
    version: u32,
}

impl Parameters<'_> {
    fn digest(&self) -> String {
        let Parameters { affect, seed, kind, extent } = *self;
        let digested = Digested { affect, engine: ENGINE, extent, kind, seed, version: VERSION };
        let text =
            serde_json::to_vec(&digested).expect("an affect has finite numbers and keys that are strings");
        hex::encode(Sha256::digest(text))
    }
}

/// The record: engine, kind with version, seed, and a digest of all parameters.
pub fn made_by(parameters: &Parameters<'_>) -> MadeBy {
    MadeBy {
        engine: ENGINE.to_owned(),
        model: format!("{} {VERSION}", parameters.kind),
        digest: Some(parameters.digest()),
        seed: Some(parameters.seed),
    }
}

/// The provenance as one sentence for readers.
pub fn sentence(parameters: &Parameters<'_>, made_by: &MadeBy) -> String {
    format!(
        "Generated artwork by Semblante {ENGINE}, {}, emotion {}, valence {:.3}, arousal {:.3}, seed {}, sha256 {}",
        made_by.model,
        parameters.affect.dominant(),
        parameters.affect.valence,
        parameters.affect.arousal,
        parameters.seed,
        made_by.digest.as_deref().unwrap_or("none"),
    )
}

/// An XMP packet (ISO 16684-1) for a picture file.
pub fn xmp(parameters: &Parameters<'_>, made_by: &MadeBy) -> String {
    let sentence = sentence(parameters, made_by);
    let digest = made_by.digest.as_deref().unwrap_or_default();
    let (model, seed) = (&made_by.model, parameters.seed);
    let emotion = parameters.affect.dominant();
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
<rdf:Description rdf:about=\"\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
xmlns:muse=\"urn:semblante:muse\" xmp:CreatorTool=\"Semblante {ENGINE} {VERSION}\" \
Iptc4xmpExt:DigitalSourceType=\"{SOURCE_TYPE}\" muse:engine=\"{ENGINE}\" muse:model=\"{model}\" \
muse:emotion=\"{emotion}\" muse:seed=\"{seed}\" muse:digest=\"{digest}\">\
<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{sentence}</rdf:li></rdf:Alt></dc:description>\
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Emotion;

    #[test]
    fn every_parameter_changes_the_digest() {
        let (happy, sad) = (Affect::certain(Emotion::Happy), Affect::certain(Emotion::Sad));
        let base = Parameters { affect: &happy, seed: 7, kind: "flow", extent: 128 };
        let others = [
            Parameters { affect: &sad, ..base },
            Parameters { seed: 8, ..base },
            Parameters { kind: "glass", ..base },
            Parameters { extent: 256, ..base },
        ];
        assert_eq!(made_by(&base), made_by(&base));
        for other in others {
            assert_ne!(made_by(&base).digest, made_by(&other).digest, "{other:?}");
        }
    }

    #[test]
    fn files_say_engine_seed_and_that_they_were_generated() {
        let affect = Affect::certain(Emotion::Calm);
        let parameters = Parameters { affect: &affect, seed: 41, kind: "aurora", extent: 1024 };
        let record = made_by(&parameters);
        let packet = xmp(&parameters, &record);
        for word in
            ["embedded-muse", "muse:seed=\"41\"", "algorithmicMedia", record.digest.as_deref().unwrap()]
        {
            assert!(packet.contains(word), "{word}");
        }
        assert!(sentence(&parameters, &record).starts_with("Generated artwork"));
    }
}
