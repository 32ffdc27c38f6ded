//! ECDSA over a NIST curve, written once for both.

/// Defines `PrivateKey`, `PublicKey`, `der_to_raw` and `raw_to_der` for the curve of a crate.
macro_rules! ecdsa_over {
    ($curve:ident, $bytes:literal, $algorithm:expr, $parameters:expr) => {
        use alloc::vec::Vec;

        use $curve::ecdsa::signature::{Signer, Verifier};
        use $curve::ecdsa::{Signature, SigningKey, VerifyingKey};
        use $curve::elliptic_curve::point::AffineCoordinates;
        use $curve::{AffinePoint, FieldBytes};

        use crate::Encoding;
        use crate::der;

        /// A private key. Signing is deterministic (RFC 6979): no randomness can be fed to it.
        pub struct PrivateKey(SigningKey);

        impl PrivateKey {
            /// Reads PKCS#8 PEM (`BEGIN PRIVATE KEY`); `None` for anything that is not a key of this curve.
            #[must_use]
            pub fn from_pkcs8_pem(pem: &str) -> Option<Self> {
                let document = der::from_pem(pem, "PRIVATE KEY")?;
                Self::from_sec1_der(der::private_key(&document, $algorithm)?)
            }

            /// Reads an `ECPrivateKey` (RFC 5915).
            #[must_use]
            pub fn from_sec1_der(document: &[u8]) -> Option<Self> {
                let mut fields = der::Reader(der::only(document, der::SEQUENCE)?);
                if fields.read(der::INTEGER)? != [1] {
                    return None;
                }
                let key = Self::from_bytes(fields.read(der::OCTET_STRING)?)?;
                let curve = fields.read_optional(der::CONTEXT_0)?;
                let public = fields.read_optional(der::CONTEXT_1)?;
                fields.end()?;
                if curve.is_some_and(|curve| curve != $parameters) {
                    return None;
                }
                // A public key beside it that is another's: two halves of two keys.
                let fits = match public {
                    None => true,
                    Some(bits) => der::only(bits, der::BIT_STRING)?.strip_prefix(&[0])? == key.public_key().to_point(),
                };
                fits.then_some(key)
            }

            /// The scalar, big-endian; `None` unless it is in 1..n-1.
            #[must_use]
            pub fn from_bytes(scalar: &[u8]) -> Option<Self> {
                SigningKey::from_bytes(&FieldBytes::try_from(scalar).ok()?).ok().map(Self)
            }

            #[must_use]
            pub fn sign(&self, message: &[u8], encoding: Encoding) -> Vec<u8> {
                let signature: Signature = self.0.sign(message);
                let raw = signature.to_bytes();
                match encoding {
                    Encoding::Raw => raw.to_vec(),
                    Encoding::Der => write_der(&raw),
                }
            }

            #[must_use]
            pub fn public_key(&self) -> PublicKey {
                PublicKey(*self.0.verifying_key())
            }
        }

        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct PublicKey(VerifyingKey);

        impl PublicKey {
            /// Reads SPKI PEM (`BEGIN PUBLIC KEY`); `None` for anything that is not a key of this curve.
            #[must_use]
            pub fn from_spki_pem(pem: &str) -> Option<Self> {
                let document = der::from_pem(pem, "PUBLIC KEY")?;
                Self::from_point(der::public_key(&document, $algorithm)?)
            }

            /// Reads an uncompressed point (`04 ‖ x ‖ y`) on the curve. Nobody sends the compressed kind; it would cost 7 KB.
            #[must_use]
            pub fn from_point(point: &[u8]) -> Option<Self> {
                let (x, y) = point.strip_prefix(&[4])?.split_at_checked($bytes)?;
                let (x, y) = (FieldBytes::try_from(x).ok()?, FieldBytes::try_from(y).ok()?);
                let affine = Option::<AffinePoint>::from(AffinePoint::from_coordinates(&x, &y))?;
                VerifyingKey::from_affine(affine).ok().map(Self)
            }

            #[must_use]
            pub fn to_point(&self) -> Vec<u8> {
                let affine = self.0.as_affine();
                [[4].as_slice(), &affine.x(), &affine.y()].concat()
            }

            /// Verifies a signature written either way: RFC 9421 says raw, pawaPay sends DER, and a DER signature as long as a
            /// raw one exists.
            #[must_use]
            pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
                self.verify_raw(message, signature)
                    || der_to_raw(signature).is_some_and(|raw| self.verify_raw(message, &raw))
            }

            /// Verifies r‖s only, as RFC 9421 §3.3.4 writes it.
            #[must_use]
            pub fn verify_raw(&self, message: &[u8], signature: &[u8]) -> bool {
                Signature::from_slice(signature).is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
            }
        }

        /// DER to r‖s; `None` when it is not strict DER, or r or s is out of range.
        #[must_use]
        pub fn der_to_raw(signature: &[u8]) -> Option<[u8; 2 * $bytes]> {
            let mut fields = der::Reader(der::only(signature, der::SEQUENCE)?);
            let (r, s) = (fields.positive()?, fields.positive()?);
            fields.end()?;
            let mut raw = [0; 2 * $bytes];
            let (left, right) = raw.split_at_mut($bytes);
            for (half, integer) in [(left, r), (right, s)] {
                let start = half.len().checked_sub(integer.len())?;
                half.get_mut(start..)?.copy_from_slice(integer);
            }
            Signature::from_slice(&raw).ok().map(|_| raw)
        }

        /// r‖s to DER; `None` when r or s is out of range.
        #[must_use]
        pub fn raw_to_der(raw: &[u8]) -> Option<Vec<u8>> {
            Signature::from_slice(raw).ok().map(|_| write_der(raw))
        }

        fn write_der(raw: &[u8]) -> Vec<u8> {
            let mut integers = Vec::new();
            for half in raw.chunks($bytes) {
                der::write_positive(&mut integers, half);
            }
            let mut signature = Vec::new();
            der::write(&mut signature, der::SEQUENCE, &integers);
            signature
        }
    };
}

pub(crate) use ecdsa_over;
