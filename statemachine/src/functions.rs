//! The functions that Step Functions adds to JSONata, and those of JSONata that depend on time or randomness.

use std::cell::Cell;
use std::rc::Rc;

use jsonata_core::evaluator::{Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::value::JValue;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::limits::{MAX_OUTPUT_BYTES, MAX_RANGE};
use crate::seed::Seed;
use crate::time::{Millis, iso};

/// The random numbers of the execution, in order.
pub(crate) struct Draws {
    seed: Seed,
    next: Rc<Cell<u64>>,
}

impl Draws {
    pub fn new(seed: Seed, next: Rc<Cell<u64>>) -> Rc<Draws> {
        Rc::new(Draws { seed, next })
    }

    fn turn(&self) -> u64 {
        self.next.replace(self.next.get() + 1)
    }

    fn fraction(&self) -> f64 {
        self.seed.fraction(self.turn())
    }
}

/// Registers `$partition`, `$range`, `$hash`, `$random`, `$uuid`, `$parse` ("Transforming data with JSONata in Step
/// Functions"), removes `$eval` as AWS does, bounds `$pad`, and binds `$now`, `$millis`, `$shuffle` to the step's time and
/// the seed.
pub(crate) fn register(evaluator: &mut Evaluator, draws: Rc<Draws>, now: Millis) {
    let taken = "the name is registered once and not compilable";
    evaluator.register_fn("partition", partition).expect(taken);
    evaluator.register_fn("range", range).expect(taken);
    evaluator.register_fn("hash", hash).expect(taken);
    evaluator.register_fn("parse", parse).expect(taken);
    let source = Rc::clone(&draws);
    evaluator.register_fn("uuid", move |_: &[JValue]| Ok(uuid(&source))).expect(taken);
    let source = Rc::clone(&draws);
    evaluator.register_fn_override("random", move |args: &[JValue]| Ok(random(&source, args))).expect(taken);
    evaluator.register_fn_override("shuffle", move |args: &[JValue]| Ok(shuffle(&draws, args))).expect(taken);
    evaluator.register_fn_override("pad", pad).expect(taken);
    evaluator
        .register_fn_override("eval", |_: &[JValue]| Err(failed("T1006: Attempted to invoke a non-function")))
        .expect(taken);
    evaluator.register_fn_override("millis", move |_: &[JValue]| Ok(JValue::from_i64(now))).expect(taken);
    evaluator.register_fn_override("now", move |args: &[JValue]| time(now, args)).expect(taken);
}

fn failed(message: &str) -> EvaluatorError {
    EvaluatorError::EvaluationError(message.to_owned())
}

/// `$partition(array, size)`: the array in chunks. An array of one chunk stays an array.
fn partition(args: &[JValue]) -> HostFnResult {
    let Some(items) = args.first().filter(|value| !value.is_undefined()) else {
        return Ok(JValue::Undefined);
    };
    let items = items.as_array().cloned().unwrap_or_else(|| vec![items.clone()]);
    let size = args.get(1).and_then(JValue::as_f64).filter(|size| *size >= 1.0);
    let size = size.ok_or_else(|| failed("The chunk size of $partition must be a positive number"))?;
    Ok(JValue::array(items.chunks(size as usize).map(|chunk| JValue::array(chunk.to_vec())).collect()))
}

/// `$range(first, last, step)`, both ends included. It is a sequence of JSONata: one element stands for itself.
fn range(args: &[JValue]) -> HostFnResult {
    let [first, last, step] = args else { return Err(failed("$range takes three numbers")) };
    let (Some(first), Some(last), Some(step)) = (first.as_f64(), last.as_f64(), step.as_f64()) else {
        return Err(failed("$range takes three numbers"));
    };
    let steps = ((last - first) / step).floor();
    if step == 0.0 || !steps.is_finite() {
        return Err(failed("The step of $range must not be 0"));
    }
    if steps >= MAX_RANGE as f64 {
        return Err(failed("$range makes at most 1000 elements"));
    }
    let count = if steps < 0.0 { 0 } else { steps as usize + 1 };
    let mut items: Vec<JValue> = (0..count).map(|i| JValue::from_f64(first + step * i as f64)).collect();
    Ok(match items.len() {
        0 => JValue::Undefined,
        1 => items.remove(0),
        _ => JValue::array(items),
    })
}

/// `$hash(data, algorithm)` in hexadecimal; data other than strings is hashed as JSON.
fn hash(args: &[JValue]) -> HostFnResult {
    let Some(data) = args.first().filter(|value| !value.is_undefined()) else { return Ok(JValue::Undefined) };
    let text = match data.as_str() {
        Some(text) => text.to_owned(),
        None => data.to_json_string().map_err(|e| failed(&e.to_string()))?,
    };
    let hex = match args.get(1).and_then(JValue::as_str) {
        Some("MD5") => hex::encode(Md5::digest(text)),
        Some("SHA-1") => hex::encode(Sha1::digest(text)),
        Some("SHA-256") => hex::encode(Sha256::digest(text)),
        Some("SHA-384") => hex::encode(Sha384::digest(text)),
        Some("SHA-512") => hex::encode(Sha512::digest(text)),
        _ => return Err(failed("The algorithm of $hash must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512")),
    };
    Ok(JValue::from(hex))
}

/// `$parse(text)`: the JSON in a string.
fn parse(args: &[JValue]) -> HostFnResult {
    match args.first() {
        None | Some(JValue::Undefined) => Ok(JValue::Undefined),
        Some(value) => {
            let text = value.as_str().ok_or_else(|| {
                failed("T0410: Argument 1 of function \"parse\" does not match function signature")
            })?;
            JValue::from_json_str(text).map_err(|e| failed(&format!("$parse could not read JSON: {e}")))
        }
    }
}

/// A version 4 UUID from the execution's randomness.
fn uuid(draws: &Draws) -> JValue {
    let mut bytes = draws.seed.bytes(draws.turn());
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex::encode(bytes);
    JValue::from(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

/// `$random()`, or `$random(seed)`, which gives the same number for the same seed.
fn random(draws: &Draws, args: &[JValue]) -> JValue {
    let Some(seed) = args.first().and_then(JValue::as_f64) else { return JValue::from_f64(draws.fraction()) };
    let digest: [u8; 32] = Sha256::digest(seed.to_be_bytes()).into();
    JValue::from_f64(Seed::from_bytes(digest).fraction(0))
}

/// `$shuffle(array)`, by the Fisher-Yates algorithm.
fn shuffle(draws: &Draws, args: &[JValue]) -> JValue {
    let Some(mut items) = args.first().and_then(|value| value.as_array().cloned()) else {
        return args.first().cloned().unwrap_or(JValue::Undefined);
    };
    for last in (1..items.len()).rev() {
        let other = (draws.fraction() * (last + 1) as f64) as usize;
        items.swap(last, other);
    }
    JValue::array(items)
}

/// `$pad(text, width, char?)`: on the right, for a negative width on the left. JSONata's own has no limit of memory.
fn pad(args: &[JValue]) -> HostFnResult {
    let Some(text) = args.first().and_then(JValue::as_str) else { return Ok(JValue::Undefined) };
    let width =
        args.get(1).and_then(JValue::as_i64).ok_or_else(|| failed("The width of $pad must be a number"))?;
    let wanted = width.unsigned_abs() as usize;
    if wanted > MAX_OUTPUT_BYTES {
        return Err(failed("The width of $pad is too large"));
    }
    let fill = args.get(2).and_then(JValue::as_str).filter(|fill| !fill.is_empty()).unwrap_or(" ");
    let missing = wanted.saturating_sub(text.chars().count());
    let fill: String = fill.chars().cycle().take(missing).collect();
    Ok(JValue::from(if width < 0 { format!("{fill}{text}") } else { format!("{text}{fill}") }))
}

/// `$now(picture?, timezone?)` at the step's time.
fn time(now: Millis, args: &[JValue]) -> HostFnResult {
    if args.iter().all(JValue::is_undefined) {
        return Ok(JValue::from(iso(now)));
    }
    let call = jsonata_core::parser::parse("$fromMillis(at, picture, zone)").expect("a constant expression");
    let names = ["picture", "zone"].into_iter().zip(args.iter().cloned());
    let fields = names.chain([("at", JValue::from_i64(now))]).filter(|(_, value)| !value.is_undefined());
    Evaluator::new().evaluate(&call, &crate::value::object(fields))
}
