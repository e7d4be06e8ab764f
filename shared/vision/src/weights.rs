//! Weights in TensorFlow.js' format: a manifest `<model>-weights_manifest.json` that lists tensors in order, and
//! shards whose bytes, joined, hold them one after the other.
//!
//! Format: a list of groups `{paths, weights: [{name, shape, dtype, quantization?: {dtype, min, scale}}]}`. A tensor
//! quantised to uint8 is q · scale + min; one without `quantization` is little-endian f32.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes of a manifest; a real one has tens of kilobytes.
const MAX_MANIFEST: u64 = 1 << 20;
/// Bytes of a model's shards; the largest model has 6.5 MB.
const MAX_SHARDS: u64 = 64 << 20;
/// Tensors of one model; the largest has 165.
const MAX_TENSORS: usize = 4096;

/// Why a model cannot be used. Each error names the file and the command that fetches it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // fields are parts of the messages
pub enum ModelError {
    /// A file is absent or cannot be read.
    #[error("cannot read the model file {file}: {source}; `make models` fetches it")]
    Unreadable { file: String, source: std::io::Error },
    /// A file is truncated, too long, or has other tensors than the network.
    #[error("the model file {file} is unusable: {what}; `make models` fetches a good one")]
    Malformed { file: String, what: String },
}

#[derive(Deserialize)]
struct Group {
    paths: Vec<String>,
    weights: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    dtype: String,
    quantization: Option<Quantization>,
}

#[derive(Deserialize)]
struct Quantization {
    dtype: String,
    min: f64,
    scale: f64,
}

/// The tensors of one model; its network takes each of them once.
#[derive(Debug)]
pub struct Weights {
    manifest: String,
    tensors: HashMap<String, (Vec<usize>, Vec<f32>)>,
    digest: [u8; 32],
}

impl Weights {
    /// Reads `<model>-weights_manifest.json` and its shards from `dir`.
    pub fn open(dir: &Path, model: &str) -> Result<Self, ModelError> {
        let manifest = format!("{}/{model}-weights_manifest.json", dir.display());
        let text = read(&manifest, MAX_MANIFEST)?;
        let mut shards = Vec::new();
        for path in
            shard_names(&text).map_err(|what| ModelError::Malformed { file: manifest.clone(), what })?
        {
            let limit = MAX_SHARDS - shards.len() as u64;
            shards.append(&mut read(&format!("{}/{path}", dir.display()), limit)?);
        }
        Weights::parse(&manifest, &text, &shards)
    }

    /// Reads a manifest (called `file` in errors) and its shards, already joined. Reads no file, so that a fuzzer can call it.
    pub fn parse(file: &str, manifest: &[u8], shards: &[u8]) -> Result<Self, ModelError> {
        let malformed = |what: String| ModelError::Malformed { file: file.to_owned(), what };
        let groups: Vec<Group> = serde_json::from_slice(manifest).map_err(|e| malformed(e.to_string()))?;
        let entries: Vec<Entry> = groups.into_iter().flat_map(|group| group.weights).collect();
        if entries.len() > MAX_TENSORS {
            return Err(malformed(format!("{} tensors", entries.len())));
        }
        let mut tensors = HashMap::new();
        let mut rest = shards;
        for entry in entries {
            let values =
                tensor(&entry, &mut rest).map_err(|what| malformed(format!("{}: {what}", entry.name)))?;
            // Integer tensors are the training graph's bookkeeping: their bytes are skipped.
            let Some(values) = values else { continue };
            if tensors.insert(entry.name.clone(), (entry.shape, values)).is_some() {
                return Err(malformed(format!("{} is listed twice", entry.name)));
            }
        }
        if !rest.is_empty() {
            return Err(malformed(format!("the shards hold {} bytes too many", rest.len())));
        }
        let digest = Sha256::new().chain_update(manifest).chain_update(shards).finalize().into();
        Ok(Weights { manifest: file.to_owned(), tensors, digest })
    }

    /// SHA-256 of the manifest's bytes followed by the shards'.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Takes a tensor out. Errors: it is absent, or of another shape.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        match self.tensors.remove(name) {
            Some((found, values)) if found == shape => Ok(values),
            Some((found, _)) => Err(self.malformed(format!("{name} has shape {found:?}, not {shape:?}"))),
            None => Err(self.malformed(format!("{name} is missing"))),
        }
    }

    /// Checks that no tensor is left, except those whose names begin with `ignored` if that is not empty.
    pub fn finish(self, ignored: &str) -> Result<(), ModelError> {
        let surplus = |name: &&String| ignored.is_empty() || !name.starts_with(ignored);
        match self.tensors.keys().filter(surplus).min() {
            Some(name) => Err(self.malformed(format!("{name} belongs to no layer"))),
            None => Ok(()),
        }
    }

    fn malformed(&self, what: String) -> ModelError {
        ModelError::Malformed { file: self.manifest.clone(), what }
    }
}

/// The shards that a manifest names. Plain file names only: a manifest must not lead out of its directory.
fn shard_names(manifest: &[u8]) -> Result<Vec<String>, String> {
    let groups: Vec<Group> = serde_json::from_slice(manifest).map_err(|e| e.to_string())?;
    let names: Vec<String> = groups.into_iter().flat_map(|group| group.paths).collect();
    match names.iter().find(|name| name.starts_with('.') || name.contains(['/', '\\', '\0'])) {
        Some(name) => Err(format!("{name:?} is not the name of a shard")),
        None => Ok(names),
    }
}

/// Reads a whole file of at most `limit` bytes.
fn read(file: &str, limit: u64) -> Result<Vec<u8>, ModelError> {
    let unreadable = |source| ModelError::Unreadable { file: file.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(file).and_then(|f| f.take(limit + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(ModelError::Malformed {
            file: file.to_owned(),
            what: format!("longer than {limit} bytes"),
        });
    }
    Ok(bytes)
}

/// Takes one tensor off the front of `rest`; None if it holds integers.
fn tensor(entry: &Entry, rest: &mut &[u8]) -> Result<Option<Vec<f32>>, String> {
    let count =
        entry.shape.iter().try_fold(1usize, |count, &n| count.checked_mul(n)).ok_or("shape too large")?;
    let float = match entry.dtype.as_str() {
        "float32" => true,
        "int32" => false,
        other => return Err(format!("dtype {other:?} is not known")),
    };
    match &entry.quantization {
        Some(q) if q.dtype == "uint8" => {
            let bytes = split(rest, count)?;
            float.then(|| dequantise(bytes, q)).transpose()
        }
        Some(q) => Err(format!("quantisation to {:?} is not known", q.dtype)),
        None => {
            let bytes = split(rest, count.checked_mul(4).ok_or("shape too large")?)?;
            float.then(|| little_endian(bytes)).transpose()
        }
    }
}

fn split<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let missing = || format!("the shards end {} bytes early", length - rest.len());
    let (bytes, after) = rest.split_at_checked(length).ok_or_else(missing)?;
    *rest = after;
    Ok(bytes)
}

/// q · scale + min, computed in f64 once per value of q.
fn dequantise(bytes: &[u8], quantization: &Quantization) -> Result<Vec<f32>, String> {
    let values: [f32; 256] =
        std::array::from_fn(|q| (q as f64 * quantization.scale + quantization.min) as f32);
    if values.iter().any(|value| !value.is_finite()) {
        return Err("scale and min give numbers that are not finite".to_owned());
    }
    Ok(bytes.iter().map(|&q| values[usize::from(q)]).collect())
}

fn little_endian(bytes: &[u8]) -> Result<Vec<f32>, String> {
    let (quads, _) = bytes.as_chunks::<4>();
    let values: Vec<f32> = quads.iter().map(|&quad| f32::from_le_bytes(quad)).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err("holds numbers that are not finite".to_owned());
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"[{"paths":["m.bin"],"weights":[
        {"name":"a","shape":[2],"dtype":"float32","quantization":{"dtype":"uint8","min":-1.0,"scale":0.5}},
        {"name":"n","shape":[],"dtype":"int32","quantization":{"dtype":"uint8","min":3,"scale":1}},
        {"name":"b","shape":[1],"dtype":"float32"}]}]"#;

    fn parse(manifest: &str, shards: &[u8]) -> Result<Weights, String> {
        Weights::parse("m.json", manifest.as_bytes(), shards).map_err(|e| e.to_string())
    }

    #[test]
    fn reads_both_kinds_and_skips_integers() {
        let mut weights = parse(GOOD, &[0, 4, 9, 0, 0, 0x80, 0x3f]).unwrap();
        assert_eq!(weights.take("a", &[2]).unwrap(), [-1.0, 1.0]);
        assert_eq!(weights.take("b", &[1]).unwrap(), [1.0]);
        weights.finish("").unwrap();
    }

    #[test]
    fn errors_name_the_file_and_the_command() {
        let swapped = |from: &str, to: &str| GOOD.replace(from, to);
        for (manifest, shards, part) in [
            (GOOD.to_owned(), &[0; 6][..], "b: the shards end 1 bytes early"),
            (GOOD.to_owned(), &[0; 8], "1 bytes too many"),
            (swapped("\"b\"", "\"a\""), &[0; 7], "a is listed twice"),
            (swapped("int32", "complex64"), &[0; 7], "\"complex64\""),
            (swapped("uint8", "uint16"), &[0; 7], "\"uint16\""),
            (swapped("[2]", "[4294967296,4294967296]"), &[0; 7], "shape too large"),
            (swapped("[2]", "[9000000000000000000]"), &[0; 7], "end"),
            (swapped("0.5", "1e300"), &[0; 7], "not finite"),
            ("{}".to_owned(), &[], "m.json"),
        ] {
            let error = parse(&manifest, shards).unwrap_err();
            assert!(
                error.contains(part) && error.contains("m.json") && error.contains("make models"),
                "{error}"
            );
        }
        let mut nan = vec![0; 7];
        nan[3..].copy_from_slice(&f32::NAN.to_le_bytes());
        assert!(parse(GOOD, &nan).unwrap_err().contains("not finite"));
    }

    #[test]
    fn takes_exact_shapes_and_refuses_leftovers() {
        let mut weights = parse(GOOD, &[0; 7]).unwrap();
        assert!(weights.take("a", &[1, 2]).unwrap_err().to_string().contains("[2], not [1, 2]"));
        assert!(weights.take("c", &[1]).unwrap_err().to_string().contains("c is missing"));
        assert!(weights.finish("").unwrap_err().to_string().contains("b belongs to no layer"));
        assert!(parse(GOOD, &[0; 7]).unwrap().finish("a").is_err());
    }

    #[test]
    fn a_shard_stays_in_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["../m.bin", "/etc/passwd", "..", ".hidden", "a\\\\b"] {
            std::fs::write(dir.path().join("m-weights_manifest.json"), GOOD.replace("m.bin", path)).unwrap();
            let error = Weights::open(dir.path(), "m").unwrap_err().to_string();
            assert!(error.contains("not the name of a shard"), "{error}");
        }
        let error = Weights::open(dir.path(), "absent").unwrap_err().to_string();
        assert!(error.contains("absent-weights_manifest.json") && error.contains("make models"), "{error}");
    }
}
