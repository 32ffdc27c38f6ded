//! What is sealed: any bytes are a blob, a manifest or a bundle, or they are not, and the one blob that opens for a deployment is
//! the one that was sealed to it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use seal::blob::{Blob, Masters, Trust};
use seal::bundle::Bundle;
use seal::imprint::Facts;
use strict_json::Json;

struct Deployment {
    imprint: [u8; 32],
    master: [u8; 32],
    trust: Trust,
    not_before_s: u64,
    sealed: Vec<u8>,
}

/// "one share" of the published vectors.
static DEPLOYMENT: LazyLock<Deployment> = LazyLock::new(|| {
    let vectors = Json::parse(include_bytes!("../../../test/vectors/imprint/blobs.json")).expect("vectors");
    let case = vectors.get("cases").array().and_then(|cases| cases.first()).expect("a case");
    let bytes = |name: &str| -> Vec<u8> {
        let digits = case.get(name).text().expect("hex").as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
        digits.chunks(2).map(byte).collect()
    };
    Deployment {
        imprint: bytes("imprint").try_into().expect("32 bytes"),
        master: bytes("master").try_into().expect("32 bytes"),
        trust: Trust::parse(&bytes("trust")).expect("trust"),
        not_before_s: case.get("notBeforeS").integer().expect("seconds"),
        sealed: bytes("sealed"),
    }
});

fuzz_target!(|bytes: &[u8]| {
    let deployment = &*DEPLOYMENT;
    let masters = Masters { keys: &[&deployment.master], second_share: None };
    let opened = Blob::parse(bytes)
        .is_ok_and(|blob| blob.open(&deployment.imprint, &masters, &deployment.trust, deployment.not_before_s).is_ok());
    assert_eq!(opened, bytes == deployment.sealed);

    if let Some(facts) = Facts::parse(bytes) {
        assert!(Facts::parse(&facts.encode()).as_ref() == Some(&facts), "a manifest reads back");
    }
    let _ = Bundle::parse(bytes);
});
