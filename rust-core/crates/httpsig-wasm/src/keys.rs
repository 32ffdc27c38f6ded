//! Keys as the vectors give them: JWK, PEM in any of its kinds, or base64 of a shared secret.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use httpsig::der;
use httpsig::keys::{HmacKey, SigningKey, VerifyingKey};
use httpsig::{Algorithm, ecdsa, ecdsa_p384, ed25519, rsa};
use serde_json::{Value, json};

use crate::operations::{Answer, text};

/// `{kid, alg?, algs?, jwk?, pem?, b64?}` → `{public_b64, spellings, signs}` or `{error}`: every spelling must be the same key, and what
/// a private half signs its public half must verify.
pub fn inspect(key: &Value) -> Answer {
    let algorithms: Vec<Algorithm> = match key.get("algs").and_then(Value::as_array) {
        Some(names) => names.iter().map(algorithm_named).collect::<Result<_, _>>()?,
        None => vec![algorithm_named(key.get("alg").unwrap_or(&Value::Null))?],
    };
    let mut publics: Vec<(String, Vec<u8>)> = Vec::new();
    let mut signs = false;
    for algorithm in algorithms {
        for (spelling, bytes) in public_spellings(key, algorithm)? {
            publics.push((spelling, bytes));
        }
        if let Some(signing) = signing_key(key, algorithm)? {
            let verifying = verifying_key(key, algorithm)?;
            let signature = signing.sign(b"a key signs what it verifies");
            if !verifying.verify(b"a key signs what it verifies", &signature) {
                return Ok(json!({ "error": "the private half signs what the public half does not verify" }));
            }
            signs = true;
        }
    }
    let Some((first, public)) = publics.first() else { return Err("no key".into()) };
    for (spelling, other) in &publics {
        if other != public {
            return Ok(json!({ "error": format!("{spelling} is another key than {first}") }));
        }
    }
    let spellings: Vec<&str> = publics.iter().map(|(spelling, _)| spelling.as_str()).collect();
    Ok(json!({ "public_b64": Base64::encode_string(public), "spellings": spellings, "signs": signs }))
}

pub fn algorithm_named(name: &Value) -> Result<Algorithm, String> {
    name.as_str().and_then(Algorithm::from_name).ok_or_else(|| format!("no such algorithm: {name}"))
}

/// The key for verifying under this algorithm.
pub fn verifying_key(key: &Value, algorithm: Algorithm) -> Result<VerifyingKey, String> {
    let (spelling, public) = public_spellings(key, algorithm)?
        .into_iter()
        .next()
        .ok_or_else(|| format!("no key for {}", algorithm.name()))?;
    let built = match algorithm {
        Algorithm::HmacSha256 => HmacKey::new(&public).map(VerifyingKey::HmacSha256),
        Algorithm::EcdsaP256Sha256 => ecdsa::PublicKey::from_point(&public).map(VerifyingKey::EcdsaP256Sha256),
        Algorithm::EcdsaP384Sha384 => ecdsa_p384::PublicKey::from_point(&public).map(VerifyingKey::EcdsaP384Sha384),
        Algorithm::Ed25519 => ed25519::PublicKey::from_bytes(&public).map(VerifyingKey::Ed25519),
        Algorithm::RsaPssSha512 => rsa_key(&public).map(VerifyingKey::RsaPssSha512),
        Algorithm::RsaV15Sha256 => rsa_key(&public).map(VerifyingKey::RsaV15Sha256),
    };
    built.ok_or_else(|| format!("{spelling} is no key for {}", algorithm.name()))
}

/// The private half, if it is there and signs: there is none for RSA.
pub fn signing_key(key: &Value, algorithm: Algorithm) -> Result<Option<SigningKey>, String> {
    let Some(secret) = secret(key, algorithm)? else { return Ok(None) };
    let built = match algorithm {
        Algorithm::HmacSha256 => HmacKey::new(&secret).map(SigningKey::HmacSha256),
        Algorithm::EcdsaP256Sha256 => ecdsa::PrivateKey::from_bytes(&secret).map(SigningKey::EcdsaP256Sha256),
        Algorithm::EcdsaP384Sha384 => ecdsa_p384::PrivateKey::from_bytes(&secret).map(SigningKey::EcdsaP384Sha384),
        Algorithm::Ed25519 => ed25519::PrivateKey::from_bytes(&secret).map(SigningKey::Ed25519),
        Algorithm::RsaPssSha512 | Algorithm::RsaV15Sha256 => return Ok(None),
    };
    built.map(Some).ok_or_else(|| format!("no private key for {}", algorithm.name()))
}

/// Modulus and exponent, of which the exponent has four bytes: one text of bytes for both.
fn rsa_key(public: &[u8]) -> Option<rsa::PublicKey> {
    let (modulus, exponent) = public.split_at_checked(public.len().checked_sub(4)?)?;
    rsa::PublicKey::from_parts(modulus, exponent)
}

fn rsa_bytes(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    let (modulus, exponent) = rsa::PublicKey::from_parts(modulus, exponent)?.to_parts();
    let padding = vec![0; 4_usize.checked_sub(exponent.len())?];
    Some([modulus, padding, exponent].concat())
}

fn jwk_bytes(jwk: &Value, name: &str) -> Result<Vec<u8>, String> {
    Base64UrlUnpadded::decode_vec(text(jwk, name)?).map_err(|_| format!("jwk.{name} is not base64url"))
}

fn secret(key: &Value, algorithm: Algorithm) -> Result<Option<Vec<u8>>, String> {
    let member = if algorithm == Algorithm::HmacSha256 { "k" } else { "d" };
    match key.get("jwk") {
        Some(jwk) if jwk.get(member).is_some() => jwk_bytes(jwk, member).map(Some),
        _ => match key.get("b64").and_then(Value::as_str) {
            Some(text) => Base64::decode_vec(text).map(Some).map_err(|_| "b64 is not base64".into()),
            None => Ok(None),
        },
    }
}

/// The public half by each spelling that is there: a point, 32 bytes, modulus and exponent; a shared secret is its own.
fn public_spellings(key: &Value, algorithm: Algorithm) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut spellings = Vec::new();
    let mut add = |spelling: &str, bytes: Option<Vec<u8>>| match bytes {
        Some(bytes) => {
            spellings.push((spelling.to_owned(), bytes));
            Ok(())
        }
        None => Err(format!("{spelling} is no key for {}", algorithm.name())),
    };
    if let Some(jwk) = key.get("jwk") {
        add("jwk", from_jwk(jwk, algorithm)?)?;
        let derived = match algorithm {
            Algorithm::HmacSha256 | Algorithm::RsaPssSha512 | Algorithm::RsaV15Sha256 => None,
            _ => signing_key(key, algorithm)?,
        };
        match derived {
            Some(SigningKey::EcdsaP256Sha256(key)) => add("jwk.d", Some(key.public_key().to_point()))?,
            Some(SigningKey::EcdsaP384Sha384(key)) => add("jwk.d", Some(key.public_key().to_point()))?,
            Some(SigningKey::Ed25519(key)) => add("jwk.d", Some(key.public_key().to_bytes().to_vec()))?,
            Some(SigningKey::HmacSha256(_)) | None => {}
        }
    }
    if let Some(text) = key.get("b64").and_then(Value::as_str) {
        add("b64", Base64::decode_vec(text).ok())?;
    }
    for (label, pem) in key.get("pem").and_then(Value::as_object).into_iter().flatten() {
        let pem = pem.as_str().ok_or_else(|| format!("pem {label} is not a text"))?;
        if !pem.starts_with(&format!("-----BEGIN {label}-----")) {
            return Err(format!("pem {label} has another label"));
        }
        add(label, from_pem(label, pem, algorithm))?;
    }
    Ok(spellings)
}

fn from_jwk(jwk: &Value, algorithm: Algorithm) -> Result<Option<Vec<u8>>, String> {
    let is = |kty: &str, curve: Option<&str>| {
        let matches = jwk.get("kty").and_then(Value::as_str) == Some(kty)
            && curve.is_none_or(|curve| jwk.get("crv").and_then(Value::as_str) == Some(curve));
        if matches { Ok(()) } else { Err(format!("the jwk is no key for {}", algorithm.name())) }
    };
    let point = |curve: &str| {
        is("EC", Some(curve))?;
        Ok::<_, String>([vec![4], jwk_bytes(jwk, "x")?, jwk_bytes(jwk, "y")?].concat())
    };
    Ok(match algorithm {
        Algorithm::HmacSha256 => {
            is("oct", None)?;
            Some(jwk_bytes(jwk, "k")?)
        }
        Algorithm::EcdsaP256Sha256 => ecdsa::PublicKey::from_point(&point("P-256")?).map(|key| key.to_point()),
        Algorithm::EcdsaP384Sha384 => ecdsa_p384::PublicKey::from_point(&point("P-384")?).map(|key| key.to_point()),
        Algorithm::Ed25519 => {
            is("OKP", Some("Ed25519"))?;
            ed25519::PublicKey::from_bytes(&jwk_bytes(jwk, "x")?).map(|key| key.to_bytes().to_vec())
        }
        Algorithm::RsaPssSha512 | Algorithm::RsaV15Sha256 => {
            is("RSA", None)?;
            rsa_bytes(&jwk_bytes(jwk, "n")?, &jwk_bytes(jwk, "e")?)
        }
    })
}

fn from_pem(label: &str, pem: &str, algorithm: Algorithm) -> Option<Vec<u8>> {
    match (label, algorithm) {
        ("PUBLIC KEY", Algorithm::EcdsaP256Sha256) => Some(ecdsa::PublicKey::from_spki_pem(pem)?.to_point()),
        ("PUBLIC KEY", Algorithm::EcdsaP384Sha384) => Some(ecdsa_p384::PublicKey::from_spki_pem(pem)?.to_point()),
        ("PUBLIC KEY", Algorithm::Ed25519) => Some(ed25519::PublicKey::from_spki_pem(pem)?.to_bytes().to_vec()),
        ("PUBLIC KEY" | "RSA PUBLIC KEY", Algorithm::RsaPssSha512 | Algorithm::RsaV15Sha256) => {
            let (modulus, exponent) = rsa::PublicKey::from_pem(pem)?.to_parts();
            rsa_bytes(&modulus, &exponent)
        }
        ("PRIVATE KEY", Algorithm::EcdsaP256Sha256) => {
            Some(ecdsa::PrivateKey::from_pkcs8_pem(pem)?.public_key().to_point())
        }
        ("PRIVATE KEY", Algorithm::EcdsaP384Sha384) => {
            Some(ecdsa_p384::PrivateKey::from_pkcs8_pem(pem)?.public_key().to_point())
        }
        ("PRIVATE KEY", Algorithm::Ed25519) => {
            Some(ed25519::PrivateKey::from_pkcs8_pem(pem)?.public_key().to_bytes().to_vec())
        }
        ("EC PRIVATE KEY", Algorithm::EcdsaP256Sha256) => {
            Some(ecdsa::PrivateKey::from_sec1_der(&der::from_pem(pem, label)?)?.public_key().to_point())
        }
        ("EC PRIVATE KEY", Algorithm::EcdsaP384Sha384) => {
            Some(ecdsa_p384::PrivateKey::from_sec1_der(&der::from_pem(pem, label)?)?.public_key().to_point())
        }
        ("RSA PRIVATE KEY", Algorithm::RsaPssSha512 | Algorithm::RsaV15Sha256) => {
            rsa_private(&der::from_pem(pem, label)?)
        }
        ("PRIVATE KEY", Algorithm::RsaPssSha512 | Algorithm::RsaV15Sha256) => {
            let document = der::from_pem(pem, label)?;
            let mut info = der::Reader(der::only(&document, der::SEQUENCE)?);
            info.read(der::INTEGER)?;
            info.read(der::SEQUENCE)?;
            rsa_private(info.read(der::OCTET_STRING)?)
        }
        _ => None,
    }
}

/// Modulus and exponent of an `RSAPrivateKey` (RFC 8017 A.1.2). The rest of it is of no use here.
fn rsa_private(document: &[u8]) -> Option<Vec<u8>> {
    let mut fields = der::Reader(der::only(document, der::SEQUENCE)?);
    fields.read(der::INTEGER)?;
    rsa_bytes(fields.positive()?, fields.positive()?)
}
