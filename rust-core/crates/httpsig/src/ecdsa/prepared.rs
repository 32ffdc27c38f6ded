//! Verifying under a key that signs again and again: multiples of it and of the base point are kept, and a verification is
//! additions and a few doublings. Curve and points are the library's own.

use alloc::vec::Vec;

use p256::ecdsa::Signature;
use p256::elliptic_curve::group::Group as _;
use p256::elliptic_curve::ops::{Invert as _, MulByGeneratorVartime as _, Reduce as _};
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::{FieldBytes, ProjectivePoint, Scalar};
use sha2::{Digest as _, Sha256};

use super::{PublicKey, der_to_raw};

/// A gateway signs with one key, and with two while it changes them. The multiples of each take 48 KB, as do those of the base point.
const KEYS_MAX: usize = 8;

/// The keys that have verified something. Only what is genuine brings a key in: without a private key nobody decides what is kept.
#[derive(Default)]
pub struct PreparedKeys {
    /// One that has verified once has no multiples yet: they cost as much as two verifications.
    keys: Vec<(PublicKey, Option<Comb>)>,
    /// Of the base point, as soon as a key has its own.
    base: Option<Comb>,
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
        let combs = self.base.as_ref().zip(known.and_then(|index| self.keys.get(index)?.1.as_ref()));
        let point = ProjectivePoint::from(key.0.as_affine());
        let verified = is_by(message, &signature, |of_base, of_key| match combs {
            Some((base, comb)) => sum_of([(base, of_base), (comb, of_key)]),
            None => ProjectivePoint::mul_by_generator_vartime(of_base) + point * of_key,
        });
        if !verified || combs.is_some() {
            return verified;
        }
        match known.and_then(|index| self.keys.get_mut(index)) {
            Some((_, comb)) => {
                *comb = Some(Comb::of(point));
                self.base.get_or_insert_with(|| Comb::of(ProjectivePoint::GENERATOR));
            }
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

/// SEC 1 §4.1.4. `sum` adds that multiple of the base point and that of the public key. All of it is public: nothing here has to
/// take the same time always.
fn is_by(message: &[u8], signature: &Signature, sum: impl FnOnce(&Scalar, &Scalar) -> ProjectivePoint) -> bool {
    let (r, s) = signature.split_scalars();
    let hash = Scalar::reduce(&FieldBytes::from(Sha256::digest(message)));
    let inverse = *s.invert_vartime();
    let sum = sum(&(hash * inverse), &(*r * inverse));
    Scalar::reduce(&sum.to_affine().x()) == *r
}

/// A comb's teeth: a digit is eight bits of a scalar, that far apart that together they reach over all of it.
const TEETH: usize = 8;
const APART: usize = 256 / TEETH;
/// Each for its share of the digits: one doubling serves them all.
const TABLES: usize = 2;
const ROUNDS: usize = APART / TABLES;

/// Of a point P (Lim and Lee, "More Flexible Exponentiation with Precomputation", CRYPTO '94): in table t at d, the sum of
/// 2^(32·j + 16·t)·P over the bits j of d.
struct Comb([Vec<ProjectivePoint>; TABLES]);

impl Comb {
    fn of(mut point: ProjectivePoint) -> Self {
        let mut tables = core::array::from_fn(|_| Vec::from([ProjectivePoint::IDENTITY]));
        for _ in 0..TEETH {
            for table in &mut tables {
                // What is there is without this tooth; as much again with it.
                table.extend(table.iter().map(|sum| *sum + point).collect::<Vec<_>>());
                for _ in 0..ROUNDS {
                    point = point.double();
                }
            }
        }
        Self(tables)
    }
}

/// The sum of some multiples of points, which share their doublings.
fn sum_of<const N: usize>(products: [(&Comb, &Scalar); N]) -> ProjectivePoint {
    let products = products.map(|(comb, scalar)| (comb, scalar.to_bytes()));
    let mut sum = ProjectivePoint::IDENTITY;
    for round in (0..ROUNDS).rev() {
        sum = sum.double();
        for (Comb(tables), scalar) in &products {
            for (t, table) in tables.iter().enumerate() {
                sum += table.get(digit(scalar, round + ROUNDS * t)).unwrap_or(&ProjectivePoint::IDENTITY);
            }
        }
    }
    sum
}

/// The bits `at`, `at` + 32 and so on of a scalar in big-endian bytes, the lowest lowest. `at` is less than 32.
fn digit(scalar: &FieldBytes, at: usize) -> usize {
    let lowest = APART / 8 - 1 - at / 8;
    scalar.iter().skip(lowest).step_by(APART / 8).fold(0, |digit, byte| digit << 1 | usize::from(byte >> (at % 8) & 1))
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
        (prepared.keys.len(), prepared.keys.iter().filter(|(_, comb)| comb.is_some()).count())
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

    /// Were the library asked all the same, or the combs made anew each time, nobody would be told but by the bench.
    #[test]
    fn what_is_kept_is_what_verifies_and_stays() {
        fn addresses(prepared: &PreparedKeys) -> Vec<*const ProjectivePoint> {
            let combs = prepared.base.iter().chain(prepared.keys.iter().filter_map(|(_, comb)| comb.as_ref()));
            combs.flat_map(|Comb(tables)| tables.iter().map(|table| table.as_ptr())).collect()
        }
        let of_another = || Some(Comb::of(ProjectivePoint::GENERATOR * Scalar::from(11_u64)));
        let (mut prepared, key) = (PreparedKeys::default(), private(7));
        assert!(verify(&mut prepared, &key) && verify(&mut prepared, &key));
        let Comb(tables) = prepared.base.as_ref().unwrap();
        assert_eq!(tables.each_ref().map(Vec::len), [256; TABLES]);
        let kept = addresses(&prepared);
        assert!(verify(&mut prepared, &key));
        assert_eq!(addresses(&prepared), kept);

        let base = core::mem::replace(&mut prepared.base, of_another());
        assert!(!verify(&mut prepared, &key));
        prepared.base = base;
        assert!(verify(&mut prepared, &key));
        prepared.keys[0].1 = of_another();
        assert!(!verify(&mut prepared, &key));
    }

    /// Each bit alone, none, all, and both ends of the order.
    #[test]
    fn a_sum_of_multiples_is_the_sum_of_the_products() {
        let point = ProjectivePoint::GENERATOR * Scalar::from(7_u64);
        let (base, comb) = (Comb::of(ProjectivePoint::GENERATOR), Comb::of(point));
        let mut scalars = Vec::from([Scalar::ZERO, -Scalar::ONE, Scalar::reduce(&FieldBytes::from([0xff; 32]))]);
        let mut power = Scalar::ONE;
        for _ in 0..256 {
            scalars.push(power);
            power = power.double();
        }
        for (scalar, other) in scalars.iter().zip(scalars.iter().rev()) {
            assert_eq!(sum_of([(&comb, scalar)]), point * scalar, "{scalar:?}");
            let expected = ProjectivePoint::GENERATOR * other + point * scalar;
            assert_eq!(sum_of([(&base, other), (&comb, scalar)]), expected, "{other:?} {scalar:?}");
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
