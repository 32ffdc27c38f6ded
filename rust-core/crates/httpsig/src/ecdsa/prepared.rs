//! Verifying under a key that signs again and again: its multiples are kept, and a verification is additions only. Curve,
//! points and tables are the library's own; the tables are those that it keeps of the base point.

use alloc::vec::Vec;

use p256::ecdsa::Signature;
use p256::elliptic_curve::group::Group as _;
use p256::elliptic_curve::ops::{Invert as _, MulByGeneratorVartime as _, Reduce as _};
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::{FieldBytes, NistP256, ProjectivePoint, Scalar};
use primeorder::{LookupTable, Radix16Decomposition, Radix16Digits};
use sha2::{Digest as _, Sha256};

use super::{PublicKey, der_to_raw};

/// A gateway signs with one key, and with two while it changes them. The multiples of each take 25 KB.
const KEYS_MAX: usize = 8;

/// The keys that have verified something. Only what is genuine brings a key in: without a private key nobody decides what is kept.
#[derive(Default)]
pub struct PreparedKeys {
    /// One that has verified once has no multiples yet: they cost as much as one and a half verifications.
    keys: Vec<(PublicKey, Option<Multiples>)>,
}

impl PreparedKeys {
    /// Says what `PublicKey::verify` says.
    #[must_use]
    pub fn verify(&mut self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        self.verify_raw(key, message, signature)
            || der_to_raw(signature).is_some_and(|raw| self.verify_raw(key, message, &raw))
    }

    /// Says what `PublicKey::verify_raw` says.
    #[must_use]
    pub fn verify_raw(&mut self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        let known = self.keys.iter().position(|(known, _)| known == key);
        let multiples = known.and_then(|index| self.keys.get(index)?.1.as_ref());
        let point = ProjectivePoint::from(key.0.as_affine());
        let verified = is_by(message, &signature, |scalar| match multiples {
            Some(multiples) => multiples.times(scalar),
            None => point * scalar,
        });
        if !verified || multiples.is_some() {
            return verified;
        }
        match known.and_then(|index| self.keys.get_mut(index)) {
            Some((_, multiples)) => *multiples = Some(Multiples::of(point)),
            None => {
                // Nobody has that many: these are of gateways that have other keys by now.
                if self.keys.len() >= KEYS_MAX {
                    self.keys.clear();
                }
                self.keys.push((key.clone(), None));
            }
        }
        true
    }
}

/// SEC 1 §4.1.4. `times` multiplies the public key. All of it is public: nothing here has to take the same time always.
fn is_by(message: &[u8], signature: &Signature, times: impl FnOnce(&Scalar) -> ProjectivePoint) -> bool {
    let (r, s) = signature.split_scalars();
    let hash = Scalar::reduce(&FieldBytes::from(Sha256::digest(message)));
    let inverse = *s.invert_vartime();
    let sum = ProjectivePoint::mul_by_generator_vartime(&(hash * inverse)) + times(&(*r * inverse));
    Scalar::reduce(&sum.to_affine().x()) == *r
}

/// Bytes of a scalar.
const BYTES: usize = 32;

/// Of a point P: one to eight times 256ⁱ·P, for each i.
struct Multiples(Vec<LookupTable<ProjectivePoint>>);

impl Multiples {
    fn of(mut point: ProjectivePoint) -> Self {
        let mut tables = Vec::new();
        for _ in 0..=BYTES {
            tables.push(LookupTable::new(point));
            for _ in 0..8 {
                point = point.double();
            }
        }
        Self(tables)
    }

    /// Digits of sixteens: the odd ones are added up by themselves, and multiplied by sixteen at the end.
    fn times(&self, scalar: &Scalar) -> ProjectivePoint {
        let digits = Radix16Decomposition::<Radix16Digits<NistP256>>::new(scalar);
        let (mut even, mut odd) = (ProjectivePoint::IDENTITY, ProjectivePoint::IDENTITY);
        for (index, table) in self.0.iter().enumerate() {
            even += table.select_vartime(digits[2 * index]);
            // The last table has one digit, which took the carry.
            if index < BYTES {
                odd += table.select_vartime(digits[2 * index + 1]);
            }
        }
        for _ in 0..4 {
            odd = odd.double();
        }
        even + odd
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Encoding;
    use crate::ecdsa::PrivateKey;

    fn private(scalar: u8) -> PrivateKey {
        PrivateKey::from_bytes(&small(scalar)).unwrap()
    }

    fn verify(prepared: &mut PreparedKeys, key: &PrivateKey) -> bool {
        prepared.verify(&key.public_key(), b"message", &key.sign(b"message", Encoding::Der))
    }

    /// How many keys are there, and of how many the multiples.
    fn kept(prepared: &PreparedKeys) -> (usize, usize) {
        (prepared.keys.len(), prepared.keys.iter().filter(|(_, multiples)| multiples.is_some()).count())
    }

    #[test]
    fn a_key_is_prepared_by_its_second_genuine_signature() {
        let mut prepared = PreparedKeys::default();
        let key = private(7);
        let forged = private(8).sign(b"message", Encoding::Der);
        for expected in [(0, 0), (1, 0), (1, 1), (1, 1)] {
            assert!(!prepared.verify(&key.public_key(), b"message", &forged));
            assert_eq!(kept(&prepared), expected);
            assert!(verify(&mut prepared, &key));
        }
        assert!(verify(&mut prepared, &private(9)));
        assert_eq!(kept(&prepared), (2, 1));
    }

    /// Where digits carry, where there are none, and at both ends of the order.
    #[test]
    fn multiples_times_a_scalar_is_the_product() {
        let point = ProjectivePoint::GENERATOR * Scalar::from(7_u64);
        let multiples = Multiples::of(point);
        let high = Scalar::reduce(&FieldBytes::from([0x88; 32]));
        let scalars = [0_u64, 1, 7, 8, 9, 15, 16, 17, 128, 136, 255, 256].map(Scalar::from);
        for scalar in scalars.into_iter().chain(scalars.map(|scalar| -scalar)).chain([high, -high, high.double()]) {
            assert_eq!(multiples.times(&scalar), point * scalar, "{scalar:?}");
        }
    }

    /// u₁·G + u₂·Q is the identity, which has no x: of no key is that a signature, known or not.
    #[test]
    fn a_sum_that_is_no_point_is_no_signature() {
        let (secret, mut prepared) = (Scalar::from(7_u64), PreparedKeys::default());
        let key = private(7).public_key();
        let hash = Scalar::reduce(&FieldBytes::from(Sha256::digest(b"message")));
        let r = -(hash * secret.invert().unwrap());
        let signature = Signature::from_scalars(r.to_bytes(), Scalar::from(5_u64).to_bytes()).unwrap();
        for turn in 0..3 {
            assert!(!prepared.verify_raw(&key, b"message", &signature.to_bytes()));
            assert!(!key.verify_raw(b"message", &signature.to_bytes()));
            assert!(verify(&mut prepared, &private(7)));
            assert_eq!(kept(&prepared), (1, usize::from(turn > 0)));
        }
    }

    #[test]
    fn keys_are_kept_up_to_a_number_and_then_begun_anew() {
        let mut prepared = PreparedKeys::default();
        for scalar in (1..=8).chain(1..=8) {
            assert!(verify(&mut prepared, &private(scalar)));
        }
        assert_eq!(kept(&prepared), (8, 8));
        for _ in 0..3 {
            assert!(verify(&mut prepared, &private(9)));
        }
        assert_eq!(kept(&prepared), (1, 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Whatever the key and however the signature is bent: what the library says, with and without multiples.
        #[test]
        fn says_what_the_library_says(
            scalar in prop_oneof![prop::array::uniform32(any::<u8>()), (1u8..4).prop_map(small), (1u8..4).prop_map(minus)],
            message in prop::collection::vec(any::<u8>(), 0..64),
            bent in prop::option::of(0usize..512),
        ) {
            let Some(key) = PrivateKey::from_bytes(&scalar) else { return Ok(()) };
            let public = key.public_key();
            let mut signature = key.sign(&message, Encoding::Raw);
            if let Some(bit) = bent {
                signature[bit / 8] ^= 1 << (bit % 8);
            }
            let expected = public.verify_raw(&message, &signature);
            prop_assert_eq!(expected, bent.is_none());
            let mut prepared = PreparedKeys::default();
            for turn in 0..3 {
                prop_assert_eq!(prepared.verify_raw(&public, &message, &signature), expected);
                prop_assert!(prepared.verify(&public, &message, &key.sign(&message, Encoding::Der)));
                prop_assert_eq!(kept(&prepared), (1, usize::from(turn > 0 || expected)));
            }
        }
    }

    fn small(scalar: u8) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[31] = scalar;
        bytes
    }

    /// The order less a little: the key is the negative of a small multiple of the base point.
    fn minus(scalar: u8) -> [u8; 32] {
        (-Scalar::from(u64::from(scalar))).to_bytes().into()
    }
}
