//! RFC 4231: HMAC-SHA256 and HMAC-SHA512.
#![allow(clippy::unwrap_used, reason = "tests")]

use httpsig::hmac::{hmac_sha256, verify_hmac_sha512};

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap()).collect()
}

/// Key, text and both tags of the RFC's test cases 1, 2 and 6, the last with a key longer than a block.
fn cases() -> [(Vec<u8>, &'static [u8], &'static str, &'static str); 3] {
    [
        (
            vec![0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
        ),
        (
            b"Jefe".to_vec(),
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
        (
            vec![0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
        ),
    ]
}

#[test]
fn the_tags_of_the_rfc() {
    for (key, text, sha256, sha512) in cases() {
        assert_eq!(hmac_sha256(&key, &[text]).to_vec(), bytes(sha256));
        assert!(verify_hmac_sha512(&key, text, &bytes(sha512)));
    }
}

#[test]
fn no_other_tag() {
    for (key, text, _, sha512) in cases() {
        let tag = bytes(sha512);
        for at in 0..tag.len() {
            let mut bent = tag.clone();
            *bent.get_mut(at).unwrap() ^= 1;
            assert!(!verify_hmac_sha512(&key, text, &bent));
        }
        for short in [&tag[..0], &tag[..32], &tag[..63], &[tag.as_slice(), &[0]].concat()[..]] {
            assert!(!verify_hmac_sha512(&key, text, short));
        }
    }
}
