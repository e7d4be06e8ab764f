//! Access tokens: JWTs (RFC 7519) signed with Ed25519 (RFC 8037), typed `at+jwt` (RFC 9068). Only our own
//! tokens verify: one algorithm, our keys, every claim present.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::user::Role;
use domain::{Sha256, TenantId, Timestamp, UserId};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// A longer token is refused unread.
const MAX_TOKEN_BYTES: usize = 2048;
const ALGORITHM: &str = "EdDSA";
const TYPE: &str = "at+jwt";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    pub tid: TenantId,
    pub role: Role,
    pub sid: Uuid,
    pub jti: Uuid,
    /// A moment in seconds since 1970 (RFC 7519, NumericDate).
    pub iat: i64,
    /// Seconds since 1970, exclusive.
    pub exp: i64,
}

impl Claims {
    pub fn are_current(&self, now: Timestamp) -> bool {
        now.as_second() < self.exp
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// Not a token of ours, or expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the access token is not valid")]
pub struct InvalidToken;

/// Signs and verifies access tokens.
pub struct AccessTokens {
    issuer: String,
    signing: SigningKey,
    kid: String,
    verifying: Vec<(String, VerifyingKey)>,
}

impl AccessTokens {
    /// `issuer` is also the audience. The first seed signs, all of them verify; None without a seed.
    pub fn new(issuer: &str, seeds: &[[u8; 32]]) -> Option<Self> {
        let signing = SigningKey::from_bytes(seeds.first()?);
        let verifying: Vec<_> = seeds
            .iter()
            .map(|seed| SigningKey::from_bytes(seed).verifying_key())
            .map(|key| (key_id(&key), key))
            .collect();
        let kid = key_id(&signing.verifying_key());
        Some(AccessTokens { issuer: issuer.to_owned(), signing, kid, verifying })
    }

    pub fn sign(&self, claims: &Claims) -> String {
        let header = Header { alg: ALGORITHM.into(), typ: TYPE.into(), kid: self.kid.clone() };
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = self.signing.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, InvalidToken> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(InvalidToken)?;
        let (header, claims) = message.split_once('.').ok_or(InvalidToken)?;
        let header: Header = read(header)?;
        if header.alg != ALGORITHM || header.typ != TYPE {
            return Err(InvalidToken);
        }
        let (_, key) = self.verifying.iter().find(|(kid, _)| *kid == header.kid).ok_or(InvalidToken)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| InvalidToken)?;
        let signature = Signature::from_slice(&signature).map_err(|_| InvalidToken)?;
        key.verify_strict(message.as_bytes(), &signature).map_err(|_| InvalidToken)?;
        let claims: Claims = read(claims)?;
        let ours = claims.iss == self.issuer && claims.aud == self.issuer;
        if ours && claims.are_current(now) { Ok(claims) } else { Err(InvalidToken) }
    }

    /// Whether the token names a key that is not ours.
    pub fn is_of_unknown_key(&self, token: &str) -> bool {
        let header = token.split('.').next().filter(|_| token.len() <= MAX_TOKEN_BYTES);
        let header: Option<Header> = header.and_then(|header| read(header).ok());
        header.is_some_and(|header| self.verifying.iter().all(|(kid, _)| *kid != header.kid))
    }

    /// The public keys as a JWK Set (RFC 7517).
    pub fn jwks(&self) -> Value {
        let key = |(kid, key): &(String, VerifyingKey)| {
            let mut jwk = public_jwk(key);
            jwk["kid"] = json!(kid);
            jwk["use"] = json!("sig");
            jwk["alg"] = json!(ALGORITHM);
            jwk
        };
        json!({ "keys": self.verifying.iter().map(key).collect::<Vec<_>>() })
    }
}

fn public_jwk(key: &VerifyingKey) -> Value {
    json!({ "crv": "Ed25519", "kty": "OKP", "x": URL_SAFE_NO_PAD.encode(key.to_bytes()) })
}

/// The key's thumbprint (RFC 7638).
fn key_id(key: &VerifyingKey) -> String {
    let x = URL_SAFE_NO_PAD.encode(key.to_bytes());
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::of(members.as_bytes()).bytes())
}

fn part(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("strings, numbers and ids are always JSON");
    URL_SAFE_NO_PAD.encode(json)
}

fn read<T: for<'a> Deserialize<'a>>(part: &str) -> Result<T, InvalidToken> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidToken)?;
    serde_json::from_slice(&json).map_err(|_| InvalidToken)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use domain::fixture;

    fn tokens(seeds: &[[u8; 32]]) -> AccessTokens {
        AccessTokens::new("https://photos.example", seeds).unwrap()
    }

    pub(in crate::auth) fn claims() -> Claims {
        let (tid, sub) = fixture::owner();
        let issuer = "https://photos.example".to_owned();
        let iat = fixture::now().as_second();
        let (sid, jti) = (Uuid::from_u128(1), Uuid::from_u128(2));
        Claims {
            iss: issuer.clone(),
            aud: issuer,
            sub,
            tid,
            role: Role::Customer,
            sid,
            jti,
            iat,
            exp: iat + 900,
        }
    }

    fn forge(header: Value, claims: &Claims, seed: [u8; 32]) -> String {
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = SigningKey::from_bytes(&seed).sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    #[test]
    fn a_token_verifies_until_it_expires() {
        let tokens = tokens(&[[1; 32]]);
        let token = tokens.sign(&claims());
        for (seconds, expected) in [(0, true), (899, true), (900, false), (9000, false)] {
            let read = tokens.verify(&token, fixture::later(seconds));
            assert_eq!(read, if expected { Ok(claims()) } else { Err(InvalidToken) }, "{seconds} s");
        }
    }

    #[test]
    fn keys_may_overlap() {
        let (old, both, new) = (tokens(&[[1; 32]]), tokens(&[[2; 32], [1; 32]]), tokens(&[[2; 32]]));
        for (signer, verifier, expected) in [
            (&old, &both, true),
            (&both, &both, true),
            (&both, &new, true),
            (&old, &new, false),
            (&both, &old, false),
        ] {
            let token = signer.sign(&claims());
            assert_eq!(verifier.verify(&token, fixture::now()).is_ok(), expected);
        }
        assert!(AccessTokens::new("x", &[]).is_none());
    }

    #[test]
    fn forgeries_are_refused() {
        let tokens = tokens(&[[1; 32]]);
        let kid = tokens.kid.clone();
        let good = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid});
        assert!(tokens.verify(&forge(good.clone(), &claims(), [1; 32]), fixture::now()).is_ok());
        let with = |key: &str, value: Value| {
            let mut header = good.clone();
            header[key] = value;
            header
        };
        for header in [
            with("alg", json!("none")),
            with("alg", json!("HS256")),
            with("alg", json!("eddsa")),
            with("typ", json!("JWT")),
            with("kid", json!("other")),
            with("crit", json!(["b64"])),
            with("jwk", json!({"kty": "OKP"})),
            json!({"alg": "EdDSA"}),
            json!([]),
        ] {
            let token = forge(header.clone(), &claims(), [1; 32]);
            assert_eq!(tokens.verify(&token, fixture::now()), Err(InvalidToken), "{header}");
        }
        let other_key = forge(good.clone(), &claims(), [9; 32]);
        let elsewhere =
            forge(good.clone(), &Claims { iss: "https://evil.example".into(), ..claims() }, [1; 32]);
        let others = forge(good, &Claims { aud: "https://other.example".into(), ..claims() }, [1; 32]);
        let token = tokens.sign(&claims());
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = message.split_once('.').unwrap();
        let admin = part(&Claims { role: Role::Admin, ..claims() });
        for bad in [
            other_key,
            elsewhere,
            others,
            format!("{header}.{admin}.{signature}"),
            format!("{message}."),
            format!("{message}.{}", &signature[1..]),
            format!("{token}="),
            format!("{token}.{token}"),
            String::new(),
            "..".into(),
            "a.b.c".into(),
            "x".repeat(1 << 20),
        ] {
            assert_eq!(tokens.verify(&bad, fixture::now()), Err(InvalidToken), "{:.80}", bad);
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let tokens = tokens(&[[1; 32]]);
        let token = tokens.sign(&claims());
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(tokens.verify(&changed, fixture::now()), Err(InvalidToken), "character {at}");
        }
    }

    /// The key and its thumbprint are those of RFC 8037's appendix A.
    #[test]
    fn public_keys_are_rfc_8037s() {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let tokens = tokens(&[seed.try_into().unwrap()]);
        let key = &tokens.jwks()["keys"][0];
        assert_eq!(key["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(
            (&key["kty"], &key["crv"], &key["alg"]),
            (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"))
        );
    }
}
