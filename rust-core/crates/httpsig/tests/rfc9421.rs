//! RFC 9421's and RFC 9530's own examples, as far as requests, P-256 and HMAC go; what is not served is refused, never guessed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;

use base64ct::{Base64, Encoding as _};
use httpsig::Encoding;
use httpsig::digest::{DigestError, sha512_content_digest, verify_content_digest};
use httpsig::ecdsa::{PrivateKey, der_to_raw, raw_to_der};
use httpsig::hmac::verify_hmac_sha256;
use httpsig::message::{Request, signature_base};
use httpsig::sf::read::{parse_dictionary, parse_item};
use httpsig::sf::{InnerList, Limits, Member};
use serde_json::Value;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../test/vectors/rfc9421");

fn vectors(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("{VECTORS}/{name}.json")).unwrap()).unwrap()
}

fn bytes(base64: &Value) -> Vec<u8> {
    Base64::decode_vec(base64.as_str().unwrap()).unwrap()
}

fn key(kid: &str) -> Value {
    vectors("keys")["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid).unwrap().clone()
}

fn p256_key() -> PrivateKey {
    PrivateKey::from_pkcs8_pem(&pkcs8_p256()).unwrap()
}

/// The RFC prints its P-256 key as SEC1; PKCS#8 is the same key in another envelope.
fn pkcs8_p256() -> String {
    let pem = key("test-key-ecc-p256")["pem"].to_string();
    assert!(pem.contains("BEGIN"), "{pem}");
    let d = Base64::decode_vec(&unpadded_to_padded(key("test-key-ecc-p256")["jwk"]["d"].as_str().unwrap())).unwrap();
    let mut der = vec![
        0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d,
        3, 1, 7, 4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20,
    ];
    der.extend_from_slice(&d);
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", wrap(&Base64::encode_string(&der)))
}

fn unpadded_to_padded(text: &str) -> String {
    let standard = text.replace('-', "+").replace('_', "/");
    format!("{standard}{}", "=".repeat((4 - standard.len() % 4) % 4))
}

fn wrap(text: &str) -> String {
    text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn signatures_of_the_rfc() {
    let (private, public) = (p256_key(), p256_key().public_key());
    let (mut p256, mut hmac, mut bases) = (0, 0, 0);
    for file in ["appendix-b", "body-sections"] {
        for case in vectors(file)["cases"].as_array().unwrap() {
            let base = case["signature_base"].as_str().unwrap();
            let signature = bytes(&case["signature_b64"]);
            match case["alg"].as_str().unwrap() {
                "ecdsa-p256-sha256" => {
                    assert_eq!(public.verify(base.as_bytes(), &signature), case["valid"] == true, "{}", case["id"]);
                    assert!(!public.verify(format!("{base} ").as_bytes(), &signature));
                    let der = raw_to_der(&signature).unwrap();
                    assert_eq!(public.verify(base.as_bytes(), &der), case["valid"] == true);
                    assert_eq!(der_to_raw(&der).unwrap().as_slice(), signature);
                    if let Some(expected) = case["rfc6979_signature_b64"].as_str() {
                        let raw = private.sign(base.as_bytes(), Encoding::Raw);
                        assert_eq!(Base64::encode_string(&raw), expected, "{}", case["id"]);
                        assert_eq!(private.sign(base.as_bytes(), Encoding::Der), raw_to_der(&raw).unwrap());
                    }
                    p256 += 1;
                }
                "hmac-sha256" => {
                    let secret = bytes(&key(case["keyid"].as_str().unwrap())["b64"]);
                    assert!(verify_hmac_sha256(&secret, &[base.as_bytes()], &signature));
                    assert!(!verify_hmac_sha256(&secret, &[base.as_bytes()], &signature[..31]));
                    assert!(!verify_hmac_sha256(&secret, &[base.as_bytes(), b"\n"], &signature));
                    hmac += 1;
                }
                _ => {}
            }
            bases += usize::from(reproduces_base(case));
        }
    }
    assert!((p256, hmac) == (6, 1) && bases >= 5, "{p256} {hmac} {bases}");
}

/// Whether the case is a request with components that are served; then its base must come out byte for byte.
fn reproduces_base(case: &Value) -> bool {
    let message = &case["message"];
    let field = message["headers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case("signature-input"))
        .map(|header| header[1].as_str().unwrap())
        .collect::<Vec<_>>()
        .join(", ");
    let members = parse_dictionary(&field, Limits::SIGNATURES).unwrap();
    let input = members
        .into_iter()
        .find_map(|(label, member)| match member {
            Member::InnerList(input) if case["label"] == label.as_str() => Some(input),
            _ => None,
        })
        .unwrap();
    match base_of(message, &input) {
        Some(base) => {
            assert_eq!(base, case["signature_base"].as_str().unwrap(), "{}", case["id"]);
            true
        }
        None => false,
    }
}

fn base_of(message: &Value, input: &InnerList) -> Option<String> {
    let headers: Vec<(&str, &str)> = message["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|header| (header[0].as_str().unwrap(), header[1].as_str().unwrap()))
        .collect();
    let target = message["target_uri"].as_str().unwrap_or("https://response.invalid/");
    let rest = target.split_once("://").unwrap().1;
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let authority = authority.to_lowercase();
    let authority = authority.strip_suffix(":443").unwrap_or(&authority);
    let request = Request {
        method: message["method"].as_str().unwrap_or(""),
        authority,
        path: tail.split('?').next().unwrap_or(""),
        headers: &headers,
    };
    signature_base(&request, input).ok()
}

#[test]
fn components_of_the_rfc() {
    let (mut right, mut refused) = (0, 0);
    for case in vectors("components")["cases"].as_array().unwrap() {
        let item = parse_item(case["component"].as_str().unwrap(), Limits::SIGNATURES).unwrap();
        let input = InnerList { items: vec![item], parameters: Vec::new() };
        match base_of(&case["message"], &input) {
            Some(base) => {
                assert_eq!(base.split('\n').next(), case["line"].as_str(), "{}", case["id"]);
                right += 1;
            }
            None => refused += 1,
        }
    }
    assert!(right >= 14 && right + refused == 54, "{right} {refused}");
}

#[test]
fn digests_of_the_rfc() {
    let vectors = vectors("content-digest");
    for case in vectors["positive"].as_array().unwrap() {
        let body = bytes(&case["body_b64"]);
        assert_eq!(verify_content_digest(case["field"].as_str().unwrap(), &body), Ok(()));
        let sha512 = sha512_content_digest(&body);
        assert_eq!(sha512, format!("sha-512=:{}:", case["sha-512"].as_str().unwrap()));
        assert_eq!(verify_content_digest(&sha512, &body), Ok(()));
        assert_eq!(verify_content_digest(&sha512, &[body.as_slice(), b"\n"].concat()), Err(DigestError::Mismatch));
        let beside_unknown = format!("unknown=:AAAA:, {sha512}");
        assert_eq!(verify_content_digest(&beside_unknown, &body), Ok(()));
        let twice = format!("{sha512}, {sha512}");
        assert_eq!(verify_content_digest(&twice, &body), Err(DigestError::Malformed));
    }
    for case in vectors["negative"].as_array().unwrap() {
        let expected = match case["error"].as_str().unwrap() {
            "E_DIGEST_MISMATCH" => DigestError::Mismatch,
            "E_DIGEST_ALG" => DigestError::Unsupported,
            _ => DigestError::Malformed,
        };
        let answer = verify_content_digest(case["field"].as_str().unwrap(), &bytes(&case["body_b64"]));
        assert_eq!(answer, Err(expected), "{}", case["why"]);
    }
}
