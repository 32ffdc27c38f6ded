//! Project Wycheproof's signatures and tags: what a verifier must take, and all that it must not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;

use base64ct::{Base64, Encoding as _};
use httpsig::ecdsa::{PrivateKey, PublicKey, der_to_raw};
use httpsig::hmac::{hmac_sha256, verify_hmac_sha256};
use serde_json::Value;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../test/vectors");

fn vectors(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("{VECTORS}/{name}.json")).unwrap()).unwrap()
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len() / 2).map(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).unwrap()).collect()
}

/// A coordinate in 32 bytes; the vectors have some with a zero more or fewer.
fn coordinate(bytes: &[u8]) -> [u8; 32] {
    let mut padded = [0; 32];
    for (to, from) in padded.iter_mut().rev().zip(bytes.iter().rev()) {
        *to = *from;
    }
    padded
}

fn public_key(x: &[u8], y: &[u8]) -> Option<PublicKey> {
    let mut der = vec![
        0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7,
        3, 0x42, 0, 4,
    ];
    der.extend(coordinate(x));
    der.extend(coordinate(y));
    let text = Base64::encode_string(&der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    PublicKey::from_spki_pem(&format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")))
}

#[test]
fn t59_every_ecdsa_vector_in_der_and_in_raw_form() {
    let (mut valid, mut invalid) = (0, 0);
    for case in vectors("wycheproof/ecdsa_secp256r1_sha256")["cases"].as_array().unwrap() {
        let [x, y, message, signature] = [0, 1, 2, 3].map(|column| hex(&case[column]));
        let key = public_key(&x, &y).unwrap();
        let expected = case[4].as_bool().unwrap();
        assert_eq!(key.verify(&message, &signature), expected, "{case}");
        let raw = der_to_raw(&signature);
        assert_eq!(raw.is_some_and(|raw| key.verify(&message, &raw)), expected, "raw: {case}");
        if let Some(raw) = raw.filter(|_| expected) {
            let swapped = [&raw[32..], &raw[..32]].concat();
            assert!(swapped == raw || !key.verify(&message, &swapped), "{case}");
            assert!(!key.verify(&message, &raw[..63]), "{case}");
        }
        *(if expected { &mut valid } else { &mut invalid }) += 1;
    }
    assert_eq!((valid, invalid), (147, 239));
}

#[test]
fn t59_every_hmac_vector_and_no_shortened_tag() {
    let mut whole = 0;
    for case in vectors("wycheproof/hmac_sha256")["cases"].as_array().unwrap() {
        let [key, message, tag] = [0, 1, 2].map(|column| hex(&case[column]));
        assert_eq!(hmac_sha256(&key, &[&message])[..tag.len()], tag, "{case}");
        assert_eq!(verify_hmac_sha256(&key, &[&message], &tag), tag.len() == 32, "{case}");
        whole += usize::from(tag.len() == 32);
        for bit in 0..tag.len() * 8 {
            let mut bent = tag.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify_hmac_sha256(&key, &[&message], &bent), "{case}, bit {bit}");
        }
    }
    assert!(whole > 30, "{whole}");
}

/// RSA, Ed25519 and P-384 keys, as a public and as a private one; and ours in the other's place.
#[test]
fn t59_a_key_of_another_kind_is_no_key() {
    let mut refused = 0;
    for key in vectors("rfc9421/keys")["keys"].as_array().unwrap() {
        for (label, pem) in key["pem"].as_object().into_iter().flatten() {
            let pem = pem.as_str().unwrap();
            let ours = key["kid"] == "test-key-ecc-p256" && label == "PUBLIC KEY";
            assert_eq!(PublicKey::from_spki_pem(pem).is_some(), ours, "{pem}");
            assert!(PrivateKey::from_pkcs8_pem(pem).is_none(), "{pem}");
            refused += 1;
        }
    }
    assert!(refused >= 10, "{refused}");
}
