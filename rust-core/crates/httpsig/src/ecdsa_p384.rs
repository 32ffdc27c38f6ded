//! ECDSA on P-384 with SHA-384.

use crate::curve::ecdsa_over;

/// id-ecPublicKey, secp384r1 (RFC 5480).
const ALGORITHM: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
const CURVE: &[u8] = b"\x06\x05\x2b\x81\x04\x00\x22";

ecdsa_over!(p384, 48, ALGORITHM, CURVE);
