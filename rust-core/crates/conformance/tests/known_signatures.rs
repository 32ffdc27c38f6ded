//! Deterministic signatures, byte for byte as their RFCs print them.
#![allow(clippy::unwrap_used, reason = "tests")]

use httpsig::{Encoding, ecdsa, ecdsa_p384, ed25519};

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// RFC 6979 A.2.5.
#[test]
fn p256_with_sha256() {
    let key = ecdsa::PrivateKey::from_bytes(&hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"))
        .unwrap();
    let rows = [
        (
            "sample",
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
             F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        ),
        (
            "test",
            "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367
             019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
        ),
    ];
    for (message, signature) in rows {
        let raw = key.sign(message.as_bytes(), Encoding::Raw);
        assert_eq!(raw, hex(signature), "{message}");
        assert_eq!(key.sign(message.as_bytes(), Encoding::Der), ecdsa::raw_to_der(&raw).unwrap());
        assert!(key.public_key().verify_raw(message.as_bytes(), &raw));
    }
}

/// RFC 6979 A.2.6.
#[test]
fn p384_with_sha384() {
    let key =
        ecdsa_p384::PrivateKey::from_bytes(&hex("6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8
         96D5724E4C70A825F872C9EA60D2EDF5"))
        .unwrap();
    let rows = [
        (
            "sample",
            "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46
             99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
        ),
        (
            "test",
            "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB
             DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E06A739F040649A667BF3B828246BAA5A5",
        ),
    ];
    for (message, signature) in rows {
        assert_eq!(key.sign(message.as_bytes(), Encoding::Raw), hex(signature), "{message}");
    }
}

/// RFC 8032 §7.1, tests 1 to 3.
#[test]
fn ed25519_as_printed() {
    let rows = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b
             be24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430
             2aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716e
             d28dc027beceea1ec40a",
        ),
    ];
    for (secret, public, message, signature) in rows {
        let key = ed25519::PrivateKey::from_bytes(&hex(secret)).unwrap();
        assert_eq!(key.public_key().to_bytes().to_vec(), hex(public));
        assert_eq!(key.sign(&hex(message)), hex(signature));
    }
}
