//! The imprints and blobs that the provisioning command makes (test/vectors/imprint), and everything near them that must not open.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use ed25519_dalek::{Signer, SigningKey};
use seal::blob::{Blob, Closed, Masters, Opened, Trust};
use seal::bundle::{Bundle, Slot};
use seal::hex::to_hex;
use seal::imprint::{Facts, Seen};
use serde_json::Value;
use sha2::{Digest, Sha256};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../test/vectors/imprint");

fn cases(name: &str) -> Vec<Value> {
    let file = std::fs::read_to_string(format!("{VECTORS}/{name}.json")).unwrap();
    serde_json::from_str::<Value>(&file).unwrap()["cases"].as_array().unwrap().clone()
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len() / 2).map(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    hex(value).try_into().unwrap()
}

fn strings(value: &Value) -> Vec<(String, String)> {
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

/// What a core would see in a deployment that is as it was sealed.
fn seen(facts: &Value) -> Seen {
    Seen {
        version_tag: facts["versionTag"].as_str().unwrap().to_owned(),
        bindings: strings(&facts["bindings"]),
        vars: strings(&facts["vars"]),
        module: Sha256::digest(hex(&facts["module"])).into(),
    }
}

#[test]
fn every_imprint_is_the_one_that_provisioning_computes() {
    let cases = cases("imprints");
    assert!(cases.len() > 5);
    for case in &cases {
        let manifest = hex(&case["manifest"]);
        let facts = Facts::parse(&manifest).unwrap();
        assert_eq!(facts.encode(), manifest, "{}", case["name"]);
        assert_eq!(to_hex(&facts.imprint()), case["imprint"].as_str().unwrap(), "{}", case["name"]);
        assert_eq!(facts.epoch, u32::try_from(case["facts"]["epoch"].as_u64().unwrap()).unwrap());
    }
}

#[test]
fn what_is_seen_and_as_it_was_gives_the_same_imprint_and_any_change_another() {
    let case = &cases("imprints")[0];
    let facts = Facts::parse(&hex(&case["manifest"])).unwrap();
    let same = facts.as_seen(&seen(&case["facts"]), 1);
    assert_eq!(same, facts);
    assert!(facts.differences(&same).is_empty());

    type Change = fn(&mut Seen);
    let changes: [(&str, Change); 8] = [
        ("versionTag", |seen| seen.version_tag.push('0')),
        ("module", |seen| seen.module[31] ^= 1),
        ("binding CF_VERSION_METADATA", |seen| seen.bindings[0].1 = "string".to_owned()),
        ("binding LANGO_MASTER_KEY", |seen| seen.bindings.retain(|(name, _)| name != "LANGO_MASTER_KEY")),
        ("var PAWAPAY_CALLBACK_MODE", |seen| {
            seen.vars.iter_mut().for_each(|(name, value)| {
                if name == "PAWAPAY_CALLBACK_MODE" {
                    *value = "hint".to_owned();
                }
            });
        }),
        ("var PAWAPAY_CALLBACK_MODE", |seen| seen.vars.retain(|(name, _)| name != "PAWAPAY_CALLBACK_MODE")),
        ("environment,var LANGO_ENVIRONMENT", |seen| {
            seen.vars.iter_mut().for_each(|(name, value)| {
                if name == "LANGO_ENVIRONMENT" {
                    *value = "production".to_owned();
                }
            });
        }),
        ("worker,var LANGO_WORKER_NAME", |seen| seen.vars.retain(|(name, _)| name != "LANGO_WORKER_NAME")),
    ];
    for (names, change) in changes {
        let mut other = seen(&case["facts"]);
        change(&mut other);
        let other = facts.as_seen(&other, 1);
        assert_ne!(other.imprint(), facts.imprint(), "{names}");
        assert_eq!(facts.differences(&other).join(","), names);
    }
    let later = facts.as_seen(&seen(&case["facts"]), 2);
    assert_ne!(later.imprint(), facts.imprint());
    assert_eq!(facts.differences(&later), ["epoch"]);
}

/// A manifest is hashed as it is written again: whatever else stands in it would go unseen.
#[test]
fn a_manifest_with_a_bent_bit_is_none_or_gives_another_imprint() {
    let manifest = hex(&cases("imprints")[1]["manifest"]);
    let imprint = Facts::parse(&manifest).unwrap().imprint();
    for bit in 0..manifest.len() * 8 {
        let mut bent = manifest.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(Facts::parse(&bent).is_none_or(|facts| facts.imprint() != imprint), "{bit}");
    }
    for length in 0..manifest.len() {
        assert!(Facts::parse(&manifest[..length]).is_none(), "{length}");
    }
    assert!(Facts::parse(&[manifest.as_slice(), &[0]].concat()).is_none());
}

struct Sealed {
    imprint: [u8; 32],
    master: [u8; 32],
    second: Option<[u8; 32]>,
    trust: Vec<u8>,
    sealed: Vec<u8>,
    case: Value,
}

const NOW_S: u64 = 1_795_000_000;

impl Sealed {
    fn load(index: usize) -> Self {
        let case = cases("blobs")[index].clone();
        Self {
            imprint: array(&case["imprint"]),
            master: array(&case["master"]),
            second: (!case["secondShare"].is_null()).then(|| array(&case["secondShare"])),
            trust: hex(&case["trust"]),
            sealed: hex(&case["sealed"]),
            case,
        }
    }

    fn open(&self, sealed: &[u8]) -> Result<Opened, Closed> {
        self.open_at(sealed, NOW_S)
    }

    fn open_at(&self, sealed: &[u8], now_s: u64) -> Result<Opened, Closed> {
        let masters = Masters { keys: &[&self.master], second_share: self.second.as_ref() };
        Blob::parse(sealed)?.open(&self.imprint, &masters, &Trust::parse(&self.trust).unwrap(), now_s)
    }

    fn code(&self, sealed: &[u8]) -> &'static str {
        self.open(sealed).map_or_else(Closed::code, |_| "open")
    }
}

#[test]
fn every_blob_opens_and_holds_what_was_sealed() {
    for index in 0..2 {
        let given = Sealed::load(index);
        let opened = given.open(&given.sealed).unwrap();
        assert_eq!(to_hex(&opened.plaintext[..100]), given.case["plaintext"].as_str().unwrap()[..200]);
        assert_eq!(opened.plaintext.as_slice(), hex(&given.case["plaintext"]));
        assert_eq!(to_hex(opened.derive(b"PSB1 isa", b"context").as_slice()), given.case["derived"].as_str().unwrap());
        assert_eq!((opened.not_before_s, opened.not_after_s), (1_700_000_000, 2_000_000_000));

        let bundle = Bundle::parse(&opened.plaintext).unwrap();
        assert_eq!(bundle.origins, ["https://api.sandbox.pawapay.io"]);
        assert_eq!(bundle.headers, ["authorization", "content-type"]);
        assert_eq!(bundle.body_bytes_max, 16_384);
        assert_eq!(bundle.key("attestation", Slot::Current).unwrap().material(), [0xa7; 32]);
        assert_eq!(bundle.key("attestation", Slot::Previous).unwrap().material(), [0xa6; 32]);
        assert!(bundle.key("attestation", Slot::Next).is_none());
        assert!(bundle.key("personal", Slot::Current).is_none());
        // The next signing key takes over when the time of the current one is up.
        let kid = |now_s| bundle.signing_key("pawapay.signing", now_s).map(|key| key.kid.clone());
        assert_eq!(kid(NOW_S).as_deref(), Some("LANGO:1"));
        assert_eq!(kid(1_900_000_000).as_deref(), Some("LANGO:1"));
        assert_eq!(kid(1_900_000_001).as_deref(), Some("LANGO:2"));
    }
}

/// Which code a bit of which field gives: length, name, code. Here the imprint is given; in the vault it holds the epoch, and a
/// bent bit of that gives another one: E1004 (test/unit/core).
const FIELDS: [(usize, &str, &str); 13] = [
    (4, "magic", "E1002"),
    (1, "suite", "E1003"),
    (1, "flags", "E1003"),
    (1, "purpose", "E1003"),
    (4, "epoch", "E1006"),
    (16, "validity", "E1006"),
    (1, "length of the key id", "E1002 E1004"),
    (16, "key id", "E1005"),
    (8, "imprint hint", "E1004"),
    (32, "salt", "E1005"),
    (32, "commitment", "E1005"),
    (4, "length", "E1002"),
    (0, "ciphertext", "E1006"),
];

#[test]
fn every_bent_bit_gives_its_code() {
    for index in 0..2 {
        let given = Sealed::load(index);
        let length = given.sealed.len();
        let mut field_of = Vec::new();
        for (bytes, name, codes) in FIELDS {
            let bytes = if bytes == 0 { length - field_of.len() - 64 } else { bytes };
            field_of.extend(std::iter::repeat_n((name, codes), bytes));
        }
        field_of.extend(std::iter::repeat_n(("signature", "E1011"), 64));
        assert_eq!(field_of.len(), length);
        for (position, (name, codes)) in field_of.iter().enumerate() {
            // Signatures are slow to check without optimisation: every bit of one blob, a bit of each byte of the other.
            for bit in if index == 0 { 0..8 } else { 0..1 } {
                let mut bent = given.sealed.clone();
                bent[position] ^= 1 << bit;
                let code = given.code(&bent);
                match *name {
                    // The lowest bit says that there are two shares: one that is not there is missed, and one that is not
                    // wanted leaves another key.
                    "flags" if bit == 0 => assert_eq!(code, if given.second.is_some() { "E1005" } else { "E1001" }),
                    _ => assert!(codes.contains(code), "{name}, bit {bit} of byte {position}: {code}"),
                }
            }
        }
    }
}

#[test]
fn no_truncation_and_nothing_appended_opens() {
    for index in 0..2 {
        let given = Sealed::load(index);
        for length in 0..given.sealed.len() {
            assert_eq!(given.code(&given.sealed[..length]), "E1002", "{length}");
        }
        assert_eq!(given.code(&[given.sealed.as_slice(), &[0]].concat()), "E1002");
    }
}

#[test]
fn another_deployment_key_share_or_signer_does_not_open_it() {
    let closed = |change: fn(&mut Sealed), index| {
        let mut given = Sealed::load(index);
        change(&mut given);
        given.code(&given.sealed)
    };
    assert_eq!(closed(|given| given.imprint[0] ^= 1, 0), "E1004");
    // The hint is eight bytes of the imprint. The rest of it is in the key.
    assert_eq!(closed(|given| given.imprint[31] ^= 1, 0), "E1005");
    assert_eq!(closed(|given| given.master[0] ^= 1, 0), "E1005");
    assert_eq!(closed(|given| given.second = Some([1; 32]), 1), "E1005");
    assert_eq!(closed(|given| given.second = None, 1), "E1001");
    assert_eq!(closed(|given| given.second = Some([1; 32]), 0), "open");
    assert_eq!(
        closed(
            |given| given.trust[..32].copy_from_slice(&SigningKey::from_bytes(&[1; 32]).verifying_key().to_bytes()),
            0
        ),
        "E1011"
    );
    // A point that is none, and one of small order: a signature for everything.
    assert_eq!(closed(|given| given.trust[..32].fill(2), 0), "E1011");
    assert_eq!(closed(|given| given.trust[..32].fill(0), 0), "E1011");
    assert_eq!(closed(|given| given.trust[35] = 2, 0), "E1008");
    let given = Sealed::load(0);
    let none = Masters { keys: &[], second_share: None };
    let trust = Trust::parse(&given.trust).unwrap();
    let closed = Blob::parse(&given.sealed).unwrap().open(&given.imprint, &none, &trust, NOW_S).err();
    assert_eq!(closed, Some(Closed::NoKey));
}

#[test]
fn the_previous_master_key_opens_while_the_key_is_changed() {
    let given = Sealed::load(0);
    let trust = Trust::parse(&given.trust).unwrap();
    let masters = Masters { keys: &[&[9; 32], &given.master], second_share: None };
    assert!(Blob::parse(&given.sealed).unwrap().open(&given.imprint, &masters, &trust, NOW_S).is_ok());
}

#[test]
fn it_opens_from_its_first_second_to_its_last() {
    let given = Sealed::load(0);
    for (now_s, code) in [
        (0, "E1007"),
        (1_699_999_999, "E1007"),
        (1_700_000_000, "open"),
        (2_000_000_000, "open"),
        (2_000_000_001, "E1007"),
        (u64::MAX, "E1007"),
    ] {
        assert_eq!(given.open_at(&given.sealed, now_s).map_or_else(Closed::code, |_| "open"), code, "{now_s}");
    }
}

/// Whoever has the master key can encrypt; without the provisioning key nobody can sign.
#[test]
fn the_right_master_and_the_wrong_signer() {
    let given = Sealed::load(0);
    let (body, _) = given.sealed.split_at(given.sealed.len() - 64);
    let digest: [u8; 32] = Sha256::digest(body).into();
    let message = [b"PSB1 provision\0".as_slice(), &given.imprint, &digest].concat();
    let signed_by = |seed: [u8; 32], message: &[u8]| {
        let signature = SigningKey::from_bytes(&seed).sign(message).to_bytes();
        given.code(&[body, &signature].concat())
    };
    let own = array(&given.case["provisioningSeed"]);
    assert_eq!(signed_by(own, &message), "open");
    assert_eq!(signed_by([1; 32], &message), "E1011");
    assert_eq!(signed_by(own, &message[1..]), "E1011");
}

#[test]
fn a_trust_of_another_length_is_none() {
    let trust = Sealed::load(0).trust;
    assert!(Trust::parse(&trust).is_some());
    assert!(Trust::parse(&trust[..35]).is_none());
    assert!(Trust::parse(&[trust.as_slice(), &[0]].concat()).is_none());
    assert!(Trust::parse(&[]).is_none());
}

#[test]
fn a_bundle_with_a_bent_bit_is_read_without_a_panic() {
    let plaintext = hex(&Sealed::load(0).case["plaintext"]);
    for bit in 0..plaintext.len() * 8 {
        let mut bent = plaintext.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        drop(Bundle::parse(&bent));
    }
    for length in 0..plaintext.len() {
        assert!(Bundle::parse(&plaintext[..length]).is_none(), "{length}");
    }
}
