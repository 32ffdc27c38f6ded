//! Project Wycheproof: what a verifier must take, and all that it must not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hkdf::Hkdf;
use httpsig::ecdsa::PreparedKeys;
use httpsig::hmac::{hmac_sha256, verify_hmac_sha256};
use httpsig::rsa;
use httpsig::{ecdsa, ecdsa_p384, ed25519};
use serde_json::Value;
use sha2::Sha256;

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len() / 2).map(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).unwrap()).collect()
}

/// Calls `check` with every test and its group, and says how many of them were valid and how many were not.
fn each(json: &str, mut check: impl FnMut(&Value, &Value)) -> (usize, usize) {
    let set: Value = serde_json::from_str(json).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in set["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            check(group, test);
            *(if test["result"] == "invalid" { &mut invalid } else { &mut valid }) += 1;
        }
    }
    assert_eq!(valid + invalid, usize::try_from(set["numberOfTests"].as_u64().unwrap()).unwrap());
    (valid, invalid)
}

/// A signature by the group's key in PEM; "acceptable" is what older readers let pass, and is not asked for.
fn each_signature(json: &str, mut verify: impl FnMut(&str, &[u8], &[u8]) -> bool) -> (usize, usize) {
    each(json, |group, test| {
        let verified = verify(group["publicKeyPem"].as_str().unwrap(), &hex(&test["msg"]), &hex(&test["sig"]));
        if test["result"] != "acceptable" {
            assert_eq!(verified, test["result"] == "valid", "{test}");
        }
    })
}

#[test]
fn t59_ecdsa_on_p256_in_der_and_in_raw_form() {
    use wycheproof::ecdsa::TestName::{EcdsaSecp256r1Sha256, EcdsaSecp256r1Sha256P1363};
    let der = each_signature(EcdsaSecp256r1Sha256.json_data(), |pem, message, signature| {
        let key = ecdsa::PublicKey::from_spki_pem(pem).unwrap();
        let verified = key.verify(message, signature);
        let raw = ecdsa::der_to_raw(signature);
        assert_eq!(raw.is_some_and(|raw| key.verify_raw(message, &raw)), verified);
        verified
    });
    let raw = each_signature(EcdsaSecp256r1Sha256P1363.json_data(), |pem, message, signature| {
        let key = ecdsa::PublicKey::from_spki_pem(pem).unwrap();
        let verified = key.verify_raw(message, signature);
        let der = ecdsa::raw_to_der(signature);
        assert!(!verified || key.verify(message, &der.unwrap()));
        verified
    });
    assert!(der.0 + der.1 > 400 && raw.0 + raw.1 > 200, "{der:?} {raw:?}");
}

/// Twice over all of it: in the second turn every key that has signed anything in the first has its multiples.
#[test]
fn t59_ecdsa_on_p256_under_keys_that_were_seen_before() {
    use wycheproof::ecdsa::TestName::{EcdsaSecp256r1Sha256, EcdsaSecp256r1Sha256P1363};
    let mut seen: BTreeMap<String, PreparedKeys> = BTreeMap::new();
    for _ in 0..2 {
        for set in [EcdsaSecp256r1Sha256, EcdsaSecp256r1Sha256P1363] {
            let in_der = set == EcdsaSecp256r1Sha256;
            each_signature(set.json_data(), |pem, message, signature| {
                let key = ecdsa::PublicKey::from_spki_pem(pem).unwrap();
                let prepared = seen.entry(pem.to_owned()).or_default();
                if in_der {
                    prepared.verify(&key, message, signature)
                } else {
                    prepared.verify_raw(&key, message, signature)
                }
            });
        }
    }
    assert!(seen.len() > 20, "{}", seen.len());
}

#[test]
fn ecdsa_on_p384_in_der_and_in_raw_form() {
    use wycheproof::ecdsa::TestName::{EcdsaSecp384r1Sha384, EcdsaSecp384r1Sha384P1363};
    let der = each_signature(EcdsaSecp384r1Sha384.json_data(), |pem, message, signature| {
        ecdsa_p384::PublicKey::from_spki_pem(pem).unwrap().verify(message, signature)
    });
    let raw = each_signature(EcdsaSecp384r1Sha384P1363.json_data(), |pem, message, signature| {
        ecdsa_p384::PublicKey::from_spki_pem(pem).unwrap().verify_raw(message, signature)
    });
    assert!(der.0 + der.1 > 400 && raw.0 + raw.1 > 200, "{der:?} {raw:?}");
}

#[test]
fn ed25519() {
    let counts = each_signature(wycheproof::eddsa::TestName::Ed25519.json_data(), |pem, message, signature| {
        ed25519::PublicKey::from_spki_pem(pem).is_some_and(|key| key.verify(message, signature))
    });
    assert!(counts.0 + counts.1 > 140, "{counts:?}");
}

#[test]
fn rsa_pss_with_sha512_and_a_salt_of_64_bytes() {
    use wycheproof::rsa_pss_verify::TestName as T;
    let right = each_signature(T::RsaPss4096Sha512Mgf1SaltLen64.json_data(), |pem, message, signature| {
        rsa::PublicKey::from_pem(pem).unwrap().verify_pss_sha512(message, signature)
    });
    assert!(right.0 + right.1 > 100, "{right:?}");
    // Another salt, another hash: another algorithm.
    for other in [T::RsaPss4096Sha512Mgf1SaltLen32, T::RsaPss4096Sha384Mgf1SaltLen48, T::RsaPss2048Sha256Mgf1SaltLen32]
    {
        each(other.json_data(), |group, test| {
            let key = rsa::PublicKey::from_pem(group["publicKeyPem"].as_str().unwrap()).unwrap();
            assert!(!key.verify_pss_sha512(&hex(&test["msg"]), &hex(&test["sig"])), "{test}");
        });
    }
}

#[test]
fn rsa_pkcs1_v15_with_sha256() {
    use wycheproof::rsa_pkcs1_verify::TestName as T;
    for set in [T::Rsa2048Sha256, T::Rsa3072Sha256, T::Rsa4096Sha256, T::Rsa8192Sha256] {
        let counts = each_signature(set.json_data(), |pem, message, signature| {
            rsa::PublicKey::from_pem(pem).unwrap().verify_v15_sha256(message, signature)
        });
        assert!(counts.0 + counts.1 > 200, "{counts:?}");
    }
}

#[test]
fn t59_hmac_and_no_shortened_tag() {
    let counts = each(wycheproof::mac::TestName::HmacSha256.json_data(), |group, test| {
        let [key, message, tag] = ["key", "msg", "tag"].map(|name| hex(&test[name]));
        let right = hmac_sha256(&key, &[&message]);
        assert_eq!(right[..tag.len()] == tag, test["result"] == "valid", "{test}");
        let whole = group["tagSize"] == 256 && test["result"] == "valid";
        assert_eq!(verify_hmac_sha256(&key, &[&message], &tag), whole, "{test}");
    });
    assert!(counts.0 + counts.1 > 170, "{counts:?}");
}

#[test]
fn hkdf_sha256() {
    let counts = each(wycheproof::hkdf::TestName::HkdfSha256.json_data(), |_, test| {
        let [ikm, salt, info, okm] = ["ikm", "salt", "info", "okm"].map(|name| hex(&test[name]));
        let mut out = vec![0; usize::try_from(test["size"].as_u64().unwrap()).unwrap()];
        let expanded = Hkdf::<Sha256>::new(Some(&salt), &ikm).expand(&info, &mut out);
        assert_eq!(expanded.is_ok(), test["result"] == "valid", "{test}");
        assert!(expanded.is_err() || out == okm, "{test}");
    });
    assert!(counts.0 + counts.1 > 80, "{counts:?}");
}

#[test]
fn chacha20_poly1305() {
    let counts = each(wycheproof::aead::TestName::ChaCha20Poly1305.json_data(), |_, test| {
        let [key, nonce, aad, message, ciphertext, tag] =
            ["key", "iv", "aad", "msg", "ct", "tag"].map(|name| hex(&test[name]));
        let Ok(nonce) = Nonce::try_from(nonce.as_slice()) else {
            assert_eq!(test["result"], "invalid", "{test}");
            return;
        };
        let cipher = ChaCha20Poly1305::new_from_slice(&key).unwrap();
        let sealed = [ciphertext.as_slice(), &tag].concat();
        let opened = cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &aad });
        assert_eq!(opened.ok(), (test["result"] == "valid").then(|| message.clone()), "{test}");
        if test["result"] == "valid" {
            assert_eq!(cipher.encrypt(&nonce, Payload { msg: &message, aad: &aad }).unwrap(), sealed, "{test}");
        }
    });
    assert!(counts.0 + counts.1 > 300, "{counts:?}");
}
