//! Keys as they are spelled: what is one, and what is not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;

use base64ct::{Base64, Encoding as _};
use httpsig::ecdsa::{PrivateKey, PublicKey};
use serde_json::Value;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../test/vectors");

fn vectors(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("{VECTORS}/{name}.json")).unwrap()).unwrap()
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", Base64::encode_string(der))
}

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    Base64::decode_vec(&body).unwrap()
}

/// PKCS#8 as OpenSSL writes it: with the curve's public half beside the scalar.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUpuF81l+kOxbjf7T
4mNSv0r5tN67Gim7rnf6EFpcYDuhRANCAASohVhlUsKs9kcYeM/XsJNbT/4P0t/D
QSSOoXvEHgWK8DHOJzfS0wzgYX6FHoPGHvVnnRUYZ2V2SQNdkKdM2ehd
-----END PRIVATE KEY-----
";

#[test]
fn a_private_key_is_read_with_and_without_its_public_half() {
    let public = vectors("rfc9421/keys")["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["kid"] == "test-key-ecc-p256")
        .map(|key| PublicKey::from_spki_pem(key["pem"]["PUBLIC KEY"].as_str().unwrap()).unwrap())
        .unwrap();
    let key = PrivateKey::from_pkcs8_pem(PRIVATE).unwrap();
    assert_eq!(key.public_key(), public);
    let whole = der(PRIVATE);
    let mut bare = vec![0x30, 0x41, 2, 1, 0, 0x30, 0x13];
    bare.extend(&whole[8..27]);
    bare.extend([4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20]);
    bare.extend(&whole[36..68]);
    assert_eq!(PrivateKey::from_pkcs8_pem(&pem("PRIVATE KEY", &bare)).unwrap().public_key(), public);
    // A public half that is another key's.
    let mut foreign = whole.clone();
    *foreign.last_mut().unwrap() ^= 1;
    assert!(PrivateKey::from_pkcs8_pem(&pem("PRIVATE KEY", &foreign)).is_none());
}

/// Bent at every byte, a key is no key; it never traps, and the tags and lengths around it must be right.
#[test]
fn a_bent_key_is_no_key() {
    let whole = der(PRIVATE);
    let key = PrivateKey::from_pkcs8_pem(PRIVATE).unwrap();
    for index in 0..whole.len() {
        let mut bent = whole.clone();
        bent[index] ^= 2;
        assert!(PrivateKey::from_pkcs8_pem(&pem("PRIVATE KEY", &bent)).is_none(), "byte {index}");
    }
    for length in 0..whole.len() {
        assert!(PrivateKey::from_pkcs8_pem(&pem("PRIVATE KEY", &whole[..length])).is_none(), "{length}");
    }
    let public = key.public_key().to_point();
    for length in 0..public.len() {
        assert!(PublicKey::from_point(&public[..length]).is_none(), "{length}");
    }
    for bit in 0..8 * public.len() {
        let mut bent = public.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(PublicKey::from_point(&bent).is_none(), "bit {bit} is still on the curve");
    }
    let compressed = [&[2 + (public[64] & 1)], &public[1..33]].concat();
    assert!(PublicKey::from_point(&compressed).is_none());
}

#[test]
fn pem_is_read_whatever_its_line_breaks_and_nothing_else_is_pem() {
    let key = PrivateKey::from_pkcs8_pem(PRIVATE).unwrap().public_key();
    for spelling in [PRIVATE.replace('\n', "\r\n"), PRIVATE.replace('\n', ""), format!("  {PRIVATE}\n\n")] {
        assert_eq!(PrivateKey::from_pkcs8_pem(&spelling).map(|key| key.public_key()), Some(key.clone()), "{spelling}");
    }
    for other in [
        String::new(),
        "-----BEGIN PRIVATE KEY-----".into(),
        "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----".into(),
        PRIVATE.replace("PRIVATE KEY", "EC PRIVATE KEY"),
        PRIVATE.replace("END PRIVATE", "END PUBLIC"),
        PRIVATE.replace("MIGH", "MIG_"),
        PRIVATE.replace('=', ""),
        format!("{PRIVATE}{PRIVATE}"),
    ] {
        assert_eq!(PrivateKey::from_pkcs8_pem(&other).is_some(), other == PRIVATE, "{other}");
    }
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
